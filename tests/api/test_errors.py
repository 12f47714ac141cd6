import json

import pytest
from django.db import OperationalError
from django.test import Client

from destinations import services
from destinations.models import Destination
from tests.api.client import Api
from tests.factories import make_destination

pytestmark = pytest.mark.django_db
BODY = {"type": "webhook", "config": {"url": "https://a.example"}}


def body(**changes) -> bytes:
    return json.dumps(BODY | changes).encode()


class TestMalformedBodies:
    @pytest.mark.parametrize(
        "raw",
        [
            b"{",
            b"{} {}",
            b"nonsense",
            b"\xef\xbb\xbf{}",
            b"\xff\xfe",
            body().decode().encode("utf-16"),
            b'{"type": "webhook", "type": "webhook"}',
            b'{"config": {"url": "a", "url": "b"}}',
            b'{"metadata": {"a": NaN}}',
            b'{"metadata": {"a": Infinity}}',
            b'{"metadata": {"a": -Infinity}}',
            b'{"metadata": {"a": 1e999}}',
            b'{"metadata": {"a": ' + b"9" * 19 + b"}}",
            b'{"metadata": {"a": -' + b"9" * 5000 + b"}}",
            b'{"metadata": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"name": "a\\u0000b"}',
            b'{"name": "a\x00b"}',
            b'{"a\\u0000b": 1}',
            b'{"metadata": {"a": ["\\u0000"]}}',
            b'{"name": "\\ud800"}',
            b'{"metadata": {"\\udfff": 1}}',
        ],
        ids=lambda raw: repr(raw[:40]),
    )
    def test_are_refused_with_a_sentence(self, ed, raw):
        answer = ed.post("destinations", raw=raw)
        assert (answer.status, answer.body["type"]) == (400, "urn:landfall:problem:malformed")
        assert answer.body["detail"].endswith(".")
        assert not Destination.objects.exists()

    def test_say_where_the_fault_is_and_repeat_nothing(self, ed):
        answer = ed.post("destinations", raw=b'{\n  "credentials": {"secret": "hunter2"},,\n}')
        assert "line 2" in answer.body["detail"]
        assert "hunter2" not in str(answer.body)

    def test_that_are_too_large_are_refused(self, ed):
        answer = ed.post("destinations", raw=body(description="x" * 2**20))
        assert (answer.status, answer.body["type"]) == (413, "urn:landfall:problem:too-large")

    def test_numbers_that_every_database_can_hold_are_kept(self, ed):
        numbers = {"large": 10**18 - 1, "negative": -(10**17), "small": 1e-300, "float": 1.5}
        assert ed.post("destinations", raw=body(metadata=numbers)).body["metadata"] == numbers

    def test_characters_beyond_the_basic_plane_are_kept(self, ed):
        assert ed.post("destinations", raw=b'{"name": "\\ud83d\\ude80", ' + body()[1:]).body["name"] == "🚀"

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
    )
    def test_of_another_media_type_are_refused(self, ed, content_type):
        answer = ed.post("destinations", raw=body(), content_type=content_type)
        assert (answer.status, answer.body["type"]) == (415, "urn:landfall:problem:unsupported-media-type")

    def test_as_a_merge_patch_are_for_patches_only(self, ed):
        assert ed.post("destinations", raw=body(), content_type="application/merge-patch+json").status == 415

    def test_of_a_form_by_a_browser_are_refused_too(self, browser):
        answer = browser.post("destinations", raw=b"a=b", content_type="application/x-www-form-urlencoded")
        assert answer.status in (403, 415)


class TestRequests:
    @pytest.mark.parametrize(
        "path",
        [
            "",
            "destinations/",
            "destinations/validate/",
            "nothing",
            "destinations/not-a-uuid",
            "destinations/00000000-0000-0000-0000-000000000000/",
            "destinations/00000000-0000-0000-0000-000000000000/fire",
            "destinations//",
            "checks/1",
            "openapi.json/",
            "docs/x",
            "%00",
            "%F0%9F",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
    def test_for_what_is_not_there_are_a_problem_and_never_a_redirect(self, ed, method, path):
        answer = ed.send(method, path)
        assert (answer.status, answer.body["type"]) == (404, "urn:landfall:problem:not-found")

    def test_for_a_row_that_is_not_there_are_a_problem(self, ed):
        assert ed.get("destinations/00000000-0000-0000-0000-000000000000").status == 404
        assert ed.post("destinations/00000000-0000-0000-0000-000000000000/checks").status == 404

    def test_for_what_is_not_there_are_the_same_without_a_key(self, nobody):
        assert nobody.get("nothing").status == 404

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "destinations", "GET, HEAD, POST"),
            ("DELETE", "destinations", "GET, HEAD, POST"),
            ("OPTIONS", "destinations", "GET, HEAD, POST"),
            ("TRACE", "destinations", "GET, HEAD, POST"),
            ("GET", "destinations/validate", "POST"),
            ("POST", "destination-types", "GET, HEAD"),
            ("PATCH", "checks", "GET, HEAD"),
            ("OPTIONS", "docs", "GET, HEAD"),
            ("POST", "docs", "GET, HEAD"),
            ("POST", "openapi.json", "GET, HEAD"),
        ],
    )
    def test_with_another_method_are_told_which_ones_there_are(self, ed, method, path, allowed):
        answer = ed.send(method, path)
        assert (answer.status, answer.body["type"]) == (405, "urn:landfall:problem:method-not-allowed")
        assert answer.headers["Allow"] == allowed

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*"])
    def test_for_another_media_type_are_refused_in_ours(self, ed, accept):
        answer = ed.get("destinations", headers={"Accept": accept})
        assert (answer.status, answer.body["type"]) == (406, "urn:landfall:problem:not-acceptable")

    @pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html,application/xml;q=0.9,*/*;q=0.8"])
    def test_of_a_browser_are_answered(self, ed, accept):
        assert ed.get("destinations", headers={"Accept": accept}).status == 200

    def test_head_answers_without_a_body(self, ed):
        answer = ed.send("HEAD", "destinations")
        assert (answer.status, answer.body) == (200, None)

    def test_with_too_many_parameters_are_refused(self, ed):
        query = "&".join(f"a{number}=1" for number in range(1100))
        assert ed.get(f"destinations?{query}").status == 400

    def test_are_answered_with_what_no_cache_may_keep(self, ed):
        for path in ("destinations", "destination-types", "destinations?x=1"):
            assert ed.get(path).headers["Cache-Control"] == "no-store"


class TestFaultsOfOurs:
    def test_are_a_problem_that_tells_nothing(self, ed, tenant, monkeypatch, caplog):
        def broken(destination):
            raise RuntimeError("the password is hunter2")

        monkeypatch.setattr(services, "enable", broken)
        answer = ed.post(f"destinations/{make_destination(tenant).uuid}/enable")
        assert (answer.status, answer.body["type"]) == (500, "urn:landfall:problem:internal")
        assert "hunter2" not in str(answer.body)
        assert "request_failed" in caplog.text

    def test_a_database_that_is_away_is_said_to_be_so(self, ed, monkeypatch):
        def away(*args):
            raise OperationalError("could not connect to 10.0.0.5 as landfall")

        monkeypatch.setattr(Destination.objects, "visible_to", away, raising=False)
        answer = ed.get("destinations")
        assert answer.status == 503
        assert "10.0.0.5" not in str(answer.body)


class TestOutsideTheViews:
    @pytest.fixture(autouse=True)
    def _routes(self, settings):
        settings.ROOT_URLCONF = "tests.api.urls"

    @pytest.mark.parametrize(("path", "status"), [("/api/broken", 500), ("/api/nothing", 404), ("/api/", 404)])
    def test_failures_under_api_are_problems(self, db, path, status):
        answer = Api(client=Client(raise_request_exception=False)).get(path)
        assert answer.status == status
        assert "hunter2" not in str(answer.body)

    def test_a_host_that_is_not_ours_is_a_problem(self, db):
        answer = Api().get("/api/v1/destinations", headers={"Host": "evil.example"})
        assert (answer.status, answer.body["type"]) == (400, "urn:landfall:problem:malformed")

    @pytest.mark.parametrize(("path", "status"), [("/pages/broken", 500), ("/pages", 404)])
    def test_pages_for_people_stay_pages(self, db, path, status):
        response = Client(raise_request_exception=False).get(path)
        assert (response.status_code, response["Content-Type"]) == (status, "text/html; charset=utf-8")

"""The contract's cases by their numbers. `sink` answers 200, its path /status/503 is what is down."""

import gzip
import json
import threading
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection

from destinations import services
from destinations.drafts import Draft
from destinations.models import Destination
from tests.dialects.cloudflare.client import Account, creation, replacement
from tests.factories import make_destination, make_key
from tests.servers.dns import name_server
from tests.servers.process import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(http_server):
    return http_server


@pytest.fixture
def dead_ends(settings):
    """Where nobody listens, what does not resolve, and what the policy forbids."""
    settings.EGRESS_DENY = [ip_network("127.0.0.2/32")]
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        yield f"http://127.0.0.1:{free_port()}/", "http://nowhere.example/", "http://127.0.0.2/"


def fill(account: Account, count: int) -> None:
    for number in range(count):
        assert account.create(name=f"row-{number:02}").status == 201


def changed(body: dict[str, Any], path: str, value: object = None) -> dict[str, Any]:
    """The body with another value at a dotted path, or without that."""
    *above, last = path.split(".")
    part = body
    for name in above:
        part = part[name]
    part.pop(last) if value is None else part.update({last: value})
    return body


class TestCreate:
    def test_1_answers_201_with_what_was_made(self, account, sink):
        made = account.create(url=sink.url("/v1/traces"))
        assert made.status == 201
        assert made.result == {
            "slug": "acme-traces",
            "name": "acme-traces",
            "enabled": True,
            "scripts": [],
            "configuration": {
                "type": "logpush",
                "logpushDataset": "opentelemetry-traces",
                "url": sink.url("/v1/traces"),
                "destination_conf": sink.url("/v1/traces?header_Authorization=REDACTED&header_content-type=REDACTED"),
                "logpushJob": Destination.objects.get().pk,
            },
        }

    @pytest.mark.parametrize(
        ("signal", "key"), [("traces", "resourceSpans"), ("logs", "resourceLogs"), ("metrics", "resourceMetrics")]
    )
    def test_2_and_10_the_preflight_is_one_record_of_the_dataset(self, account, sink, signal, key):
        assert account.create(url=sink.url("/in"), dataset=f"opentelemetry-{signal}").status == 201
        (request,) = sink.requests
        assert (request.method, request.target) == ("POST", "/in")
        assert request.headers["authorization"] == "Bearer s"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(request.body)).keys() == {key}

    def test_3_a_preflight_that_is_skipped_is_not_made(self, account, sink):
        body = creation(url=sink.url("/status/503"), dataset="opentelemetry-logs", enabled=False)
        made = account.create(body | {"skipPreflightCheck": True})
        assert (made.status, made.result["enabled"]) == (201, False)
        assert sink.requests == []

    def test_4_what_fails_the_preflight_is_not_stored(self, account, sink):
        refused = account.create(url=sink.url("/status/503"))
        assert refused.status == 400
        assert refused.detail.startswith("Preflight check failed (remote): The collector failed (status 503).")
        assert "error" not in refused.body
        assert account.names() == []
        assert len(sink.requests) == 1

    def test_5_the_detail_says_why_it_failed(self, account, dead_ends):
        refused = [account.create(url=url) for url in dead_ends]
        assert {answer.status for answer in refused} == {400}
        words = [answer.detail.split("(")[1].split(")")[0] for answer in refused]
        assert words == ["refused", "dns", "blocked"]

    def test_6_a_name_that_is_taken_is_400_and_nothing_is_sent(self, account, sink):
        account.create(url=sink.url("/v1/traces"))
        refused = account.create(url=sink.url("/v1/traces"))
        assert (refused.status, refused.detail.split(":")[0]) == (400, "name")
        assert "error" not in refused.body
        assert len(sink.requests) == 1

    @pytest.mark.parametrize("name", ["Acme Traces", "-a", "a-", "a_b", "a", "", None, 7, "a" * 129, "ab\n", "äb"])
    def test_7_a_name_that_is_none_is_named(self, account, name):
        refused = account.create(changed(creation(), "name", name))
        assert (refused.status, refused.paths) == (400, [["name"]])
        assert refused.detail.startswith("name: ")

    @pytest.mark.parametrize("name", ["ab", "a--b", "0-9", "a" * 128])
    def test_the_slug_is_the_name(self, account, name):
        assert account.create(name=name).result["slug"] == name

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("enabled", "yes"),
            ("enabled", None),
            ("skipPreflightCheck", "no"),
            ("configuration", None),
            ("configuration", []),
            ("configuration.type", "webhook"),
            ("configuration.type", None),
            ("configuration.logpushDataset", "x"),
            ("configuration.logpushDataset", ["opentelemetry-logs"]),
            ("configuration.logpushDataset", None),
            ("configuration.url", "ftp://x"),
            ("configuration.url", "nowhere"),
            ("configuration.url", 7),
            ("configuration.url", None),
            ("configuration.url", "https://user:password@otel.example.com"),
            ("configuration.headers", None),
            ("configuration.headers", "Authorization: s"),
        ],
    )
    def test_8_whatever_is_faulty_is_named(self, account, path, value):
        refused = account.create(changed(creation(), path, value))
        assert (refused.status, refused.paths) == (400, [path.split(".")])

    @pytest.mark.parametrize(
        ("name", "value"), [("a", 1), ("a b", "x"), ("Host", "x"), ("X.Y", ""), ("a", "é"), ("a", "<REDACTED>")]
    )
    def test_8_a_header_that_cannot_be_sent_is_named(self, account, name, value):
        refused = account.create(headers={name: value})
        assert (refused.status, refused.paths) == (400, [["configuration", "headers", name]])

    def test_8_every_fault_is_named_at_once(self, account):
        refused = account.create({"name": "A", "configuration": {"type": "logpush"}})
        assert sorted(refused.paths) == [
            ["configuration", "headers"],
            ["configuration", "logpushDataset"],
            ["configuration", "url"],
            ["enabled"],
            ["name"],
        ]
        assert len(refused.body["errors"]) == 5

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"a":1,"a":2}', b"[" * 100_000])
    def test_8_what_is_no_json_object_is_refused_as_a_whole(self, account, raw):
        refused = account.send("POST", "", raw=raw)
        assert (refused.status, refused.paths) == (400, [[]])

    def test_9_no_headers_are_headers_too(self, account):
        made = account.create(headers={})
        assert made.status == 201
        assert made.result["configuration"]["destination_conf"].endswith("/v1/traces?header_content-type=REDACTED")

    def test_11_unknown_keys_are_ignored(self, account):
        body = creation() | {"color": "red"}
        body["configuration"]["logpushJob"] = 7
        assert account.create(body).status == 201

    def test_the_query_of_a_url_is_kept(self, account):
        made = account.create(
            creation() | {"configuration": creation()["configuration"] | {"url": "https://a.example/?x=1"}}
        )
        assert made.result["configuration"]["destination_conf"] == (
            "https://a.example/?x=1&header_Authorization=REDACTED&header_content-type=REDACTED"
        )

    def test_a_full_account_is_400(self, account, settings):
        settings.DESTINATIONS_PER_TENANT = 1
        fill(account, 1)
        refused = account.create()
        assert refused.status == 400
        assert "at most 1 destinations" in refused.detail


class TestList:
    def test_12_an_item_has_headers_and_a_status_and_no_job(self, account, sink):
        account.create(url=sink.url("/in"), headers={"X-Api-Key": "k", "Authorization": "Bearer s"})
        (row,) = account.list().result
        assert row["configuration"]["headers"] == {
            "X-Api-Key": "k",
            "Authorization": "Bearer s",
            "content-type": "application/json",
        }
        assert row["configuration"]["jobStatus"] == {"last_complete": "", "last_error": "", "error_message": ""}

    def test_12_a_content_type_of_the_user_is_left_alone(self, account):
        account.create(headers={"Content-Type": "application/x-json"})
        assert account.list().result[0]["configuration"]["headers"] == {"Content-Type": "application/x-json"}

    def test_13_what_was_changed_last_comes_first(self, account, sink):
        fill(account, 3)
        account.update("row-01", replacement(sink.url()))
        assert account.names() == ["row-01", "row-02", "row-00"]

    def test_14_order_and_size_are_as_asked_for(self, account):
        fill(account, 7)
        assert account.names("order=asc&orderBy=created&page=1&perPage=5") == [f"row-{n:02}" for n in range(5)]
        assert account.names("order=asc&orderBy=created&page=2.0&perPage=5.0") == ["row-05", "row-06"]

    def test_15_past_the_end_there_is_nothing(self, account):
        fill(account, 7)
        assert len(account.names("page=2&perPage=5")) == 2
        assert account.names("page=1000") == []
        assert account.names("page=1000000000&perPage=50") == []

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("perPage=4", "perPage"),
            ("perPage=51", "perPage"),
            ("perPage=", "perPage"),
            ("perPage=five", "perPage"),
            ("perPage=5.5", "perPage"),
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=nan", "page"),
            ("page=%00", "page"),
            ("page=99999999999999999999", "page"),
            ("order=up", "order"),
            ("orderBy=name", "orderBy"),
        ],
    )
    def test_16_what_cannot_be_obeyed_is_named(self, account, query, name):
        refused = account.list(query)
        assert (refused.status, refused.paths) == (400, [[name]])

    def test_17_and_18_without_a_page_there_are_all_rows(self, account):
        fill(account, 25)
        assert len(account.names()) == len(account.names("per_page=100")) == 25
        assert len(account.names("page=1")) == 20

    def test_many_rows_take_no_more_queries(self, account, django_assert_max_num_queries):
        fill(account, 6)
        with django_assert_max_num_queries(5):
            account.list()


class TestUpdate:
    @pytest.fixture(autouse=True)
    def made(self, account):
        self.job = account.create().result["configuration"]["logpushJob"]

    def test_19_all_that_can_change_is_replaced(self, account, sink):
        body = replacement(sink.url("/t2"), {"x-api-key": "k"}, enabled=False)
        done = account.update("acme-traces", body)
        assert done.status == 200
        assert (done.result["slug"], done.result["name"], done.result["enabled"]) == (*["acme-traces"] * 2, False)
        configuration = done.result["configuration"]
        assert (configuration["url"], configuration["logpushJob"]) == (sink.url("/t2"), self.job)
        assert configuration["logpushDataset"] == "opentelemetry-traces"
        headers = account.list().result[0]["configuration"]["headers"]
        assert headers == {"x-api-key": "k", "content-type": "application/json"}
        assert sink.request.headers["x-api-key"] == "k"

    def test_19_switching_back_on_is_a_change_too(self, account, sink):
        for enabled in (False, True):
            done = account.update("acme-traces", replacement(sink.url(), enabled=enabled))
            assert done.result["enabled"] is enabled
        assert len(sink.requests) == 2

    @pytest.mark.parametrize("enabled", [True, False])
    def test_20_what_fails_the_preflight_changes_nothing(self, account, sink, enabled):
        before = account.list().result
        refused = account.update("acme-traces", replacement(sink.url("/status/503"), enabled=enabled))
        assert (refused.status, "status 503" in refused.detail) == (400, True)
        assert account.list().result == before

    @pytest.mark.parametrize("path", ["enabled", "configuration", "configuration.headers", "configuration.url"])
    def test_21_all_of_it_has_to_be_sent(self, account, sink, path):
        refused = account.update("acme-traces", changed(replacement(sink.url()), path))
        assert (refused.status, refused.paths) == (400, [path.split(".")])
        assert sink.requests == []

    def test_22_what_cannot_change_is_ignored(self, account, sink):
        body = replacement(sink.url()) | {"name": "other", "skipPreflightCheck": True}
        body["configuration"]["logpushDataset"] = "opentelemetry-logs"
        done = account.update("acme-traces", body)
        assert (done.status, done.result["name"]) == (200, "acme-traces")
        assert done.result["configuration"]["logpushDataset"] == "opentelemetry-traces"
        assert len(sink.requests) == 1

    def test_22_nor_can_the_preflight_be_skipped(self, account, sink):
        body = replacement(sink.url("/status/503")) | {"skipPreflightCheck": True}
        assert account.update("acme-traces", body).status == 400

    @pytest.mark.parametrize("slug", ["nope", "Nope", "a%00b", "%C3%A9", "%ff"])
    def test_23_what_is_not_there_is_not_found(self, account, slug):
        assert account.update(slug, {}).status == 404


class TestDelete:
    def test_24_to_26_what_is_deleted_is_shown_once_more_and_gone(self, account, sink):
        made = account.create(url=sink.url())
        gone = account.delete("acme-traces")
        assert (gone.status, gone.result) == (200, made.result)
        assert account.delete("acme-traces").status == 404
        again = account.create()
        assert (again.status, again.result["slug"]) == (201, "acme-traces")
        assert again.result["configuration"]["logpushJob"] > made.result["configuration"]["logpushJob"]


class TestElsewhere:
    @pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
    def test_33_one_destination_cannot_be_read(self, account, method):
        account.create()
        assert account.send(method, "/acme-traces").status == 405

    @pytest.mark.parametrize(
        "path",
        ["/nothing", "", "/", "/accounts", "/accounts/T1", "/accounts//workers/observability/destinations"],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"])
    def test_34_nothing_else_is_there(self, account, method, path):
        answer = account.send(method, f"/cloudflare/client/v4{path}")
        assert (answer.status, [error["code"] for error in answer.body["errors"]]) == (404, [7003, 7000])

    def test_34_a_slash_too_many_leads_nowhere(self, account):
        assert account.send("GET", "/").status == 404

    @pytest.mark.parametrize("id_", ["no%00one", "%ff", "nobody", "a" * 3000])
    def test_34_an_account_that_is_none_is_not_there(self, tenant, id_):
        assert Account(id_, make_key()).list().status == 404


@pytest.mark.django_db(transaction=True)
def test_36_of_two_creations_at_once_one_wins(account, sink):
    together, answers = threading.Barrier(2), []

    def create() -> None:
        together.wait()
        answers.append(account.create(url=sink.url()))
        connection.close()

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [201, 400]
    assert account.names() == ["acme-traces"]


def test_what_changed_while_it_was_checked_is_not_saved_as_proven(account, sink, monkeypatch):
    assert account.create(url=sink.url()).status == 201
    prove = services.prove

    def meanwhile(tenant, draft, **others):
        proof = prove(tenant, draft, **others)
        services.update(Destination.objects.get(), Draft(config={"url": sink.url("/elsewhere")}))
        return proof

    monkeypatch.setattr(services, "prove", meanwhile)
    refused = account.update("acme-traces", replacement(sink.url("/new")))
    assert (refused.status, "Send the change again" in str(refused.body)) == (400, True)
    row = Destination.objects.get()
    assert (row.config["url"], row.state.health) == (sink.url("/elsewhere"), "unknown")


def test_rows_of_other_faces_are_listed_and_those_of_other_types_are_not(account, tenant):
    make_destination(tenant)
    make_destination(
        tenant,
        type="otlp_http",
        name="Logs of Acme",
        credentials={},
        config={"url": "https://a.example", "signal": "logs"},
    )
    (row,) = account.list().result
    assert (row["slug"], row["name"]) == ("logs-of-acme", "Logs of Acme")
    assert account.delete("logs-of-acme").status == 200

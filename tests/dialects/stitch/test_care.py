"""What no table of cases covers: several callers at once, and bodies of any kind."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from destinations.dialects.stitch import writing
from destinations.dialects.stitch.types import OLD_TYPES, TYPES
from destinations.models import Destination
from destinations.sealing import SecretUnreadable
from tests.dialects.meeting import meet
from tests.dialects.stitch.bodies import (
    KEY_FORMAT,
    LIMIT_TEXT,
    OLD_POSTGRES,
    OLD_S3,
    OLD_SNOWFLAKE,
    OLD_TEXT,
    PROPERTIES,
    REDSHIFT,
    V3,
    V4,
    posted,
)
from tests.dialects.stitch.client import Stitch

WORDS = st.text(max_size=12) | st.sampled_from(["", "true", "ssh", "none", "5432", "jdbc:spark://h", "[table_name]"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, width=16) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
TOLERANT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changes(names):
    return st.dictionaries(st.sampled_from(sorted(names)) | WORDS, JSON, max_size=4)


@pytest.fixture
def ask(client, token, several):
    """In this process, which is quicker; what fails within raises here."""

    def ask(method, path, body):
        data, headers = json.dumps(body), {"Authorization": f"Bearer {token}"}
        answer = client.generic(method, f"/stitch{path}", data, content_type="application/json", headers=headers)
        assert answer.status_code in (200, 400), answer.content
        assert answer["Content-Type"] == "application/json"
        return answer

    return ask


@pytest.mark.parametrize("type_", PROPERTIES)
def test_properties_of_any_kind_are_taken_or_refused(ask, type_):
    made = ask("POST", V4, posted(type_)).json()

    @TOLERANT
    @given(changes(TYPES[type_].properties))
    def check(changed):
        ask("POST", V4, {"type": type_, "properties": {**PROPERTIES[type_], **changed}})
        ask("PUT", f"{V4}/{made['id']}", {"properties": changed})

    check()
    assert ask("GET", V4, {}).status_code == 200


@pytest.mark.parametrize("body", [REDSHIFT, OLD_POSTGRES, OLD_SNOWFLAKE, OLD_S3], ids=lambda body: body["type"])
def test_connections_of_any_kind_are_taken_or_refused_in_one_text(ask, body):
    @TOLERANT
    @given(changes(OLD_TYPES[body["type"]].old))
    def check(changed):
        answer = ask("POST", V3, {**body, "connection": {**body["connection"], **changed}})
        assert answer.status_code == 200 or answer.json() == OLD_TEXT

    check()


@TOLERANT
@given(JSON)
def test_bodies_of_any_kind_are_refused(ask, body):
    for method, path in (("POST", V3), ("POST", V4), ("POST", "/v3/accounts"), ("PUT", f"{V4}/1"), ("PUT", f"{V3}/1")):
        assert ask(method, path, body).status_code == 400


def test_of_several_who_ask_at_once_one_gets_the_last_place(live_server, token, account):
    def post(_):
        return Stitch(live_server.url, f"Bearer {token}").post(V3, REDSHIFT)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert {answer.body for answer in answers if answer.status == 400} == {LIMIT_TEXT}
    assert Destination.objects.count() == 1


def test_secrets_that_cannot_be_read_keep_nobody_from_reading_the_rest(stitch, client, token, monkeypatch):
    made = stitch.post(V4, posted("redshift")).body

    def unreadable(*_args):
        raise SecretUnreadable

    monkeypatch.setattr("destinations.sealing.Sealed.open", unreadable)
    assert stitch.get(V4).body == [made]
    client.raise_request_exception = False
    path, headers = f"/stitch{V4}/{made['id']}", {"Authorization": f"Bearer {token}"}
    refusal = client.put(path, {"properties": {"host": "h"}}, content_type="application/json", headers=headers)
    assert (refusal.status_code, refusal.json()) == (400, "the stored secrets cannot be read: send all of them again")
    anew = stitch.put(f"{V4}/{made['id']}", {"properties": PROPERTIES["redshift"]})
    assert anew.body["properties"] == made["properties"]


@pytest.mark.parametrize("version", [V3, V4])
def test_of_two_changes_at_once_none_is_lost(stitch, monkeypatch, version):
    """Both are kept in one place, of what only Stitch knows."""
    made = stitch.post(V4, posted("s3")).body
    changed = {"output_file_format": "jsonl", "s3_key_format_string": KEY_FORMAT + "/[day_loaded]"}
    parts = [{name: value} for name, value in changed.items()]
    bodies = [{"type": "s3", "connection" if version == V3 else "properties": part} for part in parts]
    one = f"{version}/{made['id']}"
    answers = meet(monkeypatch, writing, "change", *[partial(stitch.put, one, body) for body in bodies])
    assert [answer.status for answer in answers] == [200, 200]
    (shown,) = stitch.get(V4).body
    assert shown["properties"] == made["properties"] | changed

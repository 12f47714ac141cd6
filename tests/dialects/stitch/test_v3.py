"""Destinations in version 3: the cases of the contract, over HTTP."""

import re

import pytest

from destinations.models import ConnectionCheck, Destination
from tests.connectors.examples import EXAMPLES
from tests.dialects.stitch.bodies import (
    CONNECTION,
    LIMIT_TEXT,
    NO_SUCH_ID_TEXT,
    OLD_POSTGRES,
    OLD_S3,
    OLD_SNOWFLAKE,
    OLD_TEXT,
    OTHER_TYPE_TEXT,
    REDSHIFT,
    SECRET,
    TIME,
    V3,
    V4,
    posted,
)
from tests.factories import make_destination

MASK = "<PASSWORD>"


def changed(body, **connection):
    """The body with a connection that differs; None leaves a property out."""
    whole = {**body["connection"], **connection}
    return {**body, "connection": {name: value for name, value in whole.items() if value is not None}}


@pytest.fixture
def made(stitch):
    answer = stitch.post(V3, REDSHIFT)
    assert answer.status == 200, answer.text
    return answer.body


@pytest.fixture
def one(made):
    return f"{V3}/{made['id']}"


def test_a_new_destination_is_answered_whole(made):
    assert list(made) == ["id", "type", "created_at", "updated_at", "connection", "last_check"]
    assert isinstance(made["id"], int)
    assert made["id"] > 0
    assert made["type"] == "redshift"
    assert list(made["connection"].items()) == list({**CONNECTION, "password": MASK}.items())
    assert made["last_check"] is None
    assert all(re.fullmatch(TIME, made[name]) for name in ("created_at", "updated_at"))


@pytest.mark.parametrize("body", [REDSHIFT, OLD_POSTGRES, OLD_SNOWFLAKE, OLD_S3], ids=lambda body: body["type"])
def test_every_type_of_this_version_comes_back_typed_as_it_was_sent(stitch, body):
    answer = stitch.post(V3, body)
    assert answer.status == 200
    shown = dict(answer.body["connection"])
    challenge = shown.pop("sentinel_key", "stitch-challenge-file-00000000-0000-0000-0000-000000000000")
    assert re.fullmatch("stitch-challenge-file-[0-9a-f-]{36}", challenge)
    assert shown == {name: MASK if name == "password" else value for name, value in body["connection"].items()}
    assert [type(value) for value in shown.values()] == [type(value) for value in body["connection"].values()]


def test_an_account_has_one_destination(stitch, made):
    assert stitch.post(V3, REDSHIFT).is_refused(LIMIT_TEXT)
    assert len(stitch.get(V3).body) == 1


WRONG_BODIES = {
    "no connection": {"type": "redshift"},
    "no type": {"connection": CONNECTION},
    "nothing": {},
    "a list": [REDSHIFT],
    "a text": "redshift",
    "null": None,
    "a port of text": changed(REDSHIFT, port="5439"),
    "a port that is a flag": changed(REDSHIFT, port=True),
    "a port that is no port": changed(REDSHIFT, port=70000),
    "a port with a fraction": changed(REDSHIFT, port=5439.5),
    "ssl of text": changed(REDSHIFT, ssl="false"),
    "ssl of a number": changed(REDSHIFT, ssl=0),
    "a host that is none": changed(REDSHIFT, host="https://db.example.com"),
    "a host of a number": changed(REDSHIFT, host=1),
    "an empty host": changed(REDSHIFT, host=""),
    "a connection of text": {**REDSHIFT, "connection": "host"},
    "null in the connection": {**REDSHIFT, "connection": {**CONNECTION, "host": None}},
    "a name": {**REDSHIFT, "name": "x"},
    "an unknown property": changed(REDSHIFT, schema="x"),
    "a property of another type": changed(REDSHIFT, warehouse="x"),
    "an unknown type": {**REDSHIFT, "type": "oracle"},
    "a type of version 4": {**REDSHIFT, "type": "mysql_destination"},
    "a type of a number": {**REDSHIFT, "type": 1},
    "a tunnel to nowhere": changed(REDSHIFT, encryption_type="ssh"),
    "a key format without tokens": changed(OLD_S3, s3_key_format_string="x"),
    "force_quote of text": changed(OLD_S3, csv_force_quote="true"),
    **{f"no {name}": changed(REDSHIFT, **{name: None}) for name in CONNECTION if name != "ssl"},
    **{f"no {name} for snowflake": changed(OLD_SNOWFLAKE, **{name: None}) for name in OLD_SNOWFLAKE["connection"]},
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
def test_a_body_that_is_wrong_is_refused_in_one_text(stitch, body):
    assert stitch.post(V3, body).is_refused(OLD_TEXT)
    assert stitch.get(V3).body == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,", b"\xff", b'{"type":"redshift","type":"postgres"}', b"NaN"])
def test_what_is_no_json_is_refused_in_the_same_text(stitch, made, raw):
    assert stitch.post(V3, raw=raw).is_refused(OLD_TEXT)
    assert stitch.put(f"{V3}/{made['id']}", raw=raw).is_refused(OLD_TEXT)


def test_ssl_may_be_left_out(stitch):
    assert stitch.post(V3, changed(OLD_POSTGRES, ssl=None)).body["connection"]["ssl"] is False


def test_a_tunnel_is_shown_only_where_there_is_one(stitch):
    tunnel = {"encryption_host": "bastion.example.com", "encryption_port": 22, "encryption_username": "stitch"}
    sent = changed(REDSHIFT, encryption_type="ssh", **tunnel)
    shown = stitch.post(V3, sent).body["connection"]
    assert shown == {**sent["connection"], "password": MASK}
    row = Destination.objects.get()
    assert (row.config["ssh_host"], row.config["ssh_port"], row.config["ssh_user"]) == tuple(tunnel.values())


def test_the_list_is_empty_or_holds_what_was_made(stitch, account):
    assert stitch.get(V3).body == []
    made = stitch.post(V3, REDSHIFT).body
    assert stitch.get(V3).body == [made]


def test_a_change_is_merged_and_checked(stitch, made, one):
    before = Destination.objects.get()
    answer = stitch.put(one, {"type": "redshift", "connection": {"username": "u2"}})
    assert answer.status == 200
    assert answer.body["connection"] == {**made["connection"], "username": "u2"}
    after = Destination.objects.get()
    assert after.updated > before.updated
    assert after.credentials == {**before.credentials, "username": "u2"}
    assert ConnectionCheck.objects.filter(status="queued").count() == 1


def test_what_was_read_can_be_sent_back(stitch, made, one):
    answer = stitch.put(one, {"type": "redshift", "connection": made["connection"]})
    assert answer.body["connection"] == made["connection"]
    assert Destination.objects.get().credentials["password"] == SECRET


def test_a_new_password_is_stored(stitch, one):
    assert stitch.put(one, changed(REDSHIFT, password="another")).status == 200
    assert Destination.objects.get().credentials["password"] == "another"


@pytest.mark.parametrize("given", [{}, {"password": MASK}])
def test_another_host_is_not_given_the_password_there_was(stitch, made, one, given):
    moved = {"host": "elsewhere.example.net", **given}
    answer = stitch.put(one, {"type": "redshift", "connection": moved})
    assert answer.is_refused("password: “Host” would change who is sent this. Enter it again to allow that.")
    assert stitch.get(V3).body == [made]
    assert stitch.put(one, {"type": "redshift", "connection": {**moved, "password": SECRET}}).status == 200


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({**REDSHIFT, "type": "postgres"}, OTHER_TYPE_TEXT),
        ({**REDSHIFT, "type": "mysql_destination"}, OTHER_TYPE_TEXT),
        ({**REDSHIFT, "type": "oracle"}, OTHER_TYPE_TEXT),
        ({**REDSHIFT, "type": 1}, OLD_TEXT),
        ({"connection": CONNECTION}, OLD_TEXT),
        ({"type": "redshift"}, OLD_TEXT),
        ({**REDSHIFT, "name": "x"}, OLD_TEXT),
        (changed(REDSHIFT, port="5439"), OLD_TEXT),
        (changed(REDSHIFT, schema="x"), OLD_TEXT),
        (changed(REDSHIFT, host=""), OLD_TEXT),
    ],
)
def test_a_change_that_is_refused_changes_nothing(stitch, made, one, body, text):
    assert stitch.put(one, body).is_refused(text)
    assert stitch.get(V3).body == [made]


def test_a_destination_that_is_not_there_has_no_valid_id(stitch, other, made, one):
    for client, path in ((stitch, f"{V3}/999999"), (stitch, f"{V3}/{2**70}"), (other, one)):
        assert client.put(path, REDSHIFT).is_refused(NO_SUCH_ID_TEXT)
    assert stitch.delete(f"{V4}/{made['id']}").status == 200
    assert stitch.put(one, REDSHIFT).is_refused(NO_SUCH_ID_TEXT)


@pytest.mark.parametrize("method", ["DELETE", "GET", "PATCH", "POST"])
def test_this_version_can_neither_delete_nor_get_one(stitch, made, one, method):
    assert stitch.send(method, one).is_refused({"error": "NotFound"}, 404)
    assert stitch.get(V3).body == [made]


@pytest.mark.usefixtures("several")
def test_of_several_the_oldest_is_listed_that_this_version_can_spell(stitch):
    assert stitch.post(V4, posted("mysql_destination")).status == 200
    first = stitch.post(V3, REDSHIFT).body
    assert stitch.post(V3, OLD_POSTGRES).status == 200
    assert stitch.get(V3).body == [first]


def test_what_version_4_made_is_typed_here(stitch):
    made = stitch.post(V4, posted("postgres")).body
    (listed,) = stitch.get(V3).body
    assert (listed["id"], listed["connection"]["port"], listed["connection"]["ssl"]) == (made["id"], 5432, True)


def test_a_bucket_that_has_keys_can_be_changed_and_keeps_them(stitch, account):
    example = EXAMPLES["aws_s3"]
    row = make_destination(account, type="aws_s3", config=example.config, credentials=example.credentials)
    (listed,) = stitch.get(V3).body
    assert (listed["type"], listed["connection"]) == ("s3", {"s3_bucket": "the-bucket"})
    sent = {**OLD_S3["connection"], "s3_bucket": "another-bucket"}
    changed = stitch.put(f"{V3}/{row.pk}", {"type": "s3", "connection": sent})
    assert changed.body["connection"] == sent
    row.refresh_from_db()
    assert row.config == {**example.config, "bucket": "another-bucket"}
    assert row.credentials == example.credentials


def test_secrets_can_be_left_out(stitch, made, settings):
    settings.STITCH_SECRETS = "omit"
    (listed,) = stitch.get(V3).body
    assert listed["connection"] == {name: value for name, value in CONNECTION.items() if name != "password"}


def test_a_bucket_can_be_changed_to_lines_of_json(stitch):
    made = stitch.post(V3, OLD_S3).body
    sent = {"type": "s3", "connection": {"output_file_format": "jsonl"}}
    shown = stitch.put(f"{V3}/{made['id']}", sent).body["connection"]
    kept = {name: value for name, value in made["connection"].items() if name != "csv_delimiter"}
    assert shown == {**kept, "output_file_format": "jsonl"}

"""Destinations in version 4: the cases of the contract, over HTTP."""

import re
from typing import Any

import pytest

from destinations import services
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tests.connectors.examples import CERTIFICATE
from tests.dialects.stitch.bodies import (
    ACCOUNT_KEY,
    KEY_FORMAT,
    LIMIT_TEXT,
    NO_SUCH_ID_TEXT,
    OTHER_TYPE_TEXT,
    POST_TEXT,
    PROPERTIES,
    QUERY_TEXT,
    REDSHIFT,
    SECRET,
    TIME,
    TUNNEL,
    V3,
    V4,
    posted,
)
from tests.factories import make_destination

STAGING: dict[str, Any] = {
    "type": "postgres",
    "name": "Staging",
    "description": "d",
    "properties": {
        "host": "h.example.com",
        "port": "5432",
        "username": "stitch",
        "database": "db",
        "password": SECRET,
        "ssl": False,
    },
}
JOB = r"116078\.{id}\.check\.[0-9a-f-]{{36}}"
AGAIN = {"password": SECRET}  # which is asked for where it would go elsewhere
KEYS = {
    "id", "name", "display_name", "description", "type", "properties", "stitch_client_id", "created_at", "updated_at",
    "paused_at", "system_paused_at", "deleted_at", "check_job_name", "report_card",
}  # fmt: skip


@pytest.fixture
def made(stitch):
    answer = stitch.post(V4, STAGING)
    assert answer.status == 200, answer.text
    return answer.body


@pytest.fixture
def one(made):
    return f"{V4}/{made['id']}"


def provided(card):
    return {one["name"]: one["provided"] for one in card["steps"][0]["properties"]}


def test_a_new_destination_is_answered_whole(made):
    assert made.keys() == KEYS
    assert (made["name"], made["description"], made["type"]) == ("Staging", "d", "postgres")
    assert made["properties"] == {
        "database": "db",
        "encryption_type": "none",
        "host": "h.example.com",
        "port": "5432",
        "ssl": "false",
        "username": "stitch",
    }
    assert made["stitch_client_id"] == 116078
    assert [made[key] for key in ("display_name", "paused_at", "system_paused_at", "deleted_at")] == [None] * 4
    assert re.fullmatch(JOB.format(id=made["id"]), made["check_job_name"])
    assert all(re.fullmatch(TIME, made[key]) for key in ("created_at", "updated_at"))


def test_the_report_card_tells_what_is_provided(made):
    card = made["report_card"]
    assert card.keys() == {"type", "current_step", "current_step_type", "steps"}
    assert (card["type"], card["current_step"], card["current_step_type"]) == ("postgres", 2, "fully_configured")
    assert [step["type"] for step in card["steps"]] == ["form", "fully_configured"]
    (password,) = [one for one in card["steps"][0]["properties"] if one["name"] == "password"]
    assert (password["provided"], password["is_credential"]) == (True, True)
    found = provided(card)
    assert (found["encryption_host"], found["encryption_type"], found["sslrootcert"]) == (False, True, False)


TOP: dict[str, Any] = {
    "another key": {**STAGING, "foo": 1},
    "no properties": {"type": "postgres"},
    "no type": {"properties": {}},
    "a type of a number": {**STAGING, "type": 1},
    "properties of a list": {**STAGING, "properties": []},
    "properties of null": {**STAGING, "properties": None},
    "a name of a number": {**STAGING, "name": 1},
    "an empty name": {**STAGING, "name": ""},
    "a description of a list": {**STAGING, "description": []},
    "unmapped sources of text": {**STAGING, "ignore_unmapped_sources": "true"},
    "unmapped sources of a number": {**STAGING, "ignore_unmapped_sources": 1},
    "a list": [STAGING],
    "null": None,
}


@pytest.mark.parametrize("body", TOP.values(), ids=TOP.keys())
def test_a_body_that_is_wrong_is_refused_in_one_text(stitch, body):
    assert stitch.post(V4, body).is_refused(POST_TEXT)
    assert stitch.get(V4).body == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"type":"a","type":"b"}', b"[" * 5000])
def test_what_is_no_json_is_refused_in_the_text_of_its_address(stitch, made, one, raw):
    assert stitch.post(V4, raw=raw).is_refused(POST_TEXT)
    assert stitch.put(one, raw=raw).is_refused("PUT body may only include a name, a description, and map of properties")


def test_a_body_that_is_too_large_is_refused_as_json(stitch):
    assert stitch.post(V4, raw=b" " * (2**20 + 1)).is_refused("the request body is too large", 413)


KEY = {name: value for name, value in ACCOUNT_KEY.items() if name != "client_id"}
BAD = [
    ("postgres", {"port": "70000"}, "port"),
    ("postgres", {"port": "1" * 30}, "port"),
    ("postgres", {"port": "5432\n"}, "port"),
    ("postgres", {"port": 5432.5}, "port"),
    ("postgres", {"port": "٥٤٣٢"}, "port"),
    ("postgres", {"host": ""}, "host"),
    ("postgres", {"host": None}, "host"),
    ("postgres", {"host": ["h"]}, "host"),
    ("postgres", {"host": 5}, "host"),
    ("postgres", {"host": True}, "host"),
    ("postgres", {"password": 12345678}, "password"),
    ("postgres", {"port": True}, "port"),
    ("postgres", {"ssl": 1}, "ssl"),
    ("postgres", {"host": "https://h.example.com"}, "host"),
    ("postgres", {"ssl": "yes"}, "ssl"),
    ("postgres", {"schema": "x"}, "schema"),
    ("postgres", {"sslrootcert": "x", "ssl": True}, "sslrootcert"),
    ("postgres", {"encryption_type": "vpn"}, "encryption_type"),
    ("postgres", {"encryption_type": "ssh"}, "encryption_host encryption_port encryption_username"),
    ("postgres", {**TUNNEL, "encryption_port": "0"}, "encryption_port"),
    ("redshift", {"ssl": True}, "ssl"),
    ("snowflake", {"host": "https://x.snowflakecomputing.com"}, "host"),
    ("panoply", {"encryption_type": "none"}, "encryption_type"),
    ("mysql_destination", {"database": "d"}, "database"),
    ("s3", {"s3_key_format_string": KEY_FORMAT.replace("[table_version]", "")}, "s3_key_format_string"),
    ("s3", {"s3_key_format_string": f"{KEY_FORMAT} x"}, "s3_key_format_string"),
    ("s3", {"s3_key_format_string": KEY_FORMAT.ljust(501, "x")}, "s3_key_format_string"),
    ("s3", {"s3_key_format_string": f"{KEY_FORMAT}$"}, "s3_key_format_string"),
    ("s3", {"s3_key_format_string": f"[unknown]{KEY_FORMAT}"}, "s3_key_format_string"),
    ("s3", {"s3_key_format_string": f"[{KEY_FORMAT}"}, "s3_key_format_string"),
    ("s3", {"output_file_format": "parquet"}, "output_file_format"),
    ("s3", {"output_file_format": "jsonl", "csv_delimiter": ","}, "csv_delimiter"),
    ("s3", {"csv_delimiter": ";"}, "csv_delimiter"),
    ("s3", {"sentinel_key": "mine"}, "sentinel_key"),
    ("s3", {"sentinel_key": "stitch-challenge-file-/../x"}, "sentinel_key"),
    ("bigquery_v2", {"project_id": "x"}, "project_id"),
    ("bigquery_v2", {"cloud_storage_location": "Mars"}, "cloud_storage_location"),
    ("bigquery_v2", {"service_account_credentials": "{}"}, "service_account_credentials"),
    ("bigquery_v2", {"service_account_credentials": KEY}, "service_account_credentials"),
    (
        "bigquery_v2",
        {"service_account_credentials": {**ACCOUNT_KEY, "private_key": "no key"}},
        "service_account_credentials",
    ),
    ("databricks_delta", {"jdbc_url": "jdbc:spark://h:443/default"}, "jdbc_url"),
    ("databricks_delta", {"jdbc_url": "https://h"}, "jdbc_url"),
    ("databricks_delta", {"jdbc_url": "jdbc:spark://[;httpPath=/sql/1.0/warehouses/a"}, "jdbc_url"),
    (
        "databricks_delta",
        {"jdbc_url": "jdbc:spark://h:443/default;httpPath=/sql/1.0/warehouses/a;PWD=dapi1"},
        "jdbc_url",
    ),
    ("databricks_delta", {"staging_area": {"scheme": "gs", "bucket_name": "abc"}}, "staging_area"),
    ("databricks_delta", {"ssh_config": {"ssh": "true"}}, "ssh_config"),
    ("databricks_delta", {"ssh_config": {"ssh": "false", "x": "y"}}, "ssh_config"),
    ("azure_sqldw", {"azure_storage_sas_url": "http://x"}, "azure_storage_sas_url"),
]


def test_properties_that_are_missing_are_named_beside_those_that_are_wrong(stitch):
    answer = stitch.post(V4, {"type": "postgres", "properties": {"host": "h", "port": "abc"}})
    assert answer.bad == ["database", "password", "port", "ssl", "username"]


@pytest.mark.parametrize(("type_", "changes", "bad"), BAD)
def test_properties_that_are_wrong_are_named(stitch, type_, changes, bad):
    answer = stitch.post(V4, {"type": type_, "properties": {**PROPERTIES[type_], **changes}})
    assert answer.bad == bad.split()
    assert answer.body["data"]["report_card"]["current_step_type"] == "form"
    assert stitch.get(V4).body == []


@pytest.mark.parametrize("type_", ["storagegrid", "dataworld", "bigquery"])
def test_types_without_access_cannot_be_made(stitch, type_):
    answer = stitch.post(V4, {"type": type_, "properties": {}})
    assert (answer.status, answer.body["error"]) == (400, "AccessDenied")


def test_an_unknown_type_is_refused(stitch):
    answer = stitch.post(V4, {"type": "oracle", "properties": {}})
    assert (answer.status, answer.body["error"]) == (400, "InvalidType")


def test_a_destination_without_a_name_is_given_one(stitch):
    answer = stitch.post(V4, {"type": "postgres", "properties": STAGING["properties"]})
    assert answer.status == 200
    assert answer.body["name"]
    assert answer.body["description"] is None


@pytest.mark.usefixtures("several")
def test_names_need_not_differ(stitch, made, one):
    again = stitch.post(V4, STAGING)
    assert (again.status, again.body["name"]) == (200, "Staging")
    assert sorted(row.name for row in Destination.objects.all()) == ["Staging", "Staging 2"]
    assert stitch.put(one, {"properties": {}, "name": "Staging"}).body["name"] == "Staging"
    assert sorted(row.name for row in Destination.objects.all()) == ["Staging", "Staging 2"]


def test_a_long_name_is_as_it_was_asked_for_though_its_number_cut_it(stitch, several):
    name = "n" * 255
    answers = [stitch.post(V4, STAGING | {"name": name}) for _ in range(2)]
    assert [answer.body["name"] for answer in answers] == [name, name]
    assert Destination.objects.latest("id").name == "n" * 253 + " 2"


def test_a_change_keeps_all_that_is_not_sent(stitch, made, one):
    answer = stitch.put(one, {"properties": {"username": "stitch_admin"}})
    assert answer.status == 200
    same = made.keys() - {"properties", "updated_at", "check_job_name"}
    assert {key: answer.body[key] for key in same} == {key: made[key] for key in same}
    assert answer.body["properties"] == {**made["properties"], "username": "stitch_admin"}
    assert re.fullmatch(JOB.format(id=made["id"]), answer.body["check_job_name"])
    row = Destination.objects.get()
    assert row.credentials == {"username": "stitch_admin", "password": SECRET}


def test_every_change_is_checked_even_one_that_changes_nothing(stitch, made, one):
    ConnectionCheck.objects.update(status="passed")
    answer = stitch.put(one, {"properties": {}})
    assert answer.body["check_job_name"] not in (None, made["check_job_name"])
    assert ConnectionCheck.objects.filter(status="queued").count() == 1


def test_name_and_description_can_be_changed(stitch, made, one):
    answer = stitch.put(one, {"name": "New", "description": "words", "properties": {}, "type": "postgres"})
    assert (answer.body["name"], answer.body["description"]) == ("New", "words")
    assert answer.body["properties"] == made["properties"]
    cleared = stitch.put(one, {"name": None, "description": None, "properties": {}})
    assert (cleared.body["name"], cleared.body["description"]) == ("New", None)


def test_an_optional_property_is_cleared_by_null(stitch, settings):
    made = stitch.post(V4, posted("snowflake", properties={**PROPERTIES["snowflake"], "role": "LOADER"})).body
    assert made["properties"]["role"] == "LOADER"
    answer = stitch.put(f"{V4}/{made['id']}", {"properties": {"role": None}})
    assert "role" not in answer.body["properties"]


def test_a_tunnel_comes_and_goes(stitch, made, one):
    dug = stitch.put(one, {"properties": {**TUNNEL, **AGAIN}})
    assert dug.body["properties"] == {**made["properties"], **TUNNEL}
    assert provided(dug.body["report_card"])["encryption_host"] is True
    moved = stitch.put(one, {"properties": {"encryption_port": "2222", **AGAIN}})
    assert moved.body["properties"] == {**made["properties"], **TUNNEL, "encryption_port": "2222"}
    filled = stitch.put(one, {"properties": {"encryption_type": "none", **AGAIN}})
    assert filled.body["properties"] == made["properties"]


def test_encryption_is_switched_on_and_off(stitch, made, one, authority):
    on = stitch.put(one, {"properties": {"ssl": "true"}})
    assert on.body["properties"]["ssl"] == "true"
    assert Destination.objects.get().config["sslmode"] == "require"
    trusting = stitch.put(one, {"properties": {"sslrootcert": authority.pem}})
    assert trusting.body["properties"]["sslrootcert"] == authority.pem
    assert Destination.objects.get().config["sslmode"] == "verify-ca"
    off = stitch.put(one, {"properties": {"ssl": False, "sslrootcert": None, **AGAIN}})
    assert off.body["properties"] == made["properties"]
    assert Destination.objects.get().config["sslmode"] == "disable"


MOVES: dict[str, dict[str, Any]] = {
    "host": {"host": "elsewhere.example.net"},
    "port": {"port": "5433"},
    "tunnel": TUNNEL,
    "ssl": {"ssl": "false"},
    "root certificate": {"sslrootcert": CERTIFICATE},
}


@pytest.mark.parametrize("moved", MOVES.values(), ids=MOVES.keys())
def test_what_leads_elsewhere_takes_no_password_along(stitch, moved):
    made = stitch.post(V4, {**STAGING, "properties": {**STAGING["properties"], "ssl": "true"}}).body
    services.update(Destination.objects.get(), Draft(config={"sslmode": "verify-full"}))
    before = Destination.objects.get()
    answer = stitch.put(f"{V4}/{made['id']}", {"properties": moved})
    assert (answer.status, answer.body["error"]) == (400, "InvalidProperties")
    assert answer.body["data"]["bad_properties"] == ["password"]
    assert "Enter it again to allow that." in answer.body["data"]["reasons"]["password"]
    now = Destination.objects.get()
    assert (now.config, now.credentials, now.revision) == (before.config, before.credentials, before.revision)
    assert stitch.put(f"{V4}/{made['id']}", {"properties": {**moved, **AGAIN}}).status == 200


def test_saying_that_it_is_encrypted_does_not_weaken_how(stitch, made, one):
    services.update(Destination.objects.get(), Draft(config={"sslmode": "verify-full"}))
    assert stitch.put(one, {"properties": {"ssl": "true"}}).status == 200
    assert Destination.objects.get().config["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"type": "redshift", "properties": {}}, OTHER_TYPE_TEXT),
        ({"type": "nope", "properties": {}}, OTHER_TYPE_TEXT),
        ({}, "PUT body may only include a name, a description, and map of properties"),
        ({"name": "x"}, "PUT body may only include a name, a description, and map of properties"),
        ({"properties": {}, "foo": 1}, "PUT body may only include a name, a description, and map of properties"),
        ({"properties": "x"}, "PUT body may only include a name, a description, and map of properties"),
        (
            {"properties": {}, "ignore_unmapped_sources": True},
            "PUT body may only include a name, a description, and map of properties",
        ),
    ],
)
def test_a_change_that_is_refused_changes_nothing(stitch, made, one, body, text):
    assert stitch.put(one, body).is_refused(text)
    assert stitch.get(V4).body == [made]


@pytest.mark.parametrize(
    ("properties", "bad"),
    [
        ({"host": None}, ["host"]),
        ({"host": ""}, ["host"]),
        ({"foo": "x", "port": "abc"}, ["foo", "port"]),
        ({"encryption_type": "ssh"}, ["encryption_host", "encryption_port", "encryption_username"]),
    ],
)
def test_properties_that_cannot_be_changed_so_are_named(stitch, made, one, properties, bad):
    answer = stitch.put(one, {"properties": properties})
    assert answer.bad == bad
    assert answer.body["data"]["report_card"] == made["report_card"]
    assert stitch.get(V4).body == [made]


def test_the_loading_mode_never_changes(stitch):
    made = stitch.post(V4, posted("bigquery_v2")).body
    assert made["properties"]["project_id"] == ACCOUNT_KEY["project_id"]
    one = f"{V4}/{made['id']}"
    assert stitch.put(one, {"properties": {"loading_mode": "APPEND_ONLY"}}).bad == ["loading_mode"]
    assert stitch.put(one, {"properties": {"loading_mode": "UPSERT"}}).status == 200
    moved = {**ACCOUNT_KEY, "project_id": "another-project"}
    answer = stitch.put(one, {"properties": {"service_account_credentials": moved}})
    assert answer.body["properties"]["project_id"] == "another-project"


def test_a_port_may_be_a_number_and_a_flag_a_flag(stitch):
    sent = {**STAGING["properties"], "port": 5433, "ssl": True, **TUNNEL, "encryption_port": 2222}
    shown = stitch.post(V4, posted("postgres", properties=sent)).body["properties"]
    assert (shown["port"], shown["ssl"], shown["encryption_port"]) == ("5433", "true", "2222")


def test_a_host_may_be_one_that_strict_validators_refuse(stitch):
    sent = {**STAGING["properties"], "host": "my_db.internal_net.example.com"}
    assert stitch.post(V4, posted("postgres", properties=sent)).body["properties"]["host"] == sent["host"]


def test_a_delimiter_goes_with_the_format_that_has_one(stitch):
    made = stitch.post(V4, posted("s3", properties={**PROPERTIES["s3"], "csv_delimiter": "|"})).body
    one = f"{V4}/{made['id']}"
    assert made["properties"]["csv_delimiter"] == "|"
    lines = stitch.put(one, {"properties": {"output_file_format": "jsonl"}}).body["properties"]
    assert "csv_delimiter" not in lines
    assert stitch.put(one, {"properties": lines}).body["properties"] == lines
    assert stitch.put(one, {"properties": {"csv_delimiter": "|"}}).bad == ["csv_delimiter"]


def test_only_secrets_may_be_left_out(stitch, settings):
    made = stitch.post(V4, posted("snowflake")).body
    assert "username" not in made["properties"]
    settings.STITCH_HIDES = "secrets"
    (listed,) = stitch.get(V4).body
    assert listed["properties"] == {**made["properties"], "username": PROPERTIES["snowflake"]["username"]}


def test_the_old_word_for_lines_of_json_is_understood(stitch):
    sent = {**PROPERTIES["s3"], "output_file_format": "json"}
    assert stitch.post(V4, posted("s3", properties=sent)).body["properties"]["output_file_format"] == "jsonl"


@pytest.mark.parametrize("query", ["foo=1", "page=1", "ordering=name", "destination_id=1&page=1"])
def test_a_list_takes_two_parameters_only(stitch, query):
    assert stitch.get(f"{V4}?{query}").is_refused(QUERY_TEXT)


def test_a_list_can_be_of_one(stitch, made):
    assert stitch.get(f"{V4}?destination_id={made['id']}").body == [made]
    for unknown in ("999999", "abc", "-1", str(2**70), ""):
        assert stitch.get(f"{V4}?destination_id={unknown}").body == []


@pytest.mark.usefixtures("several")
def test_a_list_is_in_the_order_of_ids(stitch):
    ids = [stitch.post(V4, posted(type_)).body["id"] for type_ in ("snowflake", "panoply", "redshift")]
    assert [row["id"] for row in stitch.get(V4).body] == sorted(ids) == ids


def test_what_version_3_made_is_text_here(stitch):
    made = stitch.post(V3, REDSHIFT).body
    (listed,) = stitch.get(V4).body
    assert (listed["id"], listed["properties"]["port"]) == (made["id"], "5439")


def test_a_deleted_destination_is_gone_and_makes_room(stitch, made, one):
    gone = stitch.delete(one)
    assert (gone.status, gone.text) == (200, "{}")
    assert (stitch.get(V3).body, stitch.get(V4).body) == ([], [])
    again = stitch.post(V4, STAGING)
    assert again.status == 200
    assert again.body["id"] > made["id"]
    assert stitch.delete(one).is_refused(f"Unable to locate dest ({made['id']}) for client (116078) to delete")


def test_nobody_touches_what_is_another_accounts(stitch, other, made, one):
    number = made["id"]
    refusal = other.delete(one)
    assert refusal.status == 400
    assert re.fullmatch(rf"Unable to locate dest \({number}\) for client \(\d+\) to delete", refusal.body)
    assert other.put(one, {"properties": {}}).is_refused(NO_SUCH_ID_TEXT)
    assert other.get(f"{one}/last-connection-check").status == 404
    assert other.get(V4).body == []
    assert other.get(f"{V4}?destination_id={number}").body == []
    assert stitch.get(V4).body == [made]


def test_a_plan_of_three(stitch, settings):
    settings.STITCH_DESTINATIONS_PER_ACCOUNT = 3
    assert [stitch.post(V4, STAGING).status for _ in range(3)] == [200] * 3
    assert stitch.post(V4, STAGING).is_refused(LIMIT_TEXT)
    assert stitch.post(V3, REDSHIFT).is_refused(LIMIT_TEXT)
    assert len(stitch.get(V3).body) == 1


def test_what_stitch_has_no_words_for_takes_no_room(stitch, account):
    make_destination(account)
    assert stitch.post(V4, STAGING).status == 200
    assert len(stitch.get(V4).body) == 1


def test_the_limit_of_the_installation_holds_as_well(stitch, settings, account):
    settings.DESTINATIONS_PER_TENANT = 1
    make_destination(account)
    assert stitch.post(V4, STAGING).is_refused(LIMIT_TEXT)


class TestUnmappedSources:
    """Sources that nobody has mapped send to the default destination of their account."""

    def test_they_are_given_to_a_new_destination(self, stitch, made):
        assert [row["id"] for row in stitch.get(f"{V4}?source_id=1").body] == [made["id"]]
        assert stitch.get(f"{V4}?source_id=x").body == []

    def test_they_are_left_alone_if_asked_for(self, stitch):
        assert stitch.post(V4, {**STAGING, "ignore_unmapped_sources": True}).status == 200
        assert stitch.get(f"{V4}?source_id=1").body == []

    @pytest.mark.usefixtures("several")
    def test_sources_that_are_mapped_stay(self, stitch, made):
        assert stitch.post(V4, {**STAGING, "ignore_unmapped_sources": False}).status == 200
        assert [row["id"] for row in stitch.get(f"{V4}?source_id=1").body] == [made["id"]]

    @pytest.mark.usefixtures("several")
    def test_a_source_that_uses_a_destination_is_mapped_to_it(self, stitch, made):
        second = stitch.post(V4, STAGING).body
        services.register_consumer(Destination.objects.get(pk=second["id"]), kind="source", name="7")
        assert [row["id"] for row in stitch.get(f"{V4}?source_id=7").body] == [second["id"]]
        assert stitch.get(f"{V4}?source_id=7&destination_id={made['id']}").body == []
        assert stitch.delete(f"{V4}/{second['id']}").status == 200
        assert [row["id"] for row in stitch.get(f"{V4}?source_id=7").body] == [made["id"]]

    def test_they_wait_for_another_destination_when_theirs_is_deleted(self, stitch, one):
        assert stitch.delete(one).status == 200
        assert stitch.get(f"{V4}?source_id=1").body == []
        made = stitch.post(V4, STAGING).body
        assert [row["id"] for row in stitch.get(f"{V4}?source_id=1").body] == [made["id"]]


def test_a_paused_destination_says_since_when(stitch, made):
    services.disable(Destination.objects.get())
    (listed,) = stitch.get(V4).body
    assert re.fullmatch(TIME, listed["paused_at"])


def test_an_archived_destination_is_not_there(stitch, made, one):
    services.archive(Destination.objects.get())
    assert stitch.get(V4).body == []
    assert stitch.put(one, {"properties": {}}).is_refused(NO_SUCH_ID_TEXT)
    assert stitch.post(V4, STAGING).status == 200

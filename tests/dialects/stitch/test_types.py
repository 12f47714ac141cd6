"""Every type: its report card, and a destination of it that is made, read, changed and deleted."""

import json

import pytest

from connectors import registry
from destinations.dialects.stitch.types import BY_NATIVE, TYPES
from destinations.models import Destination
from tests.connectors.examples import EXAMPLES
from tests.dialects.stitch.bodies import HIDDEN, PROPERTIES, TUNNEL, V3, V4, answered, posted
from tests.factories import make_destination

# In the order in which Stitch lists them: pricing tier, state, protocol, access.
TABLE = {
    "azure_sqldw": ("standard", "beta", "azure_sqldw", True),
    "redshift": ("standard", "released", "redshift", True),
    "postgres": ("standard", "released", "postgres", True),
    "snowflake": ("standard", "released", "snowflake", True),
    "s3": ("standard", "released", "s3", True),
    "storagegrid": ("enterprise", "alpha", "storagegrid", False),
    "bigquery_v2": ("standard", "released", "bigquery_v2", True),
    "databricks_delta": ("standard", "released", "databricks_delta", True),
    "panoply": ("standard", "released", "redshift", True),
    "dataworld": ("standard", "released", "s3", False),
    "bigquery": ("standard", "alpha", "bigquery", False),
    "mssql_server": ("standard", "released", "mssql_server", True),
    "mysql_destination": ("standard", "released", "mysql_destination", True),
}
# By type and step: the properties in their order; * is required, ! is a credential.
CARDS = {
    "azure_sqldw": {
        "form": "host* port* username* password*! azure_storage_account_token*! azure_storage_sas_url*! database* "
        "encryption_type* encryption_host encryption_port encryption_username"
    },
    "redshift": {
        "form": "database* encryption_host encryption_port encryption_type* encryption_username host* password*! port* "
        "username*"
    },
    "postgres": {
        "form": "database* encryption_host encryption_port encryption_type* encryption_username host* password*! port* "
        "ssl* sslrootcert username*"
    },
    "snowflake": {"form": "database* host* password*! port* role username*! warehouse*"},
    "s3": {"form": "csv_delimiter csv_force_quote output_file_format* s3_bucket* s3_key_format_string* sentinel_key*!"},
    "storagegrid": {
        "form": "access_key_id*! csv_delimiter csv_force_quote endpoint* output_file_format* port* s3_bucket* "
        "s3_key_format_string* secret_access_key*! sentinel_key*!"
    },
    "bigquery_v2": {"form": "cloud_storage_location* loading_mode* project_id* service_account_credentials*!"},
    "databricks_delta": {"form": "access_token*! jdbc_url* ssh_config* staging_area*"},
    "panoply": {"form": "database* host* password*! port* username*"},
    "dataworld": {
        "form": "account_id* output_file_format*",
        "oauth": "access_token*! s3_bucket* s3_key_format_string*",
    },
    "bigquery": {
        "form": "dataset_location* project_id* project_name*",
        "oauth": "access_token*! refresh_token*! user_id*",
    },
    "mssql_server": {
        "form": "database* encryption_host encryption_port encryption_type* encryption_username host* password*! port* "
        "ssl username*"
    },
    "mysql_destination": {
        "form": "encryption_host encryption_port encryption_type* encryption_username host* password*! port* ssl "
        "username*"
    },
}
ALL = list(PROPERTIES)


def written(properties):
    marks = ((one, "*" * one["is_required"] + "!" * one["is_credential"]) for one in properties)
    return " ".join(one["name"] + mark for one, mark in marks)


def test_every_type_is_listed_with_what_it_asks_for(stitch):
    cards = {card["type"]: card for card in stitch.get("/v4/destination-types").body}
    assert list(cards) == list(TABLE)
    for type_, card in cards.items():
        details = card["details"]
        keys = ("pricing_tier", "pipeline_state", "protocol", "access")
        assert (tuple(details[key] for key in keys), len(details)) == (TABLE[type_], 4)
        assert (card["current_step"], card["current_step_type"]) == (1, "form")
        assert card["steps"][-1] == {"type": "fully_configured", "properties": []}
        found = {step["type"]: written(step["properties"]) for step in card["steps"][:-1]}
        assert found == CARDS[type_]


@pytest.mark.parametrize("type_", TABLE)
def test_one_type_is_answered_as_in_the_list(stitch, type_):
    card = stitch.get(f"/v4/destination-types/{type_}")
    assert card.body in stitch.get("/v4/destination-types").body
    for step in card.body["steps"]:
        for one in step["properties"]:
            assert one.keys() == {
                "name", "is_required", "is_credential", "system_provided", "property_type", "json_schema", "provided",
            }  # fmt: skip
            assert one["provided"] is False
            assert one["system_provided"] is (type_ == "dataworld" and step["type"] == "oauth")


@pytest.mark.parametrize("type_", ["nope", "aws_s3", "mysql", "Postgres", "%00"])
def test_an_unknown_type_is_not_found(stitch, type_):
    assert stitch.get(f"/v4/destination-types/{type_}").is_refused({"error": "NotFound"}, 404)


def property_of(stitch, type_, name):
    card = stitch.get(f"/v4/destination-types/{type_}").body
    return next(one for step in card["steps"] for one in step["properties"] if one["name"] == name)


def test_some_properties_are_of_a_kind_of_their_own(stitch):
    kinds = {
        ("bigquery_v2", "loading_mode"): "user_provided_immutable",
        ("bigquery_v2", "project_id"): "read_only",
        ("s3", "sentinel_key"): "system_provided_by_default",
        ("postgres", "host"): "user_provided",
    }
    assert {place: property_of(stitch, *place)["property_type"] for place in kinds} == kinds


TEXT = {"type": "string"}
HOST = {"anyOf": [{"type": "string", "format": form} for form in ("ipv4", "ipv6", "hostname")]}
PORT = {"type": "string", "pattern": r"^\d+$"}
FLAG = {"type": "string", "pattern": "^(true|false)$"}
FORMAT = {"type": "string", "pattern": "^(csv|jsonl)$"}
LOCATIONS = (
    "US EU asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-south1 asia-southeast1 australia-southeast1 "
    "europe-north1 europe-west2 europe-west3 europe-west6 northamerica-northeast1 southamerica-east1 us-east4 us-west2"
)
URI = {"type": "string", "format": "uri"}
KEY = {
    **dict.fromkeys(("type", "project_id", "private_key", "private_key_id", "client_id"), TEXT),
    "client_email": {"type": "string", "format": "email"},
    **{f"{name}_uri": URI for name in ("auth", "token")},
    **{f"{name}_cert_url": URI for name in ("auth_provider_x509", "client_x509")},
}


def whole(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def pattern(text):
    return {"type": "string", "pattern": text}


# Of properties by name, whichever type has them; whatever is not here is any text.
SCHEMAS = {
    "host": HOST,
    "port": PORT,
    "encryption_type": pattern("^(ssh|none)$"),
    "encryption_host": HOST,
    "encryption_port": PORT,
    "ssl": FLAG,
    "output_file_format": FORMAT,
    "sentinel_key": pattern("^stitch-challenge-file-.*$"),
    "csv_delimiter": pattern(r"^(,|\||\t)$"),
    "csv_force_quote": FLAG,
    "cloud_storage_location": pattern("|".join(f"^{name}$" for name in LOCATIONS.split())),
    "loading_mode": pattern("^(UPSERT|APPEND_ONLY)$"),
    "jdbc_url": pattern("^jdbc:spark://"),
    "staging_area": whole(scheme=pattern("^s3$"), bucket_name=pattern("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9.]$")),
    "ssh_config": {
        "anyOf": [
            whole(ssh=pattern("^true$"), ssh_host=TEXT, ssh_port=PORT, ssh_user=TEXT),
            whole(ssh=pattern("^false$")),
        ]
    },
    "dataset_location": pattern("^(US|EU|asia-northeast1|europe-west2|asia-southeast1|australian-southeast1)$"),
}


@pytest.mark.parametrize("type_", TABLE)
def test_every_schema_is_that_of_the_vendor(stitch, type_):
    card = stitch.get(f"/v4/destination-types/{type_}").body
    for one in (one for step in card["steps"] for one in step["properties"]):
        found = dict(one["json_schema"])
        if one["name"] == "service_account_credentials":
            assert sorted(found.pop("required")) == sorted(KEY)
            assert found == {"type": "object", "properties": KEY, "additionalProperties": False}
        else:
            assert found == SCHEMAS.get(one["name"], TEXT), one["name"]


@pytest.mark.parametrize("type_", ALL)
def test_a_destination_of_a_type_lives_from_creation_to_deletion(stitch, type_):
    answer = stitch.post(V4, posted(type_))
    assert answer.status == 200, answer.text
    made, one = answer.body, f"{V4}/{answer.body['id']}"
    assert made["properties"] == answered(type_, PROPERTIES[type_])
    assert made["report_card"]["current_step_type"] == "fully_configured"
    sent = set(PROPERTIES[type_])
    provided = {one["name"] for one in made["report_card"]["steps"][0]["properties"] if one["provided"]}
    assert provided == sent | made["properties"].keys() | ({"sentinel_key"} if type_ == "s3" else set())
    assert stitch.get(V4).body == [made]
    again = stitch.put(one, {"properties": PROPERTIES[type_]})
    assert again.body["properties"] == made["properties"]
    assert stitch.delete(one).text == "{}"
    assert not Destination.objects.exists()


@pytest.mark.parametrize("hides", ["credentials", "secrets"])
@pytest.mark.parametrize("type_", ALL)
def test_no_credential_is_answered(stitch, settings, type_, hides):
    settings.STITCH_HIDES = hides
    made = stitch.post(V4, posted(type_))
    told = [made, stitch.get(V4), stitch.get(V3), stitch.put(f"{V4}/{made.body['id']}", {"properties": {}})]
    for name in HIDDEN & PROPERTIES[type_].keys():
        value = PROPERTIES[type_][name]
        secret = json.dumps(value["private_key"] if isinstance(value, dict) else value)[1:-1]
        assert not [answer for answer in told if secret in answer.text]


@pytest.mark.parametrize("type_", ["azure_sqldw", "redshift", "postgres", "mssql_server", "mysql_destination"])
def test_what_can_be_tunnelled_is(stitch, type_):
    made = stitch.post(V4, posted(type_, properties={**PROPERTIES[type_], **TUNNEL})).body
    assert made["properties"].items() >= TUNNEL.items()
    assert Destination.objects.get().config["ssh_port"] == 22


def test_a_tunnel_to_databricks_is_one_object(stitch):
    tunnel = {"ssh": "true", "ssh_host": "bastion.example.com", "ssh_port": "22", "ssh_user": "stitch"}
    sent = {**PROPERTIES["databricks_delta"], "ssh_config": tunnel}
    made = stitch.post(V4, posted("databricks_delta", properties=sent)).body
    assert made["properties"]["ssh_config"] == tunnel
    again = {"access_token": PROPERTIES["databricks_delta"]["access_token"]}
    changed = stitch.put(f"{V4}/{made['id']}", {"properties": {"ssh_config": {"ssh": "false"}, **again}}).body
    assert changed["properties"]["ssh_config"] == {"ssh": "false"}


def test_a_url_of_databricks_tells_the_place(stitch):
    made = stitch.post(V4, posted("databricks_delta")).body
    row = Destination.objects.get()
    assert (
        row.config.items()
        >= {
            "host": "dbc-1.cloud.databricks.com",
            "port": 443,
            "http_path": "/sql/1.0/warehouses/a1",
            "schema": "default",
            "staging_bucket": "the-bucket",
        }.items()
    )
    moved = made["properties"]["jdbc_url"].replace("dbc-1", "dbc-2")
    again = {"access_token": PROPERTIES["databricks_delta"]["access_token"]}
    changed = stitch.put(f"{V4}/{made['id']}", {"properties": {"jdbc_url": moved, **again}}).body
    assert changed["properties"]["jdbc_url"] == moved


def test_every_type_that_is_here_natively_and_has_words_is_one_of_ours():
    assert BY_NATIVE.keys() <= set(registry.names())
    assert len(TYPES) == 13


@pytest.mark.parametrize("native", sorted(BY_NATIVE))
def test_what_was_made_elsewhere_is_listed(stitch, account, native):
    example = EXAMPLES[native]
    row = make_destination(account, type=native, config=example.config, credentials=example.credentials)
    (listed,) = stitch.get(V4).body
    assert (listed["id"], listed["type"], listed["name"]) == (row.pk, BY_NATIVE[native].key, row.name)
    assert stitch.get(f"{V4}?destination_id={row.pk}").body == [listed]
    if TYPES[listed["type"]].access:
        changed = stitch.put(f"{V4}/{row.pk}", {"properties": {}})
        assert changed.body["properties"] == listed["properties"]
        fresh = Destination.objects.get()
        assert (fresh.config, fresh.credentials) == (row.config, row.credentials)
        sent = stitch.put(f"{V4}/{row.pk}", {"properties": writable(listed)})
        assert sent.body["properties"] == listed["properties"]
        assert Destination.objects.get().config == row.config
    else:
        refusal = stitch.put(f"{V4}/{row.pk}", {"properties": {}})
        assert (refusal.status, refusal.body["error"]) == (400, "AccessDenied")


def writable(listed):
    return {name: value for name, value in listed["properties"].items() if name != "project_id"}


def test_what_stitch_needs_and_nobody_has_said_is_missing_on_the_report_card(stitch, account):
    example = EXAMPLES["bigquery"]
    make_destination(account, type="bigquery", config=example.config, credentials=example.credentials)
    (listed,) = stitch.get(V4).body
    assert listed["report_card"]["current_step_type"] == "form"
    missing = [one["name"] for one in listed["report_card"]["steps"][0]["properties"] if not one["provided"]]
    assert missing == ["loading_mode"]
    answer = stitch.put(f"{V4}/{listed['id']}", {"properties": {"loading_mode": "APPEND_ONLY"}})
    assert answer.body["report_card"]["current_step_type"] == "fully_configured"

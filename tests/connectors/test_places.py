"""What of every type decides who is sent its secrets, and what is a change of that."""

import pytest

from connectors import registry, strategies
from connectors.base import Declaration
from tests.connectors.examples import CERTIFICATE
from tests.connectors.moving import HOST_KEY, MOVES, OTHER_CA, OTHER_HOST_KEY, TUNNEL, config_of, move

# What has no say in it, type by type, each looked at once: it names something at the place, or what is done there.
NAMES = {"database", "schema"}
STORED = {"bucket", "prefix", "test_object"}
HARMLESS: dict[str, set[str]] = {
    "webhook": {"method", "signature", "verification", "headers"},
    "otlp_http": {"signal"},
    "hookdeck": {"source_name", "source_id"},  # the token goes to Hookdeck, and to nobody else
    "rabbitmq": {"virtual_host", "exchange"},
    "kafka": {"topic", "partition_key_template"},
    "aws_sqs": {"region"},  # the URL of the queue has the server; this is a part of signatures
    "aws_kinesis": {"stream_name", "partition_key_template"},
    "aws_eventbridge": {"event_bus_name"},
    "aws_healthlake": {"datastore_id"},
    "gcp_pubsub": {"project_id", "topic"},
    "gcp_healthcare": {"project_id", "location", "dataset", "fhir_store"},
    "azure_servicebus": {"name", "namespace"},  # the server is in the connection string, which is a secret
    "cloudflare_queues": {"account_id", "queue_id"},  # the token goes to Cloudflare, and to nobody else
    "aws_s3": {*STORED, "key_template", "storage_class", "server_side_encryption"},
    "aws_s3_policy": {"bucket", "challenge_file"},
    "google_cloud_storage": STORED,
    "azure_blob_storage": {"container", "test_object"},
    "azure_databricks": {"container", "prefix", "test_object"},
    # The token goes to OneLake, and to nobody else.
    "azure_fabric": {"workspace", "lakehouse", "prefix", "test_object"},
    "azure_health_data_services": set(),
    "oracle_cloud_storage": STORED,
    # The bucket may stand before the host of the endpoint, within its domain. The region is a part of signatures.
    "s3_compatible": {*STORED, "region", "use_path_style"},
    "postgres": {*NAMES, "ssh_user"},
    "redshift": {*NAMES, "ssh_user"},
    "panoply": NAMES,
    "mysql": {"database", "ssh_user"},
    "mssql": {*NAMES, "ssh_user"},
    "azure_sqldw": {*NAMES, "ssh_user"},
    "snowflake": {*NAMES, "account", "warehouse", "role"},  # the host has the server
    "bigquery": {"project_id", "dataset", "table", "location"},
    "databricks_delta": {"http_path", "catalog", "schema", "staging_bucket", "ssh_user"},
    "data_world": {"owner", "dataset", "output_file_format"},
    "basic": {"username"},
    "bearer": set(),
    "headers": set(),
    "oauth2": {
        "grant_type", "client_id", "username", "client_authentication", "content_type", "scope", "audience", "resource",
        "grant_type_name", "client_id_name", "client_secret_name", "access_token_name", "custom_field_name",
        "custom_field_value",
    },
    "smart_backend": {"client_id", "key_id", "scope", "username", "client_id_name", "grant_type_name"},
    "aws_sigv4": {"access_key_id", "service", "region"},
    "key_pair": {"username"},
    "google_service_account": {"client_email", "private_key_id"},
    # Has no secret, and nothing is sent with it.
    "google_wif": {
        "audience", "token_url", "sts_scope", "scope", "service_account_impersonation_url", "lifetime", "delegates",
        "options",
    },
}  # fmt: skip
UNSENT = {"webhook": {"secret", "previous_secret"}}  # they only sign
DECLARED: dict[str, Declaration] = {one.type: one for one in registry.every()} | {
    one.name: one for one in strategies.every()
}
WEBHOOK, POSTGRES, KAFKA = map(registry.get, ("webhook", "postgres", "kafka"))


@pytest.mark.parametrize("name", DECLARED)
def test_every_field_of_a_config_is_a_place_or_known_to_be_harmless(name):
    declared = DECLARED[name]
    assert declared.config.fields.keys() - declared.places.keys() == HARMLESS[name], (
        f"A config field of {name} says nothing of where secrets go: make it a Place, or list it as harmless here."
    )


@pytest.mark.parametrize("name", DECLARED)
def test_every_secret_is_sent_unless_it_only_signs(name):
    assert DECLARED[name].secrets - set(DECLARED[name].sent) == UNSENT.get(name, set())


@pytest.mark.parametrize(("type_", "place"), MOVES)
def test_a_place_that_changes_is_told(type_, place):
    connector = registry.get(type_)
    before = config_of(connector)
    after = {name: value for name, value in {**before, **move(type_, place)}.items() if value is not None}
    assert place in connector.moved(before, after)
    assert connector.moved(before, before) == []


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("https://a.example/x", "https://a.example/y?z=1", False),
        ("https://a.example", "https://A.EXAMPLE:443/", False),
        ("http://a.example:80/", "http://a.example/", False),
        ("https://a.example/", "http://a.example/", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "https://a.example:8443/", True),
        ("https://a.example/", "https://a.example./", True),
        ("https://a.example/", "https://b.a.example/", True),
        ("https://a.example/", "https://a.example.evil.example/", True),
        ("https://bücher.example/", "https://bücher.example/in", False),
        ("https://bücher.example/", "https://buecher.example/", True),
    ],
)
def test_of_a_url_its_scheme_host_and_port_count(before, after, moves):
    assert WEBHOOK.moved({"url": before}, {"url": after}) == (["url"] if moves else [])


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({}, {"sslmode": "verify-full"}, []),  # which it is when left out
        ({}, {"sslmode": "verify-ca"}, ["sslmode"]),
        ({"sslmode": "require"}, {"sslmode": "disable"}, ["sslmode"]),
        ({"sslmode": "disable"}, {"sslmode": "verify-full"}, []),
        ({"ca_certificate": CERTIFICATE}, {"ca_certificate": CERTIFICATE.replace("\n", "\r\n")}, []),
        ({"ca_certificate": CERTIFICATE}, {"ca_certificate": OTHER_CA}, ["ca_certificate"]),
        ({"ca_certificate": CERTIFICATE}, {}, ["ca_certificate"]),
        ({}, {"ca_certificate": CERTIFICATE}, ["ca_certificate"]),
        ({"sslmode": "require"}, {"sslmode": "verify-ca", "ca_certificate": CERTIFICATE}, []),
        ({"sslmode": "verify-ca"}, {"sslmode": "verify-full", "ca_certificate": CERTIFICATE}, ["ca_certificate"]),
        ({}, {"port": 5432}, []),
        ({}, {"port": 5433}, ["port"]),
        ({}, {"host": "DB.example.com"}, []),
        ({}, {"host": "db.example.org"}, ["host"]),
        ({}, TUNNEL, ["ssh_host", "ssh_port"]),
        (TUNNEL, {}, ["ssh_host", "ssh_port", "ssh_host_key"]),
        (TUNNEL, TUNNEL | {"ssh_user": "another"}, []),
        (TUNNEL, TUNNEL | {"ssh_host_key": OTHER_HOST_KEY}, ["ssh_host_key"]),
        (TUNNEL, {name: value for name, value in TUNNEL.items() if name != "ssh_host_key"}, ["ssh_host_key"]),
        ({"ssh_host": "b.example", "ssh_user": "t"}, {"ssh_host": "b.example", "ssh_user": "t", "ssh_port": 22}, []),
        (
            {"ssh_host": "b.example", "ssh_user": "t"},
            {"ssh_host": "b.example", "ssh_user": "t", "ssh_host_key": HOST_KEY},
            [],
        ),
        ({}, {"database": "other", "schema": "other"}, []),
        ({}, {"host": None}, ["host"]),  # from where anybody could lead it on
        ({"host": None}, {"host": "db.example.org", "port": 1}, []),  # it has not been anywhere
    ],
)
def test_what_protects_the_connection_counts_if_it_gets_less(before, after, moved):
    there = {"host": "db.example.com"}
    assert POSTGRES.moved({**there, **before}, {**there, **after}) == moved


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({}, {"bootstrap_servers": "b.example:9092"}, []),
        ({}, {"bootstrap_servers": "b.example:9092,A.example:9092"}, []),
        ({}, {"bootstrap_servers": "a.example:9093,b.example:9092"}, ["bootstrap_servers"]),
        ({}, {"bootstrap_servers": None}, ["bootstrap_servers"]),
        ({}, {"tls": True}, []),
        ({"tls": False}, {"tls": True, "ca_certificate": CERTIFICATE}, []),
        ({}, {"tls": False}, ["tls"]),
        ({}, {"sasl_mechanism": "scram-sha-256"}, []),
        ({}, {"sasl_mechanism": "plain"}, ["sasl_mechanism"]),
        ({}, {"sasl_mechanism": None}, ["sasl_mechanism"]),
        ({"sasl_mechanism": "plain"}, {}, []),
    ],
)
def test_brokers_count_if_there_are_others(before, after, moved):
    there = {"bootstrap_servers": "a.example:9092,b.example:9092", "sasl_mechanism": "scram-sha-512"}
    assert KAFKA.moved({**there, **before}, {**there, **after}) == moved


def test_a_port_that_is_told_as_it_was_implied_is_the_same():
    rabbit = registry.get("rabbitmq")
    there = {"host": "mq.example.com"}
    assert rabbit.moved(there, {**there, "port": 5671}) == []
    assert rabbit.moved(there, {**there, "port": 5672}) == ["port"]
    assert rabbit.moved({**there, "tls": False}, {**there, "tls": False, "port": 5672}) == []

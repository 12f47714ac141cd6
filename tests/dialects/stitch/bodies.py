"""Destinations of every type as clients send them."""

import json
from typing import Any

from tests.connectors.examples import EXAMPLES

SECRET = "the-password-of-the-example"
V3 = "/v3/destinations"
V4 = "/v4/destinations"

OLD_TEXT = "body must be a map with type = redshift, postgres, or snowflake. required-keys = type, connection"
POST_TEXT = (
    "POST body may only include a type, a name, a description, map of properties, and boolean for unmapped sources"
)
LIMIT_TEXT = "you are at your destination limit"
OTHER_TYPE_TEXT = "this API endpoint does not support modifying destination type"
NO_SUCH_ID_TEXT = "invalid connection id"
QUERY_TEXT = "GET may only include the params: source_id and/or destination_id"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

KEY_FORMAT = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv"
CONNECTION = {
    "host": "db.example.com",
    "port": 5439,
    "username": "u",
    "database": "d",
    "password": SECRET,
    "ssl": False,
}
REDSHIFT = {"type": "redshift", "connection": CONNECTION}
OLD_POSTGRES = {"type": "postgres", "connection": {**CONNECTION, "port": 5432}}
OLD_SNOWFLAKE = {
    "type": "snowflake",
    "connection": {
        "host": "org-account.snowflakecomputing.com",
        "port": 443,
        "username": "u",
        "database": "D",
        "password": SECRET,
        "warehouse": "W",
    },
}
OLD_S3: dict[str, Any] = {
    "type": "s3",
    "connection": {
        "s3_bucket": "b",
        "output_file_format": "csv",
        "s3_key_format_string": KEY_FORMAT,
        "csv_delimiter": ",",
        "csv_force_quote": True,
    },
}
SERVER = {"host": "db.example.com", "port": "5432", "username": "u", "password": SECRET}
DATABASE = {**SERVER, "database": "d"}
TUNNEL = {
    "encryption_type": "ssh",
    "encryption_host": "bastion.example.com",
    "encryption_port": "22",
    "encryption_username": "stitch",
}
ACCOUNT_KEY: dict[str, Any] = {
    "project_id": "the-project",
    "private_key_id": "the-id-of-the-key",
    "client_id": "1234567890",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
    "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/loader",
    **json.loads(EXAMPLES["bigquery"].credentials["service_account_json"]),
}
JDBC_URL = (
    "jdbc:spark://dbc-1.cloud.databricks.com:443/default;transportMode=http;ssl=1;"
    "httpPath=/sql/1.0/warehouses/a1;AuthMech=3;UID=token;PWD=<personal-access-token>"
)
SYNAPSE = EXAMPLES["azure_sqldw"].credentials

#: What may be created, by type, with every property that is required and no other.
PROPERTIES: dict[str, dict[str, Any]] = {
    "azure_sqldw": {
        **DATABASE,
        "azure_storage_account_token": SYNAPSE["storage_account_key"],
        "azure_storage_sas_url": SYNAPSE["storage_sas_url"],
    },
    "redshift": DATABASE,
    "postgres": {**DATABASE, "ssl": "true"},
    "snowflake": {**DATABASE, "port": "443", "warehouse": "W"},
    "s3": {"s3_bucket": "the-bucket", "output_file_format": "csv", "s3_key_format_string": KEY_FORMAT},
    "bigquery_v2": {
        "cloud_storage_location": "EU",
        "loading_mode": "UPSERT",
        "service_account_credentials": ACCOUNT_KEY,
    },
    "databricks_delta": {
        "access_token": "dapi-the-token-of-the-example",
        "jdbc_url": JDBC_URL,
        "staging_area": {"scheme": "s3", "bucket_name": "the-bucket"},
        "ssh_config": {"ssh": "false"},
    },
    "panoply": DATABASE,
    "mssql_server": DATABASE,
    "mysql_destination": SERVER,
}
#: What is answered of each beside what was sent.
MADE: dict[str, dict[str, Any]] = {
    **{type_: {"encryption_type": "none"} for type_ in ("azure_sqldw", "redshift", "postgres")},
    "bigquery_v2": {"project_id": ACCOUNT_KEY["project_id"]},
    **{type_: {"encryption_type": "none", "ssl": "false"} for type_ in ("mssql_server", "mysql_destination")},
}
HIDDEN = {
    "password",
    "azure_storage_account_token",
    "azure_storage_sas_url",
    "sentinel_key",
    "service_account_credentials",
    "access_token",
}


def posted(type_: str, **changes: Any) -> dict[str, Any]:
    return {"type": type_, "properties": PROPERTIES[type_], **changes}


def answered(type_: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The properties that are answered to who sent these."""
    hidden = HIDDEN | ({"username"} if type_ == "snowflake" else set())
    return {name: value for name, value in {**MADE.get(type_, {}), **sent}.items() if name not in hidden}

"""The thirteen types that Stitch knows, in the order it lists them: its properties over our types."""

from dataclasses import replace

from destinations.dialects.stitch.clouds import (
    ACCOUNT_KEY,
    SSH_CONFIG,
    STAGING_AREA,
    AccountKey,
    Endpoint,
    JdbcUrl,
    SshConfig,
    StagingArea,
)
from destinations.dialects.stitch.codecs import Plain, Ssh, Tls
from destinations.dialects.stitch.declaring import (
    CHALLENGE,
    DATABASE,
    DATABASE_CODECS,
    FILES,
    FILES_CODECS,
    FULLY_CONFIGURED,
    KEYS,
    OLD_DATABASE,
    OLD_TUNNEL,
    SERVER,
    SERVER_CODECS,
    SIGN_IN,
    SSL,
    TUNNEL,
    Type,
    form,
    kept,
    option,
    secret,
)
from destinations.dialects.stitch.files import Challenge
from destinations.dialects.stitch.properties import FLAG, PORT, Property, matching

LOCATIONS = (
    "US", "EU", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-south1", "asia-southeast1",
    "australia-southeast1", "europe-north1", "europe-west2", "europe-west3", "europe-west6",
    "northamerica-northeast1", "southamerica-east1", "us-east4", "us-west2",
)  # fmt: skip
OLD_LOCATIONS = ("US", "EU", "asia-northeast1", "europe-west2", "asia-southeast1", "australian-southeast1")


AZURE_SQLDW = Type(
    key="azure_sqldw",
    native="azure_sqldw",
    # The one card that is not sorted.
    steps={
        "form": (
            *SERVER,
            *SIGN_IN,
            secret("azure_storage_account_token"),
            secret("azure_storage_sas_url"),
            DATABASE,
            *TUNNEL,
        ),
        FULLY_CONFIGURED: (),
    },
    codecs=(
        *DATABASE_CODECS,
        Plain("azure_storage_account_token", "credentials.storage_account_key"),
        Plain("azure_storage_sas_url", "credentials.storage_sas_url"),
        Ssh(),
        Tls(assumed=True),
    ),
    state="beta",
)
REDSHIFT = Type(
    key="redshift",
    native="redshift",
    steps=form(*SERVER, *SIGN_IN, DATABASE, *TUNNEL),
    codecs=(*DATABASE_CODECS, Ssh(), Tls("ssl", assumed=True)),
    old=(*OLD_DATABASE, "ssl", *OLD_TUNNEL),
)
POSTGRES = Type(
    key="postgres",
    native="postgres",
    steps=form(*SERVER, *SIGN_IN, DATABASE, *TUNNEL, Property(name="ssl", schema=FLAG), option("sslrootcert")),
    codecs=(*DATABASE_CODECS, Ssh(), Tls("ssl", "sslrootcert", assumed=False)),
    old=(*OLD_DATABASE, "ssl", *OLD_TUNNEL),
)
SNOWFLAKE = Type(
    key="snowflake",
    native="snowflake",
    steps=form(
        *SERVER,
        DATABASE,
        secret("username"),
        secret("password"),
        Property(name="warehouse"),
        option("role"),
    ),
    codecs=(*DATABASE_CODECS, Plain("warehouse"), Plain("role")),
    old=(*OLD_DATABASE, "warehouse", "role"),
)
S3 = Type(
    key="s3",
    native="aws_s3_policy",
    steps=form(*FILES, CHALLENGE),
    codecs=(*FILES_CODECS, Challenge("sentinel_key", "config.challenge_file")),
    old=(*(one.name for one in FILES), "sentinel_key"),
)
STORAGEGRID = Type(
    key="storagegrid",
    native="s3_compatible",
    steps=form(*KEYS, Property(name="endpoint"), Property(name="port", schema=PORT), *FILES, CHALLENGE),
    codecs=(
        *FILES_CODECS,
        Endpoint(),
        Plain("access_key_id", "credentials.access_key_id"),
        Plain("secret_access_key", "credentials.secret_access_key"),
    ),
    tier="enterprise",
    state="alpha",
    access=False,
)
BIGQUERY_V2 = Type(
    key="bigquery_v2",
    native="bigquery",
    steps=form(
        Property(name="cloud_storage_location", schema=matching("|".join(f"^{name}$" for name in LOCATIONS))),
        Property(name="loading_mode", schema=matching("^(UPSERT|APPEND_ONLY)$"), kind="user_provided_immutable"),
        Property(name="project_id", kind="read_only", made=True),
        secret("service_account_credentials", schema=ACCOUNT_KEY),
    ),
    codecs=(AccountKey(), Plain("cloud_storage_location", "config.location"), *kept("loading_mode")),
)
DATABRICKS_DELTA = Type(
    key="databricks_delta",
    native="databricks_delta",
    steps=form(
        secret("access_token"),
        Property(name="jdbc_url", schema=matching("^jdbc:spark://")),
        Property(name="staging_area", schema=STAGING_AREA),
        Property(name="ssh_config", schema=SSH_CONFIG),
    ),
    codecs=(Plain("access_token", "credentials.token"), JdbcUrl(), StagingArea(), SshConfig()),
)
PANOPLY = Type(
    key="panoply",
    native="panoply",
    steps=form(*SERVER, *SIGN_IN, DATABASE),
    codecs=(*DATABASE_CODECS, Tls(assumed=True)),
    protocol="redshift",
)
DATAWORLD = Type(
    key="dataworld",
    native="data_world",
    steps={
        "form": (Property(name="account_id"), Property(name="output_file_format", schema=matching("^(csv|jsonl)$"))),
        "oauth": tuple(
            Property(
                name=name,
                credential=name == "access_token",
                kind="system_provided_by_default",
                system_provided=True,
                made=True,
            )
            for name in ("access_token", "s3_bucket", "s3_key_format_string")
        ),
        FULLY_CONFIGURED: (),
    },
    codecs=(
        Plain("account_id", "config.owner"),
        Plain("output_file_format"),
        Plain("access_token", "credentials.access_token"),
    ),
    protocol="s3",
    access=False,
)
BIGQUERY = Type(
    key="bigquery",
    native="",
    steps={
        "form": (
            Property(name="dataset_location", schema=matching(f"^({'|'.join(OLD_LOCATIONS)})$")),
            Property(name="project_id"),
            Property(name="project_name"),
        ),
        "oauth": (secret("access_token"), secret("refresh_token"), Property(name="user_id")),
        FULLY_CONFIGURED: (),
    },
    state="alpha",
    access=False,
)
MSSQL_SERVER = Type(
    key="mssql_server",
    native="mssql",
    steps=form(*SERVER, *SIGN_IN, DATABASE, *TUNNEL, SSL),
    codecs=(*DATABASE_CODECS, Ssh(), Tls("ssl", assumed=False)),
)
MYSQL_DESTINATION = Type(
    key="mysql_destination",
    native="mysql",
    steps=form(*SERVER, *SIGN_IN, *TUNNEL, SSL),
    codecs=(*SERVER_CODECS, Ssh(), Tls("ssl", assumed=False)),
)

TYPES: dict[str, Type] = {
    type_.key: replace(type_, protocol=type_.protocol or type_.key)
    for type_ in (
        AZURE_SQLDW,
        REDSHIFT,
        POSTGRES,
        SNOWFLAKE,
        S3,
        STORAGEGRID,
        BIGQUERY_V2,
        DATABRICKS_DELTA,
        PANOPLY,
        DATAWORLD,
        BIGQUERY,
        MSSQL_SERVER,
        MYSQL_DESTINATION,
    )
}
# A bucket that was given with keys, elsewhere, has no challenge file and needs none.
WITH_KEYS = replace(
    S3,
    native="aws_s3",
    steps=form(*FILES),
    codecs=FILES_CODECS,
    old=tuple(one.name for one in FILES),
    protocol="s3",
)
BY_NATIVE = {type_.native: type_ for type_ in (*TYPES.values(), WITH_KEYS) if type_.native}
OLD_TYPES = {key: type_ for key, type_ in TYPES.items() if type_.old}

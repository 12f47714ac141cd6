"""Planet's five types of storage and their parameters, over the native types."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

REDACTED = "<REDACTED>"


class Fault(Exception):
    """A value that cannot be spelled natively; the text says what it must be."""


class Codec(NamedTuple):
    """`native` raises `Fault`; None stands for a value that is not there."""

    json: type
    native: Callable[[Any], Any]
    shown: Callable[[Any], Any]


def _url(given: str) -> str:
    """Planet takes a bare host, too."""
    return given if "://" in given else f"https://{given}"


def _key_file(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Fault("This must be the JSON file of a service account's key, in Base64 on one line.") from None


TEXT = Codec(str, str, str)
ENDPOINT = Codec(str, _url, str)
KEY_FILE = Codec(str, _key_file, str)
FLAG = Codec(bool, bool, bool)
SSE = Codec(bool, lambda given: "AES256" if given else None, lambda stored: stored == "AES256")


class Field(NamedTuple):
    """`native` is the name in the config, or in the credentials for a `secret`. A patch has every secret, and may
    have what is `changeable`."""

    key: str
    native: str
    meaning: str
    codec: Codec = TEXT
    required: bool = True
    secret: bool = False
    changeable: bool = False
    nullable: bool = False


class Type(NamedTuple):
    """`named_after` is the parameter that a destination without a name is named after."""

    name: str
    native: str
    fields: tuple[Field, ...]
    named_after: str = "bucket"

    @property
    def patch(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.secret or field.changeable)


def _bucket(meaning: str = "The name of the bucket.") -> Field:
    return Field("bucket", "bucket", meaning)


def _secret(key: str, native: str, meaning: str, codec: Codec = TEXT) -> Field:
    return Field(key, native, meaning, codec, secret=True)


def _flag(key: str, native: str, meaning: str, codec: Codec = FLAG) -> Field:
    return Field(key, native, meaning, codec, required=False, changeable=True)


_ALL = (
    Type(
        "amazon_s3",
        "aws_s3",
        (
            _bucket(),
            Field("aws_region", "region", "The AWS region of the bucket, such as us-west-2."),
            _secret("aws_access_key_id", "access_key_id", "The public half of the access key."),
            _secret("aws_secret_access_key", "secret_access_key", "The secret half of the access key."),
            _flag("explicit_sse", "server_side_encryption", "Whether every write asks for SSE-S3.", SSE),
        ),
    ),
    Type(
        "azure_blob_storage",
        "azure_blob_storage",
        (
            Field("account", "account", "The name of the storage account."),
            Field("container", "container", "The name of the container."),
            _secret("sas_token", "sas_token", "A shared access signature, with or without the leading “?”."),
            Field(
                "storage_endpoint_suffix",
                "storage_endpoint_suffix",
                "The end of the account's address; core.windows.net when left out.",
                required=False,
                nullable=True,
            ),
        ),
        named_after="container",
    ),
    Type(
        "google_cloud_storage",
        "google_cloud_storage",
        (
            _bucket(),
            _secret(
                "credentials",
                "service_account_json",
                "The JSON file of a service account's key, in Base64 on one line.",
                KEY_FILE,
            ),
        ),
    ),
    Type(
        "oracle_cloud_storage",
        "oracle_cloud_storage",
        (
            _bucket(),
            Field("region", "region", "The identifier of the region, such as us-ashburn-1."),
            Field("namespace", "namespace", "The Object Storage namespace of the tenancy."),
            _secret("customer_access_key_id", "access_key_id", "The public half of the customer secret key."),
            _secret("customer_secret_key", "secret_access_key", "The secret half of the customer secret key."),
        ),
    ),
    Type(
        "s3_compatible",
        "s3_compatible",
        (
            _bucket(),
            Field("endpoint", "endpoint", "The URL of the service without the bucket.", ENDPOINT),
            Field("region", "region", "What the service calls its region."),
            _secret("access_key_id", "access_key_id", "The public half of the access key."),
            _secret("secret_access_key", "secret_access_key", "The secret half of the access key."),
            _flag("use_path_style", "use_path_style", "Whether the bucket stands in the path, not in the host name."),
        ),
    ),
)
TYPES = {type_.name: type_ for type_ in _ALL}
NATIVE = {type_.native: type_ for type_ in _ALL}

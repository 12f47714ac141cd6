"""One valid destination of every type, for the tests that hold all types to the same promises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trustme

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()


@dataclass(frozen=True)
class Example:
    """`config` and `credentials` give every required field, every secret, and what else a type has to offer.

    `at(host, port)` is what to change in `config` to point the destination at a server there. No TLS, if it can be
    left out: what listens there speaks nothing.
    """

    config: dict[str, Any]
    credentials: dict[str, Any]
    at: Callable[[str, int], dict[str, Any]]


def _host_and_port(**others: Any) -> Callable[[str, int], dict[str, Any]]:
    return lambda host, port: {"host": host, "port": port, **others}


EXAMPLES = {
    "webhook": Example(
        config={
            "url": "https://hooks.example.com/landfall?team=data",
            "method": "PUT",
            "headers": {"X-Team": "data"},
            "ca_certificate": CERTIFICATE,
        },
        credentials={
            "secret": "whsec_dGhlIHNpZ25pbmcgc2VjcmV0IG9mIHRoZSBleGFtcGxl",
            "headers": {"Authorization": "Bearer the-token-of-the-example"},
        },
        at=lambda host, port: {"url": f"http://{host}:{port}/"},
    ),
    "postgres": Example(
        config={"host": "db.example.com", "port": 5433, "database": "lake", "schema": "raw", "sslmode": "verify-full"},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable"),
    ),
    "redshift": Example(
        config={"host": "cluster.example.com", "database": "dev", "schema": "raw", "ca_certificate": CERTIFICATE},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable", ca_certificate=None),
    ),
    "rabbitmq": Example(
        config={"host": "mq.example.com", "virtual_host": "prod", "exchange": "events", "tls": True},
        credentials={"username": "publisher", "password": " the password of the example "},
        at=_host_and_port(tls=False),
    ),
    "aws_s3": Example(
        config={
            "bucket": "the-bucket",
            "region": "us-east-1",
            "prefix": "landing/",
            "storage_class": "STANDARD_IA",
            "server_side_encryption": "AES256",
        },
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "s3_compatible": Example(
        config={
            "endpoint": "https://s3.example.com",
            "region": "eu-1",
            "bucket": "the-bucket",
            "prefix": "landing/",
            "use_path_style": True,
            "ca_certificate": CERTIFICATE,
        },
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
}

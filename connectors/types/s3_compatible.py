"""A bucket on any service that speaks the S3 protocol."""

import ipaddress
import re
from collections.abc import Iterator

from yarl import URL

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import FlagField, PatternField
from connectors.probes import s3
from connectors.probes.object_names import ObjectNameField
from connectors.problems import Problem
from connectors.tls import CertificateField, tls_context


class S3Compatible(Connector):
    """A bucket on a service that speaks the S3 protocol."""

    type = "s3_compatible"
    label = "S3-compatible storage"
    family = "object storage"
    steps = s3.STEPS
    effect = s3.EFFECT
    rights = (
        "To write and to remove objects below the prefix. The right to list the bucket lets a check tell a missing "
        "bucket from one that may not be listed; without it that step is skipped."
    )
    tested = "Against a real SeaweedFS server, over HTTP and HTTPS, path style and host style."

    class Config(Section):
        endpoint = s3.EndpointField(
            label="Endpoint", help_text="The URL of the service without the bucket, such as https://s3.example.com."
        )
        region = PatternField(
            r"[A-Za-z0-9._-]+",
            "This may hold letters, digits, dots, hyphens and underscores only.",
            default="us-east-1",
            max_length=64,
            label="Region",
            help_text="What the service calls its region. It is a part of the signature.",
        )
        bucket = s3.BucketField(max_length=255)
        prefix = s3.PrefixField(required=False)
        test_object = ObjectNameField()
        use_path_style = FlagField(
            default=False,
            label="Use path style",
            help_text="Put the bucket's name into the path instead of the host name; services differ in this.",
        )
        ca_certificate = CertificateField(
            max_length=65536, help_text="PEM text of the CA that issued the service's certificate, if no public CA did."
        )

    class Credentials(s3.AccessKeys):
        pass

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if not config["use_path_style"] and (reason := _not_in_a_host_name(config)):
            yield Problem("config.use_path_style", "invalid", f"{reason} Switch this on.")

    def target(self, config: Values) -> str:
        return f"{config['bucket']} at {self.host(config)}"

    def host(self, config: Values) -> str:
        return s3.service(config["endpoint"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        other = "off" if config["use_path_style"] else "on"
        bucket = s3.Bucket(
            name=config["bucket"],
            region=config["region"],
            endpoint=config["endpoint"],
            path_style=config["use_path_style"],
            prefix=config.get("prefix", ""),
            test_object=config.get("test_object", ""),
            hint=f"If that is not it, switch use_path_style {other}: services differ in where they look for its name.",
            tls=tls_context(config.get("ca_certificate", "")),
        )
        await s3.check(bucket, s3.Keys(credentials["access_key_id"], credentials["secret_access_key"]), steps)


def _not_in_a_host_name(config: Values) -> str:
    """Why the bucket's name cannot stand before the host name of the endpoint."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", config["bucket"]):
        return "This bucket's name cannot be a part of a host name."
    try:
        ipaddress.ip_address(URL(config["endpoint"]).host or "")
    except ValueError:
        return ""
    return "The endpoint is an IP address, which cannot have the bucket's name before it."

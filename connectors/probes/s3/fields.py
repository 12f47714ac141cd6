"""The fields that every type that speaks S3 declares."""

from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.base import Section
from connectors.fields import PatternField, SecretField, UrlField
from connectors.probes.s3.bucket import service


class HeaderSecretField(SecretField):
    """A secret that is sent in an HTTP header as it is."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValidationError("This may hold printable ASCII characters only, and no blanks.", code="pattern")


class AccessKeys(Section):
    access_key_id = HeaderSecretField(
        reveal=4, max_length=256, label="Access key ID", help_text="The public half of the key, such as AKIA…"
    )
    secret_access_key = SecretField(
        reveal=4, max_length=256, label="Secret access key", help_text="The secret half of the key."
    )


class EndpointField(UrlField):
    """The base URL of an S3 service. It may hold a path, since some services live under one."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if "?" in text or "#" in text:
            raise ValidationError("This URL must not hold a query or a fragment.", code="pattern")
        try:
            service(text)
        except ValueError:
            raise ValidationError("The host of this URL is not a valid name or address.", code="pattern") from None


class PrefixField(PatternField):
    """The beginning of every object's name, of which S3 allows 1024 bytes in all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            # Clients and proxies rewrite paths with dot segments, and then the signature no longer fits.
            r"(?!(?:.*/)?\.\.?/)[^\x00-\x1f\x7f]*",
            "This must not hold control characters, nor “.” or “..” as a part of the path.",
            max_length=240,
            label="Prefix",
            help_text="The beginning of every object's name. End it with / for a folder.",
            **kwargs,
        )

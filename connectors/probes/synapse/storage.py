"""Where the storage of a pool is, and what gives access to it: a SAS URL to put files there, and a key to read them."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rest_framework.exceptions import ValidationError

from connectors.fields import SecretField, url_fault
from connectors.probes import blob


class SasUrlField(SecretField):
    """The blob service SAS URL of a storage account, or of one container in it; kept as sent."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if reason := _fault(text):
            raise ValidationError(reason, code="pattern")


def _fault(text: str) -> str | None:
    if reason := url_fault(text, ("https",)):
        return reason
    parts = urlsplit(text)
    if (parts.hostname or "").split(".")[1:2] != ["blob"]:
        return "This must be the SAS URL of a blob service, whose host is like ACCOUNT.blob.core.windows.net."
    if parts.path.strip("/").count("/") or parts.fragment:
        return "This must be the SAS URL of a storage account or of a container."
    if not blob.Sas.of(parts.query).said.get("sig"):
        return "This is not a SAS URL: it holds no signature (sig)."
    return None


@dataclass(frozen=True, slots=True)
class Storage:
    """`container` is empty when the URL is one of the whole account."""

    endpoint: str
    account: str
    container: str
    sas: blob.Sas
    key: str = field(repr=False)

    @classmethod
    def of(cls, url: str, key: str) -> "Storage":
        parts = urlsplit(url)
        account = (parts.hostname or "").partition(".")[0]
        return cls(f"https://{parts.netloc}", account, parts.path.strip("/"), blob.Sas.of(parts.query), key)

    def at(self, container: str) -> blob.Container:
        return blob.Container(name=container, account=self.account, endpoint=self.endpoint)

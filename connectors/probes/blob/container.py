"""Where a container is."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import quote

from rest_framework.exceptions import ValidationError
from yarl import URL

from connectors.fields import UrlField


class BlobEndpointField(UrlField):
    """The base URL of an account's blob service. Emulators have the account's name as its path."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if "?" in text or "#" in text:
            raise ValidationError("This URL must not hold a query or a fragment.", code="pattern")


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    account: str
    #: The account's blob service, for example https://example.blob.core.windows.net.
    endpoint: str
    #: What else to look at when the host is not found, a sentence.
    hint: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def service(self) -> str:
        """The host, with its port when that is not the usual one."""
        return URL(self.endpoint).host_port_subcomponent or ""

    @property
    def encrypted(self) -> bool:
        return self.endpoint.startswith("https://")

    def url(self, blob: str = "", query: str = "") -> str:
        """The address of a blob, or of the container itself. `query` is percent-encoded already."""
        path = f"{self.name}/{quote(blob, safe='')}" if blob else self.name
        return f"{self.endpoint.rstrip('/')}/{path}?{query}"

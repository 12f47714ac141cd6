"""Where a container is."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from yarl import URL

from connectors.base import Values
from connectors.problems import CheckFailed

#: An account's blob service; `suffix` is that of one of Azure's clouds.
SERVICE = "https://{account}.blob.{suffix}"


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    account: str
    #: The account's blob service, for example https://example.blob.core.windows.net.
    endpoint: str
    #: The beginning of every blob's name.
    prefix: str = ""
    #: What else to look at when the host is not found, a sentence.
    hint: str = ""
    #: The name of what a check writes, after the prefix; without one it has a random number.
    test_object: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls, config: Values, *, endpoint: str = "", prefix: str = "", tls: ssl.SSLContext | None = None
    ) -> "Container":
        """`endpoint` is given where it is another one than the account and the suffix make."""
        return cls(
            name=config["container"],
            account=config["account"],
            endpoint=endpoint or SERVICE.format(account=config["account"], suffix=config["storage_endpoint_suffix"]),
            prefix=prefix,
            hint="" if endpoint else "Check the name of the account, too: an address exists for each.",
            test_object=config.get("test_object", ""),
            tls=tls,
        )

    @property
    def service(self) -> str:
        """The host, with its port when that is not the usual one."""
        return URL(self.endpoint).host_port_subcomponent or ""

    @property
    def encrypted(self) -> bool:
        return self.endpoint.startswith("https://")

    @property
    def words(self) -> dict[str, str]:
        return {"service": self.service, "account": self.account, "container": self.name}

    def url(self, blob: str = "", query: str = "") -> str:
        """The address of a blob, or of the container itself. `query` is percent-encoded already."""
        path = f"{self.name}/{quote(blob, safe='/~')}" if blob else self.name
        return f"{self.endpoint.rstrip('/')}/{path}" + (f"?{query}" if query else "")

    @contextmanager
    def hinted(self) -> Iterator[None]:
        """What fails to find the host within it tells the hint."""
        try:
            yield
        except CheckFailed as failure:
            if failure.code == "dns":
                failure.remedy = f"{failure.remedy} {self.hint}".strip()
            raise

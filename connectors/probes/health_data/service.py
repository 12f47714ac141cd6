"""Where a FHIR service is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from rest_framework.exceptions import ValidationError

from connectors.fields import BaseUrlField


class ServerUrlField(BaseUrlField):
    """The base of a FHIR service, which is the audience of its tokens, too."""

    def __init__(self) -> None:
        super().__init__(
            schemes=("https",),
            label="FHIR server URL",
            help_text="The URL of the FHIR service, such as https://WORKSPACE-SERVICE.fhir.azurehealthcareapis.com.",
        )

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if text.rstrip("/").endswith("/metadata"):
            raise ValidationError("This must be the base of the FHIR service, without /metadata.", code="pattern")


@dataclass(frozen=True, slots=True)
class FhirService:
    #: Without a slash at its end.
    url: str

    @classmethod
    def at(cls, url: str) -> "FhirService":
        return cls(url.rstrip("/"))

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.lower()

    @property
    def scope(self) -> str:
        return f"{self.url}/.default"

    @property
    def words(self) -> dict[str, str]:
        return {"service": self.host}

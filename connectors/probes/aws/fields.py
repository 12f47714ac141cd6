"""The fields that the types of Amazon's services, and of those that speak their protocols, declare."""

from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.base import Section
from connectors.fields import BaseUrlField, HeaderSecretField, PatternField, SecretField
from connectors.places import Place
from connectors.probes.aws.regions import REGION
from connectors.probes.aws.signing import service


class AccessKeys(Section):
    access_key_id = HeaderSecretField(
        reveal=4, max_length=256, label="Access key ID", help_text="The public half of the key, such as AKIA…"
    )
    secret_access_key = SecretField(
        reveal=4, max_length=256, label="Secret access key", help_text="The secret half of the key."
    )


class SessionKeys(AccessKeys):
    """Keys that may be temporary."""

    session_token = HeaderSecretField(
        reveal=4,
        required=False,
        max_length=8192,
        label="Session token",
        help_text="Belongs to temporary keys only. The destination stops working when it expires.",
    )


class RegionField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Region")
        super().__init__(REGION, "This must be the code of an AWS region, such as us-west-2.", max_length=40, **kwargs)


class ServerRegionField(Place, RegionField):
    """A region that is a part of the name of the server."""


class EndpointField(BaseUrlField):
    """The base URL of a service. It may hold a path, since some services live under one."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            service(text)
        except ValueError:
            raise ValidationError("The host of this URL is not a valid name or address.", code="pattern") from None


class OwnEndpointField(EndpointField):
    """For the services that Landfall knows the public address of."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label="Endpoint",
            help_text="Only for access other than over Amazon's public endpoint, such as a VPC endpoint.",
        )

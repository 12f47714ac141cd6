"""A service principal, and a token for it."""

import re
from dataclasses import dataclass, field

from connectors.base import Section, Values
from connectors.fields import PatternField, SecretField
from connectors.probes import oauth
from connectors.probes.entra import faults

#: Where each of Azure's clouds gives out tokens, by the suffix of its storage. A secret is sent nowhere else.
CLOUDS = {
    "core.windows.net": "https://login.microsoftonline.com",
    "core.usgovcloudapi.net": "https://login.microsoftonline.us",
    "core.chinacloudapi.cn": "https://login.partner.microsoftonline.cn",
}
PUBLIC = next(iter(CLOUDS))
# What the names of FHIR servers of the other clouds end with.
_SERVERS = {"us": "core.usgovcloudapi.net", "cn": "core.chinacloudapi.cn"}
_SERVER = re.compile(r"https://[^/:]+\.azurehealthcareapis\.(us|cn)(?=[/:]|$)", re.IGNORECASE)
_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


class PrincipalSection(Section):
    """The credentials of a type that signs in as a service principal."""

    tenant_id = PatternField(
        rf"{_GUID}|{_LABEL}(\.{_LABEL})+",
        "This must be the ID of a tenant, a GUID, or one of its domains, such as example.onmicrosoft.com.",
        max_length=255,
        label="Tenant ID",
        help_text="The “Directory (tenant) ID” of the service principal's tenant, or a domain of the tenant.",
    )
    client_id = PatternField(
        _GUID,
        "This must be the ID of an application, a GUID.",
        label="Client ID",
        help_text="The “Application (client) ID” of the service principal; not its object ID.",
    )
    client_secret = SecretField(
        max_length=1024,
        label="Client secret",
        help_text="The value of a client secret of the application; not the secret's ID.",
    )


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    tenant: str
    client: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, credentials: Values) -> "ServicePrincipal":
        return cls(*(credentials[name] for name in ("tenant_id", "client_id", "client_secret")))


def cloud_of(config: Values) -> str:
    """The cloud that a destination is in, by the suffix of its storage: as its config says, or its server's name."""
    server = _SERVER.match(f"{config.get('fhir_server_url')}")
    return _SERVERS[server[1].lower()] if server else f"{config.get('storage_endpoint_suffix', PUBLIC)}"


async def token(who: ServicePrincipal, cloud: str, scope: str, must: str) -> str:
    """A token for `scope`, from the sign-in of the cloud with that storage suffix. `must` is a sentence that says
    which cloud the tenant must be in. Raises `CheckFailed`.
    """
    login = CLOUDS[cloud]
    form = {"grant_type": "client_credentials", "client_id": who.client, "client_secret": who.secret, "scope": scope}
    answer = await oauth.ask(f"{login}/{who.tenant}/oauth2/v2.0/token", form)
    if answer.token:
        return answer.token
    words = {"login": login.partition("//")[2], "tenant": who.tenant, "client": who.client, "cloud": must}
    raise faults.failure(answer, words)

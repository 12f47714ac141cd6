"""Ways to sign in with a token that an OAuth 2.0 server gives out, for types that send one, and for Azure."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from connectors.base import CheckFailed, Section, Steps, Values
from connectors.fields import ChoiceField, SecretField, TextField, UrlField
from connectors.probes import entra, oauth
from connectors.problems import Problem
from connectors.strategies.base import Offer, Strategy
from connectors.strategies.headers import basic

REMEDY = "Check the token URL, the client ID and its secret, and what the token is asked for with."
# RFC 6749 section 5.2: words that a message may repeat, because they can be no others.
ERRORS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
          "invalid_scope")  # fmt: skip


def _name(default: str, what: str) -> TextField:
    return TextField(
        default=default, max_length=100, label=f"Name of {what}", help_text=f"What the server calls {what}."
    )


def optional(label: str, help_text: str) -> TextField:
    return TextField(required=False, max_length=2000, label=label, help_text=help_text)


class TokenUrlField(UrlField):
    def __init__(self) -> None:
        super().__init__(label="Token URL", help_text="Where tokens are given out, such as https://example.com/token.")


class OAuth2(Strategy):
    """A client ID and a client secret, for which a token is given out: OAuth 2.0, two-legged."""

    name = "oauth2"
    label = "OAuth 2.0, two-legged"
    hint = (
        "It serves types that have secret headers, and those of Azure that sign in as a service principal (Databricks "
        "on Azure, Microsoft Fabric, Azure Health Data Services) if its token URL is of the cloud that they are in, "
        "such as https://login.microsoftonline.com/TENANT/oauth2/v2.0/token."
    )

    class Config(Section):
        token_url = TokenUrlField()
        grant_type = ChoiceField(
            choices=("client_credentials", "password"),
            default="client_credentials",
            label="Grant type",
            help_text="client_credentials, or password for a user besides.",
        )
        client_id = optional("Client ID", "What the server knows the client by.")
        username = optional("User name", "For the grant type password.")
        client_authentication = ChoiceField(
            choices=("basic", "body"),
            default="basic",
            label="Client authentication",
            help_text="Whether the client's ID and secret are sent in the Authorization header or in the body.",
        )
        content_type = ChoiceField(
            choices=("form", "json"), default="form", label="Content type", help_text="Of the body that asks."
        )
        scope = optional("Scope", "Scopes to ask for, separated by blanks.")
        audience = optional("Audience", "Whom the token is to be for, where the server asks for that.")
        resource = optional("Resource", "What the token is to be for, where the server asks for that.")
        grant_type_name = _name("grant_type", "the grant type")
        client_id_name = _name("client_id", "the client ID")
        client_secret_name = _name("client_secret", "the client secret")
        access_token_name = _name("access_token", "the token in its answer")
        custom_field_name = optional("Name of a further field", "Where the server asks for a field of its own.")
        custom_field_value = optional("Value of the further field", "Not secret.")

    class Credentials(Section):
        client_secret = SecretField(
            required=False, max_length=4096, label="Client secret", help_text="What the client proves itself with."
        )
        password = SecretField(
            required=False, max_length=1000, label="Password", help_text="Of the user, for the grant type password."
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if config["grant_type"] == "password":
            for part, section, name in ((0, config, "username"), (1, credentials, "password")):
                if not section.get(name):
                    yield Problem(f"{self.parts[part]}.{name}", "required", "The grant type password needs this.")

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        tenant = entra_tenant(config["token_url"], entra.cloud_of(place))
        if tenant:
            principal = {"tenant_id": tenant, "client_id": config.get("client_id")}
            given = {**principal, "client_secret": credentials.get("client_secret")}
            yield Offer({name: value for name, value in given.items() if value})
        yield Offer({"headers": {"Authorization": "Bearer"}}, bearer=True)

    async def token(self, config: Values, credentials: Values, steps: Steps) -> str:
        form, headers = _request(config, credentials)
        as_json = config["content_type"] == "json"
        answer = await oauth.ask(config["token_url"], form, headers=headers, as_json=as_json)
        return read_token(answer, config["token_url"], config["access_token_name"])


def entra_tenant(url: str, suffix: str) -> str:
    """The tenant that a token URL of Microsoft Entra names, empty for one of another server or another cloud."""
    parts = urlsplit(url)
    login = entra.CLOUDS.get(suffix)
    path = parts.path.strip("/").split("/")
    return path[0] if login == f"{parts.scheme}://{parts.netloc.lower()}" and len(path) > 1 else ""


def cloud_of(url: str) -> str:
    """The storage suffix of the cloud whose sign-in this is, empty if it is none."""
    return next((suffix for suffix in entra.CLOUDS if entra_tenant(url, suffix)), "")


def _request(config: Values, credentials: Values) -> tuple[dict[str, str], dict[str, str]]:
    """The body and the headers that ask for a token."""
    form = {config["grant_type_name"]: config["grant_type"]}
    client, secret = config.get("client_id", ""), credentials.get("client_secret", "")
    headers = {}
    if client and secret and config["client_authentication"] == "basic":
        headers["Authorization"] = basic(quote(client, safe=""), quote(secret, safe=""))
    else:
        form |= {config["client_id_name"]: client, config["client_secret_name"]: secret}
    if config["grant_type"] == "password":
        form |= {"username": config["username"], "password": credentials["password"]}
    form |= {name: config[name] for name in ("scope", "audience", "resource") if name in config}
    if "custom_field_name" in config:
        form[config["custom_field_name"]] = config.get("custom_field_value", "")
    return {name: value for name, value in form.items() if value}, headers


def read_token(answer: oauth.Answer, url: str, name: str = "access_token") -> str:
    """Raises `CheckFailed`."""
    if token := answer.named(name):
        return token
    host, error = urlsplit(url).hostname, answer.said.get("error")
    told = f"status {answer.status}" + (f", {error}" if error in ERRORS else "")
    if answer.status >= 500:
        raise CheckFailed("remote", f"{host} failed to give out a token ({told}).", "Check again later.")
    if answer.status == 200:
        raise CheckFailed("protocol", f"{host} answered without a token named {name}.", "Check the token URL.")
    raise CheckFailed("denied", f"{host} gives out no token ({told}).", REMEDY)

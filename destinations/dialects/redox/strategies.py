"""Ways to sign in, as tables of keys over native strategies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from destinations.dialects.redox.failures import Refused, invalid

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PROPERTIES, SECRETS = "properties", "secrets"


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """A key of Redox's; without `native` name it is only kept. `kind` is the JSON type it has."""

    key: str
    native: str = ""
    part: str = PROPERTIES
    kind: type = str
    required: bool = False
    read: Callable[[Any], Any] = _same
    show: Callable[[Any], Any] = _same

    @property
    def flag(self) -> str:
        """What tells of a secret that it is there."""
        return f"has{self.key[0].upper()}{self.key[1:]}"


def _secret(key: str, native: str) -> Field:
    return Field(key, native, SECRETS)


def _content_type(value: str) -> str:
    names = {FORM: "form", JSON: "json"}
    if value not in names:
        raise invalid("contentType", f"This must be one of: {', '.join(names)}.")
    return names[value]


def _grant_type(value: str) -> str:
    if value != "client_credentials":
        raise invalid("grantType", "This must be client_credentials.")
    return value


CLIENT_ID, URL = Field("clientId", "client_id"), Field("url", "token_url", required=True)
SCOPES = Field("scopes", "scope")
NO_BASIC = Field(
    "noBasic",
    "client_authentication",
    kind=bool,
    read=lambda no: "body" if no else "basic",
    show=lambda how: how == "body",
)
CONTENT_TYPE = Field(
    "contentType", "content_type", read=_content_type, show=lambda kind: JSON if kind == "json" else FORM
)


@dataclass(frozen=True, slots=True)
class Strategy:
    name: str
    native: str
    fields: tuple[Field, ...]


STRATEGIES = (
    Strategy(
        "AwsSigv4",
        "aws_sigv4",
        (
            Field("accessKey", "access_key_id"),
            _secret("secretKey", "secret_access_key"),
            Field("serviceName", "service"),
            Field("awsRegion", "region"),
            _secret("sessionToken", "session_token"),
        ),
    ),
    Strategy(
        "GoogleWIF",
        "google_wif",
        tuple(
            Field(key, key)
            for key in (
                "audience", "delegates", "lifetime", "options", "scope", "service_account_impersonation_url",
                "sts_scope", "token_url",
            )
        ),
    ),
    Strategy(
        "OAuth_2.0_2-legged",
        "oauth2",
        (
            Field("grantType", "grant_type", required=True),
            Field("username", "username"),
            _secret("password", "password"),
            URL,
            Field("grantTypeName", "grant_type_name"),
            Field("clientIdName", "client_id_name"),
            Field("clientSecretName", "client_secret_name"),
            Field("refreshTokenName"),
            CLIENT_ID,
            _secret("clientSecret", "client_secret"),
            Field("accessTokenName", "access_token_name"),
            Field("expiresFieldName"),
            Field("refreshGrantType"),
            Field("audience", "audience"),
            SCOPES,
            CONTENT_TYPE,
            NO_BASIC,
            Field("resource", "resource"),
            Field("customFieldName", "custom_field_name"),
            Field("customFieldValue", "custom_field_value"),
            Field("defaultExpirationSeconds", kind=int),
        ),
    ),
    Strategy(
        "SMART_Backend",
        "smart_backend",
        (
            Field("grantType", read=_grant_type),
            Field("username", "username"),
            _secret("password", "password"),
            URL,
            Field("grantTypeName", "grant_type_name"),
            Field("clientIdName", "client_id_name"),
            CLIENT_ID,
            _secret("privateKey", "private_key"),
            Field("keyId", "key_id"),
            SCOPES,
        ),
    ),
    Strategy("JWT_Bearer", "key_pair", (Field("username", "username"), _secret("privateKey", "private_key"))),
    Strategy(
        "OAuth_2.0_2-legged_JWT",
        "google_service_account",
        (
            Field("clientEmail", "client_email"),
            _secret("privateKey", "private_key"),
            Field("privateKeyId", "private_key_id"),
            Field("url", "token_uri"),
        ),
    ),
)  # fmt: skip
BY_NAME = {strategy.name: strategy for strategy in STRATEGIES}
BY_NATIVE = {strategy.native: strategy for strategy in STRATEGIES}


def find(name: Any) -> Strategy:
    """Raises `Refused`."""
    if not isinstance(name, str) or name not in BY_NAME:
        raise invalid("authStrategy", f"This must be one of: {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def native(strategy: Strategy, body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a body says, by native names: properties, secrets, and what is only kept. Raises `Refused`."""
    made: dict[str, dict[str, Any]] = {PROPERTIES: {}, SECRETS: {}, "kept": {}}
    for field in strategy.fields:
        if field.key in body:
            value = _judged(field, body[field.key])
            made[field.part if field.native else "kept"][field.native or field.key] = value
    return made


def _judged(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, field.kind) or (field.kind is int and isinstance(value, bool)):
        kinds = {str: "a text", bool: "true or false", int: "a whole number"}
        raise invalid(field.key, f"This must be {kinds[field.kind]}.")
    return field.read(value)


def missing(strategy: Strategy, body: Mapping[str, Any]) -> None:
    """Raises `Refused`."""
    absent = [field.key for field in strategy.fields if field.required and body.get(field.key) in (None, "")]
    if absent:
        raise Refused(400, "The request is not valid.", [(key, "This is required.") for key in absent])

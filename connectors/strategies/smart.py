"""Signing in with a signed assertion: SMART Backend Services."""

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.base import Section, Steps, Values
from connectors.fields import SecretField, TextField
from connectors.probes import oauth
from connectors.strategies.base import Offer, Strategy
from connectors.strategies.oauth import TokenUrlField, optional, read_token

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 300  # seconds


class SigningKeyField(SecretField):
    """An RSA key, or one on the curve P-384, as PEM text."""

    multiline = True

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            algorithm_of(text)
        except ValueError:
            fault = "This must be an RSA key or a key on the curve P-384, as PEM text without passphrase."
            raise ValidationError(fault, code="pattern") from None


def algorithm_of(pem: str) -> str:
    """What a private key signs with. Raises ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError from None
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        return "ES384"
    if isinstance(key, RSAPrivateKey) and key.key_size >= 2048:
        return "RS384"
    raise ValueError


class SmartBackend(Strategy):
    """A client ID and a private key, for whose signature a token is given out: SMART Backend Services."""

    name = "smart_backend"
    label = "SMART backend services"
    hint = "It serves types that have secret headers."

    class Config(Section):
        token_url = TokenUrlField()
        client_id = TextField(max_length=2000, label="Client ID", help_text="What the server knows the client by.")
        client_id_name = optional(
            "Name of the client ID", "What the server calls it, if it wants to be sent it beside the assertion."
        )
        grant_type_name = optional("Name of the grant type", "What the server calls it, if not grant_type.")
        username = optional("User name", "Where the server asks for a user besides.")
        key_id = optional("Key ID", "By which the server finds the public half of the key.")
        scope = optional("Scope", "Scopes to ask for, separated by blanks.")

    class Credentials(Section):
        private_key = SigningKeyField(
            max_length=16384, label="Private key", help_text="The key whose public half the server has, as PEM text."
        )
        password = SecretField(
            required=False, max_length=1000, label="Password", help_text="Of the user, where the server asks for one."
        )

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        yield Offer({"headers": {"Authorization": "Bearer"}}, bearer=True)

    async def token(self, config: Values, credentials: Values, steps: Steps) -> str:
        form = {
            config.get("grant_type_name", "grant_type"): "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": _assertion(config, credentials["private_key"]),
        }
        if "client_id_name" in config:
            form[config["client_id_name"]] = config["client_id"]
        given = {**config, **credentials}
        form |= {name: given[name] for name in ("scope", "username", "password") if name in given}
        return read_token(await oauth.ask(config["token_url"], form), config["token_url"])


def _assertion(config: Values, key: str) -> str:
    import jwt

    now = int(time.time())
    client: dict[str, Any] = {"iss": config["client_id"], "sub": config["client_id"], "aud": config["token_url"]}
    claims = client | {"iat": now, "exp": now + LIFETIME, "jti": str(uuid.uuid4())}
    headers: Mapping[str, str] = {"kid": config["key_id"]} if "key_id" in config else {}
    return jwt.encode(claims, key, algorithm_of(key), headers=dict(headers))

"""Ways to sign in that are headers of a request, or a user name and a password."""

import base64
from collections.abc import Iterator

from connectors.base import Section, Values
from connectors.fields import HeaderSecretField, HeadersField, SecretField, TextField
from connectors.strategies.base import Offer, Strategy


class Basic(Strategy):
    """A user name and a password."""

    name = "basic"
    label = "User name and password"
    hint = "It serves types that have secret headers, and those that sign in with a user name and a password."

    class Config(Section):
        username = TextField(max_length=255, label="User name", help_text="The user to sign in as.")

    class Credentials(Section):
        password = SecretField(max_length=1000, label="Password", help_text="The password of the user.")

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        pair = (config["username"], credentials["password"])
        yield Offer({"username": pair[0], "password": pair[1]})
        yield Offer({"headers": {"Authorization": basic(*pair)}})


class Bearer(Strategy):
    """A token that stays as it is."""

    name = "bearer"
    label = "Bearer token"
    hint = "It serves types that have secret headers."

    class Credentials(Section):
        token = HeaderSecretField(
            max_length=8192, label="Token", help_text="Sent as `Authorization: Bearer …` with every request."
        )

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        yield Offer({"headers": {"Authorization": f"Bearer {credentials['token']}"}})


class Headers(Strategy):
    """Headers whose values are secret."""

    name = "headers"
    label = "Secret headers"
    hint = "They serve types that have secret headers."

    class Credentials(Section):
        headers = HeadersField(
            secret=True, label="Secret headers", help_text="Sent with every request, such as X-Api-Key."
        )

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        yield Offer({"headers": credentials["headers"]})


def basic(username: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

"""A way to sign in that several destinations can share: one declaration of its fields, and what it gives a type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectors.base import CheckFailed, Connector, Declaration, Steps, Values
from connectors.steps import Sign

STEP = "get a token"


@dataclass(frozen=True, slots=True)
class Offer:
    """Credentials of a type by their own names. With `bearer`, a token that is fetched for each check is sent too;
    with `sign`, each request is signed. What is not `usable` only names here what it stands for."""

    values: Values = field(repr=False)
    bearer: bool = False
    sign: Sign | None = field(repr=False, default=None)


class Strategy(Declaration):
    """Subclass it in `connectors/strategies/`."""

    name: ClassVar[str]
    parts = ("properties", "secrets")
    #: What a person is told whose destination cannot use it, and where it is only kept, what to do instead.
    hint: ClassVar[str]
    #: Whether Landfall itself can sign in with it; what it cannot use it only keeps.
    usable: ClassVar[bool] = True

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        """What it gives, best first: a type takes the first that it has all the fields for. `place` is its config."""
        raise NotImplementedError

    async def token(self, config: Values, credentials: Values, steps: Steps) -> str:
        """A bearer token. Raises `CheckFailed`; only strategies that offer one have it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Attached:
    """A credential that a destination signs in with, its secrets in clear."""

    strategy: Strategy
    config: Values
    credentials: Values = field(repr=False)

    def offer(self, connector: Connector, place: Values) -> Offer | None:
        """What a type at this place takes of it; None if it has no use for it."""
        known = connector.credentials.fields.keys()
        offers = self.strategy.offers(self.config, self.credentials, place)
        fitting = (offer for offer in offers if offer.values.keys() <= known)
        return next((offer for offer in fitting if connector.signs or not offer.sign), None)

    def steps(self, connector: Connector, place: Values) -> tuple[str, ...]:
        """What has to be done before a check's own steps."""
        offer = self.offer(connector, place)
        return (STEP,) if offer and offer.bearer else ()

    async def completed(self, connector: Connector, place: Values, own: Values, steps: Steps) -> Values:
        """The credentials that a check is to use; `steps` learn what signs its requests. Raises `CheckFailed`."""
        offer = self.offer(connector, place)
        if offer is None:
            message = f"{connector.label} cannot sign in with “{self.strategy.label}”."
            raise CheckFailed("config", message, self.strategy.hint)
        if not self.strategy.usable:
            message = f"Landfall keeps “{self.strategy.label}” and cannot sign in with it."
            raise CheckFailed("config", message, self.strategy.hint)
        steps.sign = offer.sign
        if not offer.bearer:
            return joined(own, offer.values)
        with steps(STEP):
            token = await self.strategy.token(self.config, self.credentials, steps)
        return joined(own, {**offer.values, "headers": {"Authorization": f"Bearer {token}"}})


def joined(own: Values, given: Values) -> dict[str, Any]:
    """A destination's own credentials and those it is given, which go first; headers stand side by side."""
    beside = dict(given)
    for name, value in given.items():
        if isinstance(value, Mapping) and isinstance(own.get(name), Mapping):
            replaced = {key.lower() for key in value}
            beside[name] = {key: text for key, text in own[name].items() if key.lower() not in replaced} | dict(value)
    return {**own, **beside}

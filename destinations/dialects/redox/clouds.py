"""`cloudProviderSettings` as they come in, and what they are natively. Each raises `Refused`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from destinations.dialects.redox import bodies
from destinations.dialects.redox.catalogue import Product, find
from destinations.dialects.redox.failures import Refused, invalid

PATH = "cloudProviderSettings"


@dataclass(frozen=True, slots=True)
class Cloud:
    """`product` is None for one that is only kept, as `given`."""

    product: Product | None
    given: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["settings"]
        return values

    @property
    def pair(self) -> tuple[str, str]:
        return self.given["typeId"], self.given["productId"]

    def config(self) -> dict[str, Any]:
        """By native names; an empty text is none."""
        known = self.product.settings if self.product else ()
        given = [(setting, self.values[setting.key]) for setting in known if setting.key in self.values]
        return {setting.native: setting.read(value) if value else None for setting, value in given if setting.native}

    def over(self, stored: Mapping[str, Any]) -> "Cloud":
        """With the settings that are stored, where it does not say otherwise."""
        return replace(self, given={**self.given, "settings": {**stored["settings"], **self.values}})

    def kept(self) -> dict[str, Any]:
        """What has no native meaning."""
        if self.product is None:
            held = {key: value for key, value in self.values.items() if value is not None}
            return {"cloud": {**self.given, "settings": held}}
        foreign = [s.key for s in self.product.settings if not s.native and s.key in self.values]
        held = {key: self.values[key] for key in foreign if self.values[key]}
        return {"productId": self.product.product_id} | ({"settings": held} if foreign else {})

    def complete(self) -> None:
        """Refuse what lacks something that a destination must have when its set-up ends."""
        for setting in self.product.settings if self.product else ():
            if setting.required and not self.values.get(setting.key):
                raise invalid(f"{PATH}.settings.{setting.key}", "This is required.")


def stored(known: Mapping[str, Any]) -> Cloud:
    """Of what is shown of a destination."""
    return Cloud(find(known["typeId"], known["productId"]), dict(known))


def read(given: Any) -> Cloud:
    said = bodies.mapping(given, PATH)
    pair = bodies.text(said, "typeId", f"{PATH}.typeId"), bodies.text(said, "productId", f"{PATH}.productId")
    path = f"{PATH}.settings"
    values = bodies.plain(bodies.mapping(said.get("settings", {}), path), path)
    product = find(*pair)
    if product is None and settings.REDOX_UNKNOWN_CLOUD == "reject":
        raise Refused(400, "The request is not valid.", [(f"{PATH}.productId", "There is no such cloud product here.")])
    if product:
        _judge(product, values)
    return Cloud(product, {"typeId": pair[0], "productId": pair[1], "settings": values})


def _judge(product: Product, values: Mapping[str, Any]) -> None:
    known = {setting.key for setting in product.settings}
    for key, value in values.items():
        if key not in known:
            raise invalid(
                f"{PATH}.settings.{key}", f"There is no such setting. Known ones: {', '.join(sorted(known))}."
            )
        if value is not None and not isinstance(value, str):
            raise invalid(f"{PATH}.settings.{key}", "This must be a text.")

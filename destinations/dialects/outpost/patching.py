"""A merge patch (RFC 7396) as a draft. It is merged in Outpost's words, and the whole is judged in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from destinations.dialects.outpost import bodies, secrets
from destinations.dialects.outpost.failures import Refused
from destinations.dialects.outpost.reading import EXTRA, config_of, credentials_of, readable_extra, secret_extra
from destinations.dialects.outpost.secrets import Change
from destinations.dialects.outpost.types import TYPES, Type
from destinations.dialects.outpost.writing import (
    WEBHOOK,
    Request,
    extra,
    judged,
    native,
    undeclared,
)
from destinations.dialects.outpost.writing import (
    secret_extra as sealed,
)
from destinations.drafts import Draft
from destinations.merging import stored_credentials
from destinations.models import Destination

Values = dict[str, Any]


def change(raw: Any, stored: Destination, *, is_admin: bool) -> Request:
    """Raises `Refused` and `SecretUnreadable`."""
    body = bodies.well_formed(raw)
    if body.get("type") not in (None, stored.type):
        raise Refused(422, "type cannot be updated")
    return Patch(body, stored).request(is_admin=is_admin)


@dataclass
class Patch:
    """`config` and `credentials` are the whole as it will be, in texts: of secrets that stay their masks."""

    body: Mapping[str, Any]
    stored: Destination

    def request(self, *, is_admin: bool) -> Request:
        values, asked = self._plain(), Change()
        if self.type.name == WEBHOOK and "credentials" in self.body:
            scheme = self.stored.config.get("signature", secrets.STANDARD)
            asked = secrets.on_change(self.body["credentials"], self.shown, is_admin, scheme)
            values["credentials"] = native(self.type, asked.values)
        if self._connects:
            values["config"] = self._config()
        if self.type.name != WEBHOOK and "credentials" in self.body:
            gone = dict.fromkeys(self.shown.keys() - self.credentials.keys())
            values["credentials"] = native(self.type, {**gone, **self.entered})
        return Request(Draft(**values, **self._extras()), self.type, asked, self._proves)

    @property
    def type(self) -> Type:
        return TYPES[self.stored.type]

    @cached_property
    def shown(self) -> dict[str, str]:
        return credentials_of(self.stored, writer=True)

    @cached_property
    def config(self) -> dict[str, str]:
        return bodies.merged(config_of(self.stored), self.body, "config")

    @cached_property
    def credentials(self) -> dict[str, str]:
        """Nothing for a webhook, whose secrets have rules of their own."""
        return {} if self.type.name == WEBHOOK else bodies.merged(self.shown, self.body, "credentials")

    @property
    def entered(self) -> dict[str, str]:
        """Without what is sent back just as it was shown: that stands for what is stored."""
        return {key: text for key, text in self.credentials.items() if text != self.shown.get(key)}

    @property
    def _connects(self) -> bool:
        return "config" in self.body or "credentials" in self.body

    @property
    def _proves(self) -> bool:
        """Whether a secret is another one: sent again, it has been proven already."""
        sent = native(self.type, self.entered) if self.type.proven else {}
        stored = stored_credentials(self.stored, Draft(credentials=sent)) if sent else {}
        return any(stored.get(name) != value for name, value in sent.items())

    def _plain(self) -> Values:
        values: Values = {}
        if "disabled_at" in self.body:
            values["disabled_at"] = self._disabled_at()
        if self.body.get("topics") is not None:
            values["topics"] = bodies.judged_topics(self.body["topics"])
        if "metadata" in self.body:
            values["metadata"] = bodies.merged(self.stored.metadata, self.body, "metadata")
        return values

    def _disabled_at(self) -> Any:
        given = self.body["disabled_at"]
        if given is not None and bodies.parsed_moment(given) is None:
            raise Refused(422, "invalid disabled_at: it must be a date and time in RFC 3339, with its zone")
        return bodies.past(self.body, "disabled_at")

    def _config(self) -> Values:
        config = judged(self.type, self.config, self.credentials, self.entered, creating=False)
        if self._proves:  # what was learned of the source that the token before was for
            config |= {name: None for field in self.type.config if field.own for name in field.codec.natives}
        return config | self.type.derived(self.entered)

    def _extras(self) -> Values:
        """What only Outpost's clients know, where the body has any of it."""
        values: Values = {}
        if "config" in self.body or "filter" in self.body:
            before = self.stored.extra.get(EXTRA, {}).get("filter")
            values["extra"] = {EXTRA: extra(self.type, self.config, self.body.get("filter", before))}
        if "credentials" in self.body or "delivery_metadata" in self.body:
            held = self._held()
            delivery = bodies.merged(held.get("delivery_metadata", {}), self.body, "delivery_metadata")
            values["secret_extra"] = {EXTRA: sealed(self._undeclared(held.get("credentials", {})), delivery)}
        return values

    def _held(self) -> dict[str, Any]:
        """Raises `SecretUnreadable`, except for a body that clears it: a patch of what cannot be read would lose it."""
        cleared = self.body.get("delivery_metadata", self.body) is None
        return readable_extra(self.stored) if cleared else secret_extra(self.stored)

    def _undeclared(self, before: Mapping[str, str]) -> dict[str, str]:
        texts = undeclared(self.type, self.credentials)
        return {key: text if key in self.entered else before.get(key, text) for key, text in texts.items()}

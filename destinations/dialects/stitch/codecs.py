"""How Stitch's properties are spelled natively: each codec covers some properties and some native fields.

Native fields are named by their paths, as in problems: `config.host`, `credentials.password`. A path of `extra.` is of
what only Stitch's clients know.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from destinations.dialects.stitch.properties import FALSE, TRUE, Values

Native = dict[str, Any]
MOST_DIGITS = 9


class Fault(Exception):
    """Properties cannot be what was sent; `reason` is a sentence about each."""

    def __init__(self, reason: str, *names: str) -> None:
        self.reasons = dict.fromkeys(names, reason)
        super().__init__(f"{', '.join(names)}: {reason}")


class Codec(Protocol):
    """`read` is given the properties as they will be, of stored secrets none, and the native values as they are; None
    clears. `show` gives what there is, of secrets their masks."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def natives(self) -> tuple[str, ...]: ...

    def read(self, values: Values, stored: Values) -> Native: ...

    def show(self, native: Values) -> Native: ...


class Plain:
    """One property that is one native text."""

    def __init__(self, name: str, native: str = "") -> None:
        self.names, self.natives = (name,), (native or f"config.{name}",)

    def read(self, values: Values, stored: Values) -> Native:
        value = values.get(self.names[0])
        return {self.natives[0]: None if value is None else self.native(value)}

    def show(self, native: Values) -> Native:
        value = native.get(self.natives[0])
        return {} if value is None else {self.names[0]: str(value)}

    def native(self, value: str) -> Any:
        return value


class Port(Plain):
    def native(self, value: str) -> int:
        if len(value) > MOST_DIGITS:
            raise Fault("This must be the number of a port.", self.names[0])
        return int(value)


class Tls:
    """Stitch's clients say whether to encrypt, and at most whom to trust; a mode that is stricter is left alone.

    `assumed` is what nobody having said anything means.
    """

    natives = ("config.sslmode", "config.ca_certificate")

    def __init__(self, *names: str, assumed: bool) -> None:
        self.names, self.assumed = names, assumed

    def read(self, values: Values, stored: Values) -> Native:
        mode, certificate = stored.get(self.natives[0]), values.get("sslrootcert")
        on = values.get("ssl", TRUE if self.assumed else FALSE) == TRUE
        if not on:
            mode = "disable"
        elif mode in (None, "disable", "require"):
            mode = "verify-ca" if certificate else "require"
        trusted = {self.natives[1]: certificate} if "sslrootcert" in self.names else {}
        return {self.natives[0]: mode, **trusted}

    def show(self, native: Values) -> Native:
        shown = {"ssl": FALSE if native.get(self.natives[0]) == "disable" else TRUE}
        if certificate := native.get(self.natives[1]):
            shown["sslrootcert"] = certificate
        return {name: value for name, value in shown.items() if name in self.names}


class Ssh:
    """A tunnel, in four properties."""

    names = ("encryption_type", "encryption_host", "encryption_port", "encryption_username")
    natives = ("config.ssh_host", "config.ssh_port", "config.ssh_user")

    def read(self, values: Values, stored: Values) -> Native:
        if values.get(self.names[0], "none") == "none":
            return dict.fromkeys(self.natives) | {"config.ssh_host_key": None}
        if missing := [name for name in self.names[1:] if not values.get(name)]:
            raise Fault("This is needed when encryption_type is ssh.", *missing)
        host, port, user = (values[name] for name in self.names[1:])
        return dict(zip(self.natives, (host, Port(self.names[2]).native(port), user), strict=True))

    def show(self, native: Values) -> Native:
        shown = {name: native.get(path) for name, path in zip(self.names[1:], self.natives, strict=True)}
        given = {name: str(value) for name, value in shown.items() if value is not None}
        return {self.names[0]: "ssh" if given else "none", **given}


def parts(native: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Native values by section."""
    found: dict[str, dict[str, Any]] = {"config": {}, "credentials": {}, "extra": {}}
    for path, value in native.items():
        section, _, name = path.partition(".")
        found[section][name] = value
    return found

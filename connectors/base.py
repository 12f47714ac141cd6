"""What a destination type is: one declaration of its fields, and one real check."""

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from connectors.fields import is_secret, is_sent, mask
from connectors.places import Place
from connectors.problems import CheckFailed, Invalid, Problem, flatten
from connectors.steps import Steps

Values = Mapping[str, Any]


class Section(serializers.Serializer[Any]):
    """A strict group of declared fields: unknown keys are refused beside all other errors."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError("This must be an object.", code="type")
        errors: dict[str, Any] = {
            str(key): [ErrorDetail("There is no such field.", code="unknown")] for key in data if key not in self.fields
        }
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            errors.update(error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail})
        if errors:
            raise ValidationError(errors)
        return dict(values)


class Declaration:
    """Fields in two sections: what is secret, and what belongs to a sign-in, is in `Credentials`."""

    label: ClassVar[str]
    #: What callers know the two sections by.
    parts: ClassVar[tuple[str, str]] = ("config", "credentials")

    class Config(Section):
        pass

    class Credentials(Section):
        pass

    @cached_property
    def config(self) -> Section:
        return self.Config()

    @cached_property
    def credentials(self) -> Section:
        return self.Credentials()

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of the credentials that must never be shown."""
        return frozenset(name for name, field in self.credentials.fields.items() if is_secret(field))

    @cached_property
    def sent(self) -> tuple[str, ...]:
        """The names of the secrets that leave, or something that could be used in their place."""
        return tuple(name for name, field in self.credentials.fields.items() if is_sent(field))

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """What of the config decides who is sent them."""
        return {name: field for name, field in self.config.fields.items() if isinstance(field, Place)}

    def moved(self, before: Values, after: Values) -> list[str]:
        """The places by which a change of the config brings secrets to somebody else. Where one was still missing that
        there must be, they were for nobody; to take it away is to make them so, and leads on to anybody."""
        was, will = self._where(before), self._where(after)
        required = [name for name in self.places if self.config.fields[name].required]
        if any(was.get(name) is None for name in required):
            return []
        gone = {name for name in required if will.get(name) is None}
        unproven = any(field.believes_all(was.get(name)) for name, field in self.places.items())
        counted = {name: field for name, field in self.places.items() if not (unproven and field.proof)}
        return [n for n, field in counted.items() if n in gone or field.moves(was.get(n), will.get(n))]

    def implied(self, config: Values) -> Values:
        """The places that a config leaves out, where they are not simply defaults of fields."""
        return {}

    def _where(self, config: Values) -> Values:
        defaults = {name: self.config.fields[name].default for name in self.places}
        told = {name: value for name, value in defaults.items() if value is not empty} | dict(config)
        return {**self.implied(told), **told}

    def clean(self, config: Any, credentials: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Validate both sections whole and fill in defaults. Raises `Invalid` with every problem."""
        problems: list[Problem] = []
        cleaned_config = _run(self.config, config, self.parts[0], problems)
        cleaned_credentials = _run(self.credentials, credentials, self.parts[1], problems)
        if not problems:
            problems.extend(self.validate(cleaned_config, cleaned_credentials))
        if problems:
            raise Invalid(problems)
        return cleaned_config, cleaned_credentials

    def mask(self, credentials: Values) -> dict[str, Any]:
        """The credentials with every secret masked: what may be stored in clear and shown."""
        fields = self.credentials.fields
        return {name: mask(fields[name], value) for name, value in credentials.items() if name in fields}

    def validate(self, config: Values, credentials: Values) -> Iterable[Problem]:
        """Rules across fields; called only when each field is valid by itself."""
        return ()


class Connector(Declaration):
    """One destination type. Subclass it in `connectors/types/`, one file a type.

    `steps` names, in order and in the user's words, what a check does; a check may use no other names.
    `check` returns when all is well and raises `CheckFailed` when not.
    """

    type: ClassVar[str]
    family: ClassVar[str]
    steps: ClassVar[tuple[str, ...]]
    #: What a check leaves at or does to the destination, one sentence for the person who is asked to allow it.
    effect: ClassVar[str]
    #: The rights at the destination that a check needs, and no others: Markdown, for the page of the type.
    rights: ClassVar[str]
    #: What a check is tested against, one sentence; it says so where the real service cannot run there.
    tested: ClassVar[str]
    #: Modules of the driver and the extra that installs them, where the driver is not a core dependency.
    driver: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    #: The credential that `rotate` makes anew, for types that have one.
    rotates: ClassVar[str] = ""
    #: Checks that hold a session (databases, brokers) share a smaller window than single HTTP requests.
    session: ClassVar[bool] = False
    #: Whether a check lets what is attached sign its requests (`steps.sign`).
    signs: ClassVar[bool] = False

    @cached_property
    def available(self) -> bool:
        """Whether the driver of this type is installed."""
        return all(importlib.util.find_spec(module) is not None for module in self.driver)

    def rotate(self, credentials: Values, until: datetime) -> dict[str, Any]:
        """The credentials with a new secret; the one before is valid beside it `until` then."""
        raise NotImplementedError

    def target(self, config: Values) -> str:
        """What a person recognises the destination by, without secrets."""
        raise NotImplementedError

    def host(self, config: Values) -> str:
        """The host that bounds how many checks run at once against one place."""
        return self.target(config)

    def planned(self, config: Values) -> tuple[str, ...]:
        """Those of `steps` that a check of this config has."""
        return self.steps

    def needs_identity(self, config: Values) -> bool:
        """Whether a check of this config signs in with the key pair of the tenant."""
        return False

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        raise NotImplementedError


def _run(section: Section, data: Any, path: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        values: dict[str, Any] = section.run_validation(data)
    except ValidationError as error:
        problems.extend(flatten(error.detail, path))
        return {}
    return values


def declared(what: Declaration) -> Iterator[tuple[str, str, serializers.Field[Any, Any, Any, Any]]]:
    """Every field of a type, or of a way to sign in, as (part, name, field), config first, in the order declared."""
    for part, section in zip(what.parts, (what.config, what.credentials), strict=True):
        for name, field in section.fields.items():
            yield part, name, field


__all__ = ["CheckFailed", "Connector", "Declaration", "Invalid", "Problem", "Section", "Steps", "Values", "declared"]

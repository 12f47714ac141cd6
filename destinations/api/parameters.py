"""Query parameters: those that are not filters, and the refusal of those that nobody knows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import QueryDict

from connectors.problems import InputCode, Problem
from destinations.refusals import BadParameters

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One optional query parameter: how it is read, and how OpenAPI describes it."""

    name: str
    help: str
    schema: dict[str, Any]
    expected: str
    parse: Callable[[str], Any]

    def read(self, query: QueryDict) -> Any:
        if self.name not in query:
            return self.schema["default"]
        try:
            return self.parse(str(query[self.name]))
        except (KeyError, ValueError):
            raise bad(self.name, "invalid", self.expected) from None

    def described(self) -> dict[str, Any]:
        return {"name": self.name, "in": "query", "description": self.help, "schema": self.schema}


def taking(*parameters: Parameter) -> Callable[[Handler], Handler]:
    """Declare the query parameters of an action."""

    def mark(handler: Handler) -> Handler:
        handler.parameters = parameters  # type: ignore[attr-defined]
        return handler

    return mark


def taken(view: Any) -> tuple[Parameter, ...]:
    """What the action of this request takes."""
    handler = getattr(view, view.action)
    parameters: tuple[Parameter, ...] = getattr(handler, "parameters", ())
    return parameters


def switch(name: str, help_: str) -> Parameter:
    values = {"true": True, "false": False}
    schema = {"type": "boolean", "default": False}
    return Parameter(name, help_, schema, "This must be true or false.", lambda text: values[text])


def whole_number(name: str, help_: str, low: int, high: int, default: int) -> Parameter:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
            raise ValueError
        return int(text)

    schema: dict[str, Any] = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return Parameter(name, help_, schema, f"This must be a whole number from {low} to {high}.", parse)


def bad(name: str, code: InputCode, message: str) -> BadParameters:
    return BadParameters([Problem(name, code, message)])


def refuse_unknown(query: QueryDict, known: Iterable[str], repeatable: Iterable[str]) -> None:
    """Raise for every parameter that has no meaning here, is empty, or is given twice where one is wanted."""
    known = sorted(known)
    allowed = f"Known ones: {', '.join(known)}." if known else "This takes none."
    problems = []
    for name, values in query.lists():
        if name not in known:
            problems.append(Problem(name, "unknown", f"There is no such parameter. {allowed}"))
        elif "" in values:
            problems.append(Problem(name, "blank", "This parameter is empty. Leave it out instead."))
        elif len(values) > 1 and name not in repeatable:
            problems.append(Problem(name, "invalid", "This parameter may be given once only."))
    if problems:
        raise BadParameters(problems)

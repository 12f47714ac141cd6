"""Errors as data: what is wrong with an input, and why a check did not pass."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, cast, get_args

InputCode = Literal[
    "required", "unknown", "type", "null", "blank", "pattern", "min_length", "max_length", "min_value",
    "max_value", "choice", "immutable", "taken", "limit", "invalid", "reenter",
]  # fmt: skip
CheckCode = Literal[
    "config", "blocked", "dns", "refused", "timeout", "tls", "denied", "forbidden", "not_found", "quota",
    "protocol", "remote", "unexpected",
]  # fmt: skip
CHECK_CODES: tuple[str, ...] = get_args(CheckCode)

# DRF's own words for what the list above calls by the field's standard terms.
_FROM_DRF: dict[str, InputCode] = {
    "invalid_choice": "choice",
    "not_a_dict": "type",
    "not_a_list": "type",
    "empty": "blank",
    "max_string_length": "max_length",
    "null_characters_not_allowed": "invalid",
    "surrogate_characters_not_allowed": "invalid",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input: `path` is dotted (`config.url`), empty for the input as a whole."""

    path: str
    code: InputCode
    message: str


class Invalid(Exception):
    """An input was refused; `problems` names every fault found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in self.problems))


class CheckFailed(Exception):
    """A destination did not pass its check. Neither text may hold a secret or a driver's raw dump."""

    def __init__(self, code: CheckCode, message: str, remedy: str = "") -> None:
        self.code = code
        self.message = message
        self.remedy = remedy
        super().__init__(f"{code}: {message}")


class Named(Protocol):
    """What a check looks at, with the words for it that sentences may use."""

    @property
    def words(self) -> Mapping[str, str]: ...


class Fault(NamedTuple):
    """Something that can be wrong with what a check looks at. The sentences may hold its words, in braces."""

    code: CheckCode
    message: str
    remedy: str

    def failure(self, place: Named) -> CheckFailed:
        return self.told(place.words)

    def told(self, words: Mapping[str, str]) -> CheckFailed:
        return CheckFailed(self.code, self.message.format_map(words), self.remedy.format_map(words))


def flatten(detail: Any, path: str = "") -> Iterator[Problem]:
    """Turn the nested detail of a DRF ValidationError into problems with dotted paths."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            here = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            yield from flatten(inner, here)
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from flatten(inner, path)
    else:
        code = getattr(detail, "code", "invalid")
        code = _FROM_DRF.get(code, code)
        yield Problem(path, cast(InputCode, code) if code in get_args(InputCode) else "invalid", str(detail))

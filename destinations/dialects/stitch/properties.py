"""One property of a type as Stitch's report cards describe it: every value a text, few of them objects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Schema = Mapping[str, Any]
Values = Mapping[str, Any]
Kind = Literal["user_provided", "user_provided_immutable", "system_provided_by_default", "read_only"]

TRUE, FALSE = "true", "false"
TEXT: Schema = {"type": "string"}
HOST: Schema = {"anyOf": [{"type": "string", "format": form} for form in ("ipv4", "ipv6", "hostname")]}


def matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


PORT = matching(r"^\d+$")
FLAG = matching("^(true|false)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """`credential` ones are never answered in version 4. What is `made` here need not be sent though it is required.
    `synonyms` are values that are understood beside those of the schema, by what they are called today."""

    name: str
    schema: Schema = field(default_factory=lambda: TEXT)
    required: bool = True
    credential: bool = False
    kind: Kind = "user_provided"
    system_provided: bool = False
    made: bool = False
    synonyms: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> type:
        """What its values are in version 3, which has numbers and flags."""
        return int if self.schema == PORT else bool if self.schema == FLAG else str

    def typed(self, text: str) -> Any:
        """A value of version 4 as version 3 has it."""
        return text == TRUE if self.plain is bool else self.plain(text)

    def text(self, given: Any) -> Any:
        """A value of version 3 as version 4 has it, and what is neither as it is."""
        if type(given) is not self.plain:
            return given
        if isinstance(given, bool):
            return TRUE if given else FALSE
        return self.synonyms.get(str(given), str(given))

    def shown(self, *, provided: bool) -> dict[str, Any]:
        return {
            "name": self.name,
            "is_required": self.required,
            "is_credential": self.credential,
            "system_provided": self.system_provided,
            "property_type": self.kind,
            "json_schema": self.schema,
            "provided": provided,
        }

    def judge(self, value: Any) -> str:
        """What is wrong with a value, a sentence that repeats nothing of it; or nothing."""
        return fault(self.schema, value)


def fault(schema: Schema, value: Any) -> str:
    """Formats are not judged: the types themselves know better what a host is."""
    if "anyOf" in schema:
        faults = [fault(one, value) for one in schema["anyOf"]]
        return "" if "" in faults else faults[0]
    if schema["type"] == "object":
        return _object_fault(schema, value)
    if not isinstance(value, str):
        return "This must be a string."
    if not value:
        return "This must not be empty."
    pattern = schema.get("pattern", "")
    fits = re.search(pattern, value, re.ASCII) and not value.endswith("\n")
    return "" if not pattern or fits else f"This must match the pattern “{pattern}”."


def _object_fault(schema: Schema, value: Any) -> str:
    if not isinstance(value, Mapping):
        return "This must be an object."
    known = schema["properties"]
    if missing := [name for name in known if name not in value]:
        return f"This lacks {', '.join(missing)}."
    if value.keys() - known.keys():
        return f"This may hold {', '.join(known)} only."
    return next((f"{name}: {text}" for name in known if (text := fault(known[name], value[name]))), "")


def objects(**properties: Schema) -> Schema:
    """An object that has these properties, all of them and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

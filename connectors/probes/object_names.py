"""What the object that a check of a storage writes and removes is called."""

import secrets
from typing import Any

from connectors.fields import PatternField


class ObjectNameField(PatternField):
    """A name that every object storage takes, without a folder."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"(?!\.{1,2}$)[A-Za-z0-9._-]+",
            "This may hold letters, digits, dots, hyphens and underscores only.",
            required=False,
            max_length=120,
            label="Test object",
            help_text="The name of what a check writes and removes, where policies or notifications go by names; what "
            "has this name is overwritten. Left out, it is .landfall-check- and a random number.",
            **kwargs,
        )


def named(given: str | None) -> str:
    return given or f".landfall-check-{secrets.token_hex(8)}"

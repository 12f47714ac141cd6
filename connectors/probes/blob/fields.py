"""The fields of types that write to a container."""

from typing import Any

from connectors.fields import BaseUrlField, PatternField, ServerPartField


class AccountField(ServerPartField):
    def __init__(self) -> None:
        super().__init__(
            r"[a-z0-9]{3,24}",
            "This must be 3 to 24 small letters and digits.",
            label="Account",
            help_text="The name of the storage account.",
        )


class ContainerField(PatternField):
    def __init__(self) -> None:
        super().__init__(
            r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "This must be 3 to 63 small letters, digits and single hyphens, and begin and end with a letter or digit.",
            label="Container",
            help_text="The name of the container.",
        )


class PrefixField(PatternField):
    """The beginning of every blob's name, of which Azure allows 1024 characters in all."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The beginning of every blob's name. End it with / for a folder.")
        super().__init__(
            # Whatever writes here would rewrite paths with dot segments; Azure takes a backslash for a slash.
            r"(?!(?:.*/)?\.\.?/)[^\x00-\x1f\x7f\\]*",
            "This must not hold backslashes or control characters, nor “.” or “..” as a part of the path.",
            max_length=240,
            label="Prefix",
            **kwargs,
        )


class BlobEndpointField(BaseUrlField):
    """The base URL of an account's blob service. Emulators have the account's name as its path."""

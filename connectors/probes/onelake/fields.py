"""The names of workspaces and lakehouses. OneLake takes their GUIDs, too, if both are given so."""

import re

from connectors.fields import PatternField

_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


def is_guid(name: str) -> bool:
    return re.fullmatch(_GUID, name) is not None


class WorkspaceField(PatternField):
    def __init__(self) -> None:
        super().__init__(
            r"(?!\.{1,2}$)[^/\\\x00-\x1f\x7f]+",
            "This must be the name of a workspace or its GUID, without slashes, backslashes and control characters.",
            max_length=256,
            label="Workspace",
            help_text="The name of the workspace, or its GUID: the first in the address of the lakehouse in the Fabric "
            "portal.",
        )


class LakehouseField(PatternField):
    def __init__(self) -> None:
        super().__init__(
            rf"{_GUID}|[A-Za-z][A-Za-z0-9_]*",
            "This must be the name of a lakehouse, which holds letters, digits and underscores and begins with a "
            "letter, or its GUID; without .Lakehouse at its end.",
            max_length=256,
            label="Lakehouse",
            help_text="The name of the lakehouse, or its GUID where the workspace is given by its GUID.",
        )

"""What services refuse. Each surface spells these in its own shape."""

from connectors.problems import Invalid, Problem
from connectors.running import Report

__all__ = [
    "Archived",
    "Conflict",
    "CredentialInUse",
    "InUse",
    "InvalidDestination",
    "LimitReached",
    "Problem",
    "RevisionMismatch",
    "Unproven",
]


class InvalidDestination(Invalid):
    """The destination would be invalid; nothing was changed."""


class LimitReached(InvalidDestination):
    """The tenant may not have more destinations."""


class Conflict(Exception):
    """The request is well-formed but does not fit the state the destination is in."""


class Unproven(Exception):
    """A destination that had to pass a check before it is saved did not; `report` says why."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(f"{report.code}: {report.message}")


class Archived(Conflict):
    """An archived destination can only be read and restored."""


class CredentialInUse(Conflict):
    """A shared credential cannot be removed while destinations sign in with it."""


class InUse(Conflict):
    """Consumers say that they use the destination."""


class RevisionMismatch(Conflict):
    """Someone else changed the destination since it was read."""

"""What services refuse. Each surface spells these in its own shape."""

from connectors.problems import Invalid, Problem

__all__ = ["Archived", "Conflict", "InvalidDestination", "LimitReached", "Problem", "RevisionMismatch"]


class InvalidDestination(Invalid):
    """The destination would be invalid; nothing was changed."""


class LimitReached(InvalidDestination):
    """The tenant may not have more destinations."""


class Conflict(Exception):
    """The request is well-formed but does not fit the state the destination is in."""


class Archived(Conflict):
    """An archived destination can only be read and restored."""


class RevisionMismatch(Conflict):
    """Someone else changed the destination since it was read."""

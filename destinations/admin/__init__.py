"""The admin pages of destinations and their checks."""

from destinations.admin.checks import ConnectionCheckAdmin
from destinations.admin.destinations import DestinationAdmin

__all__ = ["ConnectionCheckAdmin", "DestinationAdmin"]

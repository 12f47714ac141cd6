"""The admin pages of destinations and their checks."""

from destinations.admin.checks import ConnectionCheckAdmin
from destinations.admin.destinations import DestinationAdmin
from destinations.admin.tenants import OwnerAdmin

__all__ = ["ConnectionCheckAdmin", "DestinationAdmin", "OwnerAdmin"]

"""The admin pages of destinations and their checks."""

from destinations.admin.checks import ConnectionCheckAdmin
from destinations.admin.credentials import AuthCredentialAdmin
from destinations.admin.destinations import DestinationAdmin
from destinations.admin.tenants import OwnerAdmin

__all__ = ["AuthCredentialAdmin", "ConnectionCheckAdmin", "DestinationAdmin", "OwnerAdmin"]

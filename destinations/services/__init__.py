"""The only writer of destinations: every surface makes a `Draft` and calls one of these."""

from destinations.keys import ssh_key
from destinations.services.checks import check_saved, prove, request_check, try_out, verify
from destinations.services.consumers import forget_consumer, register_consumer
from destinations.services.switching import archive, disable, enable, restore, set_default
from destinations.services.writing import GRACE, create, delete, delete_tenant, rotate_secret, update, validate

__all__ = [
    "GRACE",
    "archive",
    "check_saved",
    "create",
    "delete",
    "delete_tenant",
    "disable",
    "enable",
    "forget_consumer",
    "prove",
    "register_consumer",
    "request_check",
    "restore",
    "rotate_secret",
    "set_default",
    "ssh_key",
    "try_out",
    "update",
    "validate",
    "verify",
]

"""Where the admin's pages are, and what their forms send."""

from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse

from destinations.models import Destination

LIST = "/admin/destinations/destination/"
ADD = f"{LIST}add/"


def overview(destination: Destination) -> str:
    return f"{LIST}{destination.pk}/"


def change(destination: Destination) -> str:
    return f"{LIST}{destination.pk}/change/"


def act(destination: Destination, verb: str) -> str:
    return f"{LIST}{destination.pk}/do/{verb}/"


def status(destination: Destination) -> str:
    return f"{LIST}{destination.pk}/status/"


def admin(name: str, *args: Any) -> str:
    """Django's own pages of one row take its key as its own links have it."""
    own = name.endswith(("_change", "_delete", "_history"))
    return reverse(f"admin:{name}", args=[quote(arg) for arg in args] if own else args)


def webhook_form(**changes: Any) -> dict[str, Any]:
    """What the add form of a webhook sends, as `name=value` with `__` for the dots of a name."""
    form = {
        "tenant": "acme",
        "name": "Shop events",
        "environment": "",
        "description": "",
        "topics": "",
        "config.url": "https://hooks.example.com/in",
        "config.method": "POST",
        "credentials.secret": "",
    }
    return form | {name.replace("__", "."): value for name, value in changes.items()}

"""What the admin's theme asks for: files of ours, and the navigation."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from tenants.admin.access import administered, principal_of


def icon(request: HttpRequest) -> str:
    return static("landfall/logo.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("landfall/landfall.css")


def script(request: HttpRequest) -> str:
    return static("landfall/landfall.js")


def login_image(request: HttpRequest) -> str:
    return static("landfall/coast.svg")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Only what the person can open."""
    manages = administered(request) != frozenset()
    member = principal_of(request).tenants != frozenset()
    signs_in = request.user.is_authenticated and request.user.has_usable_password()
    people = request.user.has_perm("auth.view_user")
    return [
        {
            "items": [
                _item("Dashboard", "space_dashboard", "index"),
                _item("Destinations", "move_to_inbox", "destinations_destination_changelist", member),
                _item("Shared credentials", "passkey", "destinations_authcredential_changelist", member),
                _item("Connection checks", "monitor_heart", "destinations_connectioncheck_changelist", member),
            ]
        },
        {
            "title": "Tenants and access",
            "separator": True,
            "items": [
                _item("Tenants", "domain", "tenants_tenant_changelist", member),
                _item("Environments", "layers", "tenants_environment_changelist", member),
                _item("Members", "badge", "tenants_membership_changelist", manages),
                _item("API keys", "key", "tenants_apikey_changelist", manages),
                _item("Audit trail", "history", "tenants_auditevent_changelist", manages),
            ],
        },
        {
            "title": "Sign-in",
            "separator": True,
            "items": [
                _item("Users", "person", "auth_user_changelist", people),
                _item("Key pairs", "vpn_key", "tenants_keypair_changelist", signs_in),
                _item("Groups", "group", "auth_group_changelist", request.user.has_perm("auth.view_group")),
            ],
        },
    ]


def _item(title: str, icon: str, name: str, shown: bool = True) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}"), "permission": lambda request: shown}

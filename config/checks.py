"""What `check --deploy` says of an installation, beside what Django says of itself."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register


@register(Tags.security, deploy=True)
def callers_are_told_apart(**_: Any) -> list[Warning]:
    """With HTTPS there is a proxy, and whoever is not told which of the addresses are proxies' sees nothing but one."""
    if not settings.HTTPS or settings.PROXIES:
        return []
    message = "With LANDFALL_HTTPS there is a proxy, but LANDFALL_PROXIES is 0, so that all callers have its address."
    hint = (
        "Set LANDFALL_PROXIES to the number of proxies that append to X-Forwarded-For. Otherwise one caller who fails "
        "to sign in too often keeps everybody out, and the audit trail does not tell where anything came from."
    )
    return [Warning(message, hint, id="landfall.W001")]

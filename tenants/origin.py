"""Where a request comes from."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The caller's IP address; empty where there is none, as behind a Unix socket without a proxy that tells.

    Each of the `LANDFALL_PROXIES` proxies appends to X-Forwarded-For whom it was called by; what stands to the left of
    theirs is anybody's word and not looked at.
    """
    direct = _plain(request.META.get("REMOTE_ADDR", ""))
    told = request.headers.get("X-Forwarded-For", "").split(",")[-settings.PROXIES :] if settings.PROXIES else []
    return next(filter(None, map(_plain, told)), direct)


def _plain(text: str) -> str:
    """One spelling for each address, without a port; empty for what is none."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return str((isinstance(found, IPv6Address) and found.ipv4_mapped) or found)

"""Who gives a command, for the audit trail."""

from contextlib import AbstractContextManager, nullcontext

import django
from django.core.exceptions import ImproperlyConfigured


def operator() -> AbstractContextManager[None]:
    """Also what commands of Django's own change within is recorded as done by whoever gave the command."""
    try:
        django.setup()
    except ImproperlyConfigured:  # the command says so, if it needs the settings
        return nullcontext()
    from tenants import audit  # noqa: PLC0415  there are models from now on

    return audit.acting(audit.operator, face="command")

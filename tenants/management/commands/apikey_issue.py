import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from tenants import services
from tenants.management.polite import PoliteCommand, refusal
from tenants.models import ApiKey, Role, Tenant

UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Command(PoliteCommand):
    help = (
        "Issue an API key. Its secret is printed this once, alone on standard output, so that "
        "KEY=$(python3 manage.py apikey_issue ...) works; everything else goes to standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="What the key is for; shown wherever keys are listed.")
        reach = parser.add_mutually_exclusive_group(required=True)
        reach.add_argument("--tenant", metavar="ID", help="The one tenant the key is for.")
        reach.add_argument("--installation", action="store_true", help="A key for every tenant there is or will be.")
        parser.add_argument(
            "--role", choices=Role.values, default=Role.VIEWER.value, help="What the key may do (default: %(default)s)."
        )
        parser.add_argument("--user", metavar="USERNAME", help="The person who acts through the key.")
        parser.add_argument(
            "--expires",
            metavar="WHEN",
            help="From now, as 12h, 30d or 8w, or a date (2030-12-31, its first moment) or time; UTC. Default: never.",
        )
        parser.add_argument("--quiet", action="store_true", help="Print the secret and nothing else.")

    def handle(self, *, name: str, role: str, tenant: str | None, user: str | None, **options: Any) -> None:
        try:
            key, secret = services.issue_key(
                name=name,
                role=role,
                tenant=the_tenant(tenant) if tenant is not None else None,
                user=the_user(user) if user is not None else None,
                expires=moment(options["expires"]) if options["expires"] is not None else None,
            )
        except ValidationError as error:
            raise CommandError(refusal(error)) from None
        self.stdout.write(secret)
        if not options["quiet"]:
            self.stderr.write(explanation(key), self.style.NOTICE)


def explanation(key: ApiKey) -> str:
    reach = f"tenant {key.tenant_id}" if key.tenant_id else "the whole installation"
    until = f"It expires at {key.expires:%Y-%m-%d %H:%M} UTC." if key.expires else "It never expires."
    return (
        f"This is the secret of the key “{key.name}” ({key.role} of {reach}). {until}\n"
        "Only its hash is stored: keep it now, it cannot be shown again. Send it as: Authorization: Bearer <secret>"
    )


def the_tenant(id_: str) -> Tenant:
    tenant = Tenant.objects.filter(pk=id_).first()
    if tenant is None:
        raise CommandError(f"There is no tenant “{id_}”. Create it first: manage.py tenant_create {id_}")
    return tenant


def the_user(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user “{username}”.")
    return user


def moment(text: str) -> datetime:
    """A time from now (`30d`), or a date or time that stands for itself; without a zone it is UTC."""
    try:
        if span := re.fullmatch(r"(\d+)([hdw])", text):
            return timezone.now() + timedelta(**{UNITS[span[2]]: int(span[1])})
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"--expires takes 30d, 2030-12-31 or the like, and “{text}” is none.", returncode=2
        ) from None

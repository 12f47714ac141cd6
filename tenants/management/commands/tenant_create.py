import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from tenants import services
from tenants.management.polite import PoliteCommand, refusal
from tenants.models import Tenant


class Command(PoliteCommand):
    uses_secrets = True  # a tenant is made with a key pair
    help = "Create a tenant, an owner of destinations, and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", nargs="?", help="The id, which never changes; generated when left out.")
        parser.add_argument("--name", help="What people call the tenant (default: its id).")
        parser.add_argument(
            "--metadata", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="Labels of your own."
        )
        parser.add_argument("--json", action="store_true", help="Print the tenant as one JSON object.")

    def handle(self, *, id: str | None, name: str | None, metadata: list[str], json: bool, **_: Any) -> None:
        if not (name or id):
            raise CommandError("A tenant needs a name or an id: give an id, --name or both.", returncode=2)
        try:
            tenant = services.create_tenant(id_=id, name=name or str(id), metadata=dict(map(pair, metadata)))
        except ValidationError as error:
            raise CommandError(refusal(error)) from None
        self.stdout.write(as_json(tenant) if json else tenant.pk)


def pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise CommandError(f"--metadata takes KEY=VALUE, and “{text}” is none.", returncode=2)
    return key, value


def as_json(tenant: Tenant) -> str:
    created = tenant.created.isoformat()
    shown = {"id": tenant.pk, "name": tenant.name, "metadata": tenant.metadata, "created": created}
    return json.dumps(shown, ensure_ascii=False)

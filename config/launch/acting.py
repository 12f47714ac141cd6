"""Django's commands, as somebody's."""

from typing import Any

from django.apps import apps
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand


class Commands(ManagementUtility):
    """What a command changes, one of Django's own too, is recorded as done by whoever gave it."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        command = super().fetch_command(subcommand)
        run = command.run_from_argv

        def recorded(argv: list[str]) -> Any:
            if not apps.ready:  # without settings there is nothing to change
                return run(argv)
            from tenants import audit  # noqa: PLC0415  there are models by now

            with audit.acting(audit.operator, face="command"):
                return run(argv)

        command.run_from_argv = recorded  # type: ignore[method-assign]
        return command

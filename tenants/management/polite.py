"""What all commands of this project share: they fail in sentences."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tenants import audit


class PoliteCommand(BaseCommand):
    """Says in a sentence why the database cannot be used, and ends quietly when nobody reads its output any more."""

    # Whether it reads or writes secrets; then it runs within all `surroundings`, each of which is given its name.
    uses_secrets = False
    surroundings: ClassVar[list[Callable[[str], AbstractContextManager[None]]]] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            with ExitStack() as stack:
                for surround in self.surroundings if self.uses_secrets else ():
                    stack.enter_context(surround(type(self).__module__.rpartition(".")[2]))
                stack.enter_context(audit.acting(audit.operator, face="command"))
                done = super().execute(*args, **options)
            self.stdout.flush()
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0].rstrip(".")
            remedy = "Check LANDFALL_DATABASE_URL, and that `python3 manage.py migrate` has been run."
            raise CommandError(f"The database cannot be used: {reason}. {remedy}") from error
        except BrokenPipeError:
            # Python writes what is left when it ends, and would complain again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        return done


def refusal(error: ValidationError) -> str:
    """Every fault of an input, each with the name of what is at fault."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{name}: {message}" for name, messages in error.message_dict.items() for message in messages)

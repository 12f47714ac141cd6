import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.launch import LaunchError, steps
from destinations import keyring, presence, rotating, sealing
from destinations.keyring import Column
from destinations.management.progress import Count
from destinations.management.tables import room, table
from destinations.rotating import Closed
from tenants.management.polite import PoliteCommand

TITLES = ("SECRETS", "KEY", "ROWS", "WHAT IT IS")
ROUNDS = 3  # what was sealed with another key meanwhile is done again


class Command(PoliteCommand):
    help = (
        "Encrypt every stored secret with the first of the encryption keys while everything else goes on, and prove "
        "that nothing needs another key. It can be killed at any time: run it again, and it does what is left. Exit "
        "status: 0 if all secrets open with the first key alone, 1 if not, 130 after Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument(
            "--dry-run", action="store_true", help="Only count the rows of each key, and say what is next."
        )
        instead.add_argument(
            "--generate", action="store_true", help="Only put a new key first in the file encryption_keys."
        )
        instead.add_argument("--drop", action="store_true", help="Only take all keys but the first out of that file.")
        instead.add_argument(
            "--abandon",
            metavar="KEY",
            help="Only give up what needs a key that is lost, so that Landfall starts without.",
        )
        parser.add_argument(
            "--batch-size", type=_size, default=500, metavar="N", help="Rows a transaction (%(default)s)."
        )

    def handle(self, *, batch_size: int, verbosity: int, **options: Any) -> None:
        try:
            if options["generate"]:
                self.stdout.write(steps.generate())
            elif options["drop"]:
                self.stdout.write(steps.drop())
            elif options["abandon"]:
                self.abandon(options["abandon"])
            elif options["dry_run"]:
                self.count()
            else:
                self.rotate(batch_size, bool(verbosity))
        except (LaunchError, sealing.KeyMissing) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            message = f"Interrupted; nothing is lost. `{steps.COMMAND}` does what is left."
            raise CommandError(message, returncode=130) from None

    def count(self) -> None:
        rows = [row for column, numbers in rotating.count().items() for row in counted(column, numbers)]
        for text in table(TITLES, rows, room(self.stdout)):
            self.stdout.write(text)
        self.stdout.write(f"\n{steps.next_step()}")

    def abandon(self, key_id: str) -> None:
        if key_id in keyring.ring():
            raise CommandError(f"The key {key_id} is not lost: this command was started with it.")
        number = sum(rotating.abandon(column, key_id) for column in keyring.columns())
        self.stdout.write(
            f"{number} secrets that need the key {key_id} are given up: enter them again. Should the key be found, add "
            "it behind the others, and they open."
        )

    def rotate(self, size: int, verbose: bool) -> None:
        sealing.verify_keys()
        with presence.rotating("rotate_encryption_key"):
            steps.wait_for_others(self.stderr.write)
            if left := sum(self.left().values()):
                rotating.announce(steps.first(), left)
            for _ in range(ROUNDS):
                self.reseal(size, verbose)
                closed = self.prove(size, verbose)
                if not any(each.opens for each in closed):
                    break
        self.conclude(closed)

    def left(self) -> dict[Column, int]:
        """How many values are not sealed with the first key."""
        return {column: sum(numbers.values()) - numbers[steps.first()] for column, numbers in rotating.count().items()}

    def reseal(self, size: int, verbose: bool) -> None:
        left = self.left()
        with Count(self.stderr, sum(left.values()) if verbose else 0, "encrypted with the new key") as progress:
            for column in left:
                for changed in rotating.reseal(column, keyring.ring()[steps.first()], size):
                    progress.add(changed)

    def prove(self, size: int, verbose: bool) -> list[Closed]:
        numbers = {column: sum(numbers.values()) for column, numbers in rotating.count().items()}
        self.total = sum(numbers.values())
        closed: list[Closed] = []
        with Count(self.stderr, self.total if verbose else 0, "opened with the new key alone") as progress:
            for column in numbers:
                for tried, found in rotating.prove(column, steps.first(), size):
                    progress.add(tried - len(found))
                    closed += found
        return closed

    def conclude(self, closed: list[Closed]) -> None:
        damaged, left = [each for each in closed if not each.opens], [each for each in closed if each.opens]
        for each in damaged:
            self.stderr.write(str(each))
        if closed:
            raise CommandError(
                f"{self.total - len(closed)} secrets open with the key {steps.first()} alone. {len(left)} still need "
                f"another key: run the command again. {len(damaged)} do not open; they are named above and were left "
                "as they are: enter them again, or remove them."
            )
        self.stdout.write(
            f"All {self.total} secrets open with the key {steps.first()} alone; 0 need another. {steps.next_step()}"
        )


def counted(column: Column, numbers: Counter[str]) -> Iterator[list[str]]:
    """The lines of the table for one column."""
    known = dict.fromkeys(keyring.ring(), "decrypts only") | {steps.first(): "the first: encrypts"}
    for key_id, number in sorted(numbers.items()):
        if key_id != keyring.NONE:
            yield [column.title, key_id, str(number), known.get(key_id, "MISSING")]
    for key_id, number in sorted(Counter(rotating.openers(column, steps.SIZE)).items()):
        yield [column.title, key_id or "none", str(number), "was given up, and opens" if key_id else "damaged"]


def _size(text: str) -> int:
    size = int(text)
    if not 1 <= size <= 10_000:
        raise argparse.ArgumentTypeError("must be from 1 to 10000.")
    return size

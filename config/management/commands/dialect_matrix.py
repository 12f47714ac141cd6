from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config import matrix
from tenants.management.polite import PoliteCommand


class Command(PoliteCommand):
    help = "Tell which of the other systems' APIs has words for which type, as a table in Markdown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--docs", type=Path, metavar="FILE", help="Write it there, as in docs/dialects/matrix.md.")

    def handle(self, *, docs: Path | None, **_: Any) -> None:
        if docs is None:
            self.stdout.write(matrix.page())
        else:
            docs.write_text(matrix.page())

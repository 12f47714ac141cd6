"""docs/api.md says what is so."""

import re
from pathlib import Path
from typing import get_args

from config import settings
from connectors.problems import InputCode
from destinations.refusals import KINDS
from tenants.strict_json import MAX_DIGITS

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_names_every_problem_with_its_status():
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d{3}", line)]
    for kind in KINDS.values():
        assert any(str(kind.status) in row and f"`{kind.name}`" in row for row in rows), kind


def test_names_every_code_of_a_fault():
    assert not [code for code in get_args(InputCode) if f"`{code}`" not in PAGE]


def test_names_the_limits():
    assert (settings.MAX_BODY, settings.MAX_DEPTH, MAX_DIGITS) == (2**20, 32, 18)
    for words in ("1 MiB", "32 levels", "18 digits"):
        assert words in PAGE

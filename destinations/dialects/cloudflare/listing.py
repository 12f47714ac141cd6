"""Query parameters of the list. Those that Cloudflare does not know are ignored, as it ignores them."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from destinations.dialects.cloudflare.failures import Issue, invalid

MAX_ROWS = 1000
# The default, the least and the most.
NUMBERS = {"page": (1, 1, 10**9), "perPage": (20, 5, 50)}
# The default first.
CHOICES = {"order": ("desc", "asc"), "orderBy": ("updated", "created")}
_NUMBER = re.compile(r"([0-9]{1,10})(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Page:
    """A client that asks for no page, and so would never see a second one, gets all rows there are."""

    order: str
    first: int
    end: int

    @classmethod
    def asked(cls, query: QueryDict) -> "Page":
        """Raises `Refused`."""
        issues: list[Issue] = []
        number, size = (_number(query, name, issues) for name in NUMBERS)
        order, column = (_choice(query, name, issues) for name in CHOICES)
        if issues:
            raise invalid(issues)
        if "page" not in query and "perPage" not in query:
            number, size = 1, MAX_ROWS
        return cls(f"-{column}" if order == "desc" else column, (number - 1) * size, number * size)

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the same moment are told apart by their number."""
        sign = "-" if self.order.startswith("-") else ""
        return rows.order_by(self.order, f"{sign}id")[self.first : self.end]


def _number(query: QueryDict, name: str, issues: list[Issue]) -> int:
    """Some clients have no whole numbers and send 1.0."""
    default, low, high = NUMBERS[name]
    found = _NUMBER.fullmatch(query.get(name, str(default)))
    if found is None or not low <= int(found[1]) <= high:
        issues.append(Issue((name,), f"This must be a whole number from {low} to {high}."))
        return default
    return int(found[1])


def _choice(query: QueryDict, name: str, issues: list[Issue]) -> str:
    known = CHOICES[name]
    value = query.get(name, known[0])
    if value not in known:
        issues.append(Issue((name,), f"This must be one of: {', '.join(known)}."))
    return value

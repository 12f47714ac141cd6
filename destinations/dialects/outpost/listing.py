"""Query parameters: repeated values in three spellings, and pages by cursor."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.http import QueryDict
from rest_framework.request import Request

from destinations.dialects.outpost.failures import Refused, bad_query

_NUMBERED = re.compile(r"\[(\d{1,6})\]")
BAD_CURSOR = (400, "invalid cursor: begin again without it")
_signer = Signer(salt="destinations.dialects.outpost")


def wanted(query: QueryDict, name: str) -> list[str]:
    """`f[0]=a&f[1]=b` goes before `f[]=a`, and that before `f=a&f=b`; only one form is read, and commas are text."""
    numbered = {
        int(index[1]): str(query[key])
        for key in query
        if key.startswith(name) and (index := _NUMBERED.fullmatch(key[len(name) :]))
    }
    if numbered:
        return [value for _, value in sorted(numbered.items())]
    return query.getlist(f"{name}[]") or query.getlist(name)


def refuse_unreadable(request: Request, path: Mapping[str, str]) -> None:
    """Raises `Refused` for what no database could look for, in the path or the query."""
    for name, text in path.items():
        if not _is_readable(text):
            raise _unreadable(f"{name}_id")
    for name, text in parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True, errors="surrogateescape"):
        if not _is_readable(name) or not _is_readable(text):
            raise _unreadable(name if _is_readable(name) else "query")


def _is_readable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _unreadable(name: str) -> Refused:
    return Refused(400, f"invalid {name}: must be valid UTF-8 without NUL bytes")


@dataclass(frozen=True, slots=True)
class Order:
    """What a kind of list is sorted by: Outpost's word for it, the column, and how long its pages are. A limit that
    is too high is refused, or lowered where the original does that."""

    name: str
    column: str
    default: int
    maximum: int
    lowers: bool = False


TENANTS = Order("created_at", "created", default=20, maximum=100)
ATTEMPTS = Order("time", "completed_at", default=100, maximum=1000, lowers=True)


@dataclass(frozen=True, slots=True)
class Page:
    """Ordered by a moment and the key, so that rows of the same moment are neither skipped nor shown twice."""

    order: Order
    limit: int
    descending: bool
    after: str
    before: str

    @classmethod
    def asked(cls, query: QueryDict, order: Order) -> "Page":
        """Raises `Refused`."""
        direction = query.get("dir") or query.get("order") or "desc"
        if direction not in ("asc", "desc"):
            raise bad_query("dir", "must be 'asc' or 'desc'")
        after, before = query.get("next", ""), query.get("prev", "")
        if after and before:
            raise Refused(400, "cannot specify both 'next' and 'prev' cursors")
        return cls(order, _limit(query.get("limit"), order), direction == "desc", after, before)

    def of(self, rows: QuerySet[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The rows of this page, and what tells how to go on from it."""
        down = self.descending != bool(self.before)
        if cursor := self.after or self.before:
            rows = rows.filter(self._beyond(cursor, down=down))
        sign = "-" if down else ""
        found = list(rows.order_by(f"{sign}{self.order.column}", f"{sign}pk")[: self.limit + 1])
        more, found = len(found) > self.limit, found[: self.limit]
        following, preceding = more, bool(self.after)
        if self.before:
            found.reverse()
            following, preceding = True, more
        pagination = {
            "order_by": self.order.name,
            "dir": "desc" if self.descending else "asc",
            "limit": self.limit,
            "next": self._cursor(found[-1]) if following and found else None,
            "prev": self._cursor(found[0]) if preceding and found else None,
        }
        return found, pagination

    def _cursor(self, row: Any) -> str:
        return _signer.sign_object([self.order.name, getattr(row, self.order.column).isoformat(), str(row.pk)])

    def _beyond(self, cursor: str, *, down: bool) -> Q:
        try:
            name, text, key = _signer.unsign_object(cursor)
        except BadSignature:
            raise Refused(*BAD_CURSOR) from None
        if name != self.order.name:
            raise Refused(*BAD_CURSOR)
        side, column, when = "lt" if down else "gt", self.order.column, datetime.fromisoformat(text)
        return Q((f"{column}__{side}", when)) | Q((column, when), (f"pk__{side}", key))


def _limit(given: str | None, order: Order) -> int:
    if given is None:
        return order.default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", given):
        raise Refused(400, "invalid limit: must be an integer")
    if int(given) < 1 or (int(given) > order.maximum and not order.lowers):
        raise Refused(400, f"invalid limit: must be between 1 and {order.maximum}")
    return min(int(given), order.maximum)

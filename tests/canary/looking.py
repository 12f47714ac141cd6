"""Where a secret could turn up, and as what."""

import base64
import html
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

from celery.signals import before_task_publish
from django.db import connection

from connectors.base import Declaration
from tests.live.secrets import pieces

SPELLINGS = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    lambda text: repr(text)[1:-1],
    html.escape,
    quote,
    quote_plus,
    lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    lambda text: text.encode().hex(),
)


class Canaries:
    """The secrets of one destination, in every spelling that programs give to texts."""

    def __init__(self, declaration: Declaration, secrets: Mapping[str, Any]) -> None:
        self.spelled = {spell(piece) for piece in pieces(declaration, secrets) for spell in SPELLINGS}
        assert self.spelled

    def heard_in(self, said: Any) -> list[str]:
        text = said if isinstance(said, str) else str(said)
        return [spelling for spelling in self.spelled if spelling in text]


def tables() -> str:
    """All that the database holds, as it lies there."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(found)


@contextmanager
def messages() -> Iterator[list[str]]:
    """What is sent to workers within the block."""
    sent: list[str] = []

    def hear(body: Any = None, headers: Any = None, properties: Any = None, **_: Any) -> None:
        sent.append(repr((body, headers, properties)))

    before_task_publish.connect(hear)
    try:
        yield sent
    finally:
        before_task_publish.disconnect(hear)

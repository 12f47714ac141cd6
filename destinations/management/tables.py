"""Tables for a terminal."""

import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.core.management.base import OutputWrapper

GAP = "  "
LEAST = 8  # characters that every column keeps, however little room there is

Paints = Mapping[str, Callable[[str], str]]


def room(stream: OutputWrapper) -> int | None:
    """How wide a line may be; None, without limit, for a file or a pipe, unless COLUMNS says otherwise."""
    if "COLUMNS" in os.environ or stream.isatty():
        return shutil.get_terminal_size().columns
    return None


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    paints: Mapping[str, Paints] | None = None,
) -> Iterator[str]:
    """The lines of a table, the titles first. `paints` names, by title and text, how cells are coloured."""
    cells = [[_plain(cell) for cell in row] for row in (titles, *rows)]
    widths = _fitted([max(map(_width, column)) for column in zip(*cells, strict=True)], width)
    coloured = [(paints or {}).get(title, {}) for title in titles]
    for row in cells:
        yield GAP.join(map(_cell, row, widths, coloured)).rstrip()


def _cell(text: str, width: int, paints: Paints) -> str:
    shown = _cut(text, width)
    blanks = " " * (width - _width(shown))
    return paints[text](shown) + blanks if text in paints else shown + blanks


def _fitted(widths: list[int], total: int | None) -> list[int]:
    """Take from whichever column is widest, one character at a time, until the line fits or all have the least."""
    widths = list(widths)
    excess = 0 if total is None else sum(widths) + len(GAP) * (len(widths) - 1) - total
    while excess > 0 and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
        excess -= 1
    return widths


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _width(text: str) -> int:
    """East Asian characters and emoji take two places, combining marks none."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _plain(text: str) -> str:
    """What came from elsewhere must neither break the line nor command the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)

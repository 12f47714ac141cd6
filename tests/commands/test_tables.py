import pytest

from destinations.management.tables import table

ROWS = [["one", "a rather long text that has to give way"], ["two", "short"]]


def test_columns_are_as_wide_as_their_widest_cell():
    assert list(table(("N", "TEXT"), [["one", "a"], ["three", "b"]])) == ["N      TEXT", "one    a", "three  b"]


def test_a_table_fits_its_room_by_cutting_the_widest_column():
    lines = list(table(("N", "TEXT"), ROWS, 20))
    assert lines == ["N    TEXT", "one  a rather long…", "two  short"]
    assert max(map(len, lines)) <= 20


def test_without_a_limit_nothing_is_cut():
    assert ROWS[0][1] in list(table(("N", "TEXT"), ROWS))[1]


def test_columns_stay_readable_however_little_room_there_is():
    assert list(table(("N", "TEXT"), ROWS, 3))[1] == "one  a rathe…"


def test_without_rows_there_are_the_titles():
    assert list(table(("N", "TEXT"), [])) == ["N  TEXT"]


@pytest.mark.parametrize(("text", "width"), [("日本語", 6), ("e\u0301e\u0301", 2), ("🚢", 2)])
def test_characters_take_the_places_they_take_on_a_terminal(text, width):
    first = list(table(("A", "B"), [[text, "x"], ["1234567", "x"]]))[1]
    assert first == f"{text}{' ' * (7 - width)}  x"


def test_wide_characters_are_cut_to_the_places_there_are():
    assert list(table(("A",), [["日本語日本語日本語"]], 8))[1] == "日本語…"


def test_text_from_elsewhere_cannot_command_the_terminal():
    assert list(table(("A", "B"), [["a\x1b[31mb\nc\u202e", "x"]]))[1] == "a [31mb c   x"


def test_only_cells_that_are_shown_whole_or_cut_are_painted_not_the_blanks_beside():
    lines = list(table(("A", "B"), [["bad", "bad"], ["longer", "x"]], None, {"A": {"bad": "<{}>".format}}))
    assert lines[1] == "<bad>     bad"

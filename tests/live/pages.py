"""Forms as a browser has them, without one: what stands in them is sent, and nothing is typed where no box is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.test import Client

URLENCODED = "application/x-www-form-urlencoded"


@dataclass
class Box:
    """One control. `options` are the values of a select; `on` is whether a checkbox is ticked."""

    kind: str
    name: str
    value: str = ""
    on: bool = True
    options: list[str] = field(default_factory=list)
    limit: int = 0

    def type(self, value: Any) -> None:
        """Do what a person can do; whatever cannot be entered here fails the test."""
        if self.kind == "checkbox":
            assert isinstance(value, bool), self.name
            self.on = value
            return
        text = "" if value is None else str(value)
        if self.kind == "select":
            assert text in self.options, f"{self.name} does not offer {text!r}."
        else:
            assert self.kind == "textarea" or "\n" not in text, f"{self.name} takes one line."
            assert not self.limit or len(text) <= self.limit, f"{self.name} takes {self.limit} characters."
            assert self.kind != "number" or not text or text.lstrip("-").isdigit(), f"{self.name} takes numbers."
        self.value = text

    @property
    def sent(self) -> str:
        return self.value.replace("\r\n", "\n").replace("\n", "\r\n")


class Form:
    """The boxes of a form, by name as they stand in the page, and the kinds that rows can be added of."""

    def __init__(self, page: str, identifier: str) -> None:
        reader = _Reader(identifier)
        reader.feed(page)
        assert reader.found, f"There is no form {identifier}."
        self.boxes, self.rows, self.buttons = reader.boxes, reader.rows, reader.buttons
        self.try_url = reader.found["data-try-url"]

    def fill(self, section: str, values: Mapping[str, Any]) -> None:
        """Type the values of one section of a destination, whatever their boxes are."""
        for name, value in values.items():
            if isinstance(value, Mapping):
                self.fill_rows(f"{section}.{name}", value)
            else:
                self.box(f"{section}.{name}").type(value)

    def fill_rows(self, name: str, pairs: Mapping[str, str]) -> None:
        """Take every row away, and add one for each pair."""
        parts = (f"{name}.name", f"{name}.value")
        place = min(at for at, box in enumerate(self.boxes) if box.name in parts)
        self.boxes = [box for box in self.boxes if box.name not in parts]
        for pair in reversed(list(pairs.items())):
            for part, text in reversed(list(zip(parts, pair, strict=True))):
                box = Box(self.rows[part], part)
                box.type(text)
                self.boxes.insert(place, box)

    def box(self, name: str) -> Box:
        (found,) = [box for box in self.boxes if box.name == name]
        return found

    def sent(self, button: str = "") -> str:
        """The body of the request that `button` makes, or the script of the page when none is pressed."""
        given = [(box.name, box.sent) for box in self.boxes if box.on]
        if button:
            given.append((button, self.buttons[button]))
        return urlencode(given)


class _Reader(HTMLParser):
    """Finds the boxes of one form. Within templates there are no boxes, only what scripts make them of."""

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self.identifier = identifier
        self.found: dict[str, str] = {}
        self.inside = self.in_template = False
        self.boxes: list[Box] = []
        self.rows: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self.text: Box | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == self.identifier:
            self.inside, self.found = True, given
        if tag == "template":
            self.in_template = True
        if not self.inside:
            return
        if tag == "button" and given.get("name"):
            self.buttons[given["name"]] = given.get("value", "")
        elif tag == "option":
            self._option(given)
        elif tag in ("input", "select", "textarea") and given.get("name") and "disabled" not in given:
            self._box(tag, given)

    def _box(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        if self.in_template:
            self.rows[given["name"]] = kind
            return
        value = given.get("value", "on" if kind == "checkbox" else "")
        ticked = kind != "checkbox" or "checked" in given
        self.boxes.append(Box(kind, given["name"], value, ticked, limit=int(given.get("maxlength", 0))))
        self.text = self.boxes[-1] if tag == "textarea" else None

    def _option(self, given: dict[str, str]) -> None:
        """The first is chosen unless another one says that it is."""
        select = self.boxes[-1]
        assert select.kind == "select"
        if not select.options or "selected" in given:
            select.value = given["value"]
        select.options.append(given["value"])

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text:
            # The line break after the tag is none of the text.
            self.text.value = self.text.value.removeprefix("\r").removeprefix("\n")
            self.text = None
        elif tag == "template":
            self.in_template = False
        elif tag == "form":
            self.inside = False


def send(client: Client, url: str, body: str) -> Any:
    return client.post(url, body, content_type=URLENCODED)

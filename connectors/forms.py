"""Django form fields of a type, derived from its declaration.

They carry values between a page and a draft and judge nothing: the declaration does, once the whole is merged, and
its problems are put back beside the fields by their names (`config.bucket`).
"""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, Final

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from rest_framework.fields import empty

from connectors import fields as declared_fields
from connectors.base import Declaration, declared
from connectors.fields import MASK, Field, is_secret

#: What the cleaned value of an untouched secret is: leave what is stored.
KEEP: Final = object()


def form_fields(what: Declaration, stored: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, forms.Field]:
    """Form fields by dotted name. `stored` holds the sections of an existing destination, secrets masked."""
    made = {}
    for section, name, field in declared(what):
        known = (stored or {}).get(section, {})
        form_field = _form_field(field)
        form_field.label, form_field.help_text = str(field.label), str(field.help_text or "")
        form_field.required = False  # the merged whole is judged, not the page
        form_field.optional = _may_stay_empty(field)  # type: ignore[attr-defined]
        if stored is None:
            _show_default(form_field, field)
        elif name in known:
            _show_stored(form_field, field, known[name])
        made[f"{section}.{name}"] = form_field
    return made


def values(what: Declaration, cleaned: Mapping[str, Any], section: str) -> dict[str, Any]:
    """What the page says of one section, for a draft: what was emptied is None, an untouched secret is absent."""
    given = {name: cleaned.get(f"{section}.{name}") for part, name, _ in declared(what) if part == section}
    return {name: None if value in ("", {}) else value for name, value in given.items() if value is not KEEP}


class ProjectTemplate:
    """A widget whose template is one of the project's, where Django's own form renderer does not look."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, TemplatesSetting())  # type: ignore[misc,no-any-return]


class SecretInput(ProjectTemplate, forms.PasswordInput):
    """Never renders a value. Where something is stored it says so, and can offer to remove it."""

    template_name = "connectors/secret.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false"} | (attrs or {}), render_value=False)
        self.multiline = self.removable = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return None if f"{name}.remove" in data else data.get(name) or KEEP

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        return context | {"multiline": self.multiline, "removable": self.removable}


class SecretBox(forms.Field):
    widget = SecretInput

    def to_python(self, value: Any) -> Any:
        return _unix(value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not KEEP


class PairsInput(ProjectTemplate, forms.Widget):
    """Rows of a name and a value, more of which can be added; values of secret pairs are never rendered."""

    template_name = "connectors/pairs.html"

    def __init__(self, secret: bool = False) -> None:
        super().__init__()
        self.secret = secret
        self.stored: frozenset[str] = frozenset()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        lists = data if isinstance(data, MultiValueDict) else MultiValueDict(data)
        rows = zip(lists.getlist(f"{name}.name"), lists.getlist(f"{name}.value"), strict=False)
        return [(key.strip(), value) for key, value in rows if key.strip() or value]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        pairs = list(value.items()) if isinstance(value, Mapping) else value or []
        rows = [(key, "" if self.secret else text, self.secret and key in self.stored) for key, text in pairs]
        return super().get_context(name, None, attrs) | {"rows": rows, "secret": self.secret}


class Pairs(forms.Field):
    """A mapping of text to text."""

    widget: PairsInput

    def clean(self, value: list[tuple[str, str]]) -> dict[str, str]:
        seen: set[str] = set()
        for name, _ in value:
            if name.lower() in seen:
                raise forms.ValidationError(f"“{name}” is there twice.")
            seen.add(name.lower())
        if any("\x00" in part for pair in value for part in pair):
            raise forms.ValidationError("Null characters are not allowed.")
        return {name: text or (MASK if name in self.widget.stored else "") for name, text in value}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """A stored secret that was left empty has not changed."""
        before = {(name, "" if self.widget.secret else value) for name, value in (initial or {}).items()}
        return before != set(data)


class Number(forms.Field):
    """A number if it is one; what is not is left for the declaration to refuse in its own words."""

    widget = forms.NumberInput

    def to_python(self, value: Any) -> Any:
        try:
            return int(value)
        except (TypeError, ValueError):
            return value or None


class Lines(forms.CharField):
    """Text of several lines, exactly as typed."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return _unix(super().to_python(value) or "")


class Choice(forms.Field):
    widget = forms.Select


@singledispatch
def _form_field(field: Field) -> forms.Field:
    raise TypeError(f"There is no form field for {type(field).__name__}.")


@_form_field.register
def _text(field: declared_fields.TextField) -> forms.Field:
    attrs = {"spellcheck": "false"} | ({"maxlength": field.max_length} if field.max_length else {})
    if field.multiline:
        return Lines(strip=False, widget=forms.Textarea({"rows": 3} | attrs))
    return forms.CharField(widget=forms.TextInput(attrs))


@_form_field.register
def _url(field: declared_fields.UrlField) -> forms.Field:
    placeholder = f"{field.schemes[0]}://"
    return forms.CharField(
        widget=forms.TextInput({"inputmode": "url", "spellcheck": "false", "placeholder": placeholder})
    )


@_form_field.register
def _secret(field: declared_fields.SecretField) -> forms.Field:
    box = SecretBox(widget=SecretInput())
    box.widget.multiline = field.multiline
    return box


@_form_field.register
def _integer(field: declared_fields.IntegerField) -> forms.Field:
    limits = {"min": field.min_value, "max": field.max_value}
    return Number(widget=forms.NumberInput({name: limit for name, limit in limits.items() if limit is not None}))


@_form_field.register
def _flag(field: declared_fields.FlagField) -> forms.Field:
    return forms.BooleanField()


@_form_field.register
def _choice(field: declared_fields.ChoiceField) -> forms.Field:
    options = list(field.choices.items())
    # Browsers send the first option of those who chose none.
    blank = [("", "Choose one" if field.required else "Not set")] if field.default in (empty, "") else []
    return Choice(widget=forms.Select(choices=[*blank, *options]))


@_form_field.register
def _headers(field: declared_fields.HeadersField) -> forms.Field:
    return Pairs(widget=PairsInput(secret=field.secret))


def _may_stay_empty(field: Field) -> bool:
    """Not when emptying the box brings back a default that stood in it."""
    return not field.required and (field.default in (empty, "") or is_secret(field))


def _show_default(form_field: forms.Field, field: Field) -> None:
    if field.default is empty:
        return
    if is_secret(field) and field.default:
        form_field.widget.attrs["placeholder"] = "Leave empty to have one made for you"
    elif not callable(field.default):
        form_field.initial = field.default


def _show_stored(form_field: forms.Field, field: Field, value: Any) -> None:
    widget = form_field.widget
    if isinstance(widget, SecretInput):
        widget.attrs["placeholder"] = f"Stored: {short_mask(value)} — leave empty to keep it"
        widget.removable = not field.required and field.default is empty
        return
    form_field.initial = value
    if isinstance(widget, PairsInput):
        widget.stored = frozenset(value) if widget.secret else frozenset()


def _unix(text: str) -> str:
    """Browsers send every line break as two characters."""
    return text.replace("\r\n", "\n")


def short_mask(masked: Any) -> str:
    """A mask as long as its secret tells nothing more and does not fit into a box."""
    text = str(masked)
    return text if len(text) <= 12 else f"{text[:4]}********"

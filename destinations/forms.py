"""The admin's form of a destination: what every destination has, and the fields of its type."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, SWITCH_CLASSES, TEXTAREA_CLASSES

from connectors import forms as connector_forms
from connectors.base import Connector
from connectors.forms import Lines, Pairs, PairsInput
from connectors.problems import Invalid
from destinations.attaching import Attaching, CredentialBox
from destinations.drafts import UNSET, Draft
from destinations.exceptions import Problem
from destinations.keys import public_ssh_key
from destinations.models import ALL_TOPICS, AuthCredential, Destination
from tenants.models import Environment, Tenant

PLACE = ("name", "tenant", "environment", "description", "topics")
SECTIONS = ("config", "credentials")
SHARED = ("auth_credential", "follow")
MORE = ("labels", "uid", "is_default")


class TenantBox(AutocompleteSelect):
    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": "Choose a tenant"}


class DestinationForm(Attaching):
    """Spells what a person typed as a `Draft`; `refuse` puts the problems of that draft beside the fields."""

    tenant = forms.ModelChoiceField(
        Tenant.objects.none(),
        help_text="Who the destination belongs to. This cannot be changed later.",
        error_messages={"invalid_choice": "You may not add destinations to this tenant."},
    )
    environment = forms.ModelChoiceField(
        Environment.objects.none(),
        required=False,
        empty_label="No environment",
        error_messages={"invalid_choice": "The tenant has no such environment, or you may not use it."},
    )
    name = forms.CharField(required=False, help_text="Left empty, it is named after its type.")
    description = Lines(required=False, widget=forms.Textarea({"rows": 2}))
    topics = Lines(
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "All topics"}),
        help_text="What is to be sent here: one topic a line. Empty means everything.",
    )
    labels = Pairs(required=False, widget=PairsInput(), help_text="Names and values of your own.")
    uid = forms.CharField(
        required=False,
        label="Own id",
        help_text="By which programs know the destination. Left empty, one is made. It cannot be changed later.",
    )
    is_default = forms.BooleanField(
        required=False, label="Default destination", help_text="The one its tenant uses when none is named."
    )
    auth_credential = CredentialBox(
        AuthCredential.objects.none(),
        required=False,
        empty_label="None",
        label="Shared credential",
        help_text="What it signs in with beside, or instead of, what is entered here.",
        error_messages={"invalid_choice": "There is no such credential, or you may not use it."},
    )
    follow = forms.BooleanField(
        required=False,
        label="Let it go along to another server",
        help_text="Needed where a change leads to another server, or to less protection: what the shared credential "
        "signs in with is sent there, too.",
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        connector: Connector,
        tenants: "QuerySet[Tenant]",
        environments: "QuerySet[Environment]",
        shared: "QuerySet[AuthCredential]",
        *,
        destination: Destination | None = None,
        data: Any = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={**_initial(destination), **(initial or {})}, label_suffix="")
        self.connector, self.destination = connector, destination
        self.conflict = False  # someone else saved while this form was open
        stored = {"config": destination.config, "credentials": destination.masked} if destination else None
        self.typed = connector_forms.form_fields(connector, stored)
        self.fields.update(self.typed)
        if destination:
            del self.fields["tenant"], self.fields["uid"]
            self.fields["name"].help_text = ""
        self._offer(tenants, environments)
        self._tell_ssh_key()
        self.share(shared)
        for name, field in self.fields.items():
            dress(field.widget)
            if name not in self.typed:
                field.optional = not (field.required or field.disabled)  # type: ignore[attr-defined]
        self.fields["name"].optional = destination is None  # type: ignore[attr-defined]

    def _offer(self, tenants: "QuerySet[Tenant]", environments: "QuerySet[Environment]") -> None:
        """Only what the person may choose, and only the environments of the tenant that is chosen."""
        if tenant := self.fields.get("tenant"):
            remote = Destination._meta.get_field("tenant")
            tenant.widget = TenantBox(remote, admin.site)
            tenant.widget.is_required = True
            tenant.queryset = tenants  # type: ignore[attr-defined]
            chosen = self["tenant"].value()
        else:
            chosen = self.destination and self.destination.tenant_id
        environment = self.fields["environment"]
        environment.queryset = environments.filter(tenant=chosen) if chosen else environments.none()  # type: ignore[attr-defined]

    def _tell_ssh_key(self) -> None:
        """Beside the user who has to authorize it; of a tenant that is not chosen yet nobody knows which it is."""
        if (field := self.typed.get("config.ssh_user")) is None:
            return
        try:
            tenant = (
                self.destination.tenant if self.destination else self.fields["tenant"].clean(self["tenant"].value())
            )
        except forms.ValidationError:
            field.help_text += " Its page shows the key."
        else:
            key = public_ssh_key(tenant)
            field.help_text += f" That is: {key}" if key else " It is made when the destination is saved."

    def clean(self) -> dict[str, Any]:
        """When something of the page itself is wrong, say what is wrong with the connection in the same breath."""
        if self.errors and not self.destination:
            sections = (connector_forms.values(self.connector, self.cleaned_data, part) for part in SECTIONS)
            given = [{name: value for name, value in section.items() if value is not None} for section in sections]
            try:
                self.connector.clean(*given)
            except Invalid as invalid:
                self.refuse(problem for problem in invalid.problems if problem.path not in self.errors)
        return self.cleaned_data

    def section(self, name: str) -> Iterator[forms.BoundField]:
        """The fields of the section `config` or `credentials`, in the order declared."""
        return (self[field] for field in self.typed if field.startswith(f"{name}."))

    def common(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def draft(self) -> Draft:
        cleaned = self.cleaned_data
        return Draft(
            type=self.connector.type,
            uid=cleaned.get("uid") or UNSET,
            name=cleaned["name"] or None,
            description=cleaned["description"],
            topics=[line.strip() for line in cleaned["topics"].splitlines() if line.strip()] or None,
            metadata={**_kept_labels(self.destination), **cleaned["labels"]},
            environment=cleaned["environment"],
            is_default=cleaned["is_default"],
            auth_credential=self.chosen(),
            config=connector_forms.values(self.connector, cleaned, "config"),
            credentials=connector_forms.values(self.connector, cleaned, "credentials"),
        )

    def refuse(self, problems: Iterable[Problem]) -> None:
        for problem in map(self.asked, problems):
            name, rest = self._field_of(problem.path)
            message = f"{rest}: {problem.message}" if rest else problem.message
            self.add_error(name, message)

    def _field_of(self, path: str) -> tuple[str | None, str]:
        """The field a problem belongs to, and what is left of its path (the name of a header, say)."""
        path = "labels" + path.removeprefix("metadata") if path.startswith("metadata") else path
        names = [name for name in self.fields if path == name or path.startswith(f"{name}.")]
        if names:
            return max(names, key=len), path[len(max(names, key=len)) + 1 :]
        return None, path

    @property
    def typed_secrets(self) -> bool:
        """Whether a secret was typed that the page, shown again, no longer holds."""
        secrets = (f"credentials.{name}" for name in self.connector.secrets)
        return any(name in self.changed_data for name in secrets)

    @property
    def changed_labels(self) -> list[str]:
        """What was changed, by the names people read."""
        return [str(self[name].label) for name in self.changed_data if name not in ("revision", "follow")]


def _initial(destination: Destination | None) -> dict[str, Any]:
    if destination is None:
        return {}
    return {
        "environment": destination.environment_id,
        "auth_credential": destination.auth_credential_id,
        "name": destination.name,
        "description": destination.description,
        "topics": "" if destination.topics == ALL_TOPICS else "\n".join(destination.topics),
        "labels": {name: value for name, value in destination.metadata.items() if isinstance(value, str)},
        "is_default": destination.is_default,
        "revision": destination.revision,
    }


def _kept_labels(destination: Destination | None) -> dict[str, Any]:
    """Labels that only a program can have set: they are no text, and the form has no box for them."""
    metadata = destination.metadata if destination else {}
    return {name: value for name, value in metadata.items() if not isinstance(value, str)}


_LOOKS: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (AutocompleteSelect, []),
    (forms.Select, SELECT_CLASSES),
    (forms.CheckboxInput, SWITCH_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.Widget, INPUT_CLASSES),
)


def dress(widget: forms.Widget) -> None:
    """Give a plain widget the looks of the admin's theme."""
    classes = next(classes for kind, classes in _LOOKS if isinstance(widget, kind))
    if classes:
        widget.attrs["class"] = " ".join(classes)
    if type(widget) is forms.Select:
        widget.template_name = "unfold/widgets/select.html"

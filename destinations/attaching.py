"""How the admin's form of a destination attaches a shared credential, and lets it go elsewhere."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from destinations.drafts import UNSET, Unset
from destinations.exceptions import Problem
from destinations.models import AuthCredential, Destination

UNSEEN = "A credential that you may not see"


class UnseenCredential(forms.CharField):
    """Stands for an attached credential that belongs to more than the person may see."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            disabled=True,
            initial=UNSEEN,
            label="Shared credential",
            help_text="It stays attached. Whoever is an editor of the whole tenant can change that.",
        )


class CredentialBox(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.declaration.label}, {obj.tenant})"


class Attaching(forms.Form):
    """Of a form with the boxes `auth_credential` and `follow`."""

    destination: Destination | None

    def share(self, shared: "QuerySet[AuthCredential]") -> None:
        """The box is there only if there is something to choose, and what is attached is only seen by whoever may."""
        box, attached = self.fields["auth_credential"], self.destination and self.destination.auth_credential_id
        rows = shared.filter(tenant=self.destination.tenant_id) if self.destination else shared
        box.queryset = rows.select_related("tenant").defer("sealed")  # type: ignore[attr-defined]
        if not attached or not rows.filter(pk=attached).exists():
            del self.fields["follow"]
        if attached and "follow" not in self.fields:
            self.fields["auth_credential"] = UnseenCredential()
            del self.initial["auth_credential"]
        elif not rows.exists():
            del self.fields["auth_credential"]

    def chosen(self) -> AuthCredential | Unset | None:
        """What is attached already is only attached again, which lets it go elsewhere, if the person says so."""
        chosen: AuthCredential | Unset | None = self.cleaned_data.get("auth_credential", UNSET)
        if isinstance(self.fields.get("auth_credential"), UnseenCredential):
            return UNSET
        attached = self.destination.auth_credential_id if self.destination else None
        return UNSET if chosen and chosen.pk == attached and not self.cleaned_data["follow"] else chosen

    def asked(self, problem: Problem) -> Problem:
        """What an attached credential needs to go along, in the words of this page."""
        if (problem.path, problem.code) != ("auth_credential", "reenter"):
            return problem
        if "follow" in self.fields:
            return Problem("follow", problem.code, "The change leads to another server. Switch this on to allow that.")
        message = "It may not go to another server without somebody who may see it."
        return Problem(problem.path, problem.code, message)

"""Keys of rows that come from a browser, judged before they are looked for."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, HttpResponse


class ChosenField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """What is no key of a row is not shown again: autocompleting widgets would look for it without judging it."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            self.to_python(data)
        except ValidationError:
            return None
        return super().bound_data(data, initial)


class Judged:
    """Pages on which no key that could be none makes an accident: Django's own look for whatever they are sent."""

    model: type[Model]
    formfield_overrides: ClassVar[dict[Any, Any]] = {ForeignKey: {"form_class": ChosenField}}

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Raises SuspiciousOperation where one of the selected rows can be none."""
        if all(map(self._could_be, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset)  # type: ignore[misc,no-any-return]
        raise SuspiciousOperation("What was selected can be nothing on this page.")

    def _could_be(self, key: str) -> bool:
        try:
            self.model._meta.pk.clean(key, None)
        except ValidationError:
            return False
        return "\0" not in key

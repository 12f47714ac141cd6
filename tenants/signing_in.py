"""Signing in to the admin, with a limit on how often it may fail."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.views.decorators.debug import sensitive_variables
from unfold.forms import AuthenticationForm

from tenants import limits
from tenants.limits import SIGN_INS_BY_ADDRESS, SIGN_INS_BY_NAME, TooMany
from tenants.origin import address

BUSY = "The database is busy. Try again in a moment."


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """Every attempt is counted before the password is looked at, so that many at once are no more guesses than one
    after the other, and over the limit the right password is refused like any other. One that succeeds is taken back.
    """

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        name, place = self.cleaned_data.get("username"), limits.place(address(self.request))
        if name is not None and self.cleaned_data.get("password"):
            self._count(name, place)
        cleaned: dict[str, Any] = super().clean()
        if name is not None and self.user_cache is not None:
            limits.forgive(SIGN_INS_BY_NAME, name)
            if place:
                limits.give_back(SIGN_INS_BY_ADDRESS, place)
        return cleaned

    def _count(self, name: str, place: str) -> None:
        try:
            if place:
                limits.take(SIGN_INS_BY_ADDRESS, place)
            limits.take(SIGN_INS_BY_NAME, name)
        except TooMany as error:
            raise ValidationError(str(error), code="limit") from None
        except OperationalError:  # who cannot be counted is not let in
            raise ValidationError(BUSY, code="busy") from None

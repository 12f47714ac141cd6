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
        tried = name is not None and self.cleaned_data.get("password")
        window = self._count(name, place) if name is not None and tried else 0
        cleaned: dict[str, Any] = super().clean()
        if name is not None and self.user_cache is not None:
            limits.forgive(SIGN_INS_BY_NAME, name)
            limits.give_back(SIGN_INS_BY_ADDRESS, place, window)
        return cleaned

    def _count(self, name: str, place: str) -> int:
        """The end of the window in which the attempt counts for the address; 0 where it does not."""
        try:
            window = limits.take(SIGN_INS_BY_ADDRESS, place) if place else 0
            limits.take(SIGN_INS_BY_NAME, name)
            return window
        except TooMany as error:
            raise ValidationError(str(error), code="limit") from None
        except OperationalError:  # who cannot be counted is not let in
            raise ValidationError(BUSY, code="busy") from None

"""What a shared access signature says about itself, before anybody is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from rest_framework.exceptions import ValidationError

from connectors.fields import SecretField
from connectors.probes.blob.container import Container
from connectors.problems import CheckFailed


class SasTokenField(SecretField):
    """A shared access signature, with or without the “?” that leads it in a URL; kept as sent."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if not re.fullmatch(r"\??[!-~]*", text) or "://" in text or "#" in text:
            message = "This must be the SAS token alone: what follows the ? in a SAS URL, without blanks."
            raise ValidationError(message, code="pattern")
        if text and not _said(text).get("sig"):
            raise ValidationError("This is not a SAS token: it holds no signature (sig).", code="pattern")


@dataclass(frozen=True, slots=True)
class Sas:
    """`query` is what is sent; `said` are its parameters, decoded."""

    query: str = field(repr=False)
    said: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, token: str) -> "Sas":
        query = token.removeprefix("?").strip("&")
        return cls(query, _said(query))

    def refuse_the_useless(self, container: Container) -> None:
        """Raise `CheckFailed` when the token itself says that it cannot do here what a check does."""
        self._refuse_its_time()
        if self.said.get("spr") == "https" and not container.encrypted:
            message = "The SAS token allows HTTPS only, and the endpoint begins with http://."
            raise CheckFailed("config", message, "Write the endpoint with https://, or issue a token that allows HTTP.")
        self._refuse_its_scope()
        if "sp" in self.said or "si" not in self.said:  # else a stored access policy gives the rights
            self._refuse_its_rights()

    def _refuse_its_time(self) -> None:
        now = datetime.now(UTC)
        ends, starts = _moment(self.said.get("se", "")), _moment(self.said.get("st", ""))
        if ends and ends <= now:
            message = f"The SAS token expired on {_shown(ends)}."
            raise CheckFailed("denied", message, "Issue a new SAS token that is valid for longer, and enter it.")
        if starts and starts > now:
            message = f"The SAS token is not valid before {_shown(starts)}."
            remedy = "Wait until then, or issue a token that is valid at once; see that the clock of Landfall is right."
            raise CheckFailed("denied", message, remedy)

    def _refuse_its_scope(self) -> None:
        resource, services, kinds = self.said.get("sr"), self.said.get("ss"), self.said.get("srt")
        if resource in _TOO_NARROW:
            message = f"The SAS token is for {_TOO_NARROW[resource]}, not for the container."
            raise CheckFailed("config", message, "Issue a SAS token for the container.")
        if services is not None and "b" not in services:
            message = "The SAS token of the account does not cover its blob service."
            raise CheckFailed("forbidden", message, "Issue a token with the service “Blob” (b in ss).")
        if kinds is not None and "o" not in kinds:
            message = "The SAS token of the account does not cover blobs."
            raise CheckFailed("forbidden", message, "Issue a token with the resource type “Object” (o in srt).")

    def _refuse_its_rights(self) -> None:
        rights = self.said.get("sp", "")
        lacking = [] if set("wc") & set(rights) else ["write (w)"]
        lacking += [] if "d" in rights else ["delete (d)"]
        if lacking:
            message = f"The SAS token lacks the permission to {' and to '.join(lacking)}."
            remedy = "Issue a SAS token for the container with the permissions read, write, delete and list."
            raise CheckFailed("forbidden", message, remedy)


_TOO_NARROW = {
    "b": "a single blob",
    "bs": "a snapshot of a blob",
    "bv": "a version of a blob",
    "d": "a directory",
    "f": "a file of a file share",
    "s": "a file share",
}


def _said(token: str) -> dict[str, str]:
    pairs = parse_qs(token.removeprefix("?"), keep_blank_values=True)
    return {name: values[0] for name, values in pairs.items()}


def _moment(text: str) -> datetime | None:
    """None for what is no moment: then the service decides."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d at %H:%M UTC")

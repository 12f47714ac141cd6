"""Ids and refs: a slug of the name, for people, and the destination's UUID in base 62, which alone is looked at.

A rename changes both, and those from before still lead to the destination.
"""

import re
import string
from uuid import UUID

from destinations.models import Destination

PREFIX = "pl:destinations/"
DEFAULT = f"{PREFIX}default"  # of the organisation, wherever a ref may stand
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHORTEST, LONGEST = 21, 22  # digits of a UUID; a smaller number begins with zeros


def id_of(row: Destination) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", row.name.lower()).strip("-")
    tail = _written(row.uuid.int)
    return f"{slug}-{tail}" if slug else tail


def uuid_of(given: str) -> UUID | None:
    """What an id or a ref means, whatever name it has; None for what is neither."""
    tail = given.removeprefix(PREFIX).rpartition("-")[2]
    if not re.fullmatch(rf"[0-9A-Za-z]{{{SHORTEST},{LONGEST}}}", tail, re.ASCII):
        return None
    number = 0
    for digit in tail:
        number = number * len(DIGITS) + DIGITS.index(digit)
    return UUID(int=number) if number < 2**128 else None


def _written(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(SHORTEST, DIGITS[0])

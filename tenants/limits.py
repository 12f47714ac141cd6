"""How often something may be done in a minute or so, over all processes."""

import logging
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

from django.conf import settings
from django.db import OperationalError

from tenants import counting
from tenants.principals import Principal

SHARE = 100  # a process takes at most this part of a limit at once, so that little is lost in those that rest
HELD = 10_000  # counts that a process remembers

logger = logging.getLogger(__name__)


class TooMany(Exception):
    """The limit `most` is used up; `retry_after` is how many seconds it takes until there is room again."""

    def __init__(self, message: str, retry_after: int, most: int) -> None:
        self.retry_after, self.most = retry_after, most
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Rate:
    """The setting that says how many there may be, `times` that in each window of `seconds`; 0 is no limit. What has
    the setting in common with another rate is counted `apart`."""

    setting: str
    seconds: int
    refusal: str
    times: int = 1
    apart: str = ""

    @property
    def most(self) -> int:
        return int(getattr(settings, self.setting)) * self.times

    def name(self, subject: str) -> str:
        return f"{self.setting}{self.apart} {subject}"

    def used_up(self) -> TooMany:
        return TooMany(self.refusal, counting.left_of_window(self.seconds), self.most)


FAILED = "There were too many failed sign-ins. Try again in a few minutes."
SIGN_INS_BY_NAME = Rate("FAILED_SIGN_INS_PER_NAME", 300, FAILED)
SIGN_INS_BY_ADDRESS = Rate("FAILED_SIGN_INS_PER_ADDRESS", 300, FAILED)
# Apart from people's: a program that goes on with a key of yesterday must not keep those at its address out.
KEYS_BY_ADDRESS = Rate("FAILED_SIGN_INS_PER_ADDRESS", 300, FAILED, apart="keys")
REQUESTS = Rate("REQUESTS_PER_KEY", 60, "There were too many requests in this minute. Try again in a moment.")
CHECKS = Rate(
    "CHECKS_PER_TENANT", 60, "The tenant has asked for too many checks in this minute. Try again in a moment."
)


@dataclass(slots=True)
class Permits:
    """What this process may still let pass without asking, and how many it asks for next; 0 when there are no more."""

    ends: int
    left: int = 0
    ahead: int = 1


_held: dict[str, Permits] = {}
_lock = Lock()


def take(rate: Rate, subject: str) -> int:
    """Count one more, and return the end of the window it is counted in; 0 without a limit. Raises `TooMany`, or
    OperationalError when it cannot be counted."""
    if not rate.most:
        return 0
    held = counting.add(rate.name(subject), rate.seconds)
    if held.taken > rate.most:
        raise rate.used_up()
    return held.ends


def give_back(rate: Rate, subject: str, window: int) -> None:
    """Take back one that turned out not to count, from the window that `take` told."""
    counting.take_back(rate.name(subject), window)


def forgive(rate: Rate, subject: str) -> None:
    """Forget all that were counted."""
    counting.forget(rate.name(subject))


def take_often(rate: Rate, subject: str) -> None:
    """As `take`, for what is done so often that a write each time would be felt.

    A process takes permits ahead, twice as many each time, up to a hundredth of the limit. So no more pass than may;
    some fewer do where other processes hold what they do not use. When the database cannot be asked, it lets pass:
    counting must not be what a request fails of.
    """
    if rate.most and not _has_permit(rate, subject):
        raise rate.used_up()


def count_request(principal: Principal) -> None:
    """Raise `TooMany` for the key, person, tenant or partner that sends too many requests."""
    if subject := _who(principal):
        take_often(REQUESTS, subject)


def count_failed(address: str) -> None:
    """Raise `TooMany` for an address from which too many keys and tokens come that are not good."""
    if counted := place(address):
        take_often(KEYS_BY_ADDRESS, counted)


def place(address: str) -> str:
    """What is counted of an address: of IPv6 its network, since a customer has all of it."""
    if not address or not isinstance(ip_address(address), IPv6Address):
        return address
    return str(ip_network(f"{address}/64", strict=False))


def _has_permit(rate: Rate, subject: str) -> bool:
    name = rate.name(subject)
    with _lock:
        permits = _permits(name, counting.end_of_window(rate.seconds))
        if permits.left:
            permits.left -= 1
            return True
        ahead = permits.ahead
    if not ahead:
        return False
    try:
        with counting.impatient():
            before = counting.add(name, rate.seconds, ahead).taken - ahead
    except OperationalError:
        logger.warning("limit_not_counted", extra={"limit": rate.setting})
        return True
    granted = min(ahead, rate.most - before)
    with _lock:
        permits.ahead = min(2 * ahead, max(1, rate.most // SHARE)) if granted > 0 else 0
        permits.left += max(0, granted - 1)
    return granted > 0


def _permits(name: str, ends: int) -> Permits:
    found = _held.get(name)
    if found is None or found.ends != ends:
        if len(_held) >= HELD:
            _held.clear()  # what was taken ahead is lost with it: fewer pass, never more
        found = _held[name] = Permits(ends)
    return found


def _who(principal: Principal) -> str:
    if principal.key:
        return f"key {principal.key.pk}"
    if principal.user:
        return f"user {principal.user.pk}"
    if principal.tenants:
        return f"tenants {sorted(principal.tenants)}"
    return f"name {principal.name}" if principal.name else ""

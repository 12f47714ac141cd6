"""What checks of an HTTP endpoint of the user's own have in common: his headers, and what a status means."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors import VERSION
from connectors.problems import CheckCode, CheckFailed, Problem

Fault = tuple[CheckCode, str, str]

OWN = {"Content-Type": "application/json", "User-Agent": f"Landfall/{VERSION} (connection check)"}


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The user's headers, in his spelling, and before them those of ours that he did not replace."""
    replaced = {name.lower() for name in given}
    return {name: value for name, value in own.items() if name.lower() not in replaced} | dict(given)


def twice(sections: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Problem]:
    """The headers that stand more than once in the `headers` of these sections, in whatever spelling."""
    seen: set[str] = set()
    for section, values in sections:
        for name in values.get("headers", {}):
            if name.lower() in seen:
                yield Problem(f"{section}.headers.{name}", "invalid", "This header is given twice.")
            seen.add(name.lower())


def judge(status: int, own: Mapping[int, Fault], who: str = "The endpoint") -> None:
    """Raise `CheckFailed` unless `status` says that the request was taken.

    `own` has words for a status, or for a hundred of them (4 stands for 400 to 499), that fit better than those here.
    The sentences may name {who} and {status}.
    """
    if 200 <= status < 300:
        return
    faults = _FAULTS | dict(own)
    code, message, remedy = faults.get(status) or faults.get(status // 100, _ODD)
    raise CheckFailed(code, message.format(who=who, status=status), remedy)


_FAULTS: dict[int, Fault] = {
    401: (
        "denied",
        "{who} does not accept the credentials (status 401).",
        "Check the secret headers, such as Authorization.",
    ),
    403: (
        "forbidden",
        "{who} refuses the request (status 403).",
        "Allow requests from Landfall there, or in the firewall before it, and check the secret headers.",
    ),
    404: ("not_found", "There is nothing at this URL (status 404).", "Check the path of the URL."),
    405: ("remote", "{who} does not take this method (status 405).", "Check the URL."),
    410: ("not_found", "{who} is gone for good (status 410).", "Replace the URL or archive the destination."),
    429: ("quota", "{who} asks for fewer requests (status 429).", "Check again later, or raise its limit."),
    3: (
        "remote",
        "{who} redirects (status {status}); redirects are not followed.",
        "Set the URL to the place it redirects to, if you trust it.",
    ),
    4: ("remote", "{who} does not accept the test request (status {status}).", "Check the URL."),
    5: ("remote", "{who} failed (status {status}).", "Look into its own log, and check again later."),
}
_ODD: Fault = ("protocol", "{who} answered with the unusual status {status}.", "Check that the URL is right.")

"""What counting a request costs, as ratios to one that is not counted. README.md says how to read them."""

from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

from stage import measured, medians, on_each_database

CALLS, ROUNDS = 300, 7
MANY = 10**9
# Requests that a key may make, and the part of them that a process takes at once.
WAYS = {"not counted": (0, 1), "permits taken ahead": (6_000 * ROUNDS, 100 * ROUNDS), "each counted": (MANY, MANY)}


def main() -> None:
    from config.wsgi import application  # noqa: PLC0415
    from tenants.services import create_tenant, issue_key  # noqa: PLC0415

    key = issue_key(name="bench", tenant=create_tenant(name="bench", id_="bench"))[1]
    costs = medians(
        {name: lambda way=way: measured(lambda: calls(application, key, *way)) for name, way in WAYS.items()}, ROUNDS
    )
    bare = costs["not counted"]
    for name, cost in costs.items():
        ratio = cost.cpu_each / bare.cpu_each
        print(f"  {name:20}{cost.cpu_each * 1e6:8.0f} CPU us a request, {ratio:.3f} x one that is not counted")


def calls(app: Callable[..., Any], key: str, most: int, share: int) -> int:
    from django.conf import settings  # noqa: PLC0415

    from tenants import limits  # noqa: PLC0415

    settings.REQUESTS_PER_KEY, limits.SHARE = most, share
    limits._held.clear()
    for _ in range(CALLS):
        call(app, key)
    return CALLS


def call(app: Callable[..., Any], key: str) -> None:
    """The cheapest of reads, so that counting weighs as much as it can."""
    environ: dict[str, Any] = {"PATH_INFO": "/api/v1/tenants/bench"}
    environ |= {"HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer = app(environ, lambda status, headers, *rest: statuses.append(status))
    b"".join(answer)
    getattr(answer, "close", lambda: None)()
    assert statuses == ["200 OK"], statuses


if __name__ == "__main__":
    on_each_database(main)

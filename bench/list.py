"""What a page of 50 destinations costs through the API, as ratios to other ways. README.md says how to read them."""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from stage import destinations, measured, medians, on_each_database

PAGE, SMALL, CALLS = 50, 90, 100
PATH = "/api/v1/destinations"
Application = Callable[..., Any]


def main() -> None:
    options = arguments()
    big, small, key = seed(options.count)
    ours, bare, plain = application(), bare_function, vanilla()
    deep = deepest(ours, big, key)
    costs = medians(
        {
            name: lambda app=app, query=query: measured(lambda: calls(app, query, key))
            for name, app, query in (
                ("ours", ours, {"tenant": big}),
                ("bare", bare, {"tenant": big}),
                ("vanilla", plain, {"tenant": big}),
                ("ours, last page", ours, {"tenant": big, "cursor": deep}),
                ("ours, small tenant", ours, {"tenant": small}),
            )
        },
        options.rounds,
    )
    for name, cost in costs.items():
        print(f"  {name:20}{cost.cpu_each * 1e6:8.0f} CPU us a page{cost.wall / cost.count * 1e3:8.2f} ms")
    page, cpu = costs["ours"], {name: cost.cpu_each for name, cost in costs.items()}
    print(f"  ours reaches {cpu['bare'] / cpu['ours']:.0%} of bare, and {cpu['vanilla'] / cpu['ours']:.1f} x vanilla")
    for name in ("ours, last page", "ours, small tenant"):
        by_clock, by_cpu = costs[name].wall / page.wall, cpu[name] / cpu["ours"]
        print(f"  {name}: {by_clock:.2f} x the first page of the big one by the clock, {by_cpu:.2f} x by CPU")


def seed(count: int) -> tuple[str, str, str]:
    """A big tenant, a small one, each destination with a last check, and a key of the installation."""
    from django.utils import timezone  # noqa: PLC0415

    from destinations.models import ConnectionCheck, DestinationState  # noqa: PLC0415
    from tenants.services import issue_key  # noqa: PLC0415

    big = destinations(1, count, lambda number: f"https://hooks.example.com/in/{number}")
    small = destinations(1, SMALL, lambda number: f"https://hooks.example.com/in/{number}")
    now, steps = timezone.now(), ("resolve", "connect", "tls", "send a test request")
    told = [{"name": step, "status": "passed", "code": "", "message": "", "duration_ms": 1.5} for step in steps]
    common = {"trigger": "schedule", "status": "passed", "revision": 1, "started_at": now, "completed_at": now}
    checks = [ConnectionCheck(destination=each, steps=told, **common) for each in (*big, *small)]
    ConnectionCheck.objects.bulk_create(checks, batch_size=500)
    states = [
        DestinationState(destination_id=check.destination_id, last_check=check, health="healthy") for check in checks
    ]
    DestinationState.objects.bulk_update(states, ["last_check", "health"], batch_size=500)
    return big[0].tenant_id, small[0].tenant_id, issue_key(name="bench", role="viewer")[1]


def application() -> Application:
    from config.wsgi import application  # noqa: PLC0415

    return application


def bare_function(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """One statement and one `json.dumps`: no routing, no authentication, no validation, the same document."""
    from django.db import connection  # noqa: PLC0415

    tenant = environ["QUERY_STRING"].partition("=")[2]
    with connection.cursor() as cursor:
        cursor.execute(SQL, [tenant, PAGE])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    for row in rows:
        for name in ("topics", "config", "masked", "metadata", "steps"):
            row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"items": rows}, default=str).encode()]


SQL = """
SELECT d.uuid, d.uid, d.slug, d.name, d.description, d.type, d.tenant_id, d.environment_id, d.topics, d.config,
    d.masked, d.metadata, d.is_default, d.disabled_at, d.archived_at, d.created, d.updated, d.revision,
    s.health, s.next_check_at, c.uuid AS check_id, c.trigger, c.status, c.code, c.message, c.remedy, c.steps,
    c.started_at, c.completed_at
FROM destinations_destination d
JOIN destinations_destinationstate s ON s.destination_id = d.id
LEFT JOIN destinations_connectioncheck c ON c.uuid = s.last_check_id
WHERE d.tenant_id = %s AND d.archived_at IS NULL ORDER BY d.created DESC, d.id DESC LIMIT %s
"""


def vanilla() -> Application:
    """What one would write first: a ModelSerializer over model instances, a token looked up, cursor pages."""
    from django.urls import path  # noqa: PLC0415
    from rest_framework import generics, pagination, serializers  # noqa: PLC0415

    from destinations.models import ConnectionCheck, Destination  # noqa: PLC0415
    from tenants.authentication import KeyAuthentication  # noqa: PLC0415

    class Check(serializers.ModelSerializer):
        class Meta:
            model, fields = ConnectionCheck, "__all__"

    class Shown(serializers.ModelSerializer):
        last_check = Check(source="state.last_check")
        health = serializers.CharField(source="state.health")

        class Meta:
            model, exclude = Destination, ["sealed"]

    class Pages(pagination.CursorPagination):
        page_size, ordering = PAGE, ("-created", "-id")

    class View(generics.ListAPIView):
        serializer_class, pagination_class = Shown, Pages
        authentication_classes = (KeyAuthentication,)

        def get_queryset(self) -> Any:
            rows = Destination.objects.select_related("state__last_check")
            return rows.filter(tenant=self.request.query_params["tenant"], archived_at=None)

    from config import urls  # noqa: PLC0415

    urls.urlpatterns.append(path("vanilla", View.as_view()))
    ours = application()
    return lambda environ, start_response: ours(environ | {"PATH_INFO": "/vanilla"}, start_response)


def deepest(app: Application, tenant: str, key: str) -> str:
    """The cursor of the last page, found by walking there."""
    cursor, last = "", ""
    while cursor is not None:
        last = cursor
        query = {"tenant": tenant, "limit": 250} | ({"cursor": cursor} if cursor else {})
        cursor = json.loads(call(app, query, key))["next"]
    return last


def calls(app: Application, query: dict[str, Any], key: str) -> int:
    for _ in range(CALLS):
        page = call(app, query, key)
    assert len(next(iter(items(page)))) == PAGE
    return CALLS


def items(page: bytes) -> Iterator[list]:
    document = json.loads(page)
    yield document.get("items") or document["results"]


def call(app: Application, query: dict[str, Any], key: str) -> bytes:
    environ: dict[str, Any] = {"PATH_INFO": PATH, "QUERY_STRING": urlencode(query)}
    environ |= {"HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer = app(environ, lambda status, headers, *rest: statuses.append(status))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    assert statuses == ["200 OK"], (statuses, body)
    return body


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="rows of the big tenant (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which medians are taken (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    arguments()
    on_each_database(main)

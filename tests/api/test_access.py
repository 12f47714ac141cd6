"""Who may do what: every route, for every role and for a stranger, from the URL resolver itself."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver

from destinations import services
from destinations.api import urls
from destinations.models import AuthCredential, ConnectionCheck, Consumer, Destination
from tenants.models import ApiKey, Environment, Tenant
from tests.api.client import Api
from tests.factories import make_credential, make_destination, make_environment, make_key

pytestmark = pytest.mark.django_db
TOKEN = {"name": "Token", "strategy": "bearer", "secrets": {"token": "acme-s"}}
HOOK = {"type": "webhook", "config": {"url": "https://a.example"}}
# The bodies with which a route does something, and who may: the least role, or root for the installation's admin.
ROUTES: dict[tuple[str, str], tuple[str, object]] = {
    ("GET", "tenants"): ("viewer", None),
    ("POST", "tenants"): ("root", {"name": "New"}),
    ("GET", "tenants/<id>"): ("viewer", None),
    ("PATCH", "tenants/<id>"): ("admin", {"name": "New"}),
    ("DELETE", "tenants/<id>"): ("root", None),
    ("GET", "tenants/<id>/ssh-key"): ("viewer", None),
    ("GET", "tenants/<tenant>/environments"): ("viewer", None),
    ("POST", "tenants/<tenant>/environments"): ("admin", {"name": "New"}),
    ("GET", "tenants/<tenant>/environments/<uuid>"): ("viewer", None),
    ("PATCH", "tenants/<tenant>/environments/<uuid>"): ("admin", {"name": "New"}),
    ("DELETE", "tenants/<tenant>/environments/<uuid>"): ("admin", None),
    ("GET", "api-keys"): ("admin", None),
    ("POST", "api-keys"): ("admin", {"name": "New", "tenant": "acme"}),
    ("GET", "api-keys/<uuid>"): ("admin", None),
    ("DELETE", "api-keys/<uuid>"): ("admin", None),
    ("GET", "destinations"): ("viewer", None),
    ("POST", "destinations"): ("editor", HOOK | {"tenant": "acme"}),
    ("POST", "destinations/validate"): ("editor", HOOK | {"tenant": "acme"}),
    ("GET", "destinations/<uuid>"): ("viewer", None),
    ("PATCH", "destinations/<uuid>"): ("editor", {"name": "New"}),
    ("DELETE", "destinations/<uuid>"): ("editor", None),
    ("POST", "destinations/<uuid>/enable"): ("editor", None),
    ("POST", "destinations/<uuid>/disable"): ("editor", None),
    ("POST", "destinations/<uuid>/archive"): ("editor", None),
    ("POST", "destinations/<uuid>/restore"): ("editor", None),
    ("POST", "destinations/<uuid>/rotate-secret"): ("editor", None),
    ("POST", "destinations/<uuid>/verify"): ("editor", None),
    ("GET", "destinations/<uuid>/checks"): ("viewer", None),
    ("POST", "destinations/<uuid>/checks"): ("editor", None),
    ("GET", "destinations/<uuid>/consumers"): ("viewer", None),
    ("GET", "destinations/<uuid>/consumers/<kind>/<name>"): ("viewer", None),
    ("PUT", "destinations/<uuid>/consumers/<kind>/<name>"): ("editor", None),
    ("DELETE", "destinations/<uuid>/consumers/<kind>/<name>"): ("editor", None),
    ("GET", "checks"): ("viewer", None),
    ("GET", "checks/<uuid>"): ("viewer", None),
    ("GET", "destinations/<uuid>/audit"): ("viewer", None),
    ("GET", "audit"): ("admin", None),
    ("GET", "auth-credentials"): ("viewer", None),
    ("POST", "auth-credentials"): ("editor", TOKEN | {"tenant": "acme"}),
    ("GET", "auth-credentials/<uuid>"): ("viewer", None),
    ("PATCH", "auth-credentials/<uuid>"): ("editor", {"name": "New"}),
    ("DELETE", "auth-credentials/<uuid>"): ("editor", None),
    ("GET", "auth-strategies"): ("viewer", None),
    ("GET", "destination-types"): ("viewer", None),
    ("GET", "destination-types/<type>"): ("viewer", None),
}
every_route = pytest.mark.parametrize("route", ROUTES, ids=" ".join)
RANKS = ["viewer", "editor", "admin", "root"]
# What a stranger gets: his own rows from lists, and the answer to a body that names a tenant he cannot see.
FOR_STRANGERS = {
    ("GET", "tenants"): 200,
    ("POST", "tenants"): 403,
    ("GET", "api-keys"): 200,
    ("POST", "api-keys"): 422,
    ("GET", "destinations"): 200,
    ("POST", "destinations"): 422,
    ("POST", "destinations/validate"): 422,
    ("GET", "checks"): 200,
    ("GET", "audit"): 200,
    ("GET", "auth-credentials"): 200,
    ("POST", "auth-credentials"): 422,
    ("GET", "auth-strategies"): 200,
    ("GET", "destination-types"): 200,
    ("GET", "destination-types/<type>"): 200,
}


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        elif actions := getattr(pattern.callback, "actions", None):
            path = str(pattern.pattern)
            for converter in ("segment:", "uuid:", "str:"):
                path = path.replace(f"<{converter}", "<")
            yield from ((method.upper(), path) for method in actions if method != "head")


def test_every_route_is_in_the_table():
    assert set(routes(urls.urlpatterns)) == set(ROUTES)


@pytest.fixture
def everything(tenant, http_server):
    """One row of each kind, without a destination in the environment, so that everything can be removed."""
    make_environment(tenant, "Live")
    make_key(tenant, "viewer")
    made = make_destination(tenant, check=True, config={"url": http_server.url()})
    services.register_consumer(made, kind="script", name="crawler")
    make_credential(tenant)


def filled(path: str) -> str:
    """The path of a row of Acme's."""
    rows = {
        "tenants": (Environment.objects, "pk"),
        "api-keys": (ApiKey.objects, "pk"),
        "destinations": (Destination.objects, "uuid"),
        "checks": (ConnectionCheck.objects, "pk"),
        "auth-credentials": (AuthCredential.objects, "pk"),
    }
    path = path.replace("<id>", "acme").replace("<tenant>", "acme").replace("<type>", "webhook")
    path = path.replace("<kind>", "script").replace("<name>", "crawler")
    if "<uuid>" in path:
        manager, key = rows[path.partition("/")[0]]
        path = path.replace("<uuid>", str(manager.values_list(key, flat=True)[0]))
    return path


@pytest.mark.parametrize("role", RANKS)
@every_route
def test_a_role_may_do_what_the_table_says(tenant, everything, route, role):
    method, path = route
    least, body = ROUTES[method, path]
    target = filled(path)
    if (method, path) == ("DELETE", "tenants/<id>"):
        Destination.objects.all().delete()
    if (method, path) == ("DELETE", "destinations/<uuid>"):
        Consumer.objects.all().delete()
    api = Api(make_key(None if role == "root" else tenant, "admin" if role == "root" else role))
    status = api.send(method, target, body).status
    assert status in ((200, 201, 202, 204) if RANKS.index(role) >= RANKS.index(least) else (403,))


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
@every_route
def test_to_a_stranger_nothing_of_a_tenant_exists(other, everything, route, role):
    method, path = route
    target, before = filled(path), state()
    answer = Api(make_key(other, role)).send(method, target, ROUTES[method, path][1])
    admins_only = path.startswith(("api-keys", "audit")) and method != "POST"
    refused = admins_only and role != "admin"
    assert answer.status == (403 if refused else FOR_STRANGERS.get((method, path), 404))
    if answer.status == 200 and "items" in answer.body and not path.startswith("destination-types"):
        assert "acme" not in str(answer.body)
    assert state() == before


@every_route
def test_without_a_key_there_is_nothing_at_all(nobody, everything, route):
    method, path = route
    before = state()
    assert nobody.send(method, filled(path), ROUTES[method, path][1]).status == 401
    assert state() == before


def state() -> list[object]:
    """All that a caller could have changed of the tenant."""
    return [
        list(Tenant.objects.filter(pk="acme").values()),
        list(Environment.objects.values()),
        list(ApiKey.objects.filter(tenant="acme").values()),
        list(AuthCredential.objects.filter(tenant="acme").values("pk", "name", "updated")),
        list(Destination.objects.values("pk", "revision", "disabled_at", "archived_at")),
        list(ConnectionCheck.objects.values()),
        list(Consumer.objects.values()),
    ]

"""What the parameters of each address name, and what a request must hold to do something there."""

from typing import Any

from django.contrib.contenttypes.models import ContentType

from destinations.models import Destination
from tests.admin.pages import webhook_form
from tests.isolation.routes import Route
from tests.isolation.world import World

#: By the beginning of the address, the longest first: what of a world each parameter is the id of.
PARAMETERS: dict[str, dict[str, str]] = {
    "/admin/tenants/keypair/": {"object_id": "pair"},
    "/admin/tenants/apikey/": {"object_id": "key", "pk": "key"},
    "/admin/tenants/membership/": {"object_id": "membership"},
    "/admin/tenants/environment/": {"object_id": "environment"},
    "/admin/tenants/tenant/": {"object_id": "tenant"},
    "/admin/auth/user/": {"object_id": "user", "id": "user"},
    "/admin/tenants/auditevent/": {"object_id": "entry"},
    "/admin/destinations/connectioncheck/": {"object_id": "check"},
    "/admin/destinations/authcredential/": {"object_id": "credential"},
    "/admin/destinations/destination/": {"object_id": "destination number", "pk": "destination number"},
    "/admin/r/": {"object_id": "destination number"},
    "/api/v1/tenants/<tenant>/environments": {"tenant": "tenant", "uuid": "environment"},
    "/api/v1/tenants": {"id": "tenant"},
    "/api/v1/api-keys": {"uuid": "key"},
    "/api/v1/destinations/<uuid>/consumers": {"uuid": "used", "name": "consumer"},
    "/api/v1/destinations": {"uuid": "destination"},
    "/api/v1/checks": {"uuid": "check"},
    "/api/v1/auth-credentials": {"uuid": "credential"},
    "/cloudflare/": {"account": "tenant", "slug": "slug"},
    "/outpost/": {"tenant": "tenant", "destination": "destination uid", "attempt": "check", "event": "check"},
    "/planet/": {"ref": "bucket"},
    "/redox/": {
        "organization": "tenant",
        "environment": "environment",
        "destination": "destination",
        "credential": "credential",
    },
    "/stitch/": {"destination": "database"},
}
#: Parameters that name what is the same for every tenant.
SHARED = {"kind": "script", "verb": "disable", "app_label": "destinations", "url": "nowhere"}
ALIKE = {*SHARED, "type", "content_type_id"}
SHARED_TYPES = {"/stitch/": "postgres", "": "webhook"}
#: Addresses that name nothing of a tenant. A new one is a decision, so it has to be written down here.
PLAIN = {
    "/",
    "/admin",
    "/admin/",
    "/admin/<app_label>/",
    "/admin/<url>",
    "/admin/auth/group/",
    "/admin/auth/group/<object_id>/",
    "/admin/auth/group/<object_id>/change/",
    "/admin/auth/group/<object_id>/delete/",
    "/admin/auth/group/<object_id>/history/",
    "/admin/auth/group/add/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/autocomplete/",
    "/admin/destinations/authcredential/",
    "/admin/destinations/authcredential/add/",
    "/admin/destinations/connectioncheck/",
    "/admin/destinations/connectioncheck/add/",
    "/admin/destinations/destination/",
    "/admin/destinations/destination/add/",
    "/admin/destinations/destination/add/try/",
    "/admin/destinations/destination/environments/",
    "/admin/jsi18n/",
    "/admin/login/",
    "/admin/logout/",
    "/admin/password_change/",
    "/admin/password_change/done/",
    "/admin/search/",
    "/admin/tenants/apikey/",
    "/admin/tenants/apikey/add/",
    "/admin/tenants/auditevent/",
    "/admin/tenants/auditevent/add/",
    "/admin/tenants/environment/",
    "/admin/tenants/environment/add/",
    "/admin/tenants/keypair/",
    "/admin/tenants/keypair/add/",
    "/admin/tenants/membership/",
    "/admin/tenants/membership/add/",
    "/admin/tenants/partner/",
    "/admin/tenants/partner/<object_id>/",
    "/admin/tenants/partner/<object_id>/change/",
    "/admin/tenants/partner/<object_id>/delete/",
    "/admin/tenants/partner/<object_id>/history/",
    "/admin/tenants/partner/<pk>/renew/",
    "/admin/tenants/partner/add/",
    "/admin/tenants/tenant/",
    "/admin/tenants/tenant/add/",
    "/api/v1/",
    "/api/v1/api-keys",
    "/api/v1/audit",
    "/api/v1/auth-credentials",
    "/api/v1/auth-strategies",
    "/api/v1/checks",
    "/api/v1/destination-types",
    "/api/v1/destination-types/<type>",
    "/api/v1/destinations",
    "/api/v1/destinations/validate",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/api/v1/tenants",
    "/cloudflare/",
    "/outpost/",
    "/outpost/<base>/",
    "/outpost/<base>/attempts",
    "/outpost/<base>/destination-types",
    "/outpost/<base>/destination-types/<type>",
    "/outpost/<base>/events",
    "/outpost/<base>/healthz",
    "/outpost/<base>/metrics/attempts",
    "/outpost/<base>/metrics/events",
    "/outpost/<base>/publish",
    "/outpost/<base>/retry",
    "/outpost/<base>/tenants",
    "/outpost/<base>/topics",
    "/outpost/healthz",
    "/outpost/portal",
    "/planet/",
    "/planet/destinations/v1",
    "/planet/destinations/v1/default",
    "/planet/destinations/v1/spec",
    "/planet/oauth",
    "/planet/oauth/.well-known/openid-configuration",
    "/planet/oauth/token",
    "/redox/",
    "/redox/platform/v1/",
    "/redox/platform/v1/authcredentials",
    "/redox/platform/v1/authcredentials/strategies",
    "/redox/v2/auth/token",
    "/stitch/",
    "/stitch/oauth/authorization",
    "/stitch/oauth/token",
    "/stitch/session",
    "/stitch/v3/accounts",
    "/stitch/v3/destinations",
    "/stitch/v3/sessions/ephemeral",
    "/stitch/v4/destination-types",
    "/stitch/v4/destination-types/<type>",
    "/stitch/v4/destinations",
}
HOOK = {"type": "webhook", "config": {"url": "https://elsewhere.example.com/in"}}
#: What is sent, by method and address; nothing where none is named.
BODIES: dict[tuple[str, str], Any] = {
    ("patch", "/api/v1/"): {"name": "Taken over"},
    ("post", "/api/v1/tenants/<tenant>/environments"): {"name": "Taken over"},
    ("patch", "/cloudflare/"): {"enabled": False},
    ("post", "/cloudflare/"): {
        "name": "Taken over",
        "enabled": True,
        "configuration": {
            "type": "logpush",
            "logpushDataset": "opentelemetry-logs",
            "url": "https://elsewhere.example.com/v1/logs",
            "headers": {},
        },
        "skipPreflightCheck": True,
    },
    ("put", "/outpost/"): {},
    ("patch", "/outpost/"): {"topics": ["taken.over"]},
    ("post", "/outpost/"): HOOK | {"topics": "*"},
    ("patch", "/planet/"): {"name": "Taken over"},
    ("patch", "/redox/platform/v1/destinations"): {"name": "Taken over"},
    ("patch", "/redox/platform/v1/authcredentials"): {"name": "Taken over"},
    ("post", "/redox/platform/v1/environments"): {
        "name": "Taken over",
        "endpoint": "https://elsewhere.example.com/in",
        "authCredential": None,
    },
    ("put", "/redox/"): {"user": "the-admin", "role": "engineer"},
    ("put", "/stitch/v3"): {"type": "postgres", "connection": {"host": "elsewhere.example.com"}},
    ("put", "/stitch/v4"): {"type": "postgres", "properties": {"host": "elsewhere.example.com"}},
}
FORM = webhook_form(name="Taken over") | {"post": "yes"}


def face(route: Route) -> str:
    return route.template.split("/")[1]


def kinds(route: Route) -> dict[str, str]:
    """The parameters of an address that name something of a tenant. Raises KeyError for one without a rule."""
    beginning = max((known for known in PARAMETERS if route.template.startswith(known)), key=len, default="")
    known = PARAMETERS.get(beginning, {})
    if plain(route):
        return {}
    return {name: known[name] for name in route.parameters if name not in ALIKE}


def plain(route: Route) -> bool:
    template = route.template.rstrip("/") if route.template.count("/") > 2 else route.template
    for base in ("/outpost/api/v1", "/outpost/2025-07-01"):
        template = template.replace(base, "/outpost/<base>")
    return not PLAIN.isdisjoint({template, template + "/"})


def address(route: Route, world: World) -> str:
    """Where the route leads in a world."""
    type_ = next(value for beginning, value in SHARED_TYPES.items() if route.template.startswith(beginning))
    content_type = str(ContentType.objects.get_for_model(Destination).pk)
    named = {parameter: world.ids[kind] for parameter, kind in kinds(route).items()}
    return route.filled({"object_id": "1", "pk": "1", "content_type_id": content_type, "type": type_} | SHARED | named)


def body(route: Route, method: str) -> Any:
    """The body that does something there."""
    fitting = [known for name, known in BODIES if name == method and route.template.startswith(known)]
    return BODIES[method, max(fitting, key=len)] if fitting else None


#: What nobody may do, whatever is there. Landfall has no events.
DENIED_TO_ALL = {
    ("get", "/outpost/api/v1/events/<event>"),
    ("get", "/admin/r/<content_type_id>/<object_id>/"),
    ("post", "/admin/r/<content_type_id>/<object_id>/"),
    ("post", "/admin/tenants/keypair/<object_id>/change/"),
    ("get", "/admin/tenants/apikey/<object_id>/delete/"),
    ("post", "/admin/tenants/apikey/<object_id>/delete/"),
    ("post", "/admin/tenants/apikey/<object_id>/change/"),
    ("get", "/admin/tenants/auditevent/<object_id>/delete/"),
    ("post", "/admin/tenants/auditevent/<object_id>/delete/"),
    ("get", "/admin/destinations/connectioncheck/<object_id>/delete/"),
    ("post", "/admin/destinations/connectioncheck/<object_id>/delete/"),
}

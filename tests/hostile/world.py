"""An installation with something of everything, and requests of it that are right."""

import base64
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.utils import timezone

from destinations import services
from destinations.dialects.outpost import tokens
from destinations.dialects.planet import refs
from destinations.dialects.planet.types import TYPES as PLANET
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tenants.models import Environment, Tenant
from tests.connectors.examples import EXAMPLES, SERVICE_ACCOUNT
from tests.dialects.cloudflare.client import creation, replacement
from tests.dialects.outpost.kinds import KINDS
from tests.dialects.redox.test_conformance import DATABRICKS, HALF_DONE, bearer
from tests.dialects.stitch.bodies import OLD_POSTGRES, OLD_S3, OLD_SNOWFLAKE, PROPERTIES, REDSHIFT, posted
from tests.factories import make_credential, make_environment, make_key, make_tenant
from tests.hostile.asking import state
from tests.hostile.oddities import Raw

ENDPOINT = "http://127.0.0.1:9/in"  # where nothing listens
TENANT = "4711"
FIRST = {"webhook": "a-webhook", "otlp_http": "traces", "s3_compatible": "lake", "postgres": "db"}


@dataclass
class World:
    """`values` are what the parameters of paths stand for, and `secret` is a key that may do everything in the tenant;
    `root` one of the installation."""

    tenant: Tenant
    environment: Environment
    made: dict[str, Destination]
    values: dict[str, str]
    secret: str
    root: str
    state: str

    def __repr__(self) -> str:
        return "the world"

    @classmethod
    def begun(cls) -> "World":
        tenant = make_tenant(TENANT, "The company")
        environment = make_environment(tenant, "Development", "Development")
        made = {type_: _made(tenant, type_) for type_ in EXAMPLES}
        placed = _made(tenant, "webhook", "Placed", environment=environment)
        credential = make_credential(tenant, environment=environment)
        check = services.request_check(made["webhook"])
        check.status, check.completed_at = ConnectionCheck.Status.PASSED, timezone.now()
        check.save()
        services.register_consumer(made["webhook"], kind="script", name="exporter")
        user = User.objects.create_user("pat", is_superuser=True, is_staff=True)
        root, secret = make_key(None, "admin"), make_key(tenant, "admin", user=user)
        values = {
            "tenant": tenant.pk, "account": tenant.pk, "organization": tenant.pk, "id": tenant.pk,
            "environment": str(environment.pk), "uuid": str(made["webhook"].uuid), "slug": made["otlp_http"].slug,
            "type": "webhook", "kind": "script", "name": "exporter", "attempt": str(check.pk), "event": "evt_1",
            "ref": refs.id_of(made["s3_compatible"]), "credential": str(credential.pk),
            "redox": str(placed.uuid), "outpost": made["webhook"].uid, "stitch": str(made["postgres"].pk),
            "check": str(check.pk), "key": str(tenant.api_keys.get().pk),
        }  # fmt: skip
        return cls(tenant, environment, made, values, secret, root, state())

    def value(self, template: str, name: str) -> str:
        """What stands for a parameter of this route."""
        face = template.split("/")[1]
        special = {
            ("redox", "destination"): "redox", ("outpost", "destination"): "outpost", ("stitch", "destination"): "stitch",
        }.get((face, name))  # fmt: skip
        if face == "api" and name == "uuid":
            kinds = {
                "checks/": "check",
                "api-keys/": "key",
                "environments/": "environment",
                "auth-credentials/": "credential",
            }
            special = next((kind for part, kind in kinds.items() if f"{part}%(" in template), None)
        if template.startswith("/stitch") and name == "type":
            return "postgres"
        return self.values[special or name]

    def authorization(self, face: str) -> str:
        if face == "/outpost/":
            return f"Bearer {self.root}"
        return f"{'api-key' if face == '/planet/' else 'Bearer'} {self.secret}"

    def examples(self, template: str, method: str) -> list[Any]:
        """Bodies that this route takes; one at least."""
        for pattern, made in self._examples().items():
            wanted, path = pattern.split(" ")
            if fnmatch(template, path) and wanted in (method, "*"):
                return made
        return [{}]

    def _examples(self) -> dict[str, list[Any]]:
        natives = [
            {"type": type_, "name": "New", "config": example.config, "credentials": example.credentials}
            for type_, example in EXAMPLES.items()
        ]
        patches = [{"config": body["config"], "credentials": body["credentials"]} for body in natives]
        full = {
            "type": "webhook", "tenant": TENANT, "uid": "mine", "name": "All", "description": "d", "topics": ["a", "b.*"],
            "config": {"url": ENDPOINT}, "metadata": {"team": "data"}, "environment": str(self.environment.pk),
            "is_default": True, "enabled": False,
        }  # fmt: skip
        oauth = {"token_url": "https://auth.example.com/token", "client_id": "c"}
        credentials = [
            {"name": "One", "strategy": "bearer", "secrets": {"token": "t"}, "tenant": TENANT},
            {"name": "Two", "strategy": "basic", "properties": {"username": "u"}, "secrets": {"password": "p"}},
            {
                "name": "Three",
                "strategy": "oauth2_client_credentials",
                "properties": oauth,
                "secrets": {"client_secret": "s"},
            },
        ]
        outpost = [
            {"type": type_, "topics": ["*"], "config": kind.config, "credentials": kind.credentials, "id": f"new-{type_}",
             "metadata": {"a": "b"}, "delivery_metadata": {"X-A": "b"}, "filter": {"a": 1},
             "created_at": "2024-01-01T00:00:00Z", "disabled_at": None}
            for type_, kind in KINDS.items()
        ]  # fmt: skip
        outpost_patches = [
            *({"config": kind.config, "credentials": kind.credentials, "topics": "*"} for kind in KINDS.values()),
            {"credentials": {"rotate_secret": True, "previous_secret_invalid_at": "2099-01-01T00:00:00Z"}},
        ]
        stitch = [posted(type_, name="n", description="d") for type_ in PROPERTIES]
        redox = [
            {"name": "d", "endpoint": "https://x.example.com/in", "verificationToken": "t"},
            {"name": "d", "cloudProviderSettings": DATABRICKS},
            {"name": "d", "setupState": HALF_DONE, "id": "01234567-89ab-cdef-0123-456789abcdef"},
            {"name": "d", "authCredential": self.values["credential"], "endpoint": "https://x.example.com/in",
             "environment": {"id": str(self.environment.pk), "environmentFlag": "Development"}},
        ]  # fmt: skip
        shared = bearer(self.environment, organization=int(TENANT), audience="a", scopes="s", noBasic=True)
        planet = [{"type": type_, "name": "new", "parameters": _planet(type_)} for type_ in PLANET]
        form = {"grant_type": "client_credentials", "client_id": self.secret[:12], "client_secret": self.secret}
        assertion = {
            "grant_type": "client_credentials", "client_assertion": "e30.e30.e30",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        }  # fmt: skip
        account = {"partner_id": "p", "partner_secret": self.root, "first_name": "a", "last_name": "b", "company": "c",
                   "email": "d@example.com", "region": "us-east-1"}  # fmt: skip
        return {
            "* /api/v1/tenants/*/environments*": [{"name": "Stage", "flag": "Staging"}],
            "* /api/v1/tenants*": [{"name": "T", "id": "new", "metadata": {"a": {"b": 1}}}],
            "* /api/v1/api-keys*": [
                {"name": "K", "tenant": TENANT, "role": "viewer", "expires": "2099-01-01T00:00:00Z"}
            ],
            "* /api/v1/destinations/*/rotate-secret": [{"grace_seconds": 60}],
            "* /api/v1/destinations/*/*": [{}],
            "PATCH /api/v1/destinations/*": [*patches, {**full, "type": "webhook"}],
            "* /api/v1/destinations*": [*natives, full],
            "* /api/v1/auth-credentials*": credentials,
            "PATCH /cloudflare/*": [replacement(ENDPOINT, {"A": "b"})],
            "* /cloudflare/*": [creation(), creation(url=ENDPOINT)],
            "PUT /outpost/*enable": [{}],
            "PUT /outpost/*": [{"metadata": {"a": "b"}}],
            "PATCH /outpost/*": outpost_patches,
            "* /outpost/*": outpost,
            "* /planet/oauth/token": [Raw(urlencode(form))],
            "PUT /planet/*": [{"destination_id": self.values["ref"]}],
            "PATCH /planet/*": [{"archive": False, "name": "other"}, {"parameters": _planet("s3_compatible")}],
            "* /planet/*": planet,
            "* /redox/v2/*": [Raw(urlencode(assertion))],
            "* /redox/*role-assignment*": [
                {"user": {"name": "pat"}, "role": {"name": "engineer"}},
                {"user": {"id": 1}},
            ],
            "* /redox/*authcredentials*": [
                shared,
                {**shared, "authStrategy": "BasicAuth", "username": "u", "password": "p"},
            ],
            "* /redox/*verify*": [{"endpoint": ENDPOINT, "verificationToken": "t", "verificationMethod": "GET"}, {}],
            "* /redox/*": redox,
            "* /stitch/v3/accounts": [account],
            "* /stitch/v3/destinations*": [REDSHIFT, OLD_POSTGRES, OLD_SNOWFLAKE, OLD_S3],
            "* /stitch/v3/*": [{}],
            "PUT /stitch/*": [{"properties": PROPERTIES["postgres"], "name": "n"}],
            "* /stitch/*": stitch,
        }


def _made(tenant: Tenant, type_: str, name: str = "", **others: Any) -> Destination:
    example = EXAMPLES[type_]
    draft = Draft(type=type_, name=name or type_, config=example.config, credentials=example.credentials, **others)
    return services.create(tenant, draft)


def _planet(type_: str) -> dict[str, Any]:
    of = PLANET[type_]
    example = EXAMPLES[of.native]
    known = {**example.config, **example.credentials}
    values = {field.key: known[field.native] for field in of.fields if field.native in known}
    if type_ == "google_cloud_storage":
        values["credentials"] = base64.b64encode(SERVICE_ACCOUNT.encode()).decode()
    if "explicit_sse" in values:
        values["explicit_sse"] = True
    return values


def tenant_token() -> str:
    return tokens.issue(TENANT)

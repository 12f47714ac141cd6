"""An installation with something of everything, and requests of it that are right."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.utils import timezone

from destinations import services
from destinations.dialects.planet import refs
from destinations.dialects.planet.types import TYPES as PLANET
from destinations.dialects.stitch.types import BY_NATIVE as STITCH
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tenants.models import Environment, Membership, Tenant
from tenants.services import save_membership
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
MOMENT = "2099-01-01T00:00:00Z"
#: What a parameter means that has one name in several places, by face.
SPECIAL = {(face, "destination"): face for face in ("redox", "outpost", "stitch")}
SPECIAL["redox", "credential"] = "shared"
KINDS_OF_UUID = {"checks": "check", "api-keys": "key", "environments": "environment", "auth-credentials": "credential"}


@dataclass(frozen=True)
class Example:
    """A body, and what it is for if not for what the parameters of paths stand for otherwise."""

    body: Any
    values: Mapping[str, str] = field(default_factory=dict)


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
        oauth = {"token_url": "https://auth.example.com/token", "client_id": "c"}
        shared = make_credential(
            tenant, environment=environment, strategy="oauth2", properties=oauth, secrets={}, name="O"
        )
        check = services.request_check(made["webhook"])
        check.status, check.completed_at = ConnectionCheck.Status.PASSED, timezone.now()
        check.save()
        services.register_consumer(made["webhook"], kind="script", name="exporter")
        user = User.objects.create_user("pat", is_superuser=True, is_staff=True)
        save_membership(Membership(user=user, tenant=tenant, role="viewer"))
        root, secret = make_key(None, "admin"), make_key(tenant, "admin", user=user)
        values = {
            "tenant": tenant.pk, "account": tenant.pk, "organization": tenant.pk, "id": tenant.pk,
            "environment": str(environment.pk), "uuid": str(made["webhook"].uuid), "slug": made["otlp_http"].slug,
            "type": "webhook", "kind": "script", "name": "exporter", "attempt": str(check.pk), "event": "evt_1",
            "ref": refs.id_of(made["s3_compatible"]), "credential": str(credential.pk),
            "shared": str(shared.pk), "redox": str(placed.uuid), "outpost": made["webhook"].uid,
            "stitch": str(made["postgres"].pk),
            "check": str(check.pk), "key": str(tenant.api_keys.get().pk),
        }  # fmt: skip
        return cls(tenant, environment, made, values, secret, root, state())

    def value(self, template: str, name: str) -> str:
        """What stands for a parameter of this route."""
        face = template.split("/")[1]
        special = SPECIAL.get((face, name))
        if face == "api" and name == "uuid":
            special = next((kind for part, kind in KINDS_OF_UUID.items() if f"{part}/%(" in template), None)
        if template.startswith("/stitch") and name == "type":
            return "postgres"
        return self.values[special or name]

    def authorization(self, face: str) -> str:
        if face in ("/api/", "/outpost/"):
            return f"Bearer {self.root}"
        return f"{'api-key' if face == '/planet/' else 'Bearer'} {self.secret}"

    def examples(self, template: str, method: str) -> list[Example]:
        """Bodies that this route takes; one at least."""
        for pattern, made in self._examples().items():
            wanted, path = pattern.split(" ")
            if fnmatch(template, path) and wanted in (method, "*"):
                return [one if isinstance(one, Example) else Example(one) for one in made]
        return [Example({})]

    def _examples(self) -> dict[str, list[Any]]:
        natives = [
            {
                "type": type_,
                "name": "New",
                "tenant": TENANT,
                "config": example.config,
                "credentials": example.credentials,
            }
            for type_, example in EXAMPLES.items()
        ]
        patches = [
            Example({"config": one.config, "credentials": one.credentials}, {"uuid": str(self.made[type_].uuid)})
            for type_, one in EXAMPLES.items()
        ]
        full = {
            "type": "webhook", "tenant": TENANT, "uid": "mine", "name": "All", "description": "d",
            "topics": ["a", "b"], "config": {"url": ENDPOINT}, "metadata": {"team": "data"},
            "environment": str(self.environment.pk), "is_default": True, "enabled": False,
        }  # fmt: skip
        oauth = {"token_url": "https://auth.example.com/token", "client_id": "c"}
        basic = {"properties": {"username": "u"}, "secrets": {"password": "p"}}
        credentials = [
            {"name": "One", "strategy": "bearer", "secrets": {"token": "t"}, "tenant": TENANT},
            {"name": "Two", "strategy": "basic", "tenant": TENANT, **basic},
            {
                "name": "Three",
                "strategy": "oauth2",
                "tenant": TENANT,
                "properties": oauth,
                "secrets": {"client_secret": "s"},
            },
        ]
        outpost = [
            {"type": type_, "topics": ["*"], "config": kind.config, "credentials": kind.credentials,
             "id": f"new-{type_}", "metadata": {"a": "b"}, "delivery_metadata": {"X-A": "b"}, "filter": {"a": 1},
             "created_at": "2024-01-01T00:00:00Z", "disabled_at": None}
            for type_, kind in KINDS.items()
        ]  # fmt: skip
        outpost_patches = [
            *(
                Example(
                    {
                        "config": kind.config,
                        "credentials": {} if type_ == "webhook" else kind.credentials,
                        "topics": "*",
                    },
                    {"destination": self.made[type_].uid},
                )
                for type_, kind in KINDS.items()
            ),
            {"credentials": {"rotate_secret": True, "previous_secret_invalid_at": "2099-01-01T00:00:00Z"}},
        ]
        stitch = [posted(type_, name="n", description="d") for type_ in PROPERTIES]
        redox = [
            {"name": "d", "endpoint": "https://x.example.com/in", "verificationToken": "t"},
            {"name": "d", "cloudProviderSettings": DATABRICKS},
            {"name": "d", "setupState": HALF_DONE, "id": "01234567-89ab-cdef-0123-456789abcdef"},
            {"name": "d", "authCredential": self.values["shared"], "endpoint": "https://x.example.com/in",
             "environment": {"id": str(self.environment.pk), "environmentFlag": "Development"}},
        ]  # fmt: skip
        shared = bearer(self.environment, organization=int(TENANT), audience="a", scopes="s", noBasic=True)
        planet = [{"type": type_, "name": "new", "parameters": _planet(type_)} for type_ in PLANET]
        planet_patches = [
            Example(
                {"parameters": _planet(body["type"], patch=True)},
                {"ref": refs.id_of(self.made[PLANET[str(body["type"])].native])},
            )
            for body in planet
        ]
        form = {"grant_type": "client_credentials", "client_id": self.secret[:12], "client_secret": self.secret}
        assertion = {
            "grant_type": "client_credentials", "client_assertion": "e30.e30.e30",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        }  # fmt: skip
        account = {"partner_id": "p", "partner_secret": self.root, "first_name": "a", "last_name": "b", "company": "c",
                   "email": "d@example.com", "region": "us-east-1"}  # fmt: skip
        return {
            "* /api/v1/tenants/*/environments*": [{"name": "Stage", "flag": "Staging"}],
            "PATCH /api/v1/tenants*": [{"name": "T", "metadata": {"a": {"b": 1}}}],
            "* /api/v1/tenants*": [{"name": "T", "id": "new", "metadata": {"a": {"b": 1}}}],
            "* /api/v1/api-keys*": [{"name": "K", "tenant": TENANT, "role": "viewer", "expires": MOMENT}],
            "* /api/v1/destinations/*/rotate-secret": [{"grace_seconds": 60}],
            "* /api/v1/destinations/*/*": [{}],
            "PATCH /api/v1/destinations/*": [*patches, {**full, "uid": self.made["webhook"].uid}],
            "* /api/v1/destinations*": [*natives, full],
            "PATCH /api/v1/auth-credentials*": [{"name": "New", "secrets": {"token": "t"}}],
            "* /api/v1/auth-credentials*": credentials,
            "PATCH /cloudflare/*": [replacement(ENDPOINT, {"A": "b"})],
            "* /cloudflare/*": [creation(), creation(url=ENDPOINT)],
            "PUT /outpost/*enable": [{}],
            "PUT /outpost/*": [{"metadata": {"a": "b"}}],
            "PATCH /outpost/*": outpost_patches,
            "* /outpost/*": outpost,
            "* /planet/oauth/token": [Raw(urlencode(form))],
            "PUT /planet/*": [{"destination_id": self.values["ref"]}],
            "PATCH /planet/*": [{"archive": False, "name": "other"}, *planet_patches],
            "* /planet/*": planet,
            "* /redox/v2/*": [Raw(urlencode(assertion))],
            "* /redox/*role-assignment*": [{"user": {"name": "pat"}, "role": {"name": "engineer"}}],
            "PATCH /redox/*authcredentials*": [{"name": "New", "clientSecret": None, "audience": "them"}],
            "* /redox/*authcredentials*": [shared],
            "* /redox/*verify*": [{"endpoint": ENDPOINT, "verificationToken": "t", "verificationMethod": "GET"}, {}],
            "PATCH /redox/*": [redox[0], {"name": "d", "setupState": HALF_DONE}, redox[3]],
            "* /redox/*": redox,
            "* /stitch/v3/accounts": [account],
            "PUT /stitch/v3/destinations*": [OLD_POSTGRES],
            "* /stitch/v3/destinations*": [REDSHIFT, OLD_POSTGRES, OLD_SNOWFLAKE, OLD_S3],
            "* /stitch/v3/*": [{}],
            "PUT /stitch/*": [
                Example({"properties": PROPERTIES[type_], "name": "n"}, {"destination": str(self.made[native].pk)})
                for native, type_ in ((native, type_.key) for native, type_ in STITCH.items())
                if type_ in PROPERTIES and native in self.made
            ],
            "* /stitch/*": stitch,
        }


def _made(tenant: Tenant, type_: str, name: str = "", **others: Any) -> Destination:
    example = EXAMPLES[type_]
    draft = Draft(type=type_, name=name or type_, config=example.config, credentials=example.credentials, **others)
    return services.create(tenant, draft)


def _planet(type_: str, patch: bool = False) -> dict[str, Any]:
    of = PLANET[type_]
    example = EXAMPLES[of.native]
    known = {**example.config, **example.credentials}
    fields = of.patch if patch else of.fields
    values = {field.key: known[field.native] for field in fields if field.native in known}
    if "credentials" in values:
        values["credentials"] = base64.b64encode(SERVICE_ACCOUNT.encode()).decode()
    if "explicit_sse" in values:
        values["explicit_sse"] = True
    return values

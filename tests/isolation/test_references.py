"""What is another tenant's cannot be named in a body either, and takes no name away from anybody."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from tenants.models import Tenant
from tests.admin.conftest import member
from tests.admin.pages import ADD, admin, webhook_form
from tests.factories import make_key
from tests.isolation.callers import Caller
from tests.isolation.world import World, make_world, nowhere, rows_of

pytestmark = pytest.mark.django_db
HOOK = {"type": "webhook", "config": {"url": "https://mine.example.com/in"}}
OUTPOST_HOOK = HOOK | {"topics": "*", "credentials": {}}
REDOX = "/redox/platform/v1"
DRAWN = {"name": "Mine", "strategy": "bearer", "secrets": {"token": "mine"}}

#: Method, address and body of requests that are good but for a name in braces, which is of something in a world.
#: What is `own` is of the caller's own world.
REQUESTS: list[tuple[str, str, Any]] = [
    ("post", "/api/v1/destinations", HOOK | {"tenant": "{tenant}"}),
    ("post", "/api/v1/destinations", HOOK | {"tenant": "{own tenant}", "environment": "{environment}"}),
    ("post", "/api/v1/destinations", HOOK | {"tenant": "{own tenant}", "auth_credential": "{credential}"}),
    ("post", "/api/v1/destinations/validate", HOOK | {"tenant": "{tenant}"}),
    ("post", "/api/v1/destinations/validate", HOOK | {"tenant": "{own tenant}", "environment": "{environment}"}),
    ("post", "/api/v1/destinations/validate", HOOK | {"tenant": "{own tenant}", "auth_credential": "{credential}"}),
    ("patch", "/api/v1/destinations/{own destination}", {"environment": "{environment}"}),
    ("patch", "/api/v1/destinations/{own destination}", {"auth_credential": "{credential}"}),
    ("get", "/api/v1/destinations?tenant={tenant}", None),
    ("get", "/api/v1/destinations?environment={environment}", None),
    ("get", "/api/v1/checks?destination={destination}", None),
    ("get", "/api/v1/api-keys?tenant={tenant}", None),
    ("get", "/api/v1/auth-credentials?tenant={tenant}", None),
    ("post", "/api/v1/api-keys", {"name": "Mine", "tenant": "{tenant}"}),
    ("post", "/api/v1/auth-credentials", DRAWN | {"tenant": "{tenant}"}),
    ("post", "/api/v1/auth-credentials", DRAWN | {"tenant": "{own tenant}", "environment": "{environment}"}),
    ("get", "/outpost/api/v1/attempts?tenant_id={tenant}", None),
    ("get", "/outpost/api/v1/attempts?destination_id={destination uid}", None),
    ("put", "/planet/destinations/v1/default", {"pl:ref": "pl:destinations/{bucket}"}),
    (
        "post",
        f"{REDOX}/environments/{{own environment}}/destinations",
        {"name": "Mine", "endpoint": "https://mine.example.com", "authCredential": "{credential}"},
    ),
    ("patch", f"{REDOX}/destinations/{{own destination}}", {"authCredential": "{credential}"}),
    (
        "post",
        f"{REDOX}/authcredentials",
        {"name": "Mine", "environmentId": "{environment}", "authStrategy": "AwsSigv4"},
    ),
]


@pytest.fixture
def own() -> World:
    return make_world("bergen")


@pytest.fixture
def other(own) -> World:
    return make_world("lisboa")


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    for kind, id_ in ids.items():
        value = value.replace(f"{{{kind}}}", id_) if isinstance(value, str) else value
    return value


@pytest.mark.parametrize(
    ("method", "path", "body"), REQUESTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_anothers_is_refused_in_the_words_for_what_is_nowhere(own, other, method, path, body):
    client = Caller(make_key(Tenant.objects.get(pk=own.ids["tenant"]))).client(path.split("/")[1])
    before, answers = rows_of("lisboa"), []
    for world in (nowhere(), other):
        ids = world.ids | {f"own {kind}": id_ for kind, id_ in own.ids.items()}
        sent = b"" if body is None else json.dumps(filled(body, ids)).encode()
        answer = client.generic(method.upper(), filled(path, ids), sent, content_type="application/json")
        answers.append((answer.status_code, world.hidden(answer.content.decode())))
    assert answers[0] == answers[1]
    assert answers[0][0] in ((200, 400, 404) if body is None else (400, 404, 422))
    assert "lisboa" not in answers[1][1]
    assert rows_of("lisboa") == before


FORMS = [
    (f"{ADD}?type=webhook", {"tenant": "{tenant}"}),
    (f"{ADD}?type=webhook", {"tenant": "{own tenant}", "environment": "{environment}"}),
    (f"{ADD}?type=webhook", {"tenant": "{own tenant}", "auth_credential": "{credential}"}),
    ("tenants_environment_add", {"tenant": "{tenant}", "name": "Mine", "flag": "Staging"}),
    ("tenants_apikey_add", {"tenant": "{tenant}", "name": "Mine", "role": "admin"}),
    ("tenants_membership_add", {"tenant": "{tenant}", "user": "{own user}", "role": "admin"}),
    ("tenants_membership_add", {"tenant": "{own tenant}", "environment": "{environment}", "role": "viewer"}),
]


@pytest.mark.parametrize(("page", "given"), FORMS, ids=str)
def test_no_form_takes_what_is_anothers(own, other, page, given):
    client = member(Tenant.objects.get(pk=own.ids["tenant"]), "admin")
    before, said = rows_of("lisboa"), []
    for world in (nowhere(), other):
        ids = world.ids | {f"own {kind}": id_ for kind, id_ in own.ids.items()}
        form = {"user": own.ids["user"]} | (webhook_form() if page.startswith("/") else {}) | filled(given, ids)
        answer = client.post(page if page.startswith("/") else admin(page), form)
        assert answer.status_code == 200
        context = answer.context
        errors = (context["adminform"].form if "adminform" in context else context["form"]).errors
        assert errors
        said.append(world.hidden(str(errors)))
    assert said[0] == said[1]
    assert rows_of("lisboa") == before


SAME = {"name": "lisboa webhook", "uid": "lisboa_webhook"}


def test_names_and_ids_that_another_tenant_uses_are_free(own, other):
    client = Caller(make_key(Tenant.objects.get(pk=own.ids["tenant"]))).client("api")
    sent = HOOK | SAME | {"tenant": own.ids["tenant"]}
    assert client.post("/api/v1/destinations", sent, content_type="application/json").status_code == 201


def test_a_person_is_not_found_by_those_who_share_no_tenant_with_him(own, other):
    """In the autocomplete fields and the search of the admin."""
    client = member(Tenant.objects.get(pk=own.ids["tenant"]), "admin")
    assert User.objects.filter(username="lisboa-user").exists()
    for field, model in (("user", "membership"), ("tenant", "membership"), ("environment", "membership")):
        query = {"app_label": "tenants", "model_name": model, "field_name": field, "term": "lisboa"}
        assert "lisboa-" not in client.get("/admin/autocomplete/", query).content.decode()
    found = client.get("/admin/search/", {"s": "lisboa"}).content.decode()
    assert "lisboa-" not in found

"""The secrets of every type are found in no place where they have no business, whatever is done with them.

Every secret field has a value; each is looked for in the spellings that programs give to texts.
"""

import logging
from contextlib import contextmanager
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from config import logs
from connectors import registry, strategies
from destinations import checking, services
from destinations.drafts import Draft
from destinations.models import AuthCredential, Destination, TunnelKey
from tests.admin.pages import ADD, LIST, change, overview, status
from tests.canary.looking import Canaries, messages, tables
from tests.connectors.examples import EXAMPLES, PRIVATE_KEY
from tests.factories import make_environment, make_key, make_tenant
from tests.servers.process import free_port

API = "/api/v1/destinations"
JSON = {"content_type": "application/json"}
# All but those that hold none.
TYPES = [connector for connector in registry.every() if connector.secrets]
every_type = pytest.mark.parametrize("connector", TYPES, ids=[connector.type for connector in TYPES])


@pytest.fixture
def stage(transactional_db):
    return make_environment(make_tenant("acme", "Acme"), "Development", "Development")


@pytest.fixture
def root() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def log(caplog):
    """All that is logged with LANDFALL_LOG_LEVEL=debug, as the product writes it."""
    levels = logs.logging_config("json", "DEBUG")["loggers"]
    for name in [*levels, ""]:
        caplog.set_level(levels.get(name, {}).get("level", "DEBUG"), name or None)
    return lambda: caplog.text + "".join(repr(vars(record)) for record in caplog.records)


@pytest.fixture
def scene(stage, root, log) -> SimpleNamespace:
    """A tenant's stage, somebody who may do everything, and what is logged meanwhile."""
    return SimpleNamespace(stage=stage, root=root, log=log)


@pytest.fixture
def example(connector):
    """Of a destination on this machine where nobody listens, so that a check tries and fails."""
    found, port = deepcopy(EXAMPLES[connector.type]), free_port()
    with found.moved("127.0.0.1", port):
        config = found.config | found.at("127.0.0.1", port)
        yield {
            "type": connector.type,
            "config": {name: value for name, value in config.items() if value is not None},
            "credentials": found.credentials,
        }


@pytest.fixture
def canaries(connector, example) -> Canaries:
    return Canaries(connector, example["credentials"])


@contextmanager
def silence(canaries: Canaries, log: Any):
    """Whatever is said within goes into a list, and is listened to at the end, with logs, messages and tables."""
    said: list[tuple[str, Any]] = []
    with messages() as sent:
        yield said
    said += [("log", log()), ("messages", sent), ("tables", tables())]
    heard = {where: found for where, text in said if (found := canaries.heard_in(text))}
    assert not heard, heard


def told(response: Any) -> str:
    return f"{dict(response.headers)} {response.cookies} {response.content.decode()}"


@every_type
def test_through_the_api_and_its_checks(scene, connector, example, canaries):
    sent = example | {"tenant": "acme", "environment": str(scene.stage.pk), "name": "The one"}
    client = Client(headers={"Authorization": f"Bearer {make_key(None)}"})
    with silence(canaries, scene.log) as said:

        def send(method: str, path: str, body: Any = None, expected: int = 200) -> Any:
            answer = getattr(client, method)(path, body or {}, **JSON) if method != "get" else client.get(path)
            assert answer.status_code == expected, answer.content
            said.append((f"{method} {path}", told(answer)))
            return answer

        one = f"{API}/{send('post', API, sent, 201).json()['id']}"
        send("post", f"{API}/validate?check=true", sent | {"name": "Another"})
        send("patch", one, {"credentials": example["credentials"], "name": "Renamed"})
        send("patch", one, {"credentials": example["credentials"], "config": {"no such": 1}}, 422)
        send("post", API, sent | {"name": "Renamed"}, 422)
        send("post", f"{one}/checks", None, 202)
        checking.sweep()
        assert Destination.objects.get().state.last_check.status == "failed"
        for path in (API, one, f"{one}/checks", f"{one}/audit", "/api/v1/checks", "/api/v1/audit"):
            send("get", path)
        send("get", "/api/v1/openapi.json")


@every_type
def test_through_the_admin_and_its_pages(scene, connector, example, canaries):
    with silence(canaries, scene.log) as said:
        form = {"tenant": "acme", "name": "The one", "environment": str(scene.stage.pk)} | fields(example)
        for page, broken in (
            (f"{ADD}?type={connector.type}", {"name": "x" * 300}),
            (f"{ADD}?type={connector.type}", {}),
        ):
            said.append((page, told(scene.root.post(page, form | broken, follow=True))))
        one = Destination.objects.get()
        said.append(
            ("try", told(scene.root.post(change(one).replace("change", "try"), form | {"revision": one.revision})))
        )
        scene.root.post(f"{LIST}{one.pk}/do/check/")
        checking.sweep()
        for page in (LIST, overview(one), change(one), status(one), f"{LIST}{one.pk}/history/", "/admin/"):
            answer = scene.root.get(page)
            assert answer.status_code == 200, page
            said.append((page, told(answer)))
        said.append(("session", dict(scene.root.session)))


@every_type
def test_through_other_systems_clients_that_only_read(scene, connector, example, canaries, capsys):
    made = services.create(scene.stage.tenant, Draft(environment=scene.stage, name="The one", **example))
    key = make_key(scene.stage.tenant, "viewer")
    paths = {
        "Bearer": (
            f"/outpost/api/v1/tenants/acme/destinations/{made.uid}",
            "/outpost/api/v1/tenants/acme/destinations",
            "/cloudflare/client/v4/accounts/acme/workers/observability/destinations",
            f"/redox/platform/v1/environments/{scene.stage.pk}/destinations",
            f"/redox/platform/v1/destinations/{made.uuid}",
            "/stitch/v3/destinations",
            "/stitch/v4/destinations",
        ),
        "api-key": ("/planet/destinations/v1", f"/planet/destinations/v1/{made.uuid}"),
    }
    with silence(canaries, scene.log) as said:
        for scheme, asked in paths.items():
            client = Client(headers={"Authorization": f"{scheme} {key}"})
            said += [(path, told(client.get(path))) for path in asked]
        call_command("destinations_list", "--json")
        with pytest.raises(CommandError):
            call_command("destinations_check", made.uid, "--json")
        said.append(("commands", "".join(capsys.readouterr())))


@every_type
def test_through_a_fault_of_ours(scene, connector, example, canaries, monkeypatch):
    """An exception where everything is in clear in local variables."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("The disk is full.")

    monkeypatch.setattr(Destination, "save", fail)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {make_key(None)}"})
    with silence(canaries, scene.log) as said:
        answer = client.post(API, example | {"tenant": "acme"}, **JSON)
        page = scene.root.post(f"{ADD}?type={connector.type}", {"tenant": "acme", "name": "The one"} | fields(example))
        assert (answer.status_code, page.status_code) == (500, 500)
        said += [("api", told(answer)), ("page", told(page))]
    assert "The disk is full." in scene.log()


def fields(example: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends of a form with the values of an example."""
    form: dict[str, Any] = {}
    for section in ("config", "credentials"):
        for name, value in example[section].items():
            if isinstance(value, dict):
                form[f"{section}.{name}.name"] = list(value)
                form[f"{section}.{name}.value"] = list(value.values())
            elif value is True:
                form[f"{section}.{name}"] = "on"
            elif value is not False:
                form[f"{section}.{name}"] = value
    return form


#: Properties and secrets of every way to sign in that has any.
SHARED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "basic": ({"username": "loader"}, {"password": "canary-4711-password"}),
    "bearer": ({}, {"token": "canary-4711-token"}),
    "headers": ({}, {"headers": {"X-Key": "canary-4711-header"}}),
    "oauth2": (
        {"token_url": "https://auth.example.com/token", "client_id": "landfall"},
        {"client_secret": "canary-4711-client"},
    ),
    "smart_backend": (
        {"token_url": "https://auth.example.com/token", "client_id": "landfall"},
        {"private_key": PRIVATE_KEY},
    ),
    "aws_sigv4": (
        {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
        {"secret_access_key": "canary-4711-key", "session_token": "canary-4711-session"},
    ),
    "key_pair": ({"username": "loader"}, {"private_key": PRIVATE_KEY}),
    "google_service_account": (
        {"client_email": "loader@acme.iam.gserviceaccount.com"},
        {"private_key": PRIVATE_KEY},
    ),
}


def test_every_way_to_sign_in_is_tried_here():
    assert {strategy.name for strategy in strategies.every() if strategy.secrets} == set(SHARED)


@pytest.mark.parametrize("name", SHARED)
def test_shared_credentials(stage, root, log, name):
    properties, secrets = SHARED[name]
    client = Client(headers={"Authorization": f"Bearer {make_key(None)}"})
    body = {"tenant": "acme", "name": "One", "strategy": name, "properties": properties, "secrets": secrets}
    body["environment"] = str(stage.pk)
    with silence(Canaries(strategies.get(name), secrets), log) as said:
        made = client.post("/api/v1/auth-credentials", body, **JSON)
        assert made.status_code == 201, made.content
        one = f"/api/v1/auth-credentials/{made.json()['id']}"
        broken = client.patch(one, {"secrets": secrets, "properties": {"no such": 1}}, **JSON)
        assert broken.status_code == 422
        said += [("made", told(made)), ("broken", told(broken))]
        pages = [f"/admin/destinations/authcredential/{AuthCredential.objects.get().pk}/{page}/" for page in PAGES]
        pages += ["/admin/destinations/authcredential/"]
        said += [(page, told(root.get(page))) for page in pages]
        asked = (
            one,
            "/api/v1/auth-credentials",
            "/api/v1/audit",
            f"/redox/platform/v1/environments/{stage.pk}/authcredentials",
        )
        said += [(path, told(client.get(path))) for path in asked]


PAGES = ("change", "delete", "history")


def test_the_private_key_of_a_tenant(stage, root, log):
    private = TunnelKey.objects.get().identity.private
    middle = private.splitlines()[len(private.splitlines()) // 2]
    with messages() as sent:
        for path in (
            "/admin/tenants/tenant/",
            "/admin/tenants/tenant/acme/change/",
            "/admin/tenants/tenant/acme/history/",
        ):
            assert middle not in told(root.get(path))
        assert middle not in told(root.get("/api/v1/tenants/acme/ssh-key"))
    assert middle not in log() + tables() + str(sent)


def test_keys_and_passwords(stage, root, log):
    secret = make_key(stage.tenant)
    User.objects.create_superuser("someone", password="canary-4711-password")
    assert root.get("/api/v1/destinations", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    Client().post("/admin/login/", {"username": "someone", "password": "canary-4711-password"})
    Client().post("/admin/login/", {"username": "nobody", "password": "canary-4711-password"})
    Client().get("/api/v1/destinations", headers={"Authorization": f"Bearer {secret[:-1]}x"})
    listed = told(root.get("/admin/tenants/apikey/")) + told(root.get("/api/v1/api-keys"))
    for kept in (log(), tables(), listed):
        assert secret not in kept
        assert secret[:-1] not in kept
        assert "canary-4711" not in kept


def test_what_is_looked_for_would_be_found(stage, log):
    """Else all of this would prove nothing."""
    found = Canaries(strategies.get("bearer"), {"token": "canary/4711 <token>"})
    for said in ("canary/4711 <token>", "canary%2F4711+%3Ctoken%3E", "canary/4711 &lt;token&gt;"):
        assert found.heard_in(f"before {said} after")
    logging.getLogger("landfall.test").warning("canary/4711 <token>")
    assert found.heard_in(log())
    stage.tenant.name = "canary/4711 <token>"
    stage.tenant.save()
    assert found.heard_in(tables())
    with messages() as sent:
        current_app.send_task("landfall.test", ["canary/4711 <token>"])
    assert found.heard_in(sent)

"""The cast of the conformance cases: an engineer, a supporter, an owner without a role, and another organization."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User

from destinations.dialects.redox import tokens
from tenants import services
from tenants.models import Environment, Membership, Role, Tenant
from tests.dialects.redox.client import Redox
from tests.factories import make_environment, make_tenant
from tests.servers.http import Request, Server
from tests.servers.rest import Reply, serving


@pytest.fixture
def organization(transactional_db) -> Tenant:
    return make_tenant("123", "Clinic")


@pytest.fixture
def envs(organization) -> SimpleNamespace:
    """`dev`, `stg` and `prd` of the organization, and `other` of another."""
    flags = {"dev": "Development", "stg": "Staging", "prd": "Production"}
    own = {name: make_environment(organization, name, flag) for name, flag in flags.items()}
    return SimpleNamespace(**own, other=make_environment(make_tenant("456"), "theirs", "Development"))


def user(name: str, *roles: tuple[Environment, str]) -> User:
    made = User.objects.create_user(name)
    for environment, role in roles:
        services.save_membership(Membership(user=made, tenant=environment.tenant, environment=environment, role=role))
    return made


@pytest.fixture
def eng(live_server, envs) -> Redox:
    roles = [(environment, Role.EDITOR) for environment in (envs.dev, envs.stg, envs.prd)]
    return Redox(live_server.url, tokens.issue(user("eng", *roles)))


@pytest.fixture
def sup(live_server, envs) -> Redox:
    return Redox(live_server.url, tokens.issue(user("sup", (envs.dev, Role.VIEWER))))


@pytest.fixture
def own(live_server, envs) -> Redox:
    """Known to the organization, without a role in the environment that is asked for."""
    elsewhere = make_environment(envs.dev.tenant, "elsewhere", "Development")
    return Redox(live_server.url, tokens.issue(user("own", (elsewhere, Role.ADMIN))))


@pytest.fixture
def stranger_to(live_server, envs) -> Redox:
    """An engineer of the other organization."""
    return Redox(live_server.url, tokens.issue(user("foreign", (envs.other, Role.EDITOR))))


class Endpoint:
    """The customer's endpoint: `reply` makes the answer to a request, or None for none at all."""

    def __init__(self) -> None:
        self.reply: Any = echo
        self.server: Server

    def answer(self, request: Request) -> Reply:
        reply: Reply = self.reply(request)
        return reply

    @property
    def url(self) -> str:
        return self.server.url("/in?tenant=7", host="localhost")

    @property
    def requests(self) -> list[Request]:
        return self.server.requests


def echo(request: Request) -> Reply:
    """As the vendor's guide has it: the challenge goes back."""
    return 200, {"challenge": challenge(request)}


def challenge(request: Request) -> str:
    if request.method == "GET":
        return request.target.split("challenge=")[1].split("&")[0]
    return str(json.loads(request.body)["challenge"])


@pytest.fixture
def endpoint(authority, system_trust):
    made = Endpoint()
    with serving(made.answer, authority) as server:
        made.server = server
        yield made

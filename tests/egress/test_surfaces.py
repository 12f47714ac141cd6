"""The same table through the product's own faces: whoever asks for a check, it is made by the same guard."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.test import Client

from connectors import names
from destinations import checking, services
from destinations.exceptions import InvalidDestination
from destinations.models import ConnectionCheck, Destination
from tenants.models import Tenant
from tests.admin.pages import webhook_form
from tests.api.client import Api
from tests.dialects.cloudflare.client import Account
from tests.dialects.planet.client import Api as Planet
from tests.egress.vectors import VECTORS, Vector
from tests.egress.watching import ALLOWED, Decoy, hearing
from tests.factories import SECRET, make_credential, make_destination, make_key, make_tenant
from tests.servers.dns import ANY, NameServer

pytestmark = pytest.mark.django_db(transaction=True)
#: A fifth of all, and those with a point of their own: some faces are slow to ask.
SOME = [vector for number, vector in enumerate(VECTORS) if number % 5 == 0 or vector.answers == [["127.0.0.1"]]]
TRY = "/admin/destinations/destination/add/try/?type=webhook"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme")


@pytest.fixture
def reports(monkeypatch, dns) -> list[str]:
    """How the checks ended that were made while somebody waited."""
    ended: list[str] = []
    run_now = checking.run_now

    def told(*args, **options):
        report = run_now(*args, **options)
        ended.append(report.code or report.status)
        return report

    monkeypatch.setattr(checking, "run_now", told)
    for resolver in names._resolvers._values.values():  # of a loop that outlives tests: it asks another server from now
        resolver._until = 0.0
    return ended


def ways_through(
    ask: Callable[[str], None], reports: list[str], vectors: list[Vector], place: Decoy, dns: NameServer
) -> list[str]:
    """`ask` has a check of a URL made, if the input is taken."""
    wrong = []
    with hearing() as heard:
        for vector in vectors:
            dns.answers = {} if vector.answers is None else {ANY: vector.answers}
            reports.clear()
            with patch.object(names, "LIMIT", 0.1 if vector.silent else names.LIMIT):
                ask(f"http://{vector.host}:{place.port}/")
            said = reports[0] if reports else "refused"
            if place.visits() or heard.beyond(ALLOWED) or said not in vector.codes:
                wrong.append(f"“{vector.name}”: {said}")
    return wrong


def test_what_is_only_to_be_judged(tenant, reports, place, dns):
    api = Api(make_key(tenant, "editor"))

    def ask(url):
        answer = api.post("destinations/validate?check=true", {"type": "webhook", "config": {"url": url}})
        assert answer.status in ({200} if reports else {400, 422})

    assert ways_through(ask, reports, list(VECTORS), place, dns) == []


def test_what_the_admin_tries_out(tenant, reports, place, dns, admin_client: Client):
    def ask(url):
        answer = admin_client.post(TRY, webhook_form(config__url=url, credentials__secret=SECRET))
        assert answer.status_code == 200
        assert "accepted every step" not in answer.json()["html"]

    assert ways_through(ask, reports, list(VECTORS), place, dns) == []


def test_where_a_shared_credential_gets_its_token(tenant, reports, place, dns):
    api = Api(make_key(tenant, "editor"))
    credential = make_credential(
        tenant, strategy="oauth2", properties={"token_url": "https://a.example/", "client_id": "c"}, secrets={}
    )

    def ask(url):
        properties = {"token_url": url, "client_id": "c"}
        if api.patch(f"auth-credentials/{credential.uuid}", {"properties": properties}).status == 200:
            config = {"url": f"http://{ALLOWED}:1/"}
            body = {"type": "webhook", "config": config, "auth_credential": str(credential.uuid)}
            assert api.post("destinations/validate?check=true", body).status == 200

    assert ways_through(ask, reports, SOME, place, dns) == []


def test_what_is_verified(tenant, reports, place, dns):
    api = Api(make_key(tenant, "editor"))

    def ask(url):
        if made := stored(tenant, url):
            assert api.post(f"destinations/{made.uuid}/verify").body["verified_at"] is None

    assert ways_through(ask, reports, SOME, place, dns) == []


def test_what_is_checked_when_it_is_due(tenant, reports, place, dns):
    def ask(url):
        if made := stored(tenant, url):
            check = services.request_check(made, wake=False)
            while not ConnectionCheck.objects.exclude(completed_at=None).filter(pk=check.pk).exists():
                checking.sweep()
            reports.append(ConnectionCheck.objects.get(pk=check.pk).code)
            Destination.objects.all().delete()

    assert ways_through(ask, reports, SOME, place, dns) == []


def test_what_cloudflare_asks_for_before_it_saves(tenant, reports, place, dns):
    account = Account("acme", token=make_key(tenant, "editor"))

    def ask(url):
        assert account.create(url=url).status == 400

    assert ways_through(ask, reports, SOME, place, dns) == []
    assert not Destination.objects.exists()


def test_what_planet_asks_for_before_it_saves(tenant, reports, place, dns):
    planet = Planet(make_key(tenant, "editor"))

    def ask(url):
        parameters = {"bucket": "acme", "endpoint": url, "region": "eu-1", "use_path_style": True}
        keys = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "SK"}
        assert planet.post({"type": "s3_compatible", "parameters": {**parameters, **keys}}).status == 400

    assert ways_through(ask, reports, SOME, place, dns) == []
    assert not Destination.objects.exists()


def stored(tenant: Tenant, url: str) -> Destination | None:
    try:
        return make_destination(tenant, config={"url": url})
    except InvalidDestination:
        return None

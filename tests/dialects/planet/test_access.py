"""Who is let in and how, and that every answer is one a client of Planet's can read."""

import base64
import time
from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace
from urllib.parse import urlencode

import jwt
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from openapi_spec_validator import OpenAPIV30SpecValidator

from destinations import services
from destinations.dialects.outpost import tokens as outpost
from destinations.dialects.planet import tokens
from destinations.dialects.planet.spec import document
from destinations.models import Destination
from tenants.models import ApiKey
from tenants.services import revoke_key
from tests.dialects.planet.client import ROOT, Api, validate
from tests.factories import make_key, make_tenant

ISSUER = "/planet/oauth"


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def key_row(api):
    return ApiKey.objects.get(prefix=api.key[:12])


def sign_in(**form):
    values = {"grant_type": "client_credentials", "audience": "https://api.planet.com", **form}
    return Client().post(f"{ISSUER}/token", urlencode(values), content_type="application/x-www-form-urlencoded")


def token_of(api):
    return sign_in(client_id=api.key[:12], client_secret=api.key).json()["access_token"]


class TestCredentials:
    @pytest.mark.parametrize(
        "spelled",
        [
            lambda key: f"api-key {key}",
            lambda key: f"API-Key {key}",
            lambda key: basic(f"{key}:"),
            lambda key: basic(f"{key}:ignored"),
            basic,
            lambda key: f"Bearer {key}",
            lambda key: f"bearer   {key}",
        ],
    )
    def test_a_key_enters_in_each_of_planets_ways(self, owner, spelled):
        assert Api(authorization=spelled(owner.key)).get().body == owner.get().body

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "api-key",
            "api-key ",
            "api-key unknown",
            "Basic !",
            "Basic /w==",
            basic(":"),
            basic("unknown:"),
            "Bearer unknown",
            "Bearer a.b.c",
            "Token x",
            "x",
            "api-key é",
        ],
    )
    def test_anything_else_does_not(self, db, header):
        answer = Api(authorization=header).get()
        assert (answer.status, "api-key" in answer.message) == (401, True)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("path", ["", "/spec", "/default", "/x", "/a/b"])
    def test_nothing_is_told_to_strangers(self, nobody, path):
        assert nobody.get(path).status == 401

    def test_a_key_that_is_revoked_or_expired_does_not_enter(self, owner, tenant):
        revoke_key(key_row(owner))
        assert owner.get().status == 401
        expired = Api(make_key(tenant, expires=timezone.now() + timedelta(hours=1)))
        ApiKey.objects.update(expires=timezone.now())
        assert expired.get().status == 401

    def test_a_key_of_the_installation_is_of_no_organisation(self, db):
        answer = Api(make_key()).get()
        assert (answer.status, "organisation" in answer.message) == (403, True)

    def test_a_key_without_a_user_is_the_organisation_itself(self, made, tenant, owner, storages):
        first, second = (Api(make_key(tenant, "editor")) for _ in range(2))
        body = made("ours", api=first)
        assert body["ownership"] == {"is_owner": True, "owner_id": 0}
        assert second.patch(f"/{body['id']}", {"archive": True}).status == 200
        assert owner.patch(f"/{body['id']}", {"archive": False}).status == 403
        assert first.patch(f"/{made('hers')['id']}", {"archive": True}).status == 403


class TestTokens:
    def test_a_client_is_a_key(self, owner):
        answer = sign_in(client_id=owner.key[:12], client_secret=owner.key)
        assert answer.json() | {"access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600}
        assert Api(authorization=f"Bearer {answer.json()['access_token']}").get().status == 200
        assert answer.headers["Cache-Control"] == "no-store"

    def test_where_to_sign_in_is_told(self, db):
        said = Client().get(f"{ISSUER}/.well-known/openid-configuration").json()
        assert said["issuer"] == f"http://testserver{ISSUER}"
        assert said["token_endpoint"] == f"http://testserver{ISSUER}/token"

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ({"client_secret": "unknown"}, 401, "invalid_client"),
            ({"client_id": "lfk_other"}, 401, "invalid_client"),
            ({"client_id": ""}, 401, "invalid_client"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ],
    )
    def test_anything_else_signs_nobody_in(self, owner, form, status, error):
        answer = sign_in(**{"client_id": owner.key[:12], "client_secret": owner.key, **form})
        assert (answer.status_code, answer.json()) == (status, {"error": error})

    def test_a_token_is_worth_what_its_key_is_worth(self, owner):
        api = Api(authorization=f"Bearer {token_of(owner)}")
        assert api.get().status == 200
        revoke_key(key_row(owner))
        assert api.get().status == 401

    def test_it_ends(self, owner, monkeypatch):
        monkeypatch.setattr(tokens, "LIFETIME", -1)
        assert Api(authorization=f"Bearer {token_of(owner)}").get().status == 401

    @pytest.mark.parametrize("secret", [b"", b"x" * 32])
    @pytest.mark.parametrize("algorithm", ["HS256", "none"])
    def test_a_forged_one_is_none(self, owner, secret, algorithm):
        claims = {"sub": str(key_row(owner).pk), "exp": int(time.time()) + 60}
        if algorithm == "HS256" and not secret:
            secret = b"landfall" * 4
        forged = jwt.encode(claims, None if algorithm == "none" else secret, algorithm)
        assert Api(authorization=f"Bearer {forged}").get().status == 401

    def test_one_of_another_face_is_none(self, owner, tenant):
        assert Api(authorization=f"Bearer {outpost.issue(tenant)}").get().status == 401


class TestRate:
    @pytest.fixture(autouse=True)
    def slow(self, settings, monkeypatch):
        settings.PLANET_RATE = 1
        monkeypatch.setattr("tenants.counting.time", SimpleNamespace(time=lambda: 1_000_004.0))

    def test_a_burst_passes_and_more_waits(self, owner, mel):
        answers = [owner.get() for _ in range(11)]
        assert [answer.status for answer in answers] == [200] * 10 + [429]
        assert answers[-1].headers["Retry-After"] == "6"
        assert mel.get().status == 200

    def test_zero_is_no_limit(self, owner, settings):
        settings.PLANET_RATE = 0
        assert {owner.get().status for _ in range(12)} == {200}


class TestAddresses:
    def test_a_slash_at_the_end_is_no_redirect(self, owner, storages):
        assert owner.post(storages.body("s3_compatible"), "/").status == 201
        assert owner.get("/").status == owner.get("/spec/").status == 200
        assert owner.get("/default/").status == 404

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("DELETE", "/x"),
            ("PUT", "/x"),
            ("POST", "/x"),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/default"),
            ("PATCH", "/default"),
            ("POST", "/spec"),
            ("OPTIONS", ""),
            ("TRACE", ""),
            ("GET", "/planet/oauth/token"),
        ],
    )
    def test_other_methods_are_refused(self, owner, method, path):
        assert owner.send(method, path).status == 405

    @pytest.mark.parametrize(
        "path", ["/planet/", "/planet/x", "/planet/destinations", "/planet/destinations/v2", "/planet/oauth"]
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_other_addresses_lead_nowhere(self, owner, method, path):
        assert owner.send(method, path).status == 404

    def test_a_host_that_is_not_ours_is_refused(self, owner):
        answer = Client().get(ROOT, headers={"Authorization": f"api-key {owner.key}", "Host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (400, 400)


class TestFaults:
    @pytest.fixture(autouse=True)
    def quiet(self, caplog):
        caplog.set_level(100)

    @pytest.mark.parametrize(("error", "status"), [(RuntimeError("secret"), 500), (OperationalError("secret"), 503)])
    def test_they_are_answered_in_planets_shape(self, owner, monkeypatch, error, status):
        def fail(*_):
            raise error

        monkeypatch.setattr("destinations.dialects.planet.listing.asked", fail)
        answer = owner.get()
        assert (answer.status, "secret" in answer.text) == (status, False)

    def test_before_a_view_is_reached_too(self, owner, monkeypatch):
        def fail(*_):
            raise RuntimeError("secret")

        monkeypatch.setattr("destinations.dialects.planet.views.base.PlanetViewSet.refusal", fail)
        monkeypatch.setattr("destinations.dialects.planet.listing.asked", fail)
        answer = owner.get()
        assert (answer.status, "secret" in answer.text) == (500, False)


class TestSpec:
    def test_it_is_an_openapi_document(self, owner):
        answer = owner.get("/spec")
        assert answer.body["openapi"].startswith("3.")
        assert answer.body["servers"] == [{"url": f"http://testserver{ROOT}"}]
        OpenAPIV30SpecValidator(answer.body).validate()

    def test_it_describes_what_is_sent(self, storages):
        for type_ in ("amazon_s3", "azure_blob_storage", "google_cloud_storage", "s3_compatible"):
            validate("CreateDestination", storages.body(type_, "a name"))
        validate("PatchDestination", {"archive": True})
        validate("DefaultDestination", {"destination_id": "x"})

    def test_every_operation_of_the_contract_is_in_it(self):
        paths = document("http://testserver")["paths"]
        methods = {path: sorted(item.keys() - {"parameters"}) for path, item in paths.items()}
        assert methods == {
            "/": ["get", "post"],
            "/spec": ["get"],
            "/default": ["delete", "get", "put"],
            "/{destination_id}": ["get", "patch"],
        }


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def both(self, calls):
        """The answers of calls that are made at the same time."""
        barrier, answers = Barrier(len(calls)), []

        def run(call):
            barrier.wait(10)
            try:
                answers.append(call())
            finally:
                connection.close()

        threads = [Thread(target=run, args=[call]) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return answers

    def test_one_of_two_creates_with_one_name_wins(self, transactional_db, storages):
        api = Api(make_key(make_tenant(), "editor"))
        bodies = [storages.body("s3_compatible", "mine") for _ in range(2)]
        answers = self.both([lambda body=body: api.post(body) for body in bodies])
        assert sorted(answer.status for answer in answers) == [201, 409]

    def test_two_defaults_at_once_are_one(self, transactional_db, storages):
        api = Api(make_key(make_tenant(), "editor"))
        ids = [api.post(storages.body("s3_compatible")).body["id"] for _ in range(4)]
        answers = self.both([lambda id_=id_: api.put("/default", {"destination_id": id_}) for id_ in ids])
        assert [answer.status for answer in answers] == [200] * 4
        assert Destination.objects.filter(is_default=True).count() == 1


def test_the_services_say_what_is_proven(storages, owner, tenant):
    """A destination of Planet's is checked again like every other."""
    owner.post(storages.body("s3_compatible"))
    row = Destination.objects.get()
    assert row.state.health == "healthy"
    assert services.request_check(row).status == "queued"

"""Limits as each face tells of them: never a page on an API, always with when to come back."""

import base64
import json
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from config import settings as product
from destinations import checking
from destinations.dialects.outpost import tokens as outpost
from destinations.dialects.planet import tokens as planet
from destinations.dialects.redox import tokens as redox
from destinations.models import ConnectionCheck
from tenants import limits, partners, services
from tenants.digests import digest
from tenants.models import ApiKey, Partner
from tests.admin.pages import ADD, LIST, act, webhook_form
from tests.dialects.cloudflare.client import creation
from tests.dialects.stitch.test_v4 import STAGING
from tests.factories import SECRET, make_destination, make_environment, make_key, make_tenant
from tests.test_faces import ADDRESSES, message

pytestmark = pytest.mark.django_db
TOKENS = {
    "/planet/oauth/token": {"grant_type": "client_credentials", "client_id": "lfk_aaaaaaaa", "client_secret": "bad"},
    "/redox/v2/auth/token": {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "bad",
    },
}
LINKS = ("/outpost/portal?token=bad", "/stitch/session?ephemeral_token=bad")


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """A process that holds nothing yet, and a minute that does not end."""
    monkeypatch.setattr(limits, "_held", {})
    at(monkeypatch, 1_800_000_001)


def at(monkeypatch, moment: float) -> None:
    monkeypatch.setattr("tenants.counting.time", SimpleNamespace(time=lambda: moment))


def get(path: str, key: str = "", **headers: str):
    sent = {"Authorization": f"{'api-key' if path.startswith('/planet') else 'Bearer'} {key}"} if key else {}
    return Client(headers=sent | headers).get(path)


def refused(answer, path: str) -> None:
    assert (answer.status_code, "json" in answer["Content-Type"]) == (429, True)
    assert 1 <= int(answer["Retry-After"]) <= 300
    body = json.loads(answer.content)
    assert "too many" in f"{message(body)} {body}".lower()
    if path.startswith("/api/"):
        assert body["type"] == "urn:landfall:problem:too-many-requests"
        assert [(fault["path"], fault["code"]) for fault in body["errors"]] == [("", "limit")]


class TestFailedSignIns:
    @pytest.fixture(autouse=True)
    def strict(self, settings):
        settings.FAILED_SIGN_INS_PER_ADDRESS = 3

    @pytest.mark.parametrize("path", ADDRESSES.values())
    def test_bad_keys_are_refused_for_their_number_and_good_ones_never(self, path):
        good = make_key(make_tenant("acme"))
        assert [get(path, "lfk_bad").status_code for _ in range(3)] == [401] * 3
        refused(get(path, "lfk_bad"), path)
        refused(get(path), path)
        assert get(path, good).status_code not in (401, 429)

    @pytest.mark.parametrize("path", TOKENS)
    def test_where_tokens_are_made(self, path):
        def ask():
            return Client().post(path, urlencode(TOKENS[path]), "application/x-www-form-urlencoded")

        assert [ask().status_code for _ in range(3)] == [401] * 3
        refused(ask(), path)

    @pytest.mark.parametrize("path", LINKS)
    def test_links_show_a_page(self, path):
        assert [get(path).status_code for _ in range(3)] == [401] * 3
        answer = get(path)
        assert (answer.status_code, answer["Content-Type"]) == (429, "text/html; charset=utf-8")
        assert "Too many attempts" in answer.content.decode()

    def test_all_ways_in_count_together(self):
        for path in list(ADDRESSES.values())[:3]:
            assert get(path, "lfk_bad").status_code == 401
        assert get("/api/v1/destinations", "lfk_bad").status_code == 429

    def test_each_address_has_its_own(self):
        for _ in range(4):
            last = Client(REMOTE_ADDR="192.0.2.1").get("/api/v1/destinations")
        assert last.status_code == 429
        assert Client(REMOTE_ADDR="192.0.2.2").get("/api/v1/destinations").status_code == 401

    def test_an_address_is_that_of_the_caller_behind_the_proxies(self, settings):
        settings.PROXIES = 1
        for _ in range(4):
            last = get("/api/v1/destinations", **{"X-Forwarded-For": "192.0.2.1"})
        assert last.status_code == 429
        assert get("/api/v1/destinations", **{"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}).status_code == 401

    def test_keys_that_are_not_good_keep_no_person_out(self):
        User.objects.create_superuser("admin", password="right")
        assert [get("/api/v1/destinations", "lfk_bad").status_code for _ in range(5)] == [401] * 3 + [429] * 2
        assert Client().post("/admin/login/", {"username": "admin", "password": "right"}).status_code == 302

    def test_secrets_of_partners_count_although_stitch_answers_400(self):
        form = dict.fromkeys(("partner_id", "partner_secret", "first_name", "last_name", "company"), "x")
        form |= {"email": "a@example.com", "region": "us-east-1"}
        answers = [Client().post("/stitch/v3/accounts", form, "application/json") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [400] * 3 + [429] * 2
        refused(answers[-1], "/stitch/")

    def test_who_has_no_address_is_not_counted(self):
        client = Client(REMOTE_ADDR="")
        assert {client.get("/api/v1/destinations").status_code for _ in range(6)} == {401}


class TestRequests:
    @pytest.fixture(autouse=True)
    def strict(self, settings):
        settings.REQUESTS_PER_KEY = 3

    @pytest.mark.parametrize("path", ADDRESSES.values())
    def test_a_key_may_make_so_many(self, path):
        tenant = make_tenant("acme")
        key, other = make_key(tenant), make_key(tenant)
        assert 429 not in [get(path, key).status_code for _ in range(3)]
        refused(get(path, key), path)
        assert get(path, other).status_code != 429

    def test_redox_tells_how_many_as_the_vendor_does(self):
        key = make_key(make_tenant("acme"))
        answers = [get(ADDRESSES["/redox/"], key) for _ in range(4)]
        assert [answer.headers.get("X-RateLimit-Limit") for answer in answers] == [None, None, None, "3"]

    def test_where_they_go_makes_no_difference(self):
        key = make_key(make_tenant("acme"))
        assert 429 not in [get(path, key).status_code for path in list(ADDRESSES.values())[:3]]
        assert {get(path, key).status_code for path in ADDRESSES.values()} == {429}

    def test_knocking_at_the_doors_of_others_counts(self):
        make_tenant("acme")
        key = make_key(make_tenant())
        for face, knocked in (("/cloudflare/", 403), ("/outpost/", 403)):
            limits._held.clear()
            statuses = [get(ADDRESSES[face].replace("t1", "acme"), key).status_code for _ in range(4)]
            assert set(statuses) <= {knocked, 429}
        assert statuses == [429] * 4  # the second face found what the first had counted

    def test_tokens_count_as_whom_they_stand_for(self):
        tenant, user = make_tenant("t1"), User.objects.create_user("alice")
        secret = make_key(tenant)
        key = ApiKey.objects.get(digest=digest(secret))
        for path, make in (
            (ADDRESSES["/outpost/"], lambda: outpost.issue(tenant)),
            (ADDRESSES["/redox/"], lambda: redox.issue(user)),
            (ADDRESSES["/planet/"], lambda: planet.issue(key, "us")),
        ):
            answers = [Client(headers={"Authorization": f"Bearer {make()}"}).get(path) for _ in range(4)]
            assert [answer.status_code == 429 for answer in answers] == [False] * 3 + [True]
        assert get("/api/v1/destinations", secret).status_code == 429

    def test_partners_count_for_themselves(self, settings):
        settings.REQUESTS_PER_KEY = 2
        first, second = (
            partners.register(name=name, redirect_uris=["https://example.com/in"], opens_accounts=True) for name in "ab"
        )
        form = {"first_name": "x", "last_name": "x", "company": "x", "region": "us-east-1"}

        def opened(partner: tuple[Partner, str], email: str) -> int:
            mine = {"partner_id": partner[0].client_id, "partner_secret": partner[1], "email": email}
            return Client().post("/stitch/v3/accounts", form | mine, "application/json").status_code

        assert [opened(first, f"a{number}@example.com") for number in range(3)] == [200, 200, 429]
        assert opened(second, "b@example.com") == 200

    def test_sessions_count_as_their_person(self, client, admin_client, admin_user):
        assert [admin_client.get("/api/v1/destinations").status_code for _ in range(4)] == [200] * 3 + [429]
        client.force_login(admin_user)
        assert client.get("/api/v1/destinations").status_code == 429
        client.force_login(User.objects.create_superuser("another"))
        assert client.get("/api/v1/destinations").status_code == 200

    def test_pages_for_people_are_not_counted(self, admin_client):
        assert {admin_client.get("/admin/").status_code for _ in range(6)} == {200}

    @pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/outpost/api/v1/healthz", "/planet/oauth/token"])
    def test_what_needs_no_key_needs_no_count(self, path):
        assert 429 not in {get(path).status_code for _ in range(6)}


class TestSigningIn:
    PAGE = "/admin/login/"

    @pytest.fixture(autouse=True)
    def strict(self, settings):
        settings.FAILED_SIGN_INS_PER_NAME, settings.FAILED_SIGN_INS_PER_ADDRESS = 3, 5
        User.objects.create_superuser("admin", password="right")
        User.objects.create_superuser("other", password="right")

    def sign_in(self, password: str, name: str = "admin", address: str = "192.0.2.1") -> str:
        answer = Client(REMOTE_ADDR=address).post(self.PAGE, {"username": name, "password": password})
        if answer.status_code == 302:
            return "in"
        (fault,) = answer.context["form"].non_field_errors()
        return {"Please": "wrong", "There": "locked"}.get(fault.split()[0], fault)

    def test_over_the_limit_the_right_password_is_refused_too(self):
        assert [self.sign_in(guess) for guess in ("a", "b", "c", "right")] == ["wrong"] * 3 + ["locked"]

    def test_a_right_password_before_that_begins_anew(self):
        guesses = ("a", "b", "right", "a", "b", "right")
        assert [self.sign_in(guess) for guess in guesses] == ["wrong", "wrong", "in"] * 2

    def test_the_name_counts_from_wherever(self):
        for number in range(3):
            assert self.sign_in("bad", address=f"192.0.2.{number}") == "wrong"
        assert self.sign_in("right", address="192.0.2.9") == "locked"
        assert self.sign_in("right", "other", "192.0.2.9") == "in"

    def test_the_address_counts_whatever_the_name(self):
        for number in range(5):
            assert self.sign_in("bad", f"nobody {number}") == "wrong"
        assert self.sign_in("right") == "locked"
        assert self.sign_in("right", address="192.0.2.2") == "in"

    def test_signing_in_well_does_not_use_up_the_address(self):
        assert {self.sign_in("right") for _ in range(8)} == {"in"}

    def test_a_name_that_is_nobodys_is_told_no_differently(self):
        assert [self.sign_in("bad", "nobody") for _ in range(4)] == ["wrong"] * 3 + ["locked"]

    def test_it_ends(self, monkeypatch):
        for _ in range(4):
            last = self.sign_in("bad")
        assert last == "locked"
        at(monkeypatch, 1_800_000_301)
        assert self.sign_in("right") == "in"

    def test_who_is_signed_in_already_goes_on(self):
        client = Client()
        client.post(self.PAGE, {"username": "admin", "password": "right"})
        for _ in range(4):
            self.sign_in("bad")
        assert client.get("/admin/").status_code == 200

    def test_who_cannot_be_counted_is_not_let_in(self, monkeypatch):
        def busy(*_: object) -> None:
            raise OperationalError("database is locked")

        monkeypatch.setattr("tenants.counting.add", busy)
        assert self.sign_in("right") == "The database is busy. Try again in a moment."


def test_limits_are_on_by_default():
    """The settings of these tests turn them off."""
    names = ("FAILED_SIGN_INS_PER_NAME", "FAILED_SIGN_INS_PER_ADDRESS", "REQUESTS_PER_KEY", "CHECKS_PER_TENANT")
    assert [getattr(product, name) for name in names] == [10, 100, 6_000, 60]


class TestChecks:
    """The one check of this minute has been asked for."""

    @pytest.fixture(autouse=True)
    def used_up(self, settings, monkeypatch):
        settings.CHECKS_PER_TENANT = 1
        monkeypatch.setattr(checking, "run_now", lambda *_, **__: pytest.fail("A check was made."))

    @pytest.fixture
    def tenant(self, used_up):
        tenant = make_tenant("t1")
        limits.take(limits.CHECKS, "t1")
        return tenant

    @staticmethod
    def send(tenant, path: str, body=None):
        scheme = "api-key" if path.startswith("/planet") else "Bearer"
        client = Client(headers={"Authorization": f"{scheme} {make_key(tenant)}"})
        return client.post(path, {} if body is None else body, "application/json")

    def test_of_the_native_api(self, tenant):
        body = {"type": "webhook", "name": "x", "config": {"url": "https://hooks.example.com/in"}}
        row = make_destination(tenant)
        for path, sent in (
            (f"/api/v1/destinations/{row.uuid}/checks", {}),
            (f"/api/v1/destinations/{row.uuid}/verify", {}),
            ("/api/v1/destinations/validate?check=true", body),
        ):
            refused(self.send(tenant, path, sent), path)
        made = self.send(tenant, "/api/v1/destinations?check=true", body | {"name": "y"})
        assert (made.status_code, made.json()["last_check"]) == (201, None)

    def test_of_cloudflare(self, tenant):
        path = ADDRESSES["/cloudflare/"].replace("acme", "t1")
        refused(self.send(tenant, path, creation(skipPreflightCheck=False)), path)

    def test_of_planet(self, tenant):
        keys = {"access_key_id": "AKIAX", "secret_access_key": "the-secret", "use_path_style": True}
        place = {"bucket": "images", "endpoint": "https://s3.example.com", "region": "us-east-1"}
        refused(
            self.send(tenant, ADDRESSES["/planet/"], {"type": "s3_compatible", "parameters": place | keys}), "/planet/"
        )

    def test_of_redox(self, tenant):
        environment = make_environment(tenant, flag="Development")
        config = {"url": "https://hooks.example.com/in"}
        row = make_destination(tenant, environment=environment, config=config)
        sent = {"endpoint": config["url"], "verificationToken": "the-token"}
        path = f"/redox/platform/v1/destinations/{row.uuid}/verify"
        refused(self.send(tenant, path, sent), path)

    def test_of_outpost(self, tenant):
        """Of a Hookdeck token, which is verified before it is saved; all else is saved and checked later."""
        token = base64.b64encode(b"src_1:the-token").decode()
        body = {"type": "hookdeck", "topics": "*", "config": {}, "credentials": {"token": token}}
        refused(self.send(tenant, ADDRESSES["/outpost/"], body), "/outpost/")
        hook = {"type": "webhook", "topics": "*", "config": {"url": "https://hooks.example.com/in"}}
        assert self.send(tenant, ADDRESSES["/outpost/"], hook).status_code == 201

    def test_stitch_saves_and_checks_later(self, tenant):
        assert self.send(tenant, ADDRESSES["/stitch/"], STAGING).status_code == 200
        assert not ConnectionCheck.objects.exists()

    def test_of_the_admin(self, tenant, admin_client):
        row = make_destination(tenant, name="Orders")
        answer = admin_client.post(act(row, "check"))
        assert (answer.status_code, "too many checks" in answer.json()["message"]) == (429, True)
        form = webhook_form(tenant=tenant.pk, name="Paid")
        tried = admin_client.post(f"{ADD}try/?type=webhook", form)
        assert "too many checks" in tried.json()["html"]
        chosen = {"action": "check_selected", "_selected_action": [row.pk]}
        page = admin_client.post(LIST, chosen, follow=True).content.decode()
        assert "too many checks" in page
        secret = {"credentials.secret": SECRET, "_check": ""}
        added = admin_client.post(f"{ADD}?type=webhook", form | secret, follow=True)
        assert "It will be checked soon" in added.content.decode()
        assert not ConnectionCheck.objects.exists()


def test_redox_names_the_limit_of_destinations():
    tenant = make_tenant("t1")
    services.update_tenant(tenant, destination_limit=1)
    environment = make_environment(tenant, flag="Development")
    make_destination(tenant, environment=environment)
    client = Client(headers={"Authorization": f"Bearer {make_key(tenant)}"})
    path = f"/redox/platform/v1/environments/{environment.pk}/destinations"
    answer = client.post(path, {"name": "More", "endpoint": "https://hooks.example.com/in"}, "application/json")
    assert (answer.status_code, "at most 1 destinations" in answer.content.decode()) == (400, True)

"""Accounts that partners make, and the sessions in which their people see them."""

import re
from html import unescape

import pytest
from django.core import signing
from django.test import Client

from destinations.dialects.stitch import sessions
from tenants.models import ApiKey, Role, Tenant
from tests.dialects.stitch.bodies import V4, posted
from tests.dialects.stitch.client import Stitch
from tests.factories import make_destination, make_key, make_tenant

LIST = "/admin/destinations/destination/"


@pytest.fixture
def partner(live_server, transactional_db):
    """Nobody needs a token to make an account."""
    return Stitch(live_server.url, None)


@pytest.fixture
def form(transactional_db):
    return {
        "partner_id": "oc_partner",
        "partner_secret": make_key(None, Role.ADMIN),
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Analytical Engines",
        "email": "Ada@example.com",
        "region": "us-east-1",
    }


def test_a_partner_makes_an_account_that_works_at_once(partner, form, live_server):
    answer = partner.post("/v3/accounts", form)
    assert (answer.status, answer.body.keys()) == (200, {"access_token", "stitch_account_id"})
    made = Stitch(live_server.url, f"Bearer {answer.body['access_token']}").post(V4, posted("redshift"))
    assert made.body["stitch_client_id"] == answer.body["stitch_account_id"] == int(Tenant.objects.get().pk)
    assert Tenant.objects.get().name == "Analytical Engines"


@pytest.mark.parametrize("email", ["Ada@example.com", "ada@EXAMPLE.com", " ada@example.com"])
def test_an_address_has_one_account(partner, form, email):
    assert partner.post("/v3/accounts", form).status == 200
    message = "This email address is already associated with an active user."
    again = partner.post("/v3/accounts", {**form, "email": email, "company": "Another"})
    assert again.is_refused({"code": "ExistingUser", "message": message})
    assert (Tenant.objects.count(), ApiKey.objects.exclude(tenant=None).count()) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"partner_id": None}, {"partner_id": "required"}),
        ({"partner_secret": ""}, {"partner_secret": "required"}),
        ({"email": None, "company": ""}, {"company": "required", "email": "required"}),
        ({"company": 1}, {"company": "invalid"}),
        ({"company": "x" * 300}, {"company": "invalid"}),
        ({"email": "nobody"}, {"email": "invalid"}),
        ({"region": "mars"}, {"region": "invalid"}),
        ({"partner_secret": "oc_nobody"}, {}),
    ],
)
def test_a_form_that_is_not_right_is_refused(partner, form, changes, errors):
    sent = {name: value for name, value in {**form, **changes}.items() if value is not None}
    refusal = {"code": "BadRequest", "message": "Invalid form data.", "errors": errors}
    assert partner.post("/v3/accounts", sent).is_refused(refusal)
    assert not Tenant.objects.exists()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"'])
def test_what_is_no_form_is_refused_in_the_same_shape(partner, raw):
    answer = partner.post("/v3/accounts", raw=raw)
    assert (answer.status, answer.body["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_a_partner_may_do_everything(partner, form, role):
    for key in (make_key(None, role), make_key(make_tenant("acme"), Role.ADMIN)):
        assert partner.post("/v3/accounts", {**form, "partner_secret": key}).body["code"] == "BadRequest"
    assert not Tenant.objects.exclude(pk="acme").exists()


class TestSessions:
    @pytest.fixture
    def page(self, stitch):
        token = stitch.post("/v3/sessions/ephemeral").body["ephemeral_token"]
        return f"/stitch/session?ephemeral_token={token}"

    def enter(self, page):
        client = Client(enforce_csrf_checks=True)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', unescape(client.get(page).content.decode())))
        return client, client.post("/stitch/session", fields)

    def test_a_token_opens_the_admin_of_its_account_alone(self, page, account, settings):
        settings.SESSION_COOKIE_AGE = 7200
        make_destination(account, name="Ours")
        make_destination(make_tenant("other"), name="Theirs")
        client, answer = self.enter(page)
        assert (answer.status_code, answer["Location"]) == (302, LIST)
        assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE == 7200
        text = client.get(LIST).content.decode()
        assert "Ours" in text
        assert "Theirs" not in text

    def test_opening_the_page_changes_nothing(self, page):
        answer = Client().get(page)
        assert answer.status_code == 200
        assert "Destinations of The company" in answer.content.decode()
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("same-origin", "no-store")

    @pytest.mark.parametrize(
        "token",
        ["", "nope", signing.dumps("116078"), signing.dumps(["x"], salt=sessions._SALT)],
        ids=["none", "no token", "signed for something else", "not for a tenant"],
    )
    def test_another_token_opens_nothing(self, account, token):
        answer = Client().get("/stitch/session", {"ephemeral_token": token})
        assert answer.status_code == 401
        assert "good for an hour" in answer.content.decode()

    def test_a_token_is_good_for_an_hour(self, page, monkeypatch):
        monkeypatch.setattr(sessions, "LIFETIME", -1)
        assert Client().get(page).status_code == 401

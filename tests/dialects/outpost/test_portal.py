"""The link that an application hands to a tenant's own people."""

import re
import time
from html import unescape

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client

from destinations.dialects.outpost import tokens
from tests.factories import make_destination, make_key, make_tenant

LIST = "/admin/destinations/destination/"


@pytest.fixture
def tenant(db):
    return make_tenant("acme", "Acme Logistics")


@pytest.fixture
def link(tenant):
    headers = {"Authorization": f"Bearer {make_key()}"}
    answer = Client(headers=headers).get("/outpost/api/v1/tenants/acme/portal?theme=dark").json()
    assert answer["tenant_id"] == "acme"
    return answer["redirect_url"]


def enter(link, client=None):
    """Open the link and go on from there, as a browser does."""
    client = client or Client(enforce_csrf_checks=True)
    page = client.get(link)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', unescape(page.content.decode())))
    return client, client.post("/outpost/portal", fields)


def test_opening_the_link_changes_nothing(link):
    page = Client().get(link)
    assert page.status_code == 200
    assert "Destinations of Acme Logistics" in page.content.decode()
    assert 'data-theme="dark"' in page.content.decode()
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("same-origin", "no-store")
    assert not User.objects.exists()
    assert "landfall_session" not in page.cookies


def test_going_on_leads_to_the_destinations_of_that_tenant_alone(link, tenant):
    make_destination(tenant, name="Ours")
    foreign = make_destination(make_tenant("other", "Other Company"), name="Theirs")
    client, answer = enter(link)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    text = client.get(LIST).content.decode()
    assert "Ours" in text
    assert "Theirs" not in text
    assert "Other Company" not in text
    assert client.get(f"{LIST}{foreign.pk}/").status_code == 404
    assert client.get("/admin/tenants/apikey/").status_code == 403
    assert client.get("/admin/auth/user/").status_code == 403


def test_a_guest_may_change_destinations(link, tenant):
    made = make_destination(tenant)
    client, _ = enter(link)
    assert client.get(f"{LIST}{made.pk}/change/").status_code == 200
    assert client.get(f"{LIST}add/?type=webhook").status_code == 200


def test_the_session_ends_with_the_token(link, settings):
    settings.SESSION_COOKIE_AGE = 2 * tokens.LIFETIME
    client, _ = enter(link)
    assert abs(client.session.get_expiry_age() - tokens.LIFETIME) < 60


@pytest.mark.parametrize("end", [4_000_000_000, 10**17, 10**400])
def test_no_session_lasts_longer_than_the_setting_says(tenant, settings, end):
    settings.SESSION_COOKIE_AGE = 7200
    client, answer = enter(f"/outpost/portal?token={signed(exp=end)}")
    assert answer.status_code == 302
    assert client.session.get_expiry_age() == int(answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) == 7200


def test_the_session_ends_with_a_token_that_ends_before(tenant):
    client, _ = enter(f"/outpost/portal?token={signed()}")
    assert 0 < client.session.get_expiry_age() <= 60


def test_everybody_who_enters_a_tenant_is_the_same_guest_without_a_password(link, tenant):
    enter(link)
    enter(link)
    guest = User.objects.get()
    assert not guest.has_usable_password()
    assert not guest.is_superuser
    assert [membership.tenant for membership in guest.memberships.all()] == [tenant]


def claims(**changes):
    now = int(time.time())
    return {"iss": "outpost", "sub": "acme", "iat": now, "exp": now + 60} | changes


def signed(**changes):
    return jwt.encode(claims(**changes), tokens._secret(), "HS256")


# Made when the test runs, for they hold the time.
BAD = {
    "none": lambda: "",
    "no token": lambda: "nonsense",
    "another key": lambda: jwt.encode(claims(), b"another key of thirty-two bytes!!", "HS256"),
    "no signature": lambda: jwt.encode(claims(), None, "none"),
    "ended": lambda: signed(exp=1),
    "another issuer": lambda: signed(iss="other"),
    "no such tenant": lambda: signed(sub="nobody"),
    "for nobody": lambda: signed(sub=""),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_link_that_is_not_good_lets_nobody_in(tenant, kind):
    token = BAD[kind]()
    client = Client()
    assert client.get("/outpost/portal", {"token": token}).status_code == 401
    answer = client.post("/outpost/portal", {"token": token})
    assert answer.status_code == 401
    assert "This link has ended" in answer.content.decode()
    assert "landfall_session" not in answer.cookies


def test_another_site_cannot_sign_anybody_in(link):
    token = link.partition("token=")[2].partition("&")[0]
    assert Client(enforce_csrf_checks=True).post("/outpost/portal", {"token": token}).status_code == 403


def test_a_token_is_signed_with_the_secret_that_is_set(tenant, settings):
    settings.OUTPOST_JWT_SECRET = "the secret of the outpost that we come from"
    token = jwt.encode(claims(), settings.OUTPOST_JWT_SECRET, "HS256")
    assert Client().get("/outpost/portal", {"token": token}).status_code == 200

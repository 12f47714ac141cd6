"""A partner's application is let into an account: the page of consent, and the token for the code."""

import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from destinations.dialects.stitch import authorization
from tenants import partners, services
from tenants.models import ApiKey, Consent, Membership, Partner, Role, Tenant
from tests.dialects.stitch.bodies import V4, posted
from tests.dialects.stitch.client import Stitch
from tests.factories import make_environment, make_key, make_tenant

PAGE = "/stitch/oauth/authorization"
BACK, OTHER_BACK = "https://partner.example.com/callback?from=us", "https://partner.example.com/other"


@dataclass
class Registered:
    row: Partner
    secret: str

    @property
    def pk(self) -> str:
        return self.row.pk


class Person(Client):
    user: User


@pytest.fixture
def partner(transactional_db):
    return Registered(*partners.register(name="Dashboards & Co", redirect_uris=[BACK, OTHER_BACK]))


def person(account=None, role=Role.ADMIN, environment=None, **attributes):
    user = User.objects.create_user(f"person-{User.objects.count()}", is_staff=True, **attributes)
    if account:
        Membership.objects.create(user=user, tenant=account, role=role, environment=environment)
    client = Person(enforce_csrf_checks=True)
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def admin(account):
    return person(account)


def ask(partner, **changes):
    return {"client_id": partner.pk, "state": "x&y=z", **changes}


def answer(client, query, **changes):
    """Press a button of the page."""
    page = client.get(PAGE, query)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return client.post(PAGE, {name: unescape(value) for name, value in fields} | {"answer": "allow"} | changes)


def told(response):
    """What the partner is told by the address that the browser is sent to."""
    assert response.status_code == 302
    where = urlsplit(response["Location"])
    return f"{where.scheme}://{where.netloc}{where.path}", dict(parse_qsl(where.query))


def a_code(client, partner, **changes):
    return told(answer(client, ask(partner, **changes)))[1]["code"]


@pytest.fixture
def exchange(live_server):
    """As the vendor's example does it, with a form and no header."""

    def exchange(body, path="/stitch/oauth/token", method="POST"):
        raw = body if isinstance(body, bytes) else urlencode(body).encode()
        there = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=20)
        there.request(method, path, raw, {"Content-Type": "application/x-www-form-urlencoded"})
        response = there.getresponse()
        text = response.read()
        there.close()
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Cache-Control"] == "no-store" or response.status == 404
        return response.status, json.loads(text)

    return exchange


def form(partner, code, /, **changes):
    whole = {"client_secret": partner.secret, "code": code, "grant_type": "authorization_code", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def nobody_was_let_in():
    return not Consent.objects.exists() and not ApiKey.objects.exclude(name="test").exists()


def test_an_admin_lets_a_partner_in_and_its_token_works(admin, account, partner, exchange, live_server):
    where, query = told(answer(admin, ask(partner)))
    assert where == "https://partner.example.com/callback"
    assert query.keys() == {"from", "code", "state"}
    assert (query["from"], query["state"]) == ("us", "x&y=z")
    status, body = exchange(form(partner, query["code"]))
    token = body.pop("access_token")
    assert (status, body) == (200, {"token_type": "bearer", "stitch_account_id": 116078})
    made = Stitch(live_server.url, f"Bearer {token}").post(V4, posted("redshift"))
    assert (made.status, made.body["stitch_client_id"]) == (200, 116078)
    key = ApiKey.objects.get()
    assert (key.tenant, key.role, key.expires) == (account, Role.EDITOR, None)
    assert key.name == f"Dashboards & Co, let in by {admin.user}"


def test_whoever_says_no_is_sent_back_with_that(admin, partner):
    where, query = told(answer(admin, ask(partner, redirect_uri=OTHER_BACK), answer="deny"))
    assert (where, query) == (OTHER_BACK, {"error": "access_denied", "state": "x&y=z"})
    assert nobody_was_let_in()


def test_a_state_is_told_only_if_there_is_one(admin, partner):
    assert told(answer(admin, {"client_id": partner.pk}))[1].keys() == {"from", "code"}


def test_opening_the_page_changes_nothing(admin, partner):
    response = admin.get(PAGE, ask(partner))
    text = unescape(response.content.decode())
    assert response.status_code == 200
    assert "Let Dashboards & Co in?" in text
    assert "The company" in text
    assert nobody_was_let_in()


def test_the_page_is_in_no_frame_and_in_no_cache_and_its_address_told_to_nobody(admin, partner):
    response = admin.get(PAGE, ask(partner))
    assert response["X-Frame-Options"] == "DENY"
    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "same-origin")


@pytest.mark.parametrize("button", ["allow", "deny"])
def test_another_site_cannot_press_a_button(admin, partner, button):
    sent = ask(partner, account="116078", answer=button)
    assert admin.post(PAGE, sent).status_code == 403
    assert nobody_was_let_in()


def test_whoever_is_not_signed_in_does_that_first_and_comes_back(partner, account):
    response = Client().get(PAGE, ask(partner))
    assert response.status_code == 302
    login = urlsplit(response["Location"])
    assert login.path == "/admin/login/"
    back = urlsplit(parse_qs(login.query)["next"][0])
    assert (back.path, dict(parse_qsl(back.query))) == (PAGE, ask(partner))


def test_a_session_that_ended_meanwhile_lets_nobody_in(admin, partner, account):
    page = admin.get(PAGE, ask(partner))
    (csrf,) = set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode()))
    admin.cookies.pop("landfall_session")
    sent = ask(partner, account="116078", answer="allow", csrfmiddlewaretoken=csrf)
    response = admin.post(PAGE, sent)
    assert urlsplit(response["Location"]).path == "/admin/login/"
    back = urlsplit(parse_qs(urlsplit(response["Location"]).query)["next"][0])
    assert dict(parse_qsl(back.query)) == ask(partner, redirect_uri=BACK)
    assert nobody_was_let_in()


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "oc_nobody"},
        {"client_id": ""},
        {"client_id": "oc_\0"},
        {"client_id": "x" * 5000},
        {"redirect_uri": "https://partner.example.com/callback"},
        {"redirect_uri": f"{BACK}&more=1"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": BACK.replace("https", "http")},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": f" {BACK}"},
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": f"{BACK}\0"},
    ],
    ids=lambda changes: "-".join(changes.values())[:40],
)
def test_nobody_is_sent_where_no_partner_is_registered_to_be(admin, partner, changes):
    (csrf,) = set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', admin.get(PAGE, ask(partner)).content.decode()))
    sent = ask(partner, **changes)
    for response in (
        admin.get(PAGE, sent),
        Client().get(PAGE, sent),
        *(admin.post(PAGE, {**sent, "csrfmiddlewaretoken": csrf, "answer": name}) for name in ("allow", "deny")),
    ):
        assert (response.status_code, "Location" in response.headers) == (400, False)
        assert "This link leads nowhere" in response.content.decode()
    assert nobody_was_let_in()


class TestWhoMay:
    def refused(self, client, partner, **changes):
        csrf = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', client.get(PAGE, ask(partner)).content.decode())[0]
        sent = ask(partner, account="116078", answer="allow", csrfmiddlewaretoken=csrf, **changes)
        response = client.post(PAGE, sent)
        assert response.status_code == 400
        assert nobody_was_let_in()

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
    def test_who_is_no_admin_lets_nobody_in(self, account, partner, role):
        client = person(account, role)
        assert "Only an admin of an account" in client.get(PAGE, ask(partner)).content.decode()
        self.refused(client, partner)

    def test_an_admin_of_one_environment_lets_nobody_in(self, account, partner):
        self.refused(person(account, environment=make_environment(account)), partner)

    def test_an_admin_of_another_account_lets_nobody_into_this_one(self, account, partner):
        self.refused(person(make_tenant("other")), partner)

    def test_a_guest_lets_nobody_in(self, account, partner):
        client = Client(enforce_csrf_checks=True)
        client.force_login(services.guest_of(account))
        self.refused(client, partner)

    def test_whoever_is_admin_of_several_chooses_one(self, account, partner, admin, exchange):
        Membership.objects.create(user=admin.user, tenant=make_tenant("77", "Another"), role=Role.ADMIN)
        Membership.objects.create(user=admin.user, tenant=make_tenant("78", "Only read"), role=Role.VIEWER)
        text = admin.get(PAGE, ask(partner)).content.decode()
        assert re.findall(r'<option value="(\w+)"', text) == ["77", "116078"]
        unchosen = answer(admin, ask(partner))
        assert unchosen.status_code == 400
        assert "Choose an account that you are an admin of." in unchosen.content.decode()
        code = told(answer(admin, ask(partner), account="77"))[1]["code"]
        assert exchange(form(partner, code))[1]["stitch_account_id"] == 77

    def test_whoever_owns_the_installation_names_one_of_many(self, partner, monkeypatch, account):
        monkeypatch.setattr(authorization, "LISTED", 1)
        make_tenant("other")
        owner = person(is_superuser=True)
        assert "ID of the account" in owner.get(PAGE, ask(partner)).content.decode()
        for wrong in ("nobody", "\0", "x" * 300):
            assert answer(owner, ask(partner), account=wrong).status_code == 400
        assert told(answer(owner, ask(partner), account="116078"))[1]["code"]


class TestCodes:
    def refused(self, result, error="invalid_grant", status=400):
        assert (result[0], result[1]["error"]) == (status, error)
        assert result[1]["error_description"].endswith(".")
        assert not ApiKey.objects.exclude(name="test").exists()

    def test_one_is_good_once(self, admin, partner, exchange):
        code = a_code(admin, partner)
        assert exchange(form(partner, code))[0] == 200
        again = exchange(form(partner, code))
        assert (again[0], again[1]["error"]) == (400, "invalid_grant")
        assert ApiKey.objects.count() == 1

    def test_of_several_who_have_one_one_gets_a_token(self, admin, partner, exchange):
        code = a_code(admin, partner)
        with ThreadPoolExecutor(6) as pool:
            statuses = [status for status, _ in pool.map(lambda _: exchange(form(partner, code)), range(6))]
        assert sorted(statuses) == [200, 400, 400, 400, 400, 400]
        assert ApiKey.objects.count() == 1

    def test_one_is_good_for_five_minutes(self, admin, partner, exchange):
        code = a_code(admin, partner)
        left = Consent.objects.get().expires - timezone.now()
        assert timedelta(minutes=4) < left <= timedelta(minutes=5)
        Consent.objects.update(expires=timezone.now())
        self.refused(exchange(form(partner, code)))

    def test_those_that_are_too_old_are_cleared_away(self, admin, partner):
        a_code(admin, partner)
        Consent.objects.update(expires=timezone.now())
        a_code(admin, partner)
        assert Consent.objects.count() == 1

    def test_one_is_good_for_its_partner_alone(self, admin, partner, exchange):
        code = a_code(admin, partner)
        other = Registered(*partners.register(name="Other", redirect_uris=[BACK]))
        self.refused(exchange(form(other, code)))
        self.refused(exchange(form(partner, code, client_id=other.pk)), "invalid_client", 401)
        assert exchange(form(partner, code, client_id=partner.pk))[0] == 200

    def test_a_partner_that_says_where_it_came_to_says_so_rightly(self, admin, partner, exchange):
        code = a_code(admin, partner, redirect_uri=OTHER_BACK)
        self.refused(exchange(form(partner, code, redirect_uri=BACK)))
        assert exchange(form(partner, code, redirect_uri=OTHER_BACK))[0] == 200

    def test_one_ends_with_the_rights_of_who_gave_it(self, admin, partner, exchange):
        code = a_code(admin, partner)
        Membership.objects.update(role=Role.EDITOR)
        self.refused(exchange(form(partner, code)))
        Membership.objects.update(role=Role.ADMIN)
        User.objects.update(is_active=False)
        self.refused(exchange(form(partner, code)))

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"grant_type": None}, ("unsupported_grant_type", 400)),
            ({"grant_type": "password"}, ("unsupported_grant_type", 400)),
            ({"client_secret": None}, ("invalid_client", 401)),
            ({"client_secret": "oc_nope"}, ("invalid_client", 401)),
            ({"client_secret": "\0"}, ("invalid_client", 401)),
            ({"client_id": "\0"}, ("invalid_client", 401)),
            ({"code": None}, ("invalid_grant", 400)),
            ({"code": "nope"}, ("invalid_grant", 400)),
            ({"code": "\0é"}, ("invalid_grant", 400)),
        ],
    )
    def test_a_form_that_is_not_right_is_refused(self, admin, partner, exchange, changes, refusal):
        code = a_code(admin, partner)
        self.refused(exchange(form(partner, code, **changes)), *refusal)

    def test_a_key_is_no_secret_of_a_partner(self, admin, partner, exchange):
        code = a_code(admin, partner)
        self.refused(exchange(form(partner, code, client_secret=make_key(None, Role.ADMIN))), "invalid_client", 401)

    @pytest.mark.parametrize(
        ("raw", "error"),
        [
            (b"", "unsupported_grant_type"),
            (b'{"grant_type":"authorization_code"}', "unsupported_grant_type"),
            (b"\xff=1", "invalid_request"),
            (b"a=1&" * 100, "invalid_request"),
            (b"grant_type=authorization_code&grant_type=x", "invalid_request"),
        ],
    )
    def test_what_is_no_form_is_refused(self, partner, exchange, raw, error):
        self.refused(exchange(raw), error)

    def test_a_form_that_is_too_large_is_refused(self, partner, exchange):
        assert exchange(b"a" * (2**20 + 1))[0] == 413

    def test_nothing_is_stored_in_clear(self, admin, partner, caplog, exchange):
        code = a_code(admin, partner)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM tenants_consent")
            stored = repr(cursor.fetchall())
            cursor.execute("SELECT * FROM tenants_partner")
            stored += repr(cursor.fetchall())
        token = exchange(form(partner, code))[1]["access_token"]
        logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
        assert [secret for secret in (code, partner.secret, token) if secret in stored + logged] == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_methods_that_are_not_served_are_not_found(admin, partner, exchange, slash):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert exchange(b"", f"/stitch/oauth/token{slash}", method) == (404, {"error": "NotFound"})
    for path in (PAGE, "/stitch/session"):
        for method in ("PUT", "PATCH", "DELETE"):
            assert Client().generic(method, f"{path}{slash}").status_code == 404


class TestAccounts:
    """A partner has one id and one secret for both ways to a token."""

    FORM = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Engines",
        "email": "ada@example.com",
        "region": "us-east-1",
    }

    def open(self, live_server, partner, **changes):
        sent = {**self.FORM, "partner_id": partner.pk, "partner_secret": partner.secret, **changes}
        return Stitch(live_server.url, None).post("/v3/accounts", sent)

    def test_a_partner_that_is_registered_for_it_opens_accounts(self, live_server, partner):
        partners.change(partner.row, opens_accounts=True)
        opened = self.open(live_server, partner)
        assert opened.status == 200
        assert Stitch(live_server.url, f"Bearer {opened.body['access_token']}").get(V4).body == []

    def test_another_opens_none(self, live_server, partner):
        refusal = {"code": "BadRequest", "message": "Invalid form data.", "errors": {}}
        assert self.open(live_server, partner).is_refused(refusal)
        partners.change(partner.row, opens_accounts=True)
        assert self.open(live_server, partner, partner_id="oc_another").is_refused(refusal)
        assert self.open(live_server, partner, partner_secret="oc_nope").is_refused(refusal)
        assert not Tenant.objects.exists()

"""Partners: applications of others that may ask the people of tenants to be let in."""

import pytest
from django.contrib.admin.models import LogEntry

from tenants import partners
from tenants.models import Consent, Partner
from tests.admin.conftest import member, text
from tests.admin.pages import admin

BACK = "https://partner.example.com/callback"
ADD = admin("tenants_partner_add")
FORM = {"name": "Dashboards", "redirect_uris": f"{BACK}\r\n\r\n http://localhost:8000/back \r\n{BACK}"}


@pytest.fixture
def registered(db):
    return partners.register(name="Dashboards", redirect_uris=[BACK])


@pytest.fixture
def partner(registered):
    return registered[0]


@pytest.fixture
def secret(registered):
    return registered[1]


def errors(response):
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_one_is_registered_and_its_secret_is_on_one_page_once(admin_client):
    response = admin_client.post(ADD, FORM)
    made = Partner.objects.get()
    assert (made.redirect_uris, made.opens_accounts) == ([BACK, "http://localhost:8000/back"], False)
    (_, client_id), (_, secret) = response.context["secrets"]
    assert partners.find(secret, client_id) == made
    assert "no-store" in response["Cache-Control"]
    pages = [admin_client.get(path) for path in (admin("tenants_partner_changelist"), change(made))]
    assert all(client_id in text(page) for page in pages)
    assert secret not in "".join(map(text, pages)) + str(LogEntry.objects.values())


def change(partner):
    return admin("tenants_partner_change", partner.pk)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        " ",
        "partner.example.com/callback",
        "/callback",
        "https://",
        "http://partner.example.com/callback",
        "http://localhost.example.com/",
        "ftp://partner.example.com/",
        "javascript:alert(1)",
        "https://user@partner.example.com/",
        "https://partner.example.com/#here",
        "https://partner.example.com/#",
        "https://partner.example.com/a b",
        "https://partner.example.com\\@evil.example.com/",
        "https://partner.example.com:port/",
        "https://[::1/",
        "https://bücher.example.com/",
        f"https://partner.example.com/{'x' * 2000}",
    ],
)
def test_nobody_is_sent_where_a_code_would_not_be_safe(admin_client, uri):
    response = admin_client.post(ADD, {"name": "x", "redirect_uris": f"{BACK}\n{uri}" if uri.strip() else uri})
    assert errors(response).keys() == {"redirect_uris"}
    assert not Partner.objects.exists()


def test_one_is_changed_and_keeps_its_secret(admin_client, partner, secret):
    admin_client.post(change(partner), {"name": "New", "redirect_uris": f"{BACK}/new", "opens_accounts": "on"})
    stored = Partner.objects.get()
    assert (stored.name, stored.redirect_uris, stored.opens_accounts) == ("New", [f"{BACK}/new"], True)
    assert partners.find(secret) == stored


def test_a_new_secret_ends_the_one_before(admin_client, partner, secret):
    page = admin_client.get(change(partner))
    assert "Make a new secret" in text(page)
    path = admin("tenants_partner_renew", partner.pk)
    assert admin_client.get(path).status_code == 405
    new = admin_client.post(path).context["secrets"][1][1]
    assert partners.find(new) == partner
    assert partners.find(secret) is None
    assert admin_client.post(admin("tenants_partner_renew", "oc_nobody")).status_code == 404


def test_one_is_removed_with_what_it_was_promised(admin_client, partner, tenant, admin_user):
    partners.consent(partner, tenant, admin_user, BACK)
    admin_client.post(admin("tenants_partner_delete", partner.pk), {"post": "yes"})
    assert not Partner.objects.exists()
    assert not Consent.objects.exists()


def test_only_whoever_owns_the_installation_sees_any(partner, secret, tenant):
    client = member(tenant, "admin")
    paths = [admin("tenants_partner_changelist"), ADD, change(partner), admin("tenants_partner_delete", partner.pk)]
    assert {client.get(path).status_code for path in paths} == {403}
    assert client.post(admin("tenants_partner_renew", partner.pk)).status_code == 403
    assert client.post(ADD, FORM).status_code == 403
    assert partners.find(secret) == partner
    assert "Partners" not in text(client.get("/admin/"))

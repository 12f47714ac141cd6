"""Whatever goes wrong is told in the envelope: too large, broken, busy, deleted meanwhile."""

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from destinations import services
from destinations.dialects.cloudflare import failures, views
from destinations.exceptions import Conflict
from destinations.sealing import SecretUnreadable
from tests.dialects.cloudflare.client import creation, replacement

pytestmark = pytest.mark.django_db


def test_a_body_that_is_too_large_is_413(account):
    refused = account.create(creation() | {"x": "y" * 2**20})
    assert refused.status == 413
    assert refused.body["errors"][0]["message"] == "Request Entity Too Large"


def test_a_fault_of_ours_is_500_and_tells_nothing_of_itself(account, monkeypatch, caplog):
    def broken(*_args):
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(views, "listed", broken)
    account.create()
    failed = account.list()
    assert failed.status == 500
    assert "hunter2" not in str(failed.body)
    assert "request_failed" in caplog.text


def test_a_busy_database_is_503(account, monkeypatch):
    def busy(*_args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(views, "account_of", busy)
    assert account.list().status == 503


@pytest.mark.parametrize("act", ["update", "delete"])
def test_what_was_deleted_meanwhile_is_not_found(account, monkeypatch, http_server, act):
    def gone(*_args, **_kwargs):
        raise Conflict("The destination has been deleted.")

    account.create()
    monkeypatch.setattr(services, act, gone)
    arguments = [replacement(http_server.url())] if act == "update" else []
    answer = getattr(account, act)("acme-traces", *arguments)
    assert (answer.status, answer.detail) == (404, failures.NO_DESTINATION)


def test_what_is_archived_is_not_there(account, tenant):
    account.create()
    services.archive(tenant.destinations.get())
    assert account.names() == []
    assert account.delete("acme-traces").status == 404
    assert account.create().detail == "name: Another destination of the tenant has this name."


@override_settings(ALLOWED_HOSTS=["elsewhere.example"])
def test_a_request_for_another_host_is_refused_in_the_envelope(account):
    refused = account.list()
    assert (refused.status, refused.detail) == (400, "The request is malformed.")


@pytest.mark.parametrize(("cause", "status"), [(SecretUnreadable("closed"), 409), (Exception("secret"), 500)])
def test_what_reaches_no_view_is_told_in_the_envelope_too(cause, status):
    response = failures.outside(cause)
    assert response.status_code == status
    assert b"secret" not in response.content.replace(b"secret-unreadable", b"")


def test_nothing_is_ever_a_redirect_or_a_page(account):
    for path in ("/cloudflare/", "/cloudflare/client/v4/", "/cloudflare/client/v4/accounts/T1/workers/"):
        response = Client().get(path)
        assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")

"""Values of headers are told in the list, to those who may write, and nowhere else."""

import logging

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.db import connection
from django.test import Client
from encrypted_model_fields import fields as encrypted

from destinations.models import Destination
from tests.dialects.cloudflare.client import Account, creation, replacement
from tests.factories import make_key

pytestmark = pytest.mark.django_db
CANARY = "canary-4711-in-the-coal-mine"
HEADERS = {"Authorization": f"Bearer {CANARY}", "X.Api-Key": CANARY}


@pytest.fixture
def made(account, http_server):
    assert account.create(url=http_server.url("/in"), headers=HEADERS).status == 201
    return Destination.objects.get()


def headers_seen_by(account: Account) -> dict[str, str]:
    (row,) = account.list().result
    return row["configuration"]["headers"]


def test_35_nothing_but_the_writers_list_tells_them(account, made, http_server, caplog, admin_client):
    caplog.set_level(logging.DEBUG)
    body = replacement(http_server.url("/status/401"), {"Authorization": CANARY})
    told = [
        account.update("acme-traces", body).body,
        account.update("acme-traces", replacement(http_server.url(), HEADERS)).body,
        account.create(creation(headers=HEADERS)).body,
        account.create(creation(name="A b", headers=HEADERS)).body,
        account.create(creation(name="ab", headers={"Host": CANARY, "a b": CANARY})).body,
        Account(token=make_key(made.tenant, "viewer")).list().body,
    ]
    pages = [admin_client.get(f"/admin/destinations/destination/{made.pk}/{page}") for page in ("", "change/")]
    native = Client().get("/api/v1/destinations", headers={"Authorization": f"Bearer {make_key(made.tenant)}"})
    told += [page.content.decode() for page in (*pages, native)]
    told += [caplog.text, str(every_row()), account.delete("acme-traces").body]
    assert [text for text in map(str, told) if CANARY in text] == []


def every_row() -> list[object]:
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name.startswith("destinations_")]
        rows: list[object] = []
        for name in names:
            cursor.execute(f'SELECT * FROM "{name}"')  # noqa: S608  a name of a table of ours
            rows += cursor.fetchall()
    return rows


def test_who_may_write_sees_them_as_they_were_given(account, made):
    assert headers_seen_by(account) == HEADERS | {"content-type": "application/json"}


def test_who_may_read_sees_their_names(reader, made):
    redacted = dict.fromkeys(HEADERS, "<REDACTED>")
    assert headers_seen_by(reader) == redacted | {"content-type": "application/json"}


def test_a_content_type_is_no_secret(account, reader, http_server):
    account.create(headers={"Content-Type": "application/x-json", "X-Key": CANARY})
    assert headers_seen_by(reader) == {"Content-Type": "application/x-json", "X-Key": "<REDACTED>"}


@pytest.mark.parametrize(("hidden", "seen"), [(["T1"], "<REDACTED>"), (["*"], "<REDACTED>"), (["T2"], CANARY)])
def test_an_account_can_be_set_to_show_them_to_nobody(account, made, settings, hidden, seen):
    settings.CLOUDFLARE_HIDE_HEADERS = hidden
    assert headers_seen_by(account)["X.Api-Key"] == seen


def test_what_is_sent_back_redacted_is_kept(account, made, http_server, settings):
    settings.CLOUDFLARE_HIDE_HEADERS = ["*"]
    seen = headers_seen_by(account)
    assert account.update("acme-traces", replacement(http_server.url("/new"), seen | {"X-New": "n"})).status == 200
    kept = HEADERS | {"content-type": "application/json", "X-New": "n"}
    assert Destination.objects.get().credentials == {"headers": kept}
    assert http_server.request.headers["x.api-key"] == CANARY


def test_what_is_sent_back_redacted_goes_nowhere_else(account, made, http_server, https_server, settings):
    settings.CLOUDFLARE_HIDE_HEADERS = ["*"]
    before = Destination.objects.get()
    moved = replacement(https_server.url("/in"), headers_seen_by(account) | {"X.Api-Key": "new"})
    refused = account.update("acme-traces", moved)
    assert (refused.status, refused.paths) == (400, [["configuration", "headers", "Authorization"]])
    assert "Enter it again to allow that." in refused.detail
    assert https_server.connections == 0
    now = Destination.objects.get()
    assert (now.config, now.credentials) == (before.config, before.credentials)


def test_what_is_sent_redacted_and_was_never_there_is_refused(account, made, http_server):
    refused = account.update("acme-traces", replacement(http_server.url(), {"X-New": "<REDACTED>"}))
    assert (refused.status, refused.paths) == (400, [["configuration", "headers", "X-New"]])


def test_what_cannot_be_decrypted_is_listed_redacted_and_can_be_entered_anew(account, made, http_server, monkeypatch):
    monkeypatch.setattr(encrypted, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))
    assert headers_seen_by(account)["X.Api-Key"] == "<REDACTED>"
    assert account.update("acme-traces", replacement(http_server.url(), HEADERS)).status == 200
    assert headers_seen_by(account)["X.Api-Key"] == CANARY


def test_a_reader_s_list_never_reads_the_ciphertext(reader, made, django_assert_num_queries):
    with django_assert_num_queries(5) as queries:
        reader.list()
    assert not [query["sql"] for query in queries if "sealed" in query["sql"]]

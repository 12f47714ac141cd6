"""Ciphertext that was moved, to another row, column, table or tenant, is found out wherever it is opened."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from destinations import checking, credentials, keyring, services
from destinations.dialects.redox import tokens
from destinations.drafts import CredentialDraft, Draft
from destinations.keyring import Column
from destinations.models import ConnectionCheck, Destination, TunnelKey
from destinations.sealing import SecretUnreadable
from tenants import services as tenant_services
from tenants.models import Membership, Role
from tenants.trail import AuditEvent
from tests.admin.conftest import text
from tests.admin.pages import act, change, overview, webhook_form
from tests.factories import make_credential, make_destination, make_environment, make_key, make_tenant

pytestmark = pytest.mark.django_db

CANARY = "canary-of-another-row"
SEALED_FOR_ANOTHER = "The credentials in this row were sealed for another one."


def full(tenant) -> dict[str, Any]:
    """One row of each sealed column, by the title of the column; every secret of it is a canary."""
    destination = make_destination(tenant, credentials={"secret": CANARY})
    destination.secret_extra = {"outpost": {"held": CANARY}}
    destination.save()
    credential = make_credential(tenant, secrets={"token": CANARY})
    rows: dict[object, Any] = {
        Destination: destination,
        type(credential): credential,
        TunnelKey: TunnelKey.objects.get(tenant=tenant),
    }
    return {column.title: rows[column.model] for column in keyring.columns()}


def move(source: Any, source_column: Column, target: Any, column: Column) -> None:
    ciphertext = getattr(type(source).objects.get(pk=source.pk), source_column.field.attname)
    column.model._base_manager.filter(pk=target.pk).update(**{column.field.name: ciphertext})


@pytest.mark.parametrize("target", keyring.columns(), ids=lambda column: column.title)
@pytest.mark.parametrize("source", keyring.columns(), ids=lambda column: column.title)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the tenant", "to another tenant"])
def test_every_way_to_move_it_is_found_out(source, target, elsewhere):
    tenant = make_tenant()
    from_, to = full(tenant), full(make_tenant()) if elsewhere else full(tenant)
    row = to[target.title]
    move(from_[source.title], source, row, target)
    again = type(row).objects.get(pk=row.pk)
    same = (source, from_[source.title].pk) == (target, row.pk)
    if same:  # a tenant has one key pair: it has come back to where it belongs
        assert target.field.opened(again)
        return
    with pytest.raises(SecretUnreadable) as caught:
        target.field.opened(again)
    assert str(caught.value) == SEALED_FOR_ANOTHER


@pytest.mark.parametrize("column", keyring.columns(), ids=lambda column: column.title)
def test_a_row_that_is_moved_whole_to_another_tenant_is_found_out(column):
    row, other = full(make_tenant())[column.title], make_tenant()
    TunnelKey.objects.filter(tenant=other).delete()
    type(row).objects.filter(pk=row.pk).update(tenant=other)
    pk = other.pk if column.model is TunnelKey else row.pk
    with pytest.raises(SecretUnreadable):
        column.field.opened(type(row).objects.get(pk=pk))


@pytest.fixture
def tenant():
    return make_tenant("T1")


def hit(made: Destination) -> Destination:
    """The destination with the ciphertext of another of its type in the place of its own."""
    other = make_destination(make_tenant(), type=made.type, config=made.config, credentials=made.credentials)
    other.credentials = dict.fromkeys(made.credentials, CANARY) | ({"headers": {"X-Key": CANARY}})
    other.save()
    Destination.objects.filter(pk=made.pk).update(sealed=other.sealed)
    return Destination.objects.get(pk=made.pk)


@pytest.fixture
def moved(tenant) -> Destination:
    return hit(make_destination(tenant, name="moved"))


def nothing_of(row: Destination, said: str) -> None:
    assert CANARY not in said
    assert "gAAAA" not in said
    assert row.sealed.ciphertext == Destination.objects.get(pk=row.pk).sealed.ciphertext, "The row was changed."


class Answer:
    def __init__(self, response, row: Destination) -> None:
        self.status, self.body = response.status_code, json.loads(response.content)
        assert response["Content-Type"] in ("application/json", "application/problem+json")
        nothing_of(row, response.content.decode())


@pytest.fixture
def ask(tenant, moved):
    """Sends JSON as an admin of the tenant."""
    key = make_key(tenant, "admin")

    def send(method: str, path: str, body: object = None, scheme: str = "Bearer", row: Destination = moved) -> Answer:
        client = Client(raise_request_exception=False)
        data = "" if body is None else json.dumps(body)
        headers = {"Authorization": f"{scheme} {key}"}
        return Answer(client.generic(method, path, data, content_type="application/json", headers=headers), row)

    return send


class TestTheNativeApi:
    def test_reads_the_rest(self, ask, moved):
        assert ask("GET", f"/api/v1/destinations/{moved.uuid}").status == 200
        assert ask("GET", "/api/v1/destinations").status == 200

    @pytest.mark.parametrize(
        ("method", "verb", "body"),
        [
            ("PATCH", "", {"name": "new"}),
            ("PATCH", "", {"credentials": {"headers": {"X-A": "1"}}}),
            ("POST", "/rotate-secret", {}),
        ],
    )
    def test_says_that_the_secrets_cannot_be_read(self, ask, moved, method, verb, body):
        answer = ask(method, f"/api/v1/destinations/{moved.uuid}{verb}", body)
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:secret-unreadable")
        assert answer.body["detail"] == SEALED_FOR_ANOTHER

    def test_a_shared_credential_as_well(self, ask, tenant):
        mine, other = make_credential(tenant), make_credential(make_tenant(), secrets={"token": CANARY})
        type(mine).objects.filter(pk=mine.pk).update(sealed=other.sealed)
        assert ask("GET", f"/api/v1/auth-credentials/{mine.uuid}").status == 200
        answer = ask("PATCH", f"/api/v1/auth-credentials/{mine.uuid}", {"name": "new"})
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:secret-unreadable")


class TestADialect:
    """Each reads without the secrets, and refuses to change what it cannot open, in its own words."""

    def test_outpost(self, ask, moved):
        path = f"/outpost/api/v1/tenants/T1/destinations/{moved.uid}"
        assert ask("GET", path).status == 200
        answer = ask("PATCH", path, {"config": {"url": "https://e.com/other"}})
        assert (answer.status, answer.body["status"]) == (422, 422)
        assert answer.body["message"] == "stored secrets cannot be read: send all of them again"

    def test_outposts_own_secrets(self, ask, tenant):
        row, other = make_destination(tenant), make_destination(make_tenant())
        other.secret_extra = {"outpost": {"delivery_metadata": {"x": CANARY}}}
        Destination.objects.filter(pk=row.pk).update(sealed_extra=other.sealed_extra)
        row = Destination.objects.get(pk=row.pk)
        path = f"/outpost/api/v1/tenants/T1/destinations/{row.uid}"
        assert ask("GET", path, row=row).status == 200
        assert ask("PATCH", path, {"delivery_metadata": {"y": "1"}}, row=row).status == 422
        assert ask("PATCH", path, {"credentials": {"secret": "s" * 32}}, row=row).status == 422
        assert ask("PATCH", path, {"delivery_metadata": None}, row=row).status == 200
        changed = ask("PATCH", path, {"delivery_metadata": {"y": "1"}}, row=row)
        assert (changed.status, changed.body["delivery_metadata"]) == (200, {"y": "1"})
        assert AuditEvent.objects.filter(action="destination.update", subject_id=row.uuid).count() == 2

    def test_cloudflare(self, ask, tenant):
        config, headers = {"url": "https://otlp.example.com/v1/traces", "signal": "traces"}, {"X-Key": "<REDACTED>"}
        made = make_destination(tenant, type="otlp_http", config=config, credentials={"headers": {"X-Key": "1"}})
        row = hit(made)
        base = "/cloudflare/client/v4/accounts/T1/workers/observability/destinations"
        listed = ask("GET", base, row=row)
        assert listed.status == 200
        assert listed.body["result"][0]["configuration"]["headers"]["X-Key"] == "<REDACTED>"
        body = {"enabled": False, "configuration": {"type": "logpush", "url": config["url"], "headers": headers}}
        answer = ask("PATCH", f"{base}/{row.slug}", body, row=row)
        assert (answer.status, answer.body["success"]) == (409, False)

    def test_planet(self, ask, tenant):
        config = {"bucket": "bucket", "region": "eu-central-1"}
        secrets = {"access_key_id": "AKIAEXAMPLE000000000", "secret_access_key": "x" * 40}
        row = hit(make_destination(tenant, type="aws_s3", name="s3", config=config, credentials=secrets))
        (found,) = ask("GET", "/planet/destinations/v1", scheme="api-key", row=row).body["destinations"]
        path = f"/planet/destinations/v1/{found['id']}"
        answer = ask("PATCH", path, {"name": "new"}, scheme="api-key", row=row)
        assert (answer.status, answer.body["code"]) == (409, 409)

    def test_redox(self, tenant, moved):
        environment = make_environment(tenant)
        Destination.objects.filter(pk=moved.pk).update(environment=environment)
        user = User.objects.create_user("eng")
        tenant_services.save_membership(Membership(user=user, tenant=tenant, environment=environment, role=Role.EDITOR))
        client = Client(raise_request_exception=False)
        headers = {"Authorization": f"Bearer {tokens.issue(user)}"}
        path = f"/redox/platform/v1/destinations/{moved.uuid}"
        assert Answer(client.get(path, headers=headers), moved).status == 200
        changed = client.patch(path, {"name": "new"}, content_type="application/json", headers=headers)
        answer = Answer(changed, moved)
        assert answer.status == 400
        assert answer.body["payload"]["message"] == "The stored secrets cannot be read. Send all of them again."

    def test_stitch(self, ask, tenant):
        config = {"host": "db.example.com", "port": 5432, "database": "d"}
        login = {"username": "u", "password": "p"}
        row = hit(make_destination(tenant, type="postgres", config=config, credentials=login))
        listed = ask("GET", "/stitch/v4/destinations", row=row)
        assert listed.status == 200
        (found,) = [one for one in listed.body if one["type"] == "postgres"]
        path = f"/stitch/v4/destinations/{found['id']}"
        answer = ask("PUT", path, {"properties": {"host": "h.example.com"}}, row=row)
        assert (answer.status, answer.body) == (400, "the stored secrets cannot be read: send all of them again")


class TestAChecks:
    def test_it_is_an_error_of_ours_and_nothing_is_connected_to(self, tenant, http_server):
        row = hit(make_destination(tenant, config={"url": http_server.url("/")}))
        services.request_check(row)
        checking.sweep()
        check = ConnectionCheck.objects.get()
        assert (check.status, check.code, check.message) == ("error", "config", SEALED_FOR_ANOTHER)
        assert http_server.requests == []
        nothing_of(row, str(ConnectionCheck.objects.values().get()))

    def test_a_shared_credential_that_was_moved_is_not_used(self, tenant, http_server):
        shared = make_credential(tenant)
        row = make_destination(tenant, config={"url": http_server.url("/")}, auth_credential=shared)
        other = make_credential(make_tenant(), secrets={"token": CANARY})
        type(shared).objects.filter(pk=shared.pk).update(sealed=other.sealed)
        services.request_check(row)
        checking.sweep()
        assert ConnectionCheck.objects.get().status == "error"
        assert http_server.requests == []


class TestTheAdmin:
    def test_the_pages_show_nothing(self, admin_client, moved):
        for page in (overview(moved), change(moved)):
            response = admin_client.get(page)
            assert response.status_code == 200
            nothing_of(moved, text(response))

    def test_saving_is_refused_in_the_form(self, admin_client, moved):
        form = webhook_form(name="new", revision=moved.revision, tenant="T1") | {"_save": ""}
        response = admin_client.post(change(moved), form)
        assert response.status_code == 200
        assert SEALED_FOR_ANOTHER in text(response)
        nothing_of(moved, text(response))

    def test_a_new_signing_secret_is_refused_with_a_message(self, admin_client, moved):
        response = admin_client.post(act(moved, "rotate"), follow=True)
        assert SEALED_FOR_ANOTHER in text(response)
        nothing_of(moved, text(response))


class TestEnteredAnew:
    def test_a_destination(self, moved):
        services.update(moved, Draft(credentials={"secret": "a new one", "headers": {}}))
        assert Destination.objects.get(pk=moved.pk).credentials["secret"] == "a new one"

    @pytest.fixture
    def shared(self, tenant):
        made = make_credential(tenant, secrets={"token": "old"})
        type(made).objects.filter(pk=made.pk).update(sealed=make_credential(make_tenant()).sealed)
        return type(made).objects.get(pk=made.pk)

    @pytest.mark.parametrize("given", [{"name": "new"}, {"secrets": {}}, {"secrets": {"token": "********"}}])
    def test_a_shared_credential_not_in_part(self, shared, given):
        with pytest.raises(SecretUnreadable):
            credentials.update(shared, CredentialDraft(**given))

    def test_a_shared_credential(self, shared):
        credentials.update(shared, CredentialDraft(name="new", secrets={"token": "another"}))
        again = type(shared).objects.get(pk=shared.pk)
        assert (again.name, again.secrets) == ("new", {"token": "another"})
        (told,) = AuditEvent.objects.filter(action="auth_credential.update", subject_id=shared.pk)
        assert [change["field"] for change in told.changes] == ["name", "secrets.token"]

    def test_a_shared_credential_in_the_api(self, ask, shared):
        answer = ask("PATCH", f"/api/v1/auth-credentials/{shared.uuid}", {"secrets": {"token": "another"}})
        assert answer.status == 200

    def test_a_shared_credential_in_the_admin(self, admin_client, shared):
        page = f"/admin/destinations/authcredential/{shared.uuid}/change/"
        refused = admin_client.post(page, {"name": "new", "_save": ""})
        assert (refused.status_code, SEALED_FOR_ANOTHER in text(refused)) == (200, True)
        name = next(box.html_name for box in refused.context["adminform"].form if box.name.endswith("token"))
        assert admin_client.post(page, {"name": "new", name: "another", "_save": ""}).status_code == 302
        assert type(shared).objects.get(pk=shared.pk).secrets == {"token": "another"}

    def test_a_shared_credential_before_what_it_is_attached_to(self, tenant, shared):
        row = make_destination(tenant)
        Destination.objects.filter(pk=row.pk).update(auth_credential=shared)
        hit(row)
        with pytest.raises(SecretUnreadable):
            services.update(row, Draft(credentials={"secret": "a new one"}))
        credentials.update(shared, CredentialDraft(secrets={"token": "another"}))
        services.update(row, Draft(credentials={"secret": "a new one"}))
        assert Destination.objects.get(pk=row.pk).credentials == {"secret": "a new one"}

    def test_the_secrets_of_a_dialect(self, tenant):
        row, other = make_destination(tenant), make_destination(make_tenant())
        other.secret_extra = {"redox": {"verificationToken": CANARY}}
        Destination.objects.filter(pk=row.pk).update(sealed_extra=other.sealed_extra)
        services.update(row, Draft(name="new"))
        services.update(row, Draft(secret_extra={"redox": {"verificationToken": "another"}}))
        assert Destination.objects.get(pk=row.pk).secret_extra == {"redox": {"verificationToken": "another"}}

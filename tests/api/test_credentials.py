"""Shared credentials through the native API."""

import pytest

from destinations import checking, credentials, services
from destinations.drafts import CredentialDraft
from destinations.exceptions import InvalidDestination
from destinations.models import AuthCredential, Destination
from tests.factories import make_credential, make_destination, make_environment

OAUTH = {
    "name": "Partner",
    "strategy": "oauth2",
    "properties": {"token_url": "https://auth.example.com/token", "client_id": "landfall"},
    "secrets": {"client_secret": "the-secret-of-the-client"},
}


@pytest.fixture
def made(ed):
    answer = ed.post("auth-credentials", OAUTH)
    assert answer.status == 201
    assert answer.headers["Location"] == f"/api/v1/auth-credentials/{answer.body['id']}"
    return answer.body


def test_secrets_are_masked_and_stored_encrypted(ed, made):
    assert made["secrets"] == {"client_secret": "********"}
    assert made["properties"]["grant_type"] == "client_credentials"
    stored = AuthCredential.objects.get()
    assert stored.secrets == OAUTH["secrets"]
    assert "the-secret" not in stored.sealed.ciphertext + str(stored.masked)
    assert ed.get("auth-credentials").body["items"] == [made]
    assert ed.get(f"auth-credentials/{made['id']}").body == made


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"strategy": "none"}, ("strategy", "choice")),
        ({"name": ""}, ("name", "blank")),
        ({"properties": {"token_url": "ftp://x"}}, ("properties.token_url", "pattern")),
        ({"secrets": {"token": "x"}}, ("secrets.token", "unknown")),
        ({"environment": "00000000-0000-0000-0000-000000000000"}, ("environment", "choice")),
    ],
)
def test_what_is_wrong_is_named(ed, body, fault):
    answer = ed.post("auth-credentials", OAUTH | body)
    assert answer.status == 422
    assert fault in answer.faults
    assert not AuthCredential.objects.exists()


def test_a_change_keeps_what_it_does_not_name_and_a_mask_keeps_the_secret(ed, made):
    path = f"auth-credentials/{made['id']}"
    changed = ed.patch(path, {"name": "New", "properties": {"scope": "all"}, "secrets": made["secrets"]}).body
    assert changed["properties"] == made["properties"] | {"scope": "all"}
    assert AuthCredential.objects.get().secrets == OAUTH["secrets"]
    assert ed.patch(path, {"strategy": "bearer"}).faults == {("strategy", "immutable")}
    assert ed.patch(path, {"tenant": "other"}).faults == {("tenant", "immutable")}


def test_a_destination_attaches_it_and_it_stays_meanwhile(ed, made):
    hook = {"type": "webhook", "config": {"url": "https://a.example"}, "auth_credential": made["id"]}
    attached = ed.post("destinations", hook).body
    assert attached["auth_credential"] == made["id"]
    assert ed.delete(f"auth-credentials/{made['id']}").status == 409
    assert ed.patch(f"destinations/{attached['id']}", {"auth_credential": None}).body["auth_credential"] is None
    assert ed.delete(f"auth-credentials/{made['id']}").status == 204


def test_a_destination_needs_no_credentials_of_its_own(ed, tenant):
    shared = make_credential(
        tenant, strategy="basic", properties={"username": "loader"}, secrets={"password": "the-password"}
    )
    lake = {"type": "postgres", "config": {"host": "db.example.com", "database": "lake"}}
    assert ed.post("destinations", lake).status == 422
    answer = ed.post("destinations", lake | {"auth_credential": str(shared.pk)})
    assert (answer.status, answer.body["credentials"], answer.body["incomplete"]) == (201, {}, False)


def test_one_that_a_type_has_no_use_for_is_refused(ed, tenant):
    shared = make_credential(tenant)
    body = {
        "type": "postgres",
        "config": {"host": "db.example.com", "database": "lake"},
        "auth_credential": str(shared.pk),
    }
    assert ("auth_credential", "choice") in ed.post("destinations", body).faults


def test_one_of_another_tenant_or_environment_does_not_exist(ed, tenant, other):
    theirs, elsewhere = make_credential(other), make_credential(tenant, environment=make_environment(tenant))
    for wrong in (theirs, elsewhere):
        hook = {"type": "webhook", "config": {"url": "https://a.example"}, "auth_credential": str(wrong.pk)}
        assert ed.post("destinations", hook).faults == {("auth_credential", "choice")}


def test_a_change_that_would_shut_destinations_out_is_refused(ed, tenant):
    login = "https://login.microsoftonline.com/01234567-89ab-cdef-0123-456789abcdef/oauth2/v2.0/token"
    properties = {"token_url": login, "client_id": "fedcba98-7654-3210-fedc-ba9876543210"}
    shared = make_credential(tenant, strategy="oauth2", properties=properties, secrets={"client_secret": "s"})
    lake = {"type": "azure_databricks", "config": {"account": "acct1", "container": "con"}}
    made = ed.post("destinations", lake | {"auth_credential": str(shared.pk)}).body
    elsewhere = {
        "properties": {"token_url": "https://auth.example.com/token"},
        "secrets": {"client_secret": "another"},
    }
    answer = ed.patch(f"auth-credentials/{shared.pk}", elsewhere)
    assert ("auth_credential", "choice") in answer.faults
    assert AuthCredential.objects.get().properties["token_url"] == login
    assert ed.patch(f"auth-credentials/{shared.pk}", {"secrets": {"client_secret": "new"}}).status == 200
    assert ed.get(f"destinations/{made['id']}").body["revision"] == 2


def test_an_archived_destination_is_not_shut_out_either(tenant):
    here, there = (make_environment(tenant, name) for name in ("here", "there"))
    shared = make_credential(tenant)
    hook = services.archive(make_destination(tenant, environment=here, auth_credential=shared))
    with pytest.raises(InvalidDestination) as caught:
        credentials.update(shared, CredentialDraft(environment=there))
    assert {(fault.path, fault.code) for fault in caught.value.problems} == {("auth_credential", "choice")}
    assert AuthCredential.objects.get().environment is None
    credentials.update(shared, CredentialDraft(environment=here))
    assert services.restore(hook).auth_credential.environment == here


def test_what_was_healthy_when_it_was_archived_is_not_so_with_another_secret(tenant, http_server):
    shared = make_credential(tenant)
    hook = make_destination(tenant, config={"url": http_server.url()}, auth_credential=shared)
    services.verify(hook)
    services.archive(hook)
    credentials.update(shared, CredentialDraft(secrets={"token": "another"}))
    row = Destination.objects.get()
    assert (row.verified_at, row.state.health, row.state.next_check_at) == (None, "unknown", None)
    assert services.restore(hook).archived_at is None
    assert checking.sweep() == 1


def test_strategies_describe_their_fields(ed):
    items = {item["strategy"]: item for item in ed.get("auth-strategies").body["items"]}
    assert items["basic"]["secrets_schema"]["required"] == ["password"]
    assert items["google_wif"]["usable"] is False


def test_a_destination_is_verified_here_and_now(ed, tenant, http_server):
    hook = make_destination(tenant, config={"url": http_server.url()})
    verified = ed.post(f"destinations/{hook.uuid}/verify").body
    assert (verified["last_check"]["trigger"], verified["last_check"]["status"]) == ("verify", "passed")
    assert verified["verified_at"] == verified["last_check"]["completed_at"]
    Destination.objects.update(incomplete=True)
    assert ed.post(f"destinations/{hook.uuid}/verify").status == 409

import json
from typing import Any

import pytest

from destinations import services
from destinations.models import ConnectionCheck, Destination
from tests.api.client import Api
from tests.connectors.examples import EXAMPLES
from tests.factories import SECRET, make_destination, make_environment, make_key

pytestmark = pytest.mark.django_db
MASK = "********"
BODY: dict[str, Any] = {"type": "webhook", "name": "Orders", "config": {"url": "https://hooks.example.com/in"}}
EVERYTHING: dict[str, Any] = BODY | {
    "tenant": "acme",
    "uid": "ord-1",
    "description": " Paid orders.\n",
    "topics": ["order.paid"],
    "config": {"url": "https://hooks.example.com/in", "headers": {"X-Team": "blue"}},
    "credentials": {"secret": SECRET, "headers": {"Authorization": "Bearer s3cr3t"}},
    "metadata": {"team": "blue", "limits": {"a": 1, "b": [2, None]}},
    "is_default": True,
    "enabled": True,
}


class TestCreate:
    def test_answers_with_what_was_made(self, ed, tenant):
        environment = make_environment(tenant)
        answer = ed.post("destinations", EVERYTHING | {"environment": str(environment.pk)})
        row = Destination.objects.get()
        assert answer.status == 201
        assert answer.headers["Location"] == f"/api/v1/destinations/{row.uuid}"
        assert answer.headers["ETag"] == '"1"'
        assert answer.body == EVERYTHING | {
            "id": str(row.uuid),
            "slug": "orders",
            "config": EVERYTHING["config"] | {"method": "POST"},
            "credentials": {"secret": row.masked["secret"], "headers": {"Authorization": MASK}},
            "environment": str(environment.pk),
            "target": "https://hooks.example.com/in",
            "auth_credential": None,
            "incomplete": False,
            "verified_at": None,
            "disabled_at": None,
            "archived_at": None,
            "health": "unknown",
            "last_check": None,
            "next_check_at": answer.body["next_check_at"],
            "created": row.created.isoformat().replace("+00:00", "Z"),
            "updated": row.updated.isoformat().replace("+00:00", "Z"),
            "revision": 1,
        }
        assert row.credentials == EVERYTHING["credentials"]
        assert not ConnectionCheck.objects.exists()

    def test_shows_a_secret_that_it_made_once(self, ed):
        answer = ed.post("destinations", BODY)
        secret = answer.body["generated_credentials"]["secret"]
        assert Destination.objects.get().credentials["secret"] == secret
        again = ed.get(f"destinations/{answer.body['id']}")
        assert secret not in str(again.body)
        assert "generated_credentials" not in again.body

    def test_shows_a_secret_that_it_made_anew_once(self, ed):
        first = ed.post("destinations", BODY).body
        answer = ed.patch(f"destinations/{first['id']}", {"credentials": {"secret": None}})
        secret = answer.body["generated_credentials"]["secret"]
        assert secret == Destination.objects.get().credentials["secret"]
        assert secret != first["generated_credentials"]["secret"]
        assert "generated_credentials" not in ed.patch(f"destinations/{first['id']}", {"name": "Other"}).body

    def test_needs_no_more_than_a_type_and_what_the_type_needs(self, ed):
        answer = ed.post("destinations", {"type": "webhook", "config": {"url": "https://a.example"}})
        assert (answer.status, answer.body["name"], answer.body["topics"]) == (201, "Webhook", ["*"])

    def test_asks_for_a_check_when_told_to(self, ed):
        assert ed.post("destinations?check=true", BODY).status == 201
        assert ConnectionCheck.objects.get().trigger == "create"
        assert ed.post("destinations?check=yes", BODY).faults == {("check", "invalid")}

    def test_can_begin_disabled(self, ed):
        answer = ed.post("destinations", BODY | {"enabled": False})
        assert answer.body["enabled"] is False
        assert answer.body["disabled_at"]
        assert answer.body["next_check_at"] is None

    def test_by_a_caller_of_several_tenants_needs_a_tenant(self, root, tenant, other):
        assert root.post("destinations", BODY).faults == {("tenant", "required")}
        assert root.post("destinations", BODY | {"tenant": "acme"}).status == 201
        assert root.post("destinations", BODY | {"tenant": "nope"}).faults == {("tenant", "choice")}

    def test_names_every_fault_of_form_and_of_content_at_once(self, ed):
        body = {
            "type": "webhook",
            "name": 5,
            "uid": "a/b",
            "topics": "all",
            "metadata": ["x"],
            "description": 1,
            "environment": "staging",
            "is_default": "yes",
            "enabled": None,
            "slug": "mine",
            "config": {"url": "ftp://x", "colour": "red"},
            "credentials": "secret",
        }
        answer = ed.post("destinations", body)
        assert answer.status == 422
        assert answer.faults == {
            ("name", "type"),
            ("uid", "pattern"),
            ("topics", "type"),
            ("metadata", "type"),
            ("description", "type"),
            ("environment", "invalid"),
            ("is_default", "type"),
            ("enabled", "null"),
            ("slug", "unknown"),
            ("config.url", "pattern"),
            ("config.colour", "unknown"),
            ("credentials", "type"),
        }
        assert not Destination.objects.exists()

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"type": "fax"}, ("type", "choice")),
            ({"type": None}, ("type", "null")),
            ({"type": ["webhook"]}, ("type", "type")),
            ({"type": ""}, ("type", "blank")),
            ({"config": None}, ("config.url", "required")),
            ({"config": {}}, ("config.url", "required")),
            ({"config": []}, ("config", "type")),
            ({"config": {"url": 5}}, ("config.url", "type")),
            ({"config": {"url": None}}, ("config.url", "required")),
            ({"name": ""}, ("name", "blank")),
            ({"name": " x"}, ("name", "invalid")),
            ({"name": "x" * 256}, ("name", "max_length")),
            ({"name": "a\nb"}, ("name", "invalid")),
            ({"uid": ""}, ("uid", "blank")),
            ({"uid": None}, ("uid", "null")),
            ({"topics": []}, ("topics", "blank")),
            ({"topics": [5]}, ("topics.0", "type")),
            ({"topics": ["x"] * 1001}, ("topics", "max_length")),
            ({"description": "x" * 10_001}, ("description", "max_length")),
            ({"environment": "00000000-0000-0000-0000-000000000000"}, ("environment", "choice")),
            ({"tenant": "other"}, ("tenant", "choice")),
            ({"tenant": 5}, ("tenant", "type")),
            ({"credentials": {"secret": ""}}, ("credentials.secret", "blank")),
            ({"credentials": {"password": "x"}}, ("credentials.password", "unknown")),
            ({"a.b": 1}, ("a.b", "unknown")),
        ],
    )
    def test_refuses(self, ed, other, change, fault):
        answer = ed.post("destinations", BODY | change)
        assert (answer.status, answer.faults) == (422, {fault})

    @pytest.mark.parametrize("body", [[], "x", 5, None, [BODY]])
    def test_refuses_a_body_that_is_no_object(self, ed, body):
        answer = ed.post("destinations", raw=json.dumps(body).encode())
        assert answer.status == 422
        assert ("", "type") in answer.faults or ("", "null") in answer.faults

    def test_refuses_an_empty_body(self, ed):
        assert ed.post("destinations").faults == {("type", "required")}

    def test_refuses_a_name_and_a_uid_already_taken(self, ed, tenant):
        make_destination(tenant, name="Orders", uid="ord-1")
        answer = ed.post("destinations", BODY | {"uid": "ord-1"})
        assert answer.faults == {("name", "taken"), ("uid", "taken")}

    def test_refuses_more_than_the_limit(self, ed, tenant, settings):
        settings.DESTINATIONS_PER_TENANT = 1
        make_destination(tenant)
        answer = ed.post("destinations", BODY)
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:limit-reached")
        assert answer.faults == {("", "limit")}

    def test_repeats_no_secret_in_its_errors(self, ed):
        canary = "canary-" + "7" * 20
        answer = ed.post("destinations", BODY | {"credentials": {"secret": f"whsec_!{canary}", "headers": canary}})
        assert answer.status == 422
        assert canary not in str(answer.body)


class TestPatch:
    @pytest.fixture
    def made(self, tenant):
        values = {key: EVERYTHING[key] for key in ("config", "credentials", "metadata", "topics", "uid")}
        return make_destination(tenant, name="Orders", description="old", **values)

    @pytest.fixture
    def path(self, made):
        return f"destinations/{made.uuid}"

    def test_leaves_what_it_does_not_name(self, ed, made, path):
        before = ed.get(path).body
        answer = ed.patch(path, {"name": "New"})
        changed = {"name": "New", "revision": 2, "updated": answer.body["updated"]}
        assert answer.body == before | changed
        assert answer.headers["ETag"] == '"2"'

    @pytest.mark.parametrize("content_type", ["application/json", "application/merge-patch+json"])
    def test_merges_as_deep_as_objects_go(self, ed, made, path, content_type):
        body = {
            "config": {"headers": {"X-Shard": "7", "X-Team": None}},
            "metadata": {"team": None, "limits": {"a": 2, "c": {"d": None}}},
        }
        answer = ed.patch(path, body, content_type=content_type).body
        assert answer["config"] == {"url": EVERYTHING["config"]["url"], "method": "POST", "headers": {"X-Shard": "7"}}
        assert answer["metadata"] == {"limits": {"a": 2, "b": [2, None], "c": {}}}

    def test_null_clears(self, ed, made, path):
        body = {"description": None, "topics": None, "metadata": None, "config": {"headers": None}}
        answer = ed.patch(path, body).body
        assert (answer["description"], answer["topics"], answer["metadata"]) == ("", ["*"], {})
        assert "headers" not in answer["config"]
        assert answer["credentials"]["headers"] == {"Authorization": MASK}

    def test_a_mask_sent_back_keeps_the_secret(self, ed, made, path):
        ed.patch(path, {"credentials": ed.get(path).body["credentials"]})
        assert Destination.objects.get().credentials == EVERYTHING["credentials"]

    def test_one_secret_header_can_be_added_beside_others(self, ed, made, path):
        ed.patch(path, {"credentials": {"headers": {"X-Key": "new"}}})
        headers = {"Authorization": "Bearer s3cr3t", "X-Key": "new"}
        assert Destination.objects.get().credentials == {"secret": SECRET, "headers": headers}
        ed.patch(path, {"credentials": {"headers": {"Authorization": None}}})
        assert Destination.objects.get().credentials["headers"] == {"X-Key": "new"}

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"type": "postgres"}, ("type", "immutable")),
            ({"uid": "other"}, ("uid", "immutable")),
            ({"tenant": "other"}, ("tenant", "immutable")),
            ({"name": None}, ("name", "null")),
            ({"id": "x"}, ("id", "unknown")),
            ({"config": None}, ("config.url", "required")),
            ({"config": {"url": None}}, ("config.url", "required")),
            ({"config": "x"}, ("config", "type")),
            ({"metadata": 1}, ("metadata", "type")),
            ({"is_default": None}, ("is_default", "null")),
        ],
    )
    def test_refuses(self, ed, made, path, change, fault):
        answer = ed.patch(path, change)
        assert (answer.status, answer.faults) == (422, {fault})
        assert Destination.objects.get().revision == 1

    def test_names_faults_of_form_and_of_content_at_once(self, ed, made, path):
        answer = ed.patch(path, {"name": 5, "colour": "red", "config": {"url": "x"}})
        assert answer.faults == {("name", "type"), ("colour", "unknown"), ("config.url", "pattern")}
        assert Destination.objects.get().config == made.config

    def test_accepts_what_never_changes_when_it_is_the_same(self, ed, made, path):
        assert ed.patch(path, {"type": "webhook", "uid": "ord-1", "tenant": "acme"}).status == 200

    def test_an_empty_patch_is_no_error(self, ed, path):
        assert ed.patch(path, {}).status == 200

    def test_switches_and_makes_it_the_default(self, ed, tenant, made, path):
        make_destination(tenant, is_default=True)
        assert ed.patch(path, {"is_default": True}).body["is_default"] is True
        assert Destination.objects.filter(is_default=True).count() == 1
        assert ed.patch(path, {"is_default": False, "enabled": False}).body["enabled"] is False

    def test_asks_for_a_check_if_the_connection_changed(self, ed, made, path):
        ed.patch(f"{path}?check=true", {"name": "New"})
        assert not ConnectionCheck.objects.exists()
        ed.patch(
            f"{path}?check=true", {"config": {"url": "https://b.example"}, "credentials": EVERYTHING["credentials"]}
        )
        assert ConnectionCheck.objects.get().trigger == "update"

    def test_moves_to_another_environment_and_out_of_it(self, ed, tenant, path):
        environment = make_environment(tenant)
        assert ed.patch(path, {"environment": str(environment.pk)}).body["environment"] == str(environment.pk)
        assert ed.patch(path, {"environment": None}).body["environment"] is None

    def test_of_an_archived_one_is_a_conflict(self, ed, made, path):
        services.archive(made)
        answer = ed.patch(path, {"name": "New"})
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:archived")


class TestIfMatch:
    @pytest.fixture
    def path(self, tenant):
        return f"destinations/{make_destination(tenant).uuid}"

    def test_changes_what_was_read(self, ed, path):
        etag = ed.get(path).headers["ETag"]
        answer = ed.patch(path, {"name": "New"}, headers={"If-Match": etag})
        assert (answer.status, answer.headers["ETag"]) == (200, '"2"')

    @pytest.mark.parametrize("etag", ['"7"', 'W/"1"', "1", '"1x"'])
    def test_changes_nothing_else(self, ed, path, etag):
        answer = ed.patch(path, {"name": "New"}, headers={"If-Match": etag})
        assert (answer.status, answer.body["type"]) == (412, "urn:landfall:problem:revision-mismatch")
        assert Destination.objects.get().revision == 1

    @pytest.mark.parametrize("etag", ["*", '"1"', '"9", "1"'])
    def test_allows(self, ed, path, etag):
        assert ed.post(f"{path}/disable", headers={"If-Match": etag}).status == 200

    @pytest.mark.parametrize("verb", ["enable", "disable", "archive", "restore"])
    def test_guards_every_verb(self, ed, path, verb):
        assert ed.post(f"{path}/{verb}", headers={"If-Match": '"7"'}).status == 412

    def test_guards_the_deletion(self, ed, path):
        assert ed.delete(path, headers={"If-Match": '"7"'}).status == 412
        assert ed.delete(path, headers={"If-Match": '"1"'}).status == 204


class TestVerbs:
    @pytest.fixture
    def path(self, tenant):
        return f"destinations/{make_destination(tenant).uuid}"

    def test_disable_and_enable(self, ed, path):
        off = ed.post(f"{path}/disable").body
        assert (off["enabled"], off["next_check_at"]) == (False, None)
        assert off["disabled_at"]
        on = ed.post(f"{path}/enable", {}).body
        assert (on["enabled"], on["disabled_at"]) == (True, None)

    def test_archive_and_restore(self, ed, path):
        assert ed.post(f"{path}/archive").body["archived_at"]
        assert ed.post(f"{path}/disable").status == 409
        assert ed.get(path).status == 200
        assert ed.post(f"{path}/restore").body["archived_at"] is None

    def test_delete_removes_it_for_good(self, ed, path):
        answer = ed.delete(path)
        assert (answer.status, answer.body) == (204, None)
        assert ed.get(path).status == ed.delete(path).status == 404

    @pytest.mark.parametrize("verb", ["enable", "disable", "archive", "restore", "checks"])
    def test_take_no_body(self, ed, path, verb):
        assert ed.post(f"{path}/{verb}", {"force": True}).faults == {("force", "unknown")}
        assert ed.post(f"{path}/{verb}", raw=b"{").status == 400
        assert ed.post(f"{path}/{verb}?force=1").faults == {("force", "unknown")}


class TestValidate:
    def test_saves_nothing(self, ed):
        answer = ed.post("destinations/validate", BODY)
        assert (answer.status, answer.body) == (200, {"valid": True, "check": None})
        assert not Destination.objects.exists()

    def test_finds_what_creating_would_find(self, ed, tenant):
        make_destination(tenant, name="Orders")
        answer = ed.post("destinations/validate", BODY | {"colour": "red"})
        assert (answer.status, answer.faults) == (422, {("name", "taken"), ("colour", "unknown")})

    def test_needs_the_role_of_a_creator(self, vera):
        assert vera.post("destinations/validate", BODY).status == 403


def test_unreadable_credentials_are_said_to_be_so(ed, tenant):
    made = make_destination(tenant)
    Destination.objects.filter(pk=made.pk).update(sealed=make_destination(tenant).sealed)
    assert ed.get(f"destinations/{made.uuid}").status == 200
    answer = ed.patch(f"destinations/{made.uuid}", {"name": "New"})
    assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:secret-unreadable")


def test_a_key_of_its_own_tenant_may_name_it(tenant):
    assert Api(make_key(tenant)).post("destinations", BODY | {"tenant": "acme"}).status == 201


class TestRotateSecret:
    def test_shows_the_new_secret_once(self, ed, tenant):
        made = make_destination(tenant)
        answer = ed.post(f"destinations/{made.uuid}/rotate-secret", {"grace_seconds": 3600})
        assert answer.status == 200
        new = answer.body["generated_credentials"]["secret"]
        assert new.startswith("whsec_")
        assert answer.body["revision"] == 2
        assert answer.body["credentials"]["previous_secret"] == "********"
        assert new not in str(ed.get(f"destinations/{made.uuid}").body)

    def test_takes_no_body_too(self, ed, tenant):
        assert ed.post(f"destinations/{make_destination(tenant).uuid}/rotate-secret").status == 200

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"grace_seconds": -1}, ("grace_seconds", "min_value")),
            ({"grace_seconds": 7 * 24 * 3600 + 1}, ("grace_seconds", "max_value")),
            ({"grace": 1}, ("grace", "unknown")),
        ],
    )
    def test_refuses_what_it_does_not_understand(self, ed, tenant, body, fault):
        answer = ed.post(f"destinations/{make_destination(tenant).uuid}/rotate-secret", body)
        assert (answer.status, answer.faults) == (422, {fault})

    def test_is_not_for_types_without_one(self, ed, tenant):
        example = EXAMPLES["postgres"]
        made = make_destination(tenant, type="postgres", config=example.config, credentials=example.credentials)
        answer = ed.post(f"destinations/{made.uuid}/rotate-secret")
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:conflict")

    def test_is_not_for_viewers(self, vera, tenant):
        assert vera.post(f"destinations/{make_destination(tenant).uuid}/rotate-secret").status == 403

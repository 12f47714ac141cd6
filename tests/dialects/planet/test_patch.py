"""Changing: names, credentials and the archive, and by whom."""

import base64

import pytest

from connectors import registry
from destinations import services
from destinations.dialects.planet.types import TYPES as PLANET
from destinations.dialects.planet.writing import VERIFIES
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tests.dialects.planet.client import REDACTED
from tests.dialects.planet.storages import TYPES, redirect
from tests.servers.azure import container_sas
from tests.servers.google import service_account
from tests.servers.s3 import ADMIN, READER, WRITER

NEW = {"aws_access_key_id": WRITER.access_key_id, "aws_secret_access_key": WRITER.secret_access_key}


def path(body):
    return f"/{body['id']}"


def stored():
    return Destination.objects.get()


def test_nothing_can_be_changed_that_leads_elsewhere():
    for type_ in PLANET.values():
        plain = {field.native for field in type_.patch if not field.secret}
        assert plain.isdisjoint(registry.get(type_.native).places)


class TestArchive:
    def test_it_hides_and_no_more(self, made, owner):
        before = made()
        answer = owner.patch(path(before), {"archive": True})
        assert answer.body["archived"].endswith("Z")
        assert answer.body["updated"] > before["updated"]
        assert answer.body["created"] == before["created"]
        assert [owner.get(**query).names for query in ({}, {"archived": "true"}, {"archived": "false"})] == [
            [],
            [before["name"]],
            [],
        ]
        assert owner.get(path(before)).body == answer.body

    def test_twice_keeps_the_first_time(self, made, owner):
        body = made()
        first, second = (owner.patch(path(body), {"archive": True}).body for _ in range(2))
        assert first["archived"] == second["archived"]
        assert first["updated"] < second["updated"]

    def test_it_ends(self, made, owner):
        body = made()
        owner.patch(path(body), {"archive": True})
        assert owner.patch(path(body), {"archive": False}).body["archived"] is None
        assert owner.get().names == [body["name"]]

    def test_the_default_is_none_any_more(self, made, owner):
        body = made()
        owner.put("/default", {"destination_id": body["id"]})
        assert owner.patch(path(body), {"archive": True}).body["default"] is False
        assert owner.get("/default").status == 404

    def test_what_is_archived_still_has_a_name_and_keys_to_change(self, made, owner):
        body = made("one", "amazon_s3")
        archived = owner.patch(path(body), {"archive": True}).body["archived"]
        answer = owner.patch(path(body), {"name": "two", "parameters": NEW})
        assert (answer.status, answer.body["name"], answer.body["archived"]) == (200, "two", archived)


class TestName:
    def test_a_rename_moves_id_and_ref_and_the_old_ones_still_lead_there(self, made, owner):
        before = made("old name")
        after = owner.patch(path(before), {"name": "new name"}).body
        assert (after["name"], after["id"]) == ("new name", before["id"].replace("old", "new"))
        assert owner.get(path(before)).body == after
        assert owner.patch(f"/{before['pl:ref']}", {"archive": True}).status == 200

    def test_no_storage_is_asked(self, made, owner):
        body = made()
        owner.patch(path(body), {"name": "new name", "archive": False})
        assert ConnectionCheck.objects.count() == 1

    def test_a_name_that_is_taken_is_a_conflict(self, made, owner):
        made("one")
        two = made("two")
        assert owner.patch(path(two), {"name": "one"}).status == 409
        assert owner.get(path(two)).body == two

    def test_its_own_name_is_not_taken(self, made, owner):
        body = made("one")
        assert owner.patch(path(body), {"name": "one"}).status == 200


class TestParameters:
    @pytest.mark.parametrize("type_", TYPES)
    def test_new_credentials_are_checked_and_saved(self, storages, made, owner, azurite, type_):
        body = made(type_=type_)
        bucket = body["parameters"].get("container") or body["parameters"]["bucket"]
        key = storages.google.credentials["service_account_json"]
        new = {
            "amazon_s3": NEW,
            "azure_blob_storage": {"sas_token": container_sas(bucket, "wd")},
            "google_cloud_storage": {"credentials": base64.b64encode(f"{key}\n".encode()).decode()},
            "oracle_cloud_storage": {
                "customer_access_key_id": WRITER.access_key_id,
                "customer_secret_key": WRITER.secret_access_key,
            },
            "s3_compatible": WRITER.credentials,
        }[type_]
        before = stored().credentials
        answer = owner.patch(path(body), {"parameters": new})
        assert answer.status == 200, answer.text
        assert answer.body["parameters"] == body["parameters"]
        assert answer.body["updated"] > body["updated"]
        assert stored().credentials != before
        assert sorted(ConnectionCheck.objects.values_list("trigger", flat=True)) == ["create", "update"]
        assert not [secret for secret in new.values() if secret in answer.text]

    def test_encryption_is_switched_and_otherwise_stays(self, made, owner):
        body = made(type_="amazon_s3")
        for given, then in (({"explicit_sse": True}, True), ({}, True), ({"explicit_sse": False}, False), ({}, False)):
            answer = owner.patch(path(body), {"parameters": {**NEW, **given}})
            assert answer.body["parameters"] == body["parameters"] | {"explicit_sse": then}

    def test_the_check_writes_the_same_object(self, made, owner, recorder, monkeypatch):
        body = made(type_="amazon_s3")
        redirect(monkeypatch, recorder.endpoint, "", "")
        owner.patch(path(body), {"parameters": NEW})
        assert [request.split()[1].rpartition("/")[2] for request in recorder.requests[1:]] == [VERIFIES] * 2

    def test_path_style_stays_unless_it_is_sent(self, made, owner):
        body = made()
        assert owner.patch(path(body), {"parameters": WRITER.credentials}).body["parameters"]["use_path_style"] is True

    def test_what_does_not_work_is_not_saved_and_neither_is_what_came_with_it(self, made, owner):
        body = made()
        patch = {"name": "other", "archive": True, "parameters": READER.credentials}
        answer = owner.patch(path(body), patch)
        assert (answer.status, "may not write" in answer.message) == (400, True)
        assert owner.get(path(body)).body == body
        assert stored().credentials == ADMIN.credentials

    def test_a_name_that_is_taken_undoes_the_rest(self, made, owner):
        made("one")
        two = made("two")
        patch = {"name": "one", "archive": True, "parameters": WRITER.credentials}
        assert owner.patch(path(two), patch).status == 409
        assert owner.get(path(two)).body == two

    def test_what_changed_while_it_was_checked_is_not_saved_as_proven(self, made, owner, monkeypatch):
        body, prove = made(), services.prove

        def meanwhile(tenant, draft, **others):
            proof = prove(tenant, draft, **others)
            services.update(stored(), Draft(config={"use_path_style": False}))
            return proof

        monkeypatch.setattr(services, "prove", meanwhile)
        answer = owner.patch(path(body), {"parameters": WRITER.credentials})
        assert (answer.status, "Send the change again" in answer.message) == (409, True)
        assert (stored().credentials, stored().state.health) == (ADMIN.credentials, "unknown")

    def test_all_three_at_once(self, made, owner):
        body = made("one")
        answer = owner.patch(path(body), {"name": "two", "archive": True, "parameters": WRITER.credentials})
        assert (answer.body["name"], bool(answer.body["archived"])) == ("two", True)
        assert stored().credentials == WRITER.credentials

    @pytest.mark.parametrize("kept", [["access_key_id"], ["secret_access_key"], ["access_key_id", "secret_access_key"]])
    def test_what_is_sent_back_as_it_is_shown_stays(self, made, owner, kept):
        body = made()
        answer = owner.patch(path(body), {"parameters": ADMIN.credentials | dict.fromkeys(kept, REDACTED)})
        assert answer.status == 200
        assert stored().credentials == ADMIN.credentials

    def test_new_keys_leave_no_session_of_the_old_ones(self, made, owner):
        body = made(type_="amazon_s3")
        services.update(stored(), Draft(credentials={"session_token": "temporary"}))
        owner.patch(path(body), {"parameters": NEW})
        assert "session_token" not in stored().credentials

    @pytest.mark.parametrize(
        ("patch", "word"),
        [
            ({}, "at least one"),
            ([], "object"),
            ({"archive": "yes"}, "archive"),
            ({"archive": None}, "archive"),
            ({"name": None}, "name"),
            ({"name": "ab"}, "name"),
            ({"name": "n" * 64}, "name"),
            ({"name": " padded "}, "name"),
            ({"type": "amazon_s3"}, "type"),
            ({"bucket": "x"}, "bucket"),
            ({"aws_secret_access_key": "x"}, '"parameters"'),
            ({"credentials": "x"}, "credentials"),
            ({"parameters": None}, "parameters"),
            ({"parameters": {}}, "parameters.aws_access_key_id"),
            ({"parameters": {"aws_access_key_id": "A2"}}, "parameters.aws_secret_access_key"),
            ({"parameters": {"aws_secret_access_key": "S2"}}, "parameters.aws_access_key_id"),
            ({"parameters": {**NEW, "bucket": "other"}}, "parameters.bucket"),
            ({"parameters": {**NEW, "aws_region": "us-east-1"}}, "parameters.aws_region"),
            ({"parameters": {**NEW, "explicit_sse": "yes"}}, "parameters.explicit_sse"),
            ({"parameters": {**NEW, "explicit_sse": None}}, "parameters.explicit_sse"),
            ({"parameters": {**NEW, "aws_access_key_id": "A K"}}, "parameters.aws_access_key_id"),
            ({"parameters": {"credentials": "e30="}}, "parameters.credentials"),
            ({"parameters": {"sas_token": "x"}}, "parameters.sas_token"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_changes(self, made, owner, patch, word):
        body = made(type_="amazon_s3")
        answer = owner.patch(path(body), patch)
        assert (answer.status, word in answer.message) == (400, True), answer.text
        assert owner.get(path(body)).body == body

    def test_a_key_of_google_that_is_of_nobody_is_refused(self, storages, made, owner, google):
        body = made(type_="google_cloud_storage")
        other = service_account(google.key, google.token_uri, client_email="nobody@example.com")
        answer = owner.patch(path(body), {"parameters": {"credentials": base64.b64encode(other.encode()).decode()}})
        assert (answer.status, "PRIVATE" in answer.text) == (400, False)


class TestWhoMay:
    @pytest.mark.parametrize(
        ("who", "status"), [("owner", 200), ("admin", 200), ("mel", 403), ("viewer", 403), ("foreign", 404)]
    )
    def test_change_it(self, made, request, who, status):
        body = made()
        assert request.getfixturevalue(who).patch(path(body), {"archive": True}).status == status
        assert (stored().archived_at is not None) is (status == 200)

    @pytest.mark.parametrize(("who", "status"), [("mel", 200), ("admin", 200), ("viewer", 200), ("foreign", 404)])
    def test_see_it(self, made, request, who, status):
        body = made()
        api = request.getfixturevalue(who)
        answer = api.get(path(body))
        assert answer.status == status
        if status == 200:
            assert answer.body["ownership"] == {"is_owner": False, "owner_id": body["ownership"]["owner_id"]}
            assert answer.body["permissions"] == {"can_write": who == "admin"}
        else:
            assert api.get().names == []

"""Creating: what is taken, what it is called, and that nothing is saved which the storage does not allow."""

import base64
import json
import re

import pytest

from destinations import services
from destinations.dialects.planet.writing import VERIFIES
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tests.dialects.planet.client import REDACTED
from tests.dialects.planet.storages import TYPES, fresh, redirect
from tests.servers.azure import container_sas
from tests.servers.s3 import READER

SECRETS = re.compile("key|token|credentials")
S3 = {
    "type": "amazon_s3",
    "parameters": {
        "bucket": "acme",
        "aws_region": "us-west-2",
        "aws_access_key_id": "AKIAEXAMPLE",
        "aws_secret_access_key": "SK",
    },
}


def changed(body=S3, **parameters):
    """With other parameters; None takes one away."""
    merged = {**body["parameters"], **parameters}
    return body | {"parameters": {key: value for key, value in merged.items() if value is not None}}


class TestTypes:
    @pytest.mark.parametrize("type_", TYPES)
    def test_a_storage_that_works_is_saved_and_nothing_is_left_in_it(self, storages, owner, type_):
        body = storages.body(type_, "s3 one")
        answer = owner.post(body)
        assert answer.status == 201
        assert re.fullmatch("s3-one-[0-9A-Za-z]{20,22}", answer.body["id"])
        assert (answer.body["archived"], answer.body["default"], answer.body["type"]) == (None, False, type_)
        assert answer.body["ownership"]["is_owner"] is answer.body["permissions"]["can_write"] is True
        for key, value in body["parameters"].items():
            assert answer.body["parameters"][key] == (REDACTED if SECRETS.search(key) else value)
        assert storages.left(body) == []
        check = ConnectionCheck.objects.get()
        assert (check.status, check.trigger) == ("passed", "create")

    @pytest.mark.parametrize("type_", TYPES)
    def test_no_secret_is_in_an_answer_a_log_or_a_column(self, storages, owner, type_, caplog):
        caplog.set_level(0)
        body = storages.body(type_)
        texts = [owner.post(body).text, owner.get().text]
        row = Destination.objects.values().get()
        texts += [row["sealed"].ciphertext, json.dumps({**row, "sealed": ""}, default=str), caplog.text]
        texts += [str(vars(record)) for record in caplog.records]
        for secret in storages.secrets(body):
            assert not [text for text in texts if secret in text]

    @pytest.mark.parametrize(
        ("type_", "key", "value"),
        [
            ("amazon_s3", "explicit_sse", True),
            ("amazon_s3", "explicit_sse", False),
            ("azure_blob_storage", "storage_endpoint_suffix", "core.usgovcloudapi.net"),
            ("s3_compatible", "use_path_style", True),
        ],
    )
    def test_what_is_optional_is_kept(self, storages, owner, type_, key, value):
        assert owner.post(storages.body(type_, **{key: value})).body["parameters"][key] == value

    def test_the_suffix_may_be_null(self, storages, owner):
        body = storages.body("azure_blob_storage", storage_endpoint_suffix=None)
        assert owner.post(body).body["parameters"]["storage_endpoint_suffix"] == "core.windows.net"

    def test_a_bare_host_is_an_endpoint(self, owner):
        answer = owner.post(
            {
                "type": "s3_compatible",
                "parameters": {
                    "bucket": "acme",
                    "endpoint": "storage.invalid",
                    "region": "eu",
                    "access_key_id": "AK",
                    "secret_access_key": "SK",
                },
            }
        )
        assert (answer.status, "acme.storage.invalid" in answer.message) == (400, True)

    def test_the_native_row_is_like_any_other(self, storages, owner):
        body = storages.body("google_cloud_storage", "mine")
        owner.post(body)
        row = Destination.objects.get()
        assert row.credentials == storages.google.credentials
        assert row.config == {"bucket": body["parameters"]["bucket"], "test_object": VERIFIES}
        assert row.owner.username == "olga"


class TestNames:
    @pytest.mark.parametrize("type_", TYPES)
    def test_without_a_name_the_bucket_or_container_is_it(self, storages, owner, type_):
        body = storages.body(type_)
        place = body["parameters"].get("container") or body["parameters"]["bucket"]
        assert owner.post(body).body["name"] == place
        assert owner.post(body | {"name": place}).status == 409

    def test_null_is_no_name(self, storages, owner):
        body = storages.body("s3_compatible") | {"name": None}
        assert owner.post(body).body["name"] == body["parameters"]["bucket"]

    def test_a_name_is_taken_once_and_nothing_is_written_for_one_that_is_taken(self, made, storages, owner):
        made("mine")
        answer = owner.post(storages.body("s3_compatible", "mine", bucket="there-is-none"))
        assert (answer.status, "name" in answer.message) == (409, True)

    def test_a_default_name_counts_too(self, storages, owner):
        body = storages.body("s3_compatible")
        assert [owner.post(body).status, owner.post(body).status] == [201, 409]

    @pytest.mark.parametrize(("length", "status"), [(2, 400), (3, 201), (63, 201), (64, 400)])
    def test_names_have_3_to_63_characters(self, storages, owner, length, status):
        assert owner.post(storages.body("s3_compatible", "n" * length)).status == status

    def test_the_length_of_a_default_name_counts_too(self, owner):
        answer = owner.post(changed(bucket="ab"))
        assert (answer.status, answer.message) == (400, "name: A name has 3 to 63 characters.")

    @pytest.mark.parametrize("name", ["Ärger & Söhne", "東京都庁", "a/b?c#d", "…---…"])
    def test_names_hold_any_characters_and_ids_do_not(self, made, owner, name):
        body = made(name)
        assert re.fullmatch("([a-z0-9]+-)*[0-9A-Za-z]{21,22}", body["id"])
        assert owner.get(f"/{body['id']}").body == body


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "word"),
        [
            ([], "object"),
            (S3 | {"type": "ftp"}, "amazon_s3"),
            ({"parameters": S3["parameters"]}, "type"),
            ({"type": "amazon_s3"}, "parameters"),
            (S3 | {"parameters": []}, "parameters"),
            (S3 | {"type": 3}, "type"),
            (S3 | {"name": 3}, "name"),
            (S3 | {"name": ""}, "name"),
            (S3 | {"extra": 1}, "extra"),
            (S3 | {"id": "mine"}, "id"),
            (changed(extra=1), "parameters.extra"),
            (changed(test_object="x"), "parameters.test_object"),
            (changed(bucket=None), "parameters.bucket"),
            (changed(bucket=""), "parameters.bucket"),
            (changed(bucket=3), "parameters.bucket"),
            (changed(bucket="Not A Bucket"), "parameters.bucket"),
            (changed(aws_region="nowhere"), "parameters.aws_region"),
            (changed(aws_access_key_id="A K"), "parameters.aws_access_key_id"),
            (changed(explicit_sse="yes"), "parameters.explicit_sse"),
            (changed(explicit_sse=1), "parameters.explicit_sse"),
            (changed(aws_secret_access_key=REDACTED), "parameters.aws_secret_access_key"),
            (changed(aws_access_key_id=REDACTED), "parameters.aws_access_key_id"),
        ],
    )
    def test_what_is_wrong_is_named(self, owner, body, word):
        answer = owner.post(body)
        assert (answer.status, word in answer.message) == (400, True)
        assert not Destination.objects.exists()

    @pytest.mark.parametrize("raw", [b"", b"nonsense", b'{"a":1,"a":2}', b"\xff", b"[" * 5000])
    def test_what_is_no_json_is_refused(self, owner, raw):
        assert owner.send("POST", "", raw=raw).status == 400

    def test_a_body_that_is_too_large_is_refused(self, owner):
        assert owner.send("POST", "", raw=b" " * (2**20 + 1)).status == 413

    @pytest.mark.parametrize(
        "credentials",
        [
            "not base64!",
            base64.b64encode(b"no JSON").decode(),
            base64.b64encode(b"\xff").decode(),
            base64.b64encode(b"{}").decode(),
            base64.b64encode(b'{"type": "authorized_user"}').decode(),
            base64.encodebytes(b"{}" * 60).decode(),
        ],
    )
    def test_a_key_of_google_is_a_json_file_in_base64(self, owner, credentials):
        body = {"type": "google_cloud_storage", "parameters": {"bucket": "acme", "credentials": credentials}}
        answer = owner.post(body)
        assert (answer.status, "parameters.credentials" in answer.message) == (400, True)

    def test_a_bucket_that_cannot_be_a_host_name_names_the_switch(self, owner, storages):
        body = storages.body("s3_compatible", use_path_style=False, endpoint="http://127.0.0.1:1")
        assert "parameters.use_path_style" in owner.post(body).message

    def test_who_may_only_look_creates_nothing(self, storages, viewer):
        assert viewer.post(storages.body("s3_compatible")).status == 403

    def test_the_quota_is_named(self, made, storages, owner, settings):
        settings.DESTINATIONS_PER_TENANT = 2
        archived = made("one")
        made("two")
        owner.patch(f"/{archived['id']}", {"archive": True})
        answer = owner.post(storages.body("s3_compatible", "three"))
        assert (answer.status, "quota" in answer.message, "2" in answer.message) == (400, True, True)


class TestStorageCheck:
    def test_a_key_that_may_write_and_not_remove_is_refused(self, storages, s3, owner):
        bucket = s3.create(fresh(), deny="s3:DeleteObject")
        answer = owner.post(storages.body("s3_compatible", bucket=bucket))
        assert answer.status == 400
        assert "s3:DeleteObject" in answer.message
        assert VERIFIES in answer.message
        assert s3.objects(bucket) == [VERIFIES]
        assert not Destination.objects.exists()

    def test_a_key_that_may_not_write_is_refused(self, storages, owner):
        answer = owner.post(storages.body("s3_compatible", **READER.credentials))
        assert (answer.status, "may not write" in answer.message) == (400, True)
        assert not Destination.objects.exists()

    def test_a_wrong_key_is_refused_without_a_word_of_it(self, storages, owner):
        answer = owner.post(storages.body("amazon_s3", aws_secret_access_key="the-wrong-secret"))
        assert (answer.status, "the-wrong-secret" in answer.text) == (400, False)

    def test_a_token_of_azure_that_may_not_delete_is_refused(self, storages, azurite, owner):
        container = azurite.create(fresh())
        body = storages.body("azure_blob_storage", container=container, sas_token=container_sas(container, "rw"))
        assert owner.post(body).status == 400
        assert not Destination.objects.exists()

    @pytest.mark.parametrize("type_", ["amazon_s3", "google_cloud_storage", "oracle_cloud_storage", "s3_compatible"])
    def test_a_bucket_that_is_missing_is_refused(self, storages, owner, type_):
        answer = owner.post(storages.body(type_, bucket="there-is-none"))
        assert (answer.status, "there-is-none" in answer.message) == (400, True)

    def test_a_missing_bucket_of_a_compatible_service_names_the_switch(self, storages, owner):
        assert "use_path_style" in owner.post(storages.body("s3_compatible", bucket="there-is-none")).message

    def test_nobody_there_is_a_fault_of_the_request(self, storages, owner):
        answer = owner.post(storages.body("s3_compatible", endpoint="http://127.0.0.1:1"))
        assert (answer.status, "refused" in answer.message) == (400, True)

    def test_a_fault_of_ours_is_none_of_the_request(self, storages, owner, monkeypatch):
        async def fail(*_):
            raise RuntimeError("the secret")

        monkeypatch.setattr("connectors.probes.s3.check", fail)
        answer = owner.post(storages.body("s3_compatible"))
        assert (answer.status, "the secret" in answer.text) == (500, False)

    @pytest.mark.parametrize("sse", [True, False])
    def test_what_is_asked_for_is_asked_of_the_storage(self, recorder, owner, monkeypatch, sse):
        redirect(monkeypatch, recorder.endpoint, "", "")
        assert owner.post(changed(explicit_sse=sse)).status == 201
        _, write, remove = recorder.requests
        assert write.startswith(f"PUT /acme/{VERIFIES} ")
        assert remove.startswith(f"DELETE /acme/{VERIFIES} ")
        assert ("x-amz-server-side-encryption: aes256" in write.lower()) is sse

    @pytest.mark.parametrize(
        ("path_style", "path", "host"),
        [(True, f"/acme/{VERIFIES}", "s3.localhost"), (False, f"/{VERIFIES}", "acme.s3.localhost")],
    )
    def test_the_bucket_is_where_the_switch_says(self, recorder, owner, path_style, path, host):
        place = {"bucket": "acme", "endpoint": f"http://s3.localhost:{recorder.port}", "region": "eu"}
        keys = {"access_key_id": "AK", "secret_access_key": "SK", "use_path_style": path_style}
        assert owner.post({"type": "s3_compatible", "parameters": place | keys}).status == 201
        assert recorder.requests[1].startswith(f"PUT {path} ")
        assert f"host: {host}:{recorder.port}" in recorder.requests[1].lower()

    def test_later_checks_write_the_same_object(self, storages, owner, recorder, monkeypatch, tenant):
        redirect(monkeypatch, recorder.endpoint, "", "")
        owner.post(changed())
        services.try_out(tenant, Draft(), stored=Destination.objects.get())
        assert [request.split()[1] for request in recorder.requests].count(f"/acme/{VERIFIES}") == 4

    def test_somebody_else_with_the_same_name_wins_or_loses_whole(self, storages, owner, monkeypatch):
        """As two requests at once: the other one saves while the storage of this one is checked."""
        prove = services.prove

        def meanwhile(tenant, draft, **others):
            services.create(tenant, draft)
            return prove(tenant, draft, **others)

        monkeypatch.setattr(services, "prove", meanwhile)
        assert owner.post(storages.body("s3_compatible", "mine")).status == 409
        assert Destination.objects.count() == 1

"""What a careful reader of the contract found beyond its cases."""

from functools import partial

import pytest

from destinations import services
from destinations.dialects.redox import catalogue, writing
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tests.dialects.meeting import meet
from tests.dialects.redox.test_conformance import DATABRICKS, HALF_DONE, HTTPS, TOKEN, bearer, listed, make
from tests.dialects.redox.test_conformance import make_credential as shared
from tests.dialects.redox.test_verifying import SIGV4
from tests.factories import make_credential, make_destination
from tests.servers.google import make_key as rsa_key
from tests.servers.google import pem

LOGIN = "https://login.microsoftonline.com/01234567-89ab-cdef-0123-456789abcdef/oauth2/v2.0/token"
BUCKET = {"bucketName": "the-bucket", "region": "us-west-2"}
RSA = pem(rsa_key())
ENTRA = {"url": LOGIN, "clientId": "fedcba98-7654-3210-fedc-ba9876543210"}
GOOGLE = {"authStrategy": "OAuth_2.0_2-legged_JWT", "clientEmail": "l@p.example", "privateKey": RSA}
# What is required of each product, and what signs in there.
PRODUCTS = {
    "azure/databricks": ({"storageAccountName": "acct", "containerName": "con"}, ENTRA),
    "azure/blob-storage": ({"storageAccountName": "acct", "containerName": "con"}, ENTRA),
    "azure/fabric": ({"workspaceName": "My Workspace", "lakehouseName": "Lake"}, ENTRA),
    "azure/health-data-services": ({"fhirServerUrl": "https://w-f.fhir.azurehealthcareapis.com"}, ENTRA),
    "aws/healthlake": ({"datastoreId": "0123456789abcdef" * 2, "region": "us-west-2"}, SIGV4),
    "gcp/healthcare-api": (
        {"projectId": "the-project", "location": "us", "datasetId": "d", "fhirStoreId": "s"},
        GOOGLE,
    ),
    "aws/s3": (BUCKET, SIGV4),
    "aws/databricks": (BUCKET, SIGV4),
    "aws/kinesis": ({"streamName": "stream", "region": "us-west-2"}, SIGV4),
    "gcp/cloud-storage": ({"bucketName": "the-bucket"}, GOOGLE),
    "gcp/databricks": ({"bucketName": "the-bucket"}, GOOGLE),
    "gcp/bigquery": ({"projectId": "the-project", "datasetId": "d", "tableId": "t"}, GOOGLE),
    "gcp/pubsub": ({"projectId": "the-project", "topicId": "topic"}, GOOGLE),
    "snowflake/snowflake": (
        {"accountIdentifier": "org-account", "databaseName": "DB", "schemaName": "PUBLIC"},
        {"authStrategy": "JWT_Bearer", "username": "U", "privateKey": RSA},
    ),
}


def cloud(pair, settings):
    type_id, product_id = pair.split("/")
    return {"typeId": type_id, "productId": product_id, "settings": settings}


class TestProducts:
    @pytest.mark.parametrize("pair", PRODUCTS)
    def test_the_required_settings_and_the_right_credential_are_enough_to_be_checked(self, eng, envs, pair):
        values, login = PRODUCTS[pair]
        # Without one Snowflake has its users' own, of which a check knows nothing.
        values = values | ({"warehouseName": "WH"} if pair == "snowflake/snowflake" else {})
        credential = shared(eng, envs.prd, **login)
        made = make(eng, envs.prd, cloudProviderSettings=cloud(pair, values), authCredential=credential["id"])
        assert made["cloudProviderSettings"] == cloud(pair, values)
        assert not Destination.objects.get().incomplete
        assert ConnectionCheck.objects.get().status == "queued"

    @pytest.mark.parametrize("pair", PRODUCTS)
    def test_each_of_them_is_required_when_the_set_up_ends(self, eng, envs, pair):
        values, _ = PRODUCTS[pair]
        for missing in values:
            part = cloud(pair, {key: value for key, value in values.items() if key != missing})
            path = f"cloudProviderSettings.settings.{missing}"
            refused = eng.post(listed(envs.dev), {"name": "d", "cloudProviderSettings": part})
            assert (refused.status, refused.paths) == (400, [path])
            begun = make(eng, envs.dev, cloudProviderSettings=part, setupState={})
            assert begun["setupState"] == {}
            one = f"destinations/{begun['id']}"
            for end in ({"setupState": None}, {"setupState": None, "cloudProviderSettings": part}):
                refused = eng.patch(one, end)
                assert (refused.status, refused.paths) == (400, [path])
            assert eng.get(one).destination == begun
            rest = cloud(pair, {missing: values[missing]})
            ended = eng.patch(one, {"setupState": None, "cloudProviderSettings": rest}).destination
            assert (ended["setupState"], ended["cloudProviderSettings"]) == (None, cloud(pair, values))

    @pytest.mark.parametrize("pair", PRODUCTS)
    def test_every_product_is_here_and_takes_no_other_settings(self, eng, envs, pair):
        assert PRODUCTS.keys() == {"/".join(product.pair) for product in catalogue.PRODUCTS}
        values, _ = PRODUCTS[pair]
        for wrong in ({"endpoint": "https://elsewhere.example.net"}, {"prefix": "in/"}, {"regoin": "us-west-2"}):
            body = {"name": "d", "cloudProviderSettings": cloud(pair, values | wrong)}
            answer = eng.post(listed(envs.dev), body)
            assert (answer.status, answer.paths) == (400, [f"cloudProviderSettings.settings.{next(iter(wrong))}"])

    @pytest.mark.parametrize(
        ("pair", "wrong"),
        [
            ("azure/fabric", {"lakehouseName": "Lake.Lakehouse"}),
            ("azure/fabric", {"lakehouseName": "01234567-89ab-cdef-0123-456789abcdef"}),
            ("azure/health-data-services", {"fhirServerUrl": "http://w-f.fhir.azurehealthcareapis.com"}),
            ("azure/health-data-services", {"fhirServerUrl": "https://w-f.fhir.azurehealthcareapis.com/metadata"}),
            ("aws/healthlake", {"datastoreId": "a/b"}),
            ("gcp/healthcare-api", {"fhirStoreId": "a/b"}),
        ],
    )
    def test_a_setting_that_is_wrong_is_named(self, eng, envs, pair, wrong):
        values, login = PRODUCTS[pair]
        credential = shared(eng, envs.dev, **login)["id"]
        body = {"name": "d", "cloudProviderSettings": cloud(pair, values | wrong), "authCredential": credential}
        answer = eng.post(listed(envs.dev), body)
        assert (answer.status, answer.paths) == (400, [f"cloudProviderSettings.settings.{next(iter(wrong))}"])

    def test_a_fhir_server_elsewhere_is_not_sent_what_signs_in_here(self, eng, envs):
        values, login = PRODUCTS["azure/health-data-services"]
        credential = shared(eng, envs.prd, **login)
        there = cloud("azure/health-data-services", values)
        made = make(eng, envs.prd, cloudProviderSettings=there, authCredential=credential["id"])
        moved = {"cloudProviderSettings": cloud("azure/health-data-services", {"fhirServerUrl": "https://a.example"})}
        one = f"destinations/{made['id']}"
        assert eng.patch(one, moved).status == 400
        assert eng.get(one).destination == made
        assert eng.patch(one, moved | {"authCredential": credential["id"]}).status == 200

    def test_an_account_may_be_named_by_its_whole_host(self, eng, envs):
        for host, shown in (("a.snowflakecomputing.com", "a"), ("a.snowflakecomputing.cn", "a.snowflakecomputing.cn")):
            values = {"accountIdentifier": host, "databaseName": "DB", "schemaName": "S"}
            made = make(eng, envs.dev, cloudProviderSettings=cloud("snowflake/snowflake", values))
            assert made["cloudProviderSettings"]["settings"]["accountIdentifier"] == shown
            assert eng.patch(f"destinations/{made['id']}", made).destination == made
            assert Destination.objects.get(uuid=made["id"]).config["host"] == host

    def test_settings_of_a_product_that_is_only_kept_change_key_by_key_too(self, eng, envs, settings):
        settings.REDOX_UNKNOWN_CLOUD = "opaque"
        made = make(eng, envs.dev, cloudProviderSettings=cloud("foo/bar", {"a": 1, "b": 2, "c": 3}))
        more = cloud("foo/bar", {"a": None, "b": [], "d": 4})
        changed = eng.patch(f"destinations/{made['id']}", {"cloudProviderSettings": more}).destination
        assert changed["cloudProviderSettings"]["settings"] == {"b": [], "c": 3, "d": 4}

    @pytest.mark.parametrize("values", [{"list": [{"password": "x"}]}, {"a": {"b": [[{"accessKey": "x"}]]}}])
    def test_a_secret_is_found_wherever_it_hides(self, eng, envs, settings, values):
        settings.REDOX_UNKNOWN_CLOUD = "opaque"
        answer = eng.post(listed(envs.dev), {"name": "d", "cloudProviderSettings": cloud("foo/bar", values)})
        assert answer.status == 400
        assert "Secrets belong" in answer.payload["errors"][0]["message"]


class TestSetupState:
    @pytest.mark.parametrize("given", [[], 0, "", False, "azure"])
    def test_settings_within_are_an_object_or_null(self, eng, envs, given):
        state = {"step": "a", "destination": {"cloudProviderSettings": given}}
        answer = eng.post(listed(envs.dev), {"name": "d", "setupState": state})
        assert (answer.status, answer.paths) == (400, ["setupState.destination.cloudProviderSettings"])

    def test_secrets_within_are_refused(self, eng, envs):
        for within in ({"verificationToken": TOKEN}, {"settings": {"clientSecret": TOKEN}}):
            state = {"step": "a", "destination": {"cloudProviderSettings": within}}
            answer = eng.post(listed(envs.dev), {"name": "d", "setupState": state})
            assert (answer.status, TOKEN in str(answer.body)) == (400, False)
        state = {"step": "a", "destination": {"verificationToken": TOKEN}}
        assert make(eng, envs.dev, setupState=state)["setupState"] == {"step": "a", "destination": {}}

    def test_a_whole_one_comes_back_as_it_was_sent(self, eng, envs):
        within = {
            "name": " n ", "id": "0123ABCD-0000-4000-8000-000000000000", "authCredential": None,
            "cloudProviderSettings": cloud("azure/databricks", {}),
            "environment": {"id": str(envs.stg.pk).upper(), "environmentFlag": "Staging"},
        }  # fmt: skip
        state = HALF_DONE | {"destination": within}
        assert make(eng, envs.dev, setupState=state)["setupState"] == state


class TestWhatIsMadeElsewhere:
    def test_what_is_shown_can_be_sent_back(self, eng, envs):
        """Redox itself knows no credential of a whole organization, nor one of a strategy that it has no words for."""
        for credential in (
            make_credential(envs.stg.tenant),
            make_credential(envs.stg.tenant, environment=envs.stg),
        ):
            hook = make_destination(envs.stg.tenant, environment=envs.stg, auth_credential=credential)
            shown = eng.get(f"destinations/{hook.uuid}").destination
            assert shown["authCredential"] == str(credential.pk)
            assert eng.patch(f"destinations/{hook.uuid}", shown).destination == shown
            assert eng.get(f"authcredentials/{credential.pk}").status == 404
        other = make(eng, envs.stg, endpoint=HTTPS)
        answer = eng.patch(f"destinations/{other['id']}", {"authCredential": str(make_credential(envs.stg.tenant).pk)})
        assert (answer.status, answer.paths) == (400, ["authCredential"])

    def test_a_name_given_natively_is_the_name(self, eng, envs):
        made = make(eng, envs.dev, name="a")
        services.update(Destination.objects.get(), Draft(name="b"))
        assert eng.get(f"destinations/{made['id']}").destination["name"] == "b"


class TestVerifying:
    def test_what_is_in_a_cloud_is_told_how_it_is_verified(self, eng, envs):
        made = make(eng, envs.dev, cloudProviderSettings=DATABRICKS)
        for body in ({}, {"verificationToken": "t"}, {"endpoint": HTTPS, "verificationToken": "t"}):
            answer = eng.post(f"destinations/{made['id']}/verify", body)
            assert (answer.status, answer.paths) == (400, ["endpoint"])
            assert "in a cloud" in answer.payload["errors"][0]["message"]

    def test_what_is_not_complete_says_so(self, eng, envs):
        made = make(eng, envs.dev, verificationToken="t")
        answer = eng.post(f"destinations/{made['id']}/verify", {})
        assert (answer.status, answer.paths) == (400, ["endpoint"])


class TestSmart:
    def test_its_fields_begin_as_documented(self, eng):
        strategies = eng.get("authcredentials/strategies").payload["strategies"]
        assert strategies["SMART_Backend"]["availableFields"][:6] == [
            "grantType", "username", "password", "url", "grantTypeName", "clientIdName"
        ]  # fmt: skip

    def test_all_of_them_are_taken_and_no_secret_comes_back(self, eng, envs):
        given = {
            "authStrategy": "SMART_Backend", "grantType": "client_credentials", "username": "u",
            "url": "https://auth.example.com/token", "grantTypeName": "grant", "clientIdName": "id", "clientId": "c",
            "keyId": "k", "scopes": "a b",
        }  # fmt: skip
        made = shared(eng, envs.prd, **given, password="the-password", privateKey=RSA)
        assert made | given == made
        assert (made["hasPassword"], made["hasPrivateKey"]) == (True, True)
        assert not {"password", "privateKey"} & made.keys()
        assert "the-password" not in str(made)


def test_a_path_holds_what_no_database_can(eng):
    for path in ("organizations/%00/environments", "organizations/a%00b/environments", "destinations/%00"):
        assert eng.get(path).status == 404


def test_a_credential_of_a_body_without_a_place_is_refused(eng, envs):
    for wrong in ({"environmentId": None}, {"environmentId": 5}, {"organization": True}, {"organization": [123]}):
        assert eng.post("authcredentials", bearer(envs.dev) | wrong).status == 400


def test_of_two_changes_at_once_none_is_lost(eng, envs, monkeypatch):
    made = make(eng, envs.dev, setupState={"step": "a"})
    one = f"destinations/{made['id']}"
    bodies = ({"name": "n"}, {"setupState": None})
    answers = meet(monkeypatch, writing, "change", *[partial(eng.patch, one, body) for body in bodies])
    assert [answer.status for answer in answers] == [200, 200]
    shown = eng.get(one).destination
    assert (shown["name"], shown["setupState"]) == ("n", None)

"""The conformance cases R01 to R37 of the contract, over a real socket. Those of verifying are in test_verifying.py."""

import time
import uuid

import jwt
import pytest
from django.contrib.auth.models import User

from destinations.dialects.redox import tokens
from destinations.models import ConnectionCheck, Destination
from tests.dialects.redox.client import Redox
from tests.factories import make_destination, make_key

HTTPS = "https://x.example.com/in"
TOKEN = "s3cr3t-of-the-endpoint"
DATABRICKS = {
    "typeId": "azure",
    "productId": "databricks",
    "settings": {"containerName": "c-1", "fileNamePrefix": "in/", "storageAccountName": "acct1"},
}
HALF_DONE = {
    "step": "configure-destination",
    "destination": {
        "name": None, "id": None, "authCredential": None, "cloudProviderSettings": None, "environment": None
    },
}  # fmt: skip


def listed(environment):
    return f"environments/{environment.pk}/destinations"


def make(client, place, **body):
    answer = client.post(listed(place), {"name": "d", **body})
    assert answer.status == 200, answer.body
    return answer.destination


def bearer(environment, name="Token", **body):
    """A credential that serves an endpoint, unless another strategy is given with its fields."""
    client = {
        "authStrategy": "OAuth_2.0_2-legged",
        "grantType": "client_credentials",
        "url": "https://auth.example.com/token",
        "clientId": "the-client",
        "clientSecret": "its-secret",
    }
    place = {"organization": 123, "name": name, "environmentId": str(environment.pk)}
    return place | body if body.get("authStrategy") else place | client | body


def make_credential(client, environment, **body):
    answer = client.post("authcredentials", bearer(environment, **body))
    assert answer.status == 200, answer.body
    return answer.payload["credential"]


class TestCreating:
    def test_r01_a_name_is_enough(self, eng, envs):
        made = make(eng, envs.dev, name="d1")
        assert uuid.UUID(made["id"])
        assert (made["name"], made["setupState"], made["verified"]) == ("d1", None, False)
        assert made["environment"] == {"id": str(envs.dev.pk), "environmentFlag": "Development"}

    @pytest.mark.parametrize("name", ["", " ", 5, None, "x" * 256, ...])
    def test_r02_a_name_is_required(self, eng, envs, name):
        body = {} if name is ... else {"name": name}
        answer = eng.post(listed(envs.dev), body)
        assert (answer.status, answer.paths) == (400, ["name"])

    @pytest.mark.parametrize(("flag", "status"), [("dev", 200), ("stg", 400), ("prd", 400)])
    def test_r03_https_is_required_outside_of_development(self, eng, envs, flag, status):
        answer = eng.post(listed(getattr(envs, flag)), {"name": "d", "endpoint": "http://x.example.com/in"})
        assert answer.status == status
        assert status == 200 or answer.paths == ["endpoint"]

    def test_r04_the_verification_token_is_never_shown_again(self, eng, envs):
        made = make(eng, envs.stg, endpoint=HTTPS, verificationToken=TOKEN)
        answers = [made, eng.get(f"destinations/{made['id']}").body, eng.get(listed(envs.stg)).body]
        assert TOKEN not in str(answers)
        assert "verificationToken" not in str(answers)
        stored = Destination.objects.get()
        assert stored.credentials["verification_token"] == TOKEN
        assert TOKEN not in stored.sealed.ciphertext
        assert TOKEN not in str(stored.masked)

    def test_r05_the_settings_of_a_cloud_come_back(self, eng, envs):
        made = make(eng, envs.dev, cloudProviderSettings=DATABRICKS)
        assert made["cloudProviderSettings"] == DATABRICKS
        assert "endpoint" not in made
        stored = Destination.objects.get()
        assert (stored.type, stored.config) == (
            "azure_databricks", {"account": "acct1", "container": "c-1", "prefix": "in/"}
        )  # fmt: skip

    def test_r06_an_id_may_be_chosen_once(self, eng, envs):
        chosen = str(uuid.uuid4())
        assert make(eng, envs.dev, id=chosen.upper())["id"] == chosen
        again = eng.post(listed(envs.stg), {"name": "d", "id": chosen})
        assert (again.status, again.paths) == (400, ["id"])
        assert eng.post(listed(envs.dev), {"name": "d", "id": "no uuid"}).status == 400

    def test_r07_a_credential_must_be_of_the_same_environment(self, eng, stranger_to, envs):
        ours = make_credential(eng, envs.dev)["id"]
        theirs = make_credential(stranger_to, envs.other, organization=456)["id"]
        assert make(eng, envs.dev, authCredential=ours, endpoint=HTTPS)["authCredential"] == ours
        for wrong in (theirs, make_credential(eng, envs.stg)["id"], str(uuid.uuid4()), "none"):
            answer = eng.post(listed(envs.dev), {"name": "d", "authCredential": wrong})
            assert (answer.status, answer.paths) == (400, ["authCredential"])

    def test_r08_what_a_wizard_has_not_finished_is_kept_as_it_is(self, eng, envs):
        assert make(eng, envs.dev, setupState=HALF_DONE)["setupState"] == HALF_DONE
        assert eng.get(listed(envs.dev)).payload["destinations"][0]["setupState"] == HALF_DONE

    def test_r09_nothing_is_unfinished(self, eng, envs):
        assert make(eng, envs.dev, setupState=None)["setupState"] is None

    def test_r10_the_environment_in_the_body_is_that_of_the_path(self, eng, envs):
        for said in ({"id": str(envs.stg.pk)}, {"environmentFlag": "Prod"}, {"environmentFlag": "Staging"}, "dev"):
            assert eng.post(listed(envs.dev), {"name": "d", "environment": said}).status == 400
        make(eng, envs.dev, environment={"id": str(envs.dev.pk), "environmentFlag": "Development"})

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("endpoint", {"endpoint": "nonsense"}),
            ("endpoint", {"endpoint": "https://user:pass@x.example.com/"}),
            ("endpoint", {"endpoint": "https://x.example.com/#part"}),
            ("endpoint", {"endpoint": "https://[x/"}),
            ("endpoint", {"endpoint": 5}),
            ("endpoint", {"endpoint": HTTPS, "cloudProviderSettings": DATABRICKS}),
            ("verificationToken", {"endpoint": HTTPS, "verificationToken": 5}),
            ("verificationToken", {"endpoint": HTTPS, "verificationToken": "two words"}),
            ("setupState", {"setupState": 5}),
            ("setupState.step", {"setupState": {"step": 5}}),
            ("setupState.destination.id", {"setupState": {"step": "a", "destination": {"id": "no uuid"}}}),
            ("cloudProviderSettings", {"cloudProviderSettings": "azure"}),
            ("cloudProviderSettings", {"cloudProviderSettings": ""}),
            ("cloudProviderSettings.typeId", {"cloudProviderSettings": {}}),
            ("cloudProviderSettings.typeId", {"cloudProviderSettings": {"productId": "databricks"}}),
            ("cloudProviderSettings.settings", {"cloudProviderSettings": DATABRICKS | {"settings": []}}),
            ("cloudProviderSettings.settings.more", {"cloudProviderSettings": DATABRICKS | {"settings": {"more": ""}}}),
            (
                "cloudProviderSettings.settings.clientSecret",
                {"cloudProviderSettings": DATABRICKS | {"settings": {"clientSecret": "x"}}},
            ),
            (
                "cloudProviderSettings.settings.storageAccountName",
                {"cloudProviderSettings": DATABRICKS | {"settings": {"containerName": "c-1"}}},
            ),
            (
                "cloudProviderSettings.settings.containerName",
                {"cloudProviderSettings": DATABRICKS | {"settings": DATABRICKS["settings"] | {"containerName": "NO"}}},
            ),
        ],
    )
    def test_what_is_wrong_is_named_by_its_path(self, eng, envs, path, body):
        answer = eng.post(listed(envs.dev), {"name": "d", **body})
        assert (answer.status, path in answer.paths) == (400, True), answer.body
        assert not Destination.objects.exists()

    def test_settings_may_be_missing_while_the_set_up_goes_on(self, eng, envs):
        half = DATABRICKS | {"settings": {"containerName": "c-1"}}
        made = make(eng, envs.dev, cloudProviderSettings=half, setupState=HALF_DONE)
        assert made["cloudProviderSettings"] == half
        assert Destination.objects.get().incomplete

    def test_unknown_keys_are_ignored(self, eng, envs):
        assert "more" not in make(eng, envs.dev, more=1)

    def test_several_may_have_one_name(self, eng, envs):
        made = [make(eng, envs.dev, name="same") for _ in range(3)]
        assert [one["name"] for one in made] == ["same"] * 3
        assert sorted(Destination.objects.values_list("name", flat=True)) == ["same", "same 2", "same 3"]


class TestAccess:
    def test_r11_and_r12_a_role_is_needed_and_the_right_one(self, eng, sup, own, envs):
        made = make(eng, envs.dev)
        one = f"destinations/{made['id']}"
        calls = [
            ("POST", listed(envs.dev), {"name": "d"}), ("GET", listed(envs.dev), None), ("GET", one, None),
            ("PATCH", one, {"name": "n"}), ("DELETE", one, None), ("POST", f"{one}/verify", {}),
        ]  # fmt: skip
        for method, path, body in calls:
            assert sup.send(method, path, body).status == 403
            assert own.send(method, path, body).status == 404
        assert eng.get(one).destination["name"] == "d"

    def test_r12_what_belongs_to_others_does_not_exist(self, eng, stranger_to, envs):
        theirs = make(stranger_to, envs.other)
        assert eng.get(listed(envs.other)).status == 404
        for method, body in (("GET", None), ("PATCH", {"name": "n"}), ("DELETE", None)):
            assert eng.send(method, f"destinations/{theirs['id']}", body).status == 404

    @pytest.mark.parametrize("path", ["destinations/1", "environments/1/destinations", "authcredentials/1", "nowhere"])
    def test_an_id_that_is_none_and_a_path_that_is_none_are_not_found(self, eng, path):
        assert eng.get(path).status == 404

    @pytest.mark.parametrize("path", ["/redox", "/redox/", "/redox/platform/v2/destinations", "/redox/v2/auth"])
    def test_nothing_below_the_prefix_answers_otherwise(self, eng, path):
        assert eng.get(path).status == 404 if path != "/redox" else True

    def test_r13_a_token_is_needed_that_is_good(self, eng, envs, live_server):
        user_id = str(jwt.decode(eng.token, options={"verify_signature": False})["sub"])
        now = int(time.time())
        claims = {"iss": tokens.ISSUER, "sub": user_id, "iat": now - 600}
        expired = jwt.encode(claims | {"exp": now - 300}, tokens._secret(), "HS256")
        forged = jwt.encode(claims | {"exp": now + 300}, b"another key, that is long enough for this", "HS256")
        unsigned = jwt.encode(claims | {"exp": now + 300}, None, "none")
        for token in (None, "", "garbage", expired, forged, unsigned):
            for path in (listed(envs.dev), f"destinations/{uuid.uuid4()}", "authcredentials/strategies"):
                assert Redox(live_server.url, token).get(path).status == 401

    def test_a_key_of_landfall_serves_too(self, live_server, envs):
        key = Redox(live_server.url, make_key(envs.dev.tenant, "editor"))
        make(key, envs.dev)
        assert Redox(live_server.url, make_key(envs.dev.tenant, "viewer")).get(listed(envs.dev)).status == 403
        assert Redox(live_server.url, make_key(envs.other.tenant, "admin")).get(listed(envs.dev)).status == 404

    def test_r30_environments_are_those_of_ones_own(self, eng, sup, stranger_to, envs):
        shown = eng.get("organizations/123/environments").payload["environments"]
        assert [(one["id"], one["name"], one["environmentFlag"]) for one in shown] == [
            (str(one.pk), one.name, one.flag) for one in (envs.dev, envs.stg, envs.prd)
        ]
        assert all(one["organization"] == {"id": 123} for one in shown)
        assert len(sup.get("organizations/123/environments").payload["environments"]) == 1
        assert stranger_to.get("organizations/123/environments").status == 404


class TestRoles:
    @pytest.fixture
    def admin(self, live_server, envs):
        return Redox(live_server.url, make_key(envs.dev.tenant, "admin"))

    def test_an_admin_of_the_organization_assigns_the_one_role_of_a_person(self, admin, sup, envs):
        path = f"environments/{envs.dev.pk}/role-assignment"
        user = User.objects.get(username="sup")
        for name, status in (("engineer", 200), ("support", 403), ("Engineer", 200)):
            body = {"role": {"id": "r", "name": name}, "user": {"id": user.pk, "name": "Sup"}}
            assert admin.send("PUT", path, body).payload == {"success": True}
            assert sup.get(listed(envs.dev)).status == status
        assert user.memberships.count() == 1

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("role", {"user": {"id": 1}}),
            ("role.name", {"role": {"name": "owner"}, "user": {"name": "sup"}}),
            ("user", {"role": {"name": "support"}, "user": {"name": "nobody"}}),
            ("user", {"role": {"name": "support"}, "user": {"id": "x"}}),
            ("user", {"role": {"name": "support"}, "user": {"id": 10**17}}),
            ("user", {"role": {"name": "support"}, "user": "sup"}),
            ("user.name", {"role": {"name": "support"}, "user": {}}),
            ("user.name", {"role": {"name": "support"}, "user": {"name": 5}}),
        ],
    )
    def test_what_is_wrong_is_named(self, admin, sup, envs, path, body):
        answer = admin.send("PUT", f"environments/{envs.dev.pk}/role-assignment", body)
        assert (answer.status, answer.paths) == (400, [path])

    def test_nobody_can_be_tried_out_who_is_no_member(self, admin, stranger_to, live_server, envs):
        foreign = User.objects.get(username="foreign")
        answers = [
            self.assign(admin, envs, user)
            for user in ({"name": "foreign"}, {"name": "nobody"}, {"id": foreign.pk}, {"id": foreign.pk + 1000})
        ]
        assert [answer.status for answer in answers] == [400] * 4
        assert len({str(answer.body) for answer in answers}) == 1
        assert foreign.memberships.count() == 1
        of_installation = Redox(live_server.url, make_key(None, "admin"))
        assert self.assign(of_installation, envs, {"name": "foreign"}).status == 200
        assert stranger_to.get(listed(envs.dev)).status == 200

    def assign(self, client, envs, user):
        body = {"role": {"name": "engineer"}, "user": user}
        return client.send("PUT", f"environments/{envs.dev.pk}/role-assignment", body)

    def test_nobody_else_assigns_roles(self, eng, own, stranger_to, envs):
        body = {"role": {"name": "engineer"}, "user": {"name": "own"}}
        answers = [
            who.send("PUT", f"environments/{envs.dev.pk}/role-assignment", body) for who in (eng, own, stranger_to)
        ]
        assert [answer.status for answer in answers] == [403, 404, 404]


class TestReading:
    def test_r14_and_r15_a_list_holds_its_environment_only_and_what_one_answer_holds(self, eng, envs):
        first, second = make(eng, envs.dev, name="a"), make(eng, envs.dev, name="b", endpoint=HTTPS)
        make(eng, envs.stg)
        shown = eng.get(listed(envs.dev)).payload["destinations"]
        assert shown == [first, second]
        assert eng.get(f"destinations/{second['id']}").destination == second
        assert eng.get(f"destinations/{second['id']}/").destination == second

    def test_what_was_made_elsewhere_is_shown_if_redox_has_words_for_it(self, eng, envs):
        hook = make_destination(envs.dev.tenant, environment=envs.dev, name="Hook")
        make_destination(envs.dev.tenant, name="In no environment")
        broker = {"host": "mq.example.com", "exchange": "e"}
        make_destination(
            envs.dev.tenant, type="rabbitmq", environment=envs.dev, config=broker,
            credentials={"username": "u", "password": "p"},
        )  # fmt: skip
        (shown,) = eng.get(listed(envs.dev)).payload["destinations"]
        assert (shown["id"], shown["name"], shown["endpoint"]) == (str(hook.uuid), "Hook", hook.config["url"])

    def test_r34_pages(self, eng, envs):
        for number in range(60):
            make_destination(envs.dev.tenant, environment=envs.dev, name=f"d{number}")
        assert len(eng.get(listed(envs.dev)).payload["destinations"]) == 60
        page = eng.get(f"{listed(envs.dev)}?_page=2&_count=50")
        assert [one["name"] for one in page.payload["destinations"]] == [f"d{number}" for number in range(50, 60)]
        assert page.body["meta"]["page"]["currentPage"] == 2
        for wrong in ("_page=0", "_page=x", "_count=51", "_count=0", "_page=-1"):
            assert eng.get(f"{listed(envs.dev)}?{wrong}").status == 400


class TestChanging:
    def test_r16_only_what_is_named_changes(self, eng, envs):
        made = make(eng, envs.dev, endpoint=HTTPS)
        answer = eng.patch(f"destinations/{made['id']}", {"name": "n2"})
        assert answer.destination == made | {"name": "n2"}

    def test_a_whole_object_sent_back_changes_nothing(self, eng, envs):
        made = make(eng, envs.dev, cloudProviderSettings=DATABRICKS, setupState=HALF_DONE)
        assert eng.patch(f"destinations/{made['id']}", made).destination == made

    def test_r17_plain_http_is_refused_later_too(self, eng, envs):
        made = make(eng, envs.prd, endpoint=HTTPS)
        answer = eng.patch(f"destinations/{made['id']}", {"endpoint": "http://y.example.com"})
        assert (answer.status, answer.paths) == (400, ["endpoint"])
        assert eng.get(f"destinations/{made['id']}").destination["endpoint"] == HTTPS

    def test_r19_the_cloud_product_never_changes(self, eng, envs):
        made = make(eng, envs.dev, cloudProviderSettings=DATABRICKS)
        one = f"destinations/{made['id']}"
        for changed in ({"productId": "blob-storage"}, {"typeId": "aws", "productId": "s3", "settings": {}}):
            assert eng.patch(one, {"cloudProviderSettings": DATABRICKS | changed}).status == 400
        assert eng.patch(one, {"endpoint": HTTPS}).status == 400
        moved = DATABRICKS | {"settings": {"containerName": "c-2"}}
        settings = eng.patch(one, {"cloudProviderSettings": moved}).destination["cloudProviderSettings"]["settings"]
        assert settings == DATABRICKS["settings"] | {"containerName": "c-2"}
        hook = make(eng, envs.dev, endpoint=HTTPS)
        assert eng.patch(f"destinations/{hook['id']}", {"cloudProviderSettings": DATABRICKS}).status == 400

    def test_an_endpoint_is_never_sent_anything_before_it_has_a_token(self, eng, envs):
        made = make(eng, envs.dev, endpoint=HTTPS)
        assert Destination.objects.get().incomplete
        eng.patch(f"destinations/{made['id']}", {"verificationToken": TOKEN})
        stored = Destination.objects.get()
        assert (stored.incomplete, stored.config["verification"]) == (False, "POST")
        assert not ConnectionCheck.objects.exists()

    def test_another_host_is_not_given_what_the_first_one_was(self, eng, envs):
        credential = make_credential(eng, envs.stg)["id"]
        made = make(eng, envs.stg, endpoint=HTTPS, verificationToken=TOKEN, authCredential=credential)
        one, moved = f"destinations/{made['id']}", {"endpoint": "https://y.example.com/in"}
        for given, asked in (
            ({}, ["verificationToken", "authCredential"]),
            ({"verificationToken": TOKEN}, ["authCredential"]),
            ({"authCredential": credential}, ["verificationToken"]),
        ):
            answer = eng.patch(one, moved | given)
            assert (answer.status, answer.paths) == (400, asked)
        assert eng.get(one).destination == made
        whole = moved | {"verificationToken": TOKEN, "authCredential": credential}
        assert eng.patch(one, whole).destination["endpoint"] == moved["endpoint"]

    def test_what_had_only_a_name_becomes_what_it_is_given(self, eng, envs):
        hook, cloud = make(eng, envs.dev), make(eng, envs.dev)
        assert eng.patch(f"destinations/{hook['id']}", {"endpoint": HTTPS}).destination["endpoint"] == HTTPS
        changed = eng.patch(f"destinations/{cloud['id']}", {"cloudProviderSettings": DATABRICKS})
        assert changed.destination["cloudProviderSettings"] == DATABRICKS

    @pytest.mark.parametrize("body", [{"id": str(uuid.uuid4())}, {"environment": {"id": str(uuid.uuid4())}}, [], "x"])
    def test_what_never_changes_is_refused(self, eng, envs, body):
        made = make(eng, envs.dev)
        assert eng.patch(f"destinations/{made['id']}", body).status == 400

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("environments/{e}/destinations", ("PUT", "PATCH", "DELETE")),
            ("destinations/{d}", ("PUT", "POST")),
            ("destinations/{d}/verify", ("GET", "PUT", "PATCH", "DELETE")),
            ("authcredentials", ("GET", "PUT", "PATCH", "DELETE")),
        ],
    )
    def test_r20_methods_that_are_none_are_refused(self, eng, envs, path, methods):
        target = path.format(e=envs.dev.pk, d=make(eng, envs.dev)["id"])
        assert [eng.send(method, target, {}).status for method in methods] == [405] * len(methods)

    def test_r29_a_destination_is_deleted_once(self, eng, envs, settings):
        one = f"destinations/{make(eng, envs.dev)['id']}"
        assert isinstance(eng.delete(one).payload["message"], str)
        assert (eng.delete(one).status, eng.get(one).status) == (404, 404)
        production = f"destinations/{make(eng, envs.prd)['id']}"
        settings.REDOX_ALLOW_PRODUCTION_DELETE = False
        assert eng.delete(production).status == 403
        settings.REDOX_ALLOW_PRODUCTION_DELETE = True
        assert eng.delete(production).status == 200


class TestBodies:
    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"name": NaN}', b'{"name":"a","name":"b"}'])
    def test_what_is_no_object_of_json_is_refused(self, eng, envs, raw):
        assert eng.send("POST", listed(envs.dev), raw=raw).status == 400

    def test_r35_a_body_over_ten_megabytes_is_too_large(self, eng, envs):
        assert eng.send("POST", listed(envs.dev), raw=b" " * (10 * 2**20 + 1)).status == 413


class TestClouds:
    @pytest.mark.parametrize("pair", [("foo", "bar"), ("azure", "foo"), ("gcp", "fabric")])
    def test_r36_an_unknown_product_is_refused_unless_the_installation_keeps_it(self, eng, envs, settings, pair):
        cloud = {"typeId": pair[0], "productId": pair[1], "settings": {"any": {"thing": 1}}}
        assert eng.post(listed(envs.dev), {"name": "d", "cloudProviderSettings": cloud}).status == 400
        settings.REDOX_UNKNOWN_CLOUD = "opaque"
        made = make(eng, envs.dev, cloudProviderSettings=cloud)
        assert (made["cloudProviderSettings"], made["verified"]) == (cloud, False)
        assert eng.patch(f"destinations/{made['id']}", {"name": "n"}).destination == made | {"name": "n"}
        assert not ConnectionCheck.objects.exists()

    @pytest.mark.parametrize(
        ("pair", "native", "values"),
        [
            ("azure/blob-storage", "azure_databricks", {"storageAccountName": "acct", "containerName": "con"}),
            (
                "azure/fabric",
                "azure_fabric",
                {"workspaceName": "My Workspace", "lakehouseName": "Lake", "fileNamePrefix": "in/"},
            ),
            (
                "azure/health-data-services",
                "azure_health_data_services",
                {"fhirServerUrl": "https://w-f.fhir.azurehealthcareapis.com"},
            ),
            ("aws/healthlake", "aws_healthlake", {"datastoreId": "0123456789abcdef" * 2, "region": "us-west-2"}),
            (
                "gcp/healthcare-api",
                "gcp_healthcare",
                {"projectId": "the-project", "location": "us", "datasetId": "d", "fhirStoreId": "s"},
            ),
            ("aws/s3", "aws_s3", {"bucketName": "the-bucket", "region": "us-west-2", "fileNamePrefix": "in/"}),
            ("aws/databricks", "aws_s3", {"bucketName": "the-bucket", "region": "us-west-2"}),
            ("aws/kinesis", "aws_kinesis", {"streamName": "stream", "region": "us-west-2"}),
            ("gcp/cloud-storage", "google_cloud_storage", {"bucketName": "the-bucket"}),
            ("gcp/databricks", "google_cloud_storage", {"bucketName": "the-bucket", "fileNamePrefix": "in/"}),
            ("gcp/bigquery", "bigquery", {"projectId": "the-project", "datasetId": "d", "tableId": "t"}),
            ("gcp/pubsub", "gcp_pubsub", {"projectId": "the-project", "topicId": "topic"}),
            (
                "snowflake/snowflake",
                "snowflake",
                {
                    "accountIdentifier": "org-account", "databaseName": "DB", "schemaName": "PUBLIC",
                    "stageName": "STAGE", "warehouseName": "WH",
                },
            ),
        ],
    )  # fmt: skip
    def test_every_product_of_the_catalogue_is_a_native_type(self, eng, envs, pair, native, values):
        type_id, product_id = pair.split("/")
        cloud = {"typeId": type_id, "productId": product_id, "settings": values}
        made = make(eng, envs.dev, cloudProviderSettings=cloud)
        assert made["cloudProviderSettings"] == cloud
        assert Destination.objects.get().type == native


class TestCredentials:
    def test_r31_secrets_are_only_said_to_be_there(self, eng, envs):
        made = make_credential(eng, envs.dev, scopes="a b", noBasic=True, defaultExpirationSeconds=60)
        assert (made["hasClientSecret"], made["hasPassword"]) == (True, False)
        assert (made["clientId"], made["noBasic"], made["defaultExpirationSeconds"]) == ("the-client", True, 60)
        assert (made["organization"], made["environmentId"]) == (123, str(envs.dev.pk))
        one = eng.get(f"authcredentials/{made['id']}")
        assert one.payload["credential"] == made
        assert eng.get(f"environments/{envs.dev.pk}/authcredentials").payload["credentials"] == [made]
        assert "clientSecret" not in made
        assert "its-secret" not in str(one.body)

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("url", {"url": None}),
            ("grantType", {"grantType": None}),
            ("grantType", {"grantType": "implicit"}),
            ("authStrategy", {"authStrategy": "Basic"}),
            ("authStrategy", {"authStrategy": None}),
            ("organization", {"organization": 456}),
            ("organization", {"organization": None}),
            ("environmentId", {"environmentId": "none"}),
            ("name", {"name": ""}),
            ("noBasic", {"noBasic": "yes"}),
            ("defaultExpirationSeconds", {"defaultExpirationSeconds": True}),
            ("contentType", {"contentType": "text/plain"}),
            ("clientSecert", {"clientSecert": "misspelt"}),
            ("clientSecret", {"clientSecret": 5}),
            ("password", {"grantType": "password", "username": "u"}),
        ],
    )
    def test_r31_what_is_wrong_is_named(self, eng, envs, path, body):
        answer = eng.post("authcredentials", bearer(envs.dev, **body))
        assert (answer.status, answer.paths) == (400, [path]), answer.body
        assert "misspelt" not in str(answer.body)

    def test_a_token_url_is_held_to_https_where_endpoints_are(self, eng, envs):
        for environment, status in ((envs.dev, 200), (envs.stg, 400), (envs.prd, 400)):
            answer = eng.post("authcredentials", bearer(environment, url="http://auth.example.com/token"))
            assert answer.status == status
            assert status == 200 or answer.paths == ["url"]

    def test_a_credential_changes_key_by_key(self, eng, envs):
        made = make_credential(eng, envs.dev)
        one = f"authcredentials/{made['id']}"
        changed = eng.patch(one, {"name": "New", "clientSecret": None, "audience": "them"}).payload["credential"]
        moment = {"updatedAt": changed["updatedAt"]}
        assert changed == made | moment | {"name": "New", "hasClientSecret": False, "audience": "them"}
        assert eng.patch(one, changed).status == 200
        for wrong in ({"authStrategy": "AwsSigv4"}, {"environmentId": str(envs.stg.pk)}, {"url": None}):
            assert eng.patch(one, wrong).status == 400

    def test_another_token_url_is_not_given_the_secret_there_was(self, eng, envs):
        made = make_credential(eng, envs.dev)
        one, moved = f"authcredentials/{made['id']}", {"url": "https://elsewhere.example.net/token"}
        for given in ({}, {"hasClientSecret": True}):
            answer = eng.patch(one, moved | given)
            assert (answer.status, answer.paths) == (400, ["clientSecret"])
        assert eng.get(one).payload["credential"] == made
        changed = eng.patch(one, moved | {"clientSecret": "its-secret"}).payload["credential"]
        assert changed["url"] == moved["url"]

    def test_r32_a_credential_in_use_stays(self, eng, envs):
        made = make_credential(eng, envs.dev)
        used = make(eng, envs.dev, endpoint=HTTPS, authCredential=made["id"])
        refused = eng.delete(f"authcredentials/{made['id']}")
        assert refused.status == 400
        assert "1 destination" in refused.payload["message"]
        detached = eng.patch(f"destinations/{used['id']}", {"authCredential": None})
        assert "authCredential" not in detached.destination
        answer = eng.delete(f"authcredentials/{made['id']}")
        assert answer.payload == {"message": f"Auth credential id [{made['id']}] was successfully deleted."}
        assert eng.get(f"authcredentials/{made['id']}").status == 404

    def test_r33_strategies_tell_their_fields(self, eng):
        strategies = eng.get("authcredentials/strategies").payload["strategies"]
        assert strategies["AwsSigv4"]["availableFields"] == [
            "accessKey", "secretKey", "serviceName", "awsRegion", "sessionToken"
        ]  # fmt: skip
        assert set(strategies) >= {"GoogleWIF", "OAuth_2.0_2-legged", "SMART_Backend"}
        assert len(strategies["OAuth_2.0_2-legged"]["availableFields"]) == 21
        assert len(strategies["GoogleWIF"]["availableFields"]) == 8

    def test_any_role_looks_and_only_engineers_write(self, eng, sup, own, stranger_to, envs):
        one = f"authcredentials/{make_credential(eng, envs.dev)['id']}"
        many = f"environments/{envs.dev.pk}/authcredentials"
        assert [sup.get(path).status for path in (one, many)] == [200, 200]
        writes = [("POST", "authcredentials", bearer(envs.dev)), ("PATCH", one, {"name": "n"}), ("DELETE", one, None)]
        for method, path, body in writes:
            assert sup.send(method, path, body).status == 403
            assert own.send(method, path, body).status == 404
            assert stranger_to.send(method, path, body).status == 404
        assert [stranger_to.get(path).status for path in (one, many)] == [404, 404]

    def test_a_cloud_is_complete_with_the_credential_it_signs_in_with(self, eng, envs):
        url = "https://login.microsoftonline.us/01234567-89ab-cdef-0123-456789abcdef/oauth2/v2.0/token"
        fit = make_credential(eng, envs.dev, url=url, clientId="fedcba98-7654-3210-fedc-ba9876543210")
        made = make(eng, envs.dev, cloudProviderSettings=DATABRICKS, authCredential=fit["id"])
        stored = Destination.objects.get(uuid=made["id"])
        assert (stored.incomplete, stored.credentials) == (False, {})
        assert stored.config["storage_endpoint_suffix"] == "core.usgovcloudapi.net"
        assert ConnectionCheck.objects.get().status == "queued"
        other = make_credential(eng, envs.dev)
        answer = eng.patch(f"destinations/{made['id']}", {"authCredential": other["id"]})
        assert (answer.status, answer.paths) == (400, ["authCredential"])


def test_reading_and_listing_never_decrypt(eng, envs, monkeypatch):
    credential = make_credential(eng, envs.dev)
    made = make(eng, envs.dev, endpoint=HTTPS, verificationToken=TOKEN, authCredential=credential["id"])

    def refuse(*_):
        raise AssertionError("Something was decrypted.")

    monkeypatch.setattr("destinations.sealing.Sealed.open", refuse)
    for path in (listed(envs.dev), f"destinations/{made['id']}", f"environments/{envs.dev.pk}/authcredentials"):
        assert eng.get(path).status == 200
    assert eng.get(f"authcredentials/{credential['id']}").status == 200

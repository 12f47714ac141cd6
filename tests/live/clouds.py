"""Types of stores in clouds: buckets, containers, and Google's services, which all sign in alike."""

import json
from dataclasses import replace

from connectors.probes import entra as entra_probe
from connectors.probes.blob import container as blob_container
from connectors.probes.google import fhir_stores, storage, tables, topics
from connectors.probes.onelake import lakehouse as onelake_lakehouse
from tests.connectors.aws_resources import name_for
from tests.live.declaring import MISSING_RESOURCE, NO_PERMISSION, TLS_MISMATCH, WRONG_CREDENTIAL, Broken, Live, live
from tests.servers import azure
from tests.servers.bigquery import DENIED, TABLES, Project
from tests.servers.entra import CLIENT, SECRET, TENANT
from tests.servers.fhir import REGION, STORE, statement
from tests.servers.google import make_key, newer_refusal, refusal, service_account
from tests.servers.s3 import ADMIN, READER

FHIR_STORE = "/v1/projects/the-project/locations/europe-west3/datasets/clinic/fhirStores/records"
TOPIC = "/v1/projects/the-project/topics/events"


def _bucket(request, **config):
    """A bucket of the test's own on a real S3 service, behind TLS that the system does not trust."""
    server = request.getfixturevalue("s3")
    bucket = server.create(name_for(request.node.nodeid))
    return Live(
        {"endpoint": server.endpoint(), "bucket": bucket, "prefix": "landing/", **config},
        ADMIN.credentials,
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"secret_access_key": "not-the-secret-of-the-admin"}),
            MISSING_RESOURCE: Broken("not_found", {"bucket": "there-is-none"}),
            NO_PERMISSION: Broken("forbidden", credentials=READER.credentials),
            TLS_MISMATCH: Broken("tls", {"endpoint": server.tls_endpoint()}),
        },
    )


@live("aws_s3")
def aws_s3(request):
    return _bucket(request, region="us-east-1")


@live("aws_s3_policy")
def aws_s3_policy(request):
    server, settings = request.getfixturevalue("s3"), request.getfixturevalue("settings")
    settings.AWS_ENDPOINT = server.endpoint()
    bucket = server.create(name_for(request.node.nodeid))
    file = "landfall-challenge-file-of-the-test"
    server.request("PUT", f"/{bucket}/{file}")

    def given(person=ADMIN, secret="", endpoint=""):
        def give():
            settings.AWS_ACCESS_KEY_ID = person.access_key_id
            settings.AWS_SECRET_ACCESS_KEY = secret or person.secret_access_key
            settings.AWS_ENDPOINT = endpoint or server.endpoint()

        return give

    return Live(
        {"bucket": bucket, "challenge_file": file},
        {},
        {
            WRONG_CREDENTIAL: Broken("denied", outside=given(secret="not-the-secret-of-the-admin")),
            MISSING_RESOURCE: Broken("not_found", {"challenge_file": "landfall-challenge-file-of-nobody"}),
            NO_PERMISSION: Broken("forbidden", outside=given(READER)),
            TLS_MISMATCH: Broken("tls", outside=given(endpoint=server.tls_endpoint())),
        },
    )


@live("oracle_cloud_storage")
def oracle_cloud_storage(request):
    return _bucket(request, region="us-ashburn-1", namespace="axexample0000")


@live("s3_compatible")
def s3_compatible(request):
    endpoint = request.getfixturevalue("s3").tls_endpoint()
    trusted = {"ca_certificate": request.getfixturevalue("authority").pem}
    made = _bucket(request, endpoint=endpoint, use_path_style=True, **trusted)
    mismatch = Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem})
    return replace(made, broken={**made.broken, TLS_MISMATCH: mismatch})


@live("azure_blob_storage")
def azure_blob_storage(request):
    server = request.getfixturevalue("azurite_tls")
    container = server.create(name_for(request.node.nodeid))
    trusted = {"ca_certificate": request.getfixturevalue("authority").pem}
    return Live(
        {"account": azure.ACCOUNT, "container": container, "endpoint": server.endpoint(), **trusted},
        {"sas_token": azure.account_sas()},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"sas_token": azure.account_sas(key=azure.KEY[4:])}),
            MISSING_RESOURCE: Broken("not_found", {"container": "there-is-none"}),
            NO_PERMISSION: Broken("forbidden", credentials={"sas_token": azure.account_sas("rl")}),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


@live("azure_databricks")
def azure_databricks(request):
    server, monkeypatch = request.getfixturevalue("azurite_entra"), request.getfixturevalue("monkeypatch")
    request.getfixturevalue("system_trust")
    monkeypatch.setitem(entra_probe.CLOUDS, "core.windows.net", request.getfixturevalue("entra").url)
    monkeypatch.setattr(blob_container, "SERVICE", server.endpoint())
    forbidding = request.getfixturevalue("forbidding_storage").url("/", "localhost")

    def at(url):
        return lambda: monkeypatch.setattr(blob_container, "SERVICE", url)

    return Live(
        {"account": azure.ACCOUNT, "container": server.create(name_for(request.node.nodeid)), "prefix": "in/"},
        {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"client_secret": "not-the-secret-of-the-client"}),
            MISSING_RESOURCE: Broken("not_found", {"container": "there-is-none"}),
            NO_PERMISSION: Broken("forbidden", outside=at(forbidding)),
            TLS_MISMATCH: Broken("tls", outside=at(server.endpoint("127.0.0.1"))),
        },
    )


@live("azure_fabric")
def azure_fabric(request):
    server, monkeypatch = request.getfixturevalue("azurite_entra"), request.getfixturevalue("monkeypatch")
    request.getfixturevalue("system_trust")
    monkeypatch.setitem(entra_probe.CLOUDS, entra_probe.PUBLIC, request.getfixturevalue("entra").url)
    monkeypatch.setattr(onelake_lakehouse, "SERVICE", server.endpoint())
    forbidding = request.getfixturevalue("forbidding_storage").url("", "localhost")
    workspace = server.create(name_for(request.node.nodeid))
    server.put(workspace, "Lake.Lakehouse/Files")

    def at(url):
        return lambda: monkeypatch.setattr(onelake_lakehouse, "SERVICE", url)

    return Live(
        {"workspace": workspace, "lakehouse": "Lake", "prefix": "in/"},
        {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"client_secret": "not-the-secret-of-the-client"}),
            MISSING_RESOURCE: Broken("not_found", {"lakehouse": "Nothing"}),
            NO_PERMISSION: Broken("forbidden", outside=at(forbidding)),
            TLS_MISMATCH: Broken("tls", outside=at(server.endpoint("127.0.0.1"))),
        },
    )


@live("azure_health_data_services")
def azure_health_data_services(request):
    service = request.getfixturevalue("azure_fhir")
    request.getfixturevalue("system_trust")
    login = request.getfixturevalue("entra").url
    request.getfixturevalue("monkeypatch").setitem(entra_probe.CLOUDS, entra_probe.PUBLIC, login)
    return Live(
        {"fhir_server_url": service.url},
        {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"client_secret": "not-the-secret-of-the-client"}),
            MISSING_RESOURCE: Broken("not_found", {"fhir_server_url": service.url.replace("/fhir", "/nothing")}),
            NO_PERMISSION: Broken("forbidden", outside=service.rights.clear),
            TLS_MISMATCH: Broken("tls", {"fhir_server_url": service.url.replace("localhost", "127.0.0.1")}),
        },
    )


@live("aws_healthlake")
def aws_healthlake(request):
    service = request.getfixturevalue("healthlake")
    request.getfixturevalue("system_trust")
    return Live(
        {"datastore_id": STORE, "region": REGION, "endpoint": service.url},
        service.keys("owner"),
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"secret_access_key": "another secret, with blanks"}),
            MISSING_RESOURCE: Broken("not_found", {"datastore_id": "f" * 32}),
            NO_PERMISSION: Broken("forbidden", credentials=service.keys("reader")),
            TLS_MISMATCH: Broken("tls", {"endpoint": service.url.replace("localhost", "127.0.0.1")}),
        },
    )


def _google(request, module, config, missing, refused):
    """What `module` speaks to stands here. `refused` has the requests that somebody without rights is refused."""
    google, monkeypatch = request.getfixturevalue("google"), request.getfixturevalue("monkeypatch")
    monkeypatch.setattr(module, "SERVICE", replace(module.SERVICE, url=google.url))
    other = {"service_account_json": service_account(make_key(), google.token_uri)}
    return Live(
        config,
        google.credentials,
        {
            WRONG_CREDENTIAL: Broken("denied", credentials=other),
            MISSING_RESOURCE: Broken("not_found", missing),
            NO_PERMISSION: Broken("forbidden", outside=lambda: google.answers.update(refused)),
            TLS_MISMATCH: Broken("tls", {"endpoint": request.getfixturevalue("https_server").url("", "localhost")}),
        },
    )


@live("google_cloud_storage")
def google_cloud_storage(request):
    emulator = request.getfixturevalue("gcs")
    bucket = emulator.create(name_for(request.node.nodeid))
    request.getfixturevalue("google").behind = emulator.port
    refused = {f"POST /upload/storage/v1/b/{bucket}/o": refusal(403, "forbidden")}
    return _google(request, storage, {"bucket": bucket, "prefix": "in/"}, {"bucket": "there-is-none"}, refused)


@live("bigquery")
def bigquery(request):
    Project(request.getfixturevalue("google"))
    config = {"project_id": "the-project", "dataset": "lake", "location": "EU"}
    return _google(request, tables, config, {"dataset": "nothing"}, {f"POST {TABLES}": DENIED})


@live("gcp_pubsub")
def gcp_pubsub(request):
    request.getfixturevalue("google").answers = {
        f"GET {TOPIC}": (200, {"name": TOPIC.removeprefix("/v1/")}),
        f"POST {TOPIC}:testIamPermissions": lambda asked: (200, json.loads(asked.body)),
    }
    refused = {f"POST {TOPIC}:testIamPermissions": newer_refusal(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")}
    return _google(request, topics, {"project_id": "the-project", "topic": "events"}, {"topic": "nothing"}, refused)


@live("gcp_healthcare")
def gcp_healthcare(request):
    request.getfixturevalue("google").answers = {
        f"GET {FHIR_STORE}": (200, {"name": FHIR_STORE.removeprefix("/v1/")}),
        f"GET {FHIR_STORE}/fhir/metadata": (200, statement()),
        f"POST {FHIR_STORE}:testIamPermissions": lambda asked: (200, json.loads(asked.body)),
    }
    config = {"project_id": "the-project", "location": "europe-west3", "dataset": "clinic", "fhir_store": "records"}
    refused = {f"POST {FHIR_STORE}:testIamPermissions": newer_refusal(403, "PERMISSION_DENIED")}
    return _google(request, fhir_stores, config, {"fhir_store": "nothing"}, refused)

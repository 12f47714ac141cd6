"""Places in clouds, checked for real with a credential that is attached and no secret of their own."""

import json
from dataclasses import replace

import pytest

from connectors.probes import entra as entra_probe
from connectors.probes.blob import container as blob_container
from connectors.probes.google import fhir_stores
from connectors.probes.onelake import lakehouse as onelake_lakehouse
from destinations import checking, services
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tests.connectors.aws_resources import name_for
from tests.dialects.redox.test_conformance import bearer, make, make_credential
from tests.dialects.redox.test_verifying import WIF
from tests.servers import azure, fhir
from tests.servers.entra import CLIENT, SECRET, TENANT
from tests.servers.google import EMAIL, KEY_ID, pem
from tests.servers.s3 import ADMIN


@pytest.fixture
def container(request, azurite_entra, entra, system_trust, monkeypatch):
    """On Microsoft's own emulator, which takes tokens of a stand-in for Entra."""
    monkeypatch.setitem(entra_probe.CLOUDS, "core.windows.net", entra.url)
    monkeypatch.setattr(blob_container, "SERVICE", azurite_entra.endpoint())
    return azurite_entra.create(name_for(request.node.nodeid))


def swept(made, status="passed"):
    """The outcome of the check that was asked for when the destination was written."""
    assert checking.sweep() >= 1
    check = ConnectionCheck.objects.filter(destination__uuid=made["id"]).latest("queued_at")
    assert check.status == status, check.message
    return check


def test_databricks_on_azure_signs_in_with_what_is_attached(eng, envs, container, entra):
    cloud = {
        "typeId": "azure",
        "productId": "databricks",
        "settings": {"containerName": container, "fileNamePrefix": "in/", "storageAccountName": azure.ACCOUNT},
    }
    login = {"url": f"{entra.url}/{TENANT}/oauth2/v2.0/token", "clientId": CLIENT, "clientSecret": SECRET}
    credential = eng.post("authcredentials", bearer(envs.prd, **login)).payload["credential"]
    made = make(eng, envs.prd, cloudProviderSettings=cloud, authCredential=credential["id"])
    assert made["verified"] is False
    swept(made)
    assert Destination.objects.get().credentials == {}
    shown = eng.get(f"destinations/{made['id']}").destination
    assert (shown["verified"], shown["cloudProviderSettings"]) == (True, cloud)

    eng.patch(f"authcredentials/{credential['id']}", {"clientSecret": "another"})
    assert eng.get(f"destinations/{made['id']}").destination["verified"] is False
    services.request_check(Destination.objects.get())
    assert swept(made, "failed").code == "denied"


def test_a_bucket_signs_in_with_what_is_attached(request, eng, envs, s3):
    bucket = s3.create(name_for(request.node.nodeid))
    cloud = {"typeId": "aws", "productId": "databricks", "settings": {"bucketName": bucket, "region": "us-east-1"}}
    key = {
        "organization": 123,
        "name": "Key",
        "environmentId": str(envs.dev.pk),
        "authStrategy": "AwsSigv4",
        "accessKey": ADMIN.credentials["access_key_id"],
        "secretKey": ADMIN.credentials["secret_access_key"],
        "serviceName": "s3",
    }
    credential = eng.post("authcredentials", key).payload["credential"]
    assert (credential["hasSecretKey"], credential["accessKey"]) == (True, key["accessKey"])
    made = make(eng, envs.dev, cloudProviderSettings=cloud)
    assert Destination.objects.get().incomplete
    # Redox has no setting for an endpoint other than Amazon's: this one is set natively.
    services.update(Destination.objects.get(), Draft(config={"endpoint": s3.endpoint()}))
    attached = eng.patch(f"destinations/{made['id']}", {"authCredential": credential["id"]}).destination
    assert attached["cloudProviderSettings"] == cloud
    swept(made)
    assert eng.get(f"destinations/{made['id']}").destination["verified"] is True


def entra_login(eng, environment, entra):
    login = {"url": f"{entra.url}/{TENANT}/oauth2/v2.0/token", "clientId": CLIENT, "clientSecret": SECRET}
    return make_credential(eng, environment, **login)["id"]


def verified(eng, made):
    swept(made)
    assert Destination.objects.get().credentials == {}
    return eng.get(f"destinations/{made['id']}").destination["verified"]


@pytest.fixture
def workspace(container, azurite_entra, monkeypatch):
    """With one lakehouse, in the same emulator, which speaks OneLake's API."""
    monkeypatch.setattr(onelake_lakehouse, "SERVICE", azurite_entra.endpoint())
    azurite_entra.put(container, "Lake.Lakehouse/Files")
    return container


def test_a_lakehouse_signs_in_with_what_is_attached(eng, envs, workspace, entra):
    cloud = {
        "typeId": "azure",
        "productId": "fabric",
        "settings": {"workspaceName": workspace, "lakehouseName": "Lake", "fileNamePrefix": "in/"},
    }
    credential = entra_login(eng, envs.prd, entra)
    made = make(eng, envs.prd, cloudProviderSettings=cloud, authCredential=credential)
    assert (made["cloudProviderSettings"], made["verified"]) == (cloud, False)
    assert verified(eng, made) is True


@pytest.mark.usefixtures("system_trust")
def test_a_fhir_service_of_azure_signs_in_with_what_is_attached(eng, envs, azure_fhir, entra, monkeypatch):
    monkeypatch.setitem(entra_probe.CLOUDS, "core.windows.net", entra.url)
    settings = {"fhirServerUrl": azure_fhir.url}
    cloud = {"typeId": "azure", "productId": "health-data-services", "settings": settings}
    credential = entra_login(eng, envs.prd, entra)
    made = make(eng, envs.prd, cloudProviderSettings=cloud, authCredential=credential)
    assert (made["cloudProviderSettings"], made["verified"]) == (cloud, False)
    assert verified(eng, made) is True
    azure_fhir.rights.clear()
    services.request_check(Destination.objects.get())
    assert swept(made, "failed").code == "forbidden"
    assert eng.get(f"destinations/{made['id']}").destination["verified"] is False


@pytest.mark.usefixtures("system_trust")
def test_a_data_store_signs_in_with_what_is_attached(eng, envs, healthlake):
    settings = {"datastoreId": fhir.STORE, "region": fhir.REGION}
    cloud = {"typeId": "aws", "productId": "healthlake", "settings": settings}
    keys = healthlake.keys("owner")
    key = {
        "authStrategy": "AwsSigv4",
        "accessKey": keys["access_key_id"],
        "secretKey": keys["secret_access_key"],
        "serviceName": "healthlake",
    }
    credential = make_credential(eng, envs.dev, **key)
    made = make(eng, envs.dev, cloudProviderSettings=cloud)
    # Redox has no setting for an endpoint other than Amazon's: this one is set natively.
    services.update(Destination.objects.get(), Draft(config={"endpoint": healthlake.url}))
    attached = eng.patch(f"destinations/{made['id']}", {"authCredential": credential["id"]}).destination
    assert (attached["cloudProviderSettings"], attached["verified"]) == (cloud, False)
    assert verified(eng, made) is True


def test_a_fhir_store_of_google_signs_in_with_what_is_attached(eng, envs, google, monkeypatch):
    store = "/v1/projects/the-project/locations/us/datasets/d/fhirStores/s"
    google.answers = {
        f"GET {store}": (200, {"name": store}),
        f"GET {store}/fhir/metadata": (200, fhir.statement()),
        f"POST {store}:testIamPermissions": lambda asked: (200, json.loads(asked.body)),
    }
    monkeypatch.setattr(fhir_stores, "SERVICE", replace(fhir_stores.SERVICE, url=google.url))
    settings = {"projectId": "the-project", "location": "us", "datasetId": "d", "fhirStoreId": "s"}
    cloud = {"typeId": "gcp", "productId": "healthcare-api", "settings": settings}
    account = {
        "authStrategy": "OAuth_2.0_2-legged_JWT",
        "clientEmail": EMAIL,
        "privateKey": pem(google.key),
        "privateKeyId": KEY_ID,
        "url": google.token_uri,
    }
    credential = make_credential(eng, envs.dev, **account)
    made = make(eng, envs.dev, cloudProviderSettings=cloud, authCredential=credential["id"])
    assert (made["cloudProviderSettings"], made["verified"]) == (cloud, False)
    assert verified(eng, made) is True


@pytest.mark.parametrize(
    ("product", "values"),
    [
        ("cloud-storage", {"bucketName": "the-bucket", "fileNamePrefix": "in/"}),
        ("healthcare-api", {"projectId": "the-project", "location": "us", "datasetId": "d", "fhirStoreId": "s"}),
        ("bigquery", {"projectId": "the-project", "datasetId": "d", "tableId": "t"}),
        ("pubsub", {"projectId": "the-project", "topicId": "topic"}),
    ],
)
def test_a_place_that_signs_in_with_what_is_only_kept_fails_its_checks_and_says_why(eng, envs, product, values):
    kept = make_credential(eng, envs.prd, **WIF)
    cloud = {"typeId": "gcp", "productId": product, "settings": values}
    made = make(eng, envs.prd, cloudProviderSettings=cloud, authCredential=kept["id"])
    assert (made["cloudProviderSettings"], made["authCredential"]) == (cloud, kept["id"])
    assert not Destination.objects.get().incomplete
    check = swept(made, "failed")
    assert check.code == "config"
    assert (check.message, "service account" in check.remedy) == (
        "Landfall keeps “Google workload identity federation” and cannot sign in with it.", True
    )  # fmt: skip
    assert eng.get(f"destinations/{made['id']}").destination == made


def test_what_is_missing_besides_is_still_missing(eng, envs):
    kept = make_credential(eng, envs.dev, **WIF)
    for values in ({}, {"bucketName": "NO"}):
        cloud = {"typeId": "gcp", "productId": "cloud-storage", "settings": values}
        body = {"name": "d", "cloudProviderSettings": cloud, "authCredential": kept["id"]}
        answer = eng.post(f"environments/{envs.dev.pk}/destinations", body)
        assert (answer.status, answer.paths) == (400, ["cloudProviderSettings.settings.bucketName"])

"""The unmodified `cloudflare` SDK from the package index, sync and async, over a real socket. Every answer is validated
by its own models."""

import asyncio
from collections.abc import Callable
from typing import Any

import cloudflare
import pytest
from cloudflare import AsyncCloudflare, Cloudflare

from destinations import services
from destinations.dialects.cloudflare import views
from destinations.models import Destination
from tests.dialects.cloudflare.client import ROOT
from tests.factories import make_key, make_tenant

DATASETS = ["opentelemetry-traces", "opentelemetry-logs", "opentelemetry-metrics"]
Call = Callable[..., Any]


class Sdk:
    """Both flavours of the client in one way: `call("list")` is the method's result, pages as their rows."""

    def __init__(self, url: str, is_async: bool, **options: Any) -> None:
        self.is_async = is_async
        self.options = {"base_url": f"{url}{ROOT}", "_strict_response_validation": True} | options

    def __call__(self, method: str, *arguments: Any, **options: Any) -> Any:
        options = {"account_id": "T1"} | options
        if self.is_async:
            return asyncio.run(self._later(method, arguments, options))
        with Cloudflare(**self.options) as client:
            found = getattr(client.workers.observability.destinations, method)(*arguments, **options)
            return list(found) if method == "list" else found

    async def _later(self, method: str, arguments: Any, options: dict[str, Any]) -> Any:
        async with AsyncCloudflare(**self.options) as client:
            found = getattr(client.workers.observability.destinations, method)(*arguments, **options)
            return [row async for row in found] if method == "list" else await found


@pytest.fixture(params=["sync", "async"])
def is_async(request) -> bool:
    return request.param == "async"


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Nothing of the caller's own Cloudflare, and no proxy."""
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "API_USER_SERVICE_KEY", "BASE_URL", "CUSTOM_HEADERS"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def key(transactional_db) -> str:
    return make_key(make_tenant("T1"), "editor")


@pytest.fixture
def sdk(live_server, key, is_async) -> Sdk:
    return Sdk(live_server.url, is_async, api_token=key)


@pytest.fixture
def wire(monkeypatch):
    """The statuses that were answered, one for each request."""
    answered: list[int] = []
    told = views.CloudflareViewSet.finalize_response

    def kept(self, request, response, *args, **kwargs):
        answered.append(response.status_code)
        return told(self, request, response, *args, **kwargs)

    monkeypatch.setattr(views.CloudflareViewSet, "finalize_response", kept)
    return answered


def creation(url: str, name: str = "acme-traces", dataset: str = DATASETS[0], **options: Any) -> dict[str, Any]:
    headers = {"Authorization": "Bearer s"}
    configuration = {"type": "logpush", "logpush_dataset": dataset, "url": url, "headers": headers}
    return {"name": name, "enabled": True, "configuration": configuration} | options


def replacement(url: str) -> dict[str, Any]:
    return {"enabled": False, "configuration": {"type": "logpush", "url": url, "headers": {"x-api-key": "k"}}}


def test_a_destination_lives_from_creation_to_deletion(sdk, http_server):
    made = sdk("create", **creation(http_server.url("/v1/traces")))
    assert (made.slug, made.enabled, made.scripts) == ("acme-traces", True, [])
    assert made.configuration.logpush_job > 0
    assert http_server.request.headers["authorization"] == "Bearer s"
    (row,) = sdk("list")
    assert row.configuration.headers == {"Authorization": "Bearer s", "content-type": "application/json"}
    assert row.configuration.job_status.last_error == ""
    changed = sdk("update", made.slug, **replacement(http_server.url("/t2")))
    assert (changed.slug, changed.enabled) == ("acme-traces", False)
    assert changed.configuration.url == http_server.url("/t2")
    assert changed.configuration.logpush_job == made.configuration.logpush_job
    gone = sdk("delete", made.slug)
    assert gone == type(gone).model_validate(changed.model_dump(by_alias=True))
    assert sdk("list") == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dataset_can_be_created_without_a_preflight(sdk, http_server, dataset):
    made = sdk("create", **creation(http_server.url("/status/503"), dataset=dataset, skip_preflight_check=True))
    assert made.configuration.logpush_dataset == dataset
    assert http_server.requests == []


def test_the_list_takes_order_and_page(sdk):
    for number in range(7):
        sdk("create", **creation("https://a.example", f"row-{number}", skip_preflight_check=True))
    rows = sdk("list", order="asc", order_by="created", page=1, per_page=5)
    assert [row.name for row in rows] == [f"row-{number}" for number in range(5)]
    assert [row.name for row in sdk("list", order="desc", order_by="created", page=2.0, per_page=5.0)] == [
        "row-1",
        "row-0",
    ]


def test_whoever_never_turns_the_page_still_sees_all(sdk, key):
    for number in range(25):
        sdk("create", **creation("https://a.example", f"row-{number}", skip_preflight_check=True))
    assert len(sdk("list")) == 25


class TestErrors:
    """By the class of the SDK. Its default of two retries is left on: none may be made of what is final."""

    def caught(self, error: type[cloudflare.APIStatusError], act: Call, *arguments: Any, **options: Any) -> Any:
        with pytest.raises(error) as caught:
            act(*arguments, **options)
        assert type(caught.value) is error
        assert caught.value.errors, "The client shows nothing of an answer without errors."
        return caught.value

    def test_400_for_faults_names_each(self, sdk, wire):
        error = self.caught(cloudflare.BadRequestError, sdk, "create", **creation("ftp://x", "Acme Traces"))
        assert [fault.message for fault in error.errors] == ["Bad Request"]
        assert error.body["error"]["issues"][0]["path"] == ["name"]
        assert wire == [400]

    def test_400_for_a_name_that_is_taken_and_a_failed_preflight(self, sdk, http_server, wire):
        sdk("create", **creation(http_server.url()))
        taken = self.caught(cloudflare.BadRequestError, sdk, "create", **creation(http_server.url()))
        down = http_server.url("/status/503")
        failed = self.caught(cloudflare.BadRequestError, sdk, "create", **creation(down, "other"))
        unchanged = self.caught(cloudflare.BadRequestError, sdk, "update", "acme-traces", **replacement(down))
        assert taken.errors[0].detail != failed.errors[0].detail == unchanged.errors[0].detail
        assert wire == [201, 400, 400, 400]
        assert len(http_server.requests) == 3

    def test_400_for_a_query_that_cannot_be_obeyed(self, sdk, wire):
        self.caught(cloudflare.BadRequestError, sdk, "list", per_page=51)
        assert wire == [400]

    def test_401_for_a_wrong_token(self, live_server, key, is_async, wire):
        error = self.caught(cloudflare.AuthenticationError, Sdk(live_server.url, is_async, api_token="wrong"), "list")
        assert error.errors[0].code == 10000
        assert wire == [401]

    def test_403_for_another_account_and_for_a_token_that_may_only_read(self, sdk, live_server, is_async, wire):
        make_tenant("T2")
        foreign = self.caught(cloudflare.PermissionDeniedError, sdk, "list", account_id="T2")
        assert (foreign.errors[0].code, foreign.errors[0].documentation_url) == (10000, "/api/v1/docs")
        reader = Sdk(live_server.url, is_async, api_token=make_key(make_tenant("T3"), "viewer"))
        assert reader("list", account_id="T3") == []
        self.caught(cloudflare.PermissionDeniedError, reader, "delete", "x", account_id="T3")
        assert wire == [403, 200, 403]

    def test_404_for_what_is_not_there(self, sdk, http_server, wire):
        self.caught(cloudflare.NotFoundError, sdk, "update", "nope", **replacement(http_server.url()))
        self.caught(cloudflare.NotFoundError, sdk, "delete", "nope")
        self.caught(cloudflare.NotFoundError, sdk, "delete", "a/b c")
        self.caught(cloudflare.NotFoundError, sdk, "list", account_id="a/b c")
        assert wire == [404] * 4

    def test_413_for_a_body_that_is_too_large(self, sdk, wire):
        """It is refused before any view has seen it."""
        error = self.caught(cloudflare.APIStatusError, sdk, "create", **creation("https://a.example/" + "x" * 2**20))
        assert (error.status_code, wire) == (413, [])

    def test_500_is_tried_again_and_then_told(self, sdk, monkeypatch, wire):
        def broken(*_args: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(views, "account_of", broken)
        monkeypatch.setattr("cloudflare._base_client.INITIAL_RETRY_DELAY", 0.01)
        self.caught(cloudflare.InternalServerError, sdk, "list")
        assert wire == [500] * 3

    def test_what_is_met_by_no_answer_is_no_error_of_ours(self, is_async, key):
        with pytest.raises(cloudflare.APIConnectionError):
            Sdk("http://127.0.0.1:1", is_async, api_token=key, max_retries=0)("list")


class TestWaysIn:
    def test_a_key_with_an_address(self, live_server, key, is_async):
        assert Sdk(live_server.url, is_async, api_key=key, api_email="a@example.com")("list") == []

    def test_the_environment(self, live_server, key, is_async, monkeypatch):
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", key)
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", f"{live_server.url}{ROOT}/")
        sdk = Sdk("", is_async)
        del sdk.options["base_url"]
        assert sdk("list") == []

    def test_an_address_that_hides_the_token_is_explained(self, live_server, key, is_async, monkeypatch):
        monkeypatch.setenv("CLOUDFLARE_EMAIL", "a@example.com")
        with pytest.raises(cloudflare.AuthenticationError) as caught:
            Sdk(live_server.url, is_async, api_token=key)("list")
        assert caught.value.errors[0].code == 9106
        assert "Unset CLOUDFLARE_EMAIL" in str(caught.value)

    def test_a_service_key_is_not_one(self, live_server, key, is_async):
        with pytest.raises(cloudflare.AuthenticationError):
            Sdk(live_server.url, is_async, user_service_key="v1.0-x")("list")


def test_raw_answers_are_json_and_not_to_be_kept(live_server, key):
    with Cloudflare(api_token=key, base_url=f"{live_server.url}{ROOT}") as client:
        response = client.workers.observability.destinations.with_raw_response.list(account_id="T1")
    assert (response.headers["Content-Type"], response.headers["Cache-Control"]) == ("application/json", "no-store")


def test_a_deletion_waits_for_nobody_who_uses_it(sdk):
    sdk("create", **creation("https://a.example", skip_preflight_check=True))
    (destination,) = Destination.objects.all()
    services.register_consumer(destination, kind="script", name="shop")
    assert sdk("list")[0].scripts == ["shop"]
    assert sdk("delete", "acme-traces").scripts == ["shop"]

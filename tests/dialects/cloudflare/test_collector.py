"""The preflight against a real OpenTelemetry receiver, from the real SDK on."""

import pytest
from cloudflare import BadRequestError, Cloudflare

from destinations.models import Destination
from tests.dialects.cloudflare.client import ROOT
from tests.factories import make_key, make_tenant


@pytest.fixture
def destinations(live_server, transactional_db, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("CLOUDFLARE_EMAIL", raising=False)
    key = make_key(make_tenant("T1"), "editor")
    with Cloudflare(api_token=key, base_url=f"{live_server.url}{ROOT}", _strict_response_validation=True) as client:
        yield client.workers.observability.destinations


def configuration(dataset: str, url: str) -> dict[str, object]:
    return {"type": "logpush", "logpush_dataset": dataset, "url": url, "headers": {}}


@pytest.mark.parametrize(
    ("signal", "printed"),
    [("traces", "ResourceSpans #0"), ("logs", "ResourceLog #0"), ("metrics", "ResourceMetrics #0")],
)
def test_a_collector_takes_the_preflight_of_creation_and_change(destinations, collector, signal, printed):
    url, dataset = collector.url(f"/v1/{signal}"), f"opentelemetry-{signal}"
    begun = len(collector.said())
    made = destinations.create(account_id="T1", name="otel", enabled=True, configuration=configuration(dataset, url))
    assert "service.name: Str(landfall)" in collector.prints(printed, "landfall.check", since=begun)
    begun = len(collector.said())
    destinations.update(made.slug, account_id="T1", enabled=False, configuration=configuration(dataset, url))
    collector.prints(printed, "landfall.check", since=begun)
    assert Destination.objects.get().state.health == "healthy"


def test_a_collector_without_this_path_fails_it(destinations, collector):
    wrong = configuration("opentelemetry-logs", collector.url("/v2/logs"))
    with pytest.raises(BadRequestError, match="status 404"):
        destinations.create(account_id="T1", name="otel", enabled=True, configuration=wrong)
    assert not Destination.objects.exists()

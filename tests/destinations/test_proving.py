"""Destinations that are only saved if they work."""

import time

import pytest

from destinations import services
from destinations.drafts import Draft
from destinations.exceptions import Unproven
from destinations.models import ConnectionCheck, Destination
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def logs_to(url: str) -> Draft:
    return Draft(type="otlp_http", name="Logs", config={"url": url, "signal": "logs"})


def test_a_proof_is_the_last_check_of_what_is_saved_with_it(http_server):
    tenant, draft = make_tenant(), logs_to(http_server.url())
    made = services.create(tenant, draft, proof=services.prove(tenant, draft))
    check = ConnectionCheck.objects.get()
    assert Destination.objects.get(pk=made.pk).state.last_check == check
    assert (check.status, check.trigger) == ("passed", "create")


def test_what_fails_is_told_with_its_report_and_nothing_is_saved(http_server):
    with pytest.raises(Unproven) as caught:
        services.prove(make_tenant(), logs_to(http_server.url("/status/503")))
    assert (caught.value.report.status, caught.value.report.code) == ("failed", "remote")
    assert not Destination.objects.exists()
    assert not ConnectionCheck.objects.exists()


def test_whoever_asks_can_set_a_shorter_limit_than_the_installation(http_server):
    started = time.monotonic()
    with pytest.raises(Unproven) as caught:
        services.prove(make_tenant(), logs_to(http_server.url("/hang")), limit=0.3)
    assert caught.value.report.code == "timeout"
    assert time.monotonic() - started < 5


def test_and_no_longer_one(http_server, settings):
    settings.CHECK_TIMEOUT = 0.3
    started = time.monotonic()
    with pytest.raises(Unproven) as caught:
        services.prove(make_tenant(), logs_to(http_server.url("/hang")), limit=60)
    assert caught.value.report.code == "timeout"
    assert time.monotonic() - started < 5

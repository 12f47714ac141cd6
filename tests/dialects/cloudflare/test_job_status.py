"""`jobStatus` is what the checks found."""

import re

import pytest
from django.utils import timezone

from destinations import checking, services
from destinations.drafts import Draft
from destinations.models import Destination, DestinationState
from tests.dialects.cloudflare.client import Account, replacement

pytestmark = pytest.mark.django_db
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def status(account: Account) -> dict[str, str]:
    (row,) = account.list().result
    return row["configuration"]["jobStatus"]


def check_again() -> None:
    """The scheduled check, now."""
    DestinationState.objects.update(next_check_at=timezone.now())
    assert checking.sweep() == 1


def lead_to(url: str) -> None:
    services.update(Destination.objects.get(), Draft(config={"url": url}))


def test_31_a_scheduled_check_that_passes_is_the_last_completion(account, http_server):
    account.create(url=http_server.url())
    check_again()
    told = status(account)
    assert MOMENT.fullmatch(told.pop("last_complete"))
    assert told == {"last_error": "", "error_message": ""}


def test_32_a_failure_is_told_until_the_next_success(account, http_server):
    account.create(url=http_server.url())
    check_again()
    before = status(account)["last_complete"]
    lead_to(http_server.url("/status/503"))
    check_again()
    failing = status(account)
    assert MOMENT.fullmatch(failing["last_error"])
    assert failing["error_message"] == "The collector failed (status 503)."
    assert failing["last_complete"] == before
    lead_to(http_server.url())
    check_again()
    well = status(account)
    assert (well["last_error"], well["error_message"]) == ("", "")
    assert well["last_complete"] >= failing["last_error"]


def test_a_failure_is_no_more_current_once_the_destination_is_another(account, http_server):
    account.create(url=http_server.url())
    lead_to(http_server.url("/status/503"))
    check_again()
    account.update("acme-traces", replacement(http_server.url()))
    told = status(account)
    assert (told["last_error"], told["error_message"]) == ("", "")
    assert MOMENT.fullmatch(told["last_complete"])


def test_the_preflight_is_the_last_check_natively(account, http_server):
    account.create(url=http_server.url())
    state = Destination.objects.get().state
    assert (state.health, state.last_check.trigger, state.last_check.status) == ("healthy", "create", "passed")
    assert [step["name"] for step in state.last_check.steps][-1] == "send a test record"


def test_one_that_was_skipped_leaves_nothing(account):
    account.create()
    assert Destination.objects.get().state.last_check is None

"""The life of a webhook's signing secret (contract 2.5)."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from destinations.models import Destination
from tests.dialects.outpost.client import DESTINATIONS, GENERATED, HOOK

INVALID = "validation error"
LATER, PAST = "2099-01-02T03:04:05.000Z", "2020-01-02T03:04:05.000Z"
PAIR = {"previous_secret": "old", "previous_secret_invalid_at": LATER}
DAY = timedelta(days=1)


def rotate(caller, destination, **sent):
    answer = caller.change(destination, {"credentials": {"rotate_secret": True} | sent})
    assert answer.status == 200, answer.body
    return answer.body["credentials"]


def at(now):
    return patch.object(timezone, "now", return_value=now)


def test_each_webhook_gets_a_secret_of_its_own(t1, admin):
    made = [caller.create()["credentials"]["secret"] for caller in (t1, admin)]
    assert all(GENERATED.fullmatch(secret) for secret in made)
    assert made[0] != made[1]


def test_both_roles_see_it_in_every_answer(t1, admin):
    made = admin.create()
    answers = [caller.read(made) for caller in (t1, admin)]
    answers += [t1.get(DESTINATIONS).body[0], t1.change(made, {}).body]
    assert [one["credentials"] for one in answers] == [made["credentials"]] * 4


@pytest.mark.parametrize("secret", ["x", "whsec_dGhlIHNlY3JldA==", "with blanks and ü", "whsec_" + "0f" * 32])
def test_the_administrator_sets_it(t1, admin, secret):
    made = admin.create(credentials={"secret": secret})
    assert made["credentials"] == {"secret": secret}
    assert admin.change(made, {"credentials": {"secret": "another"}}).body["credentials"] == {"secret": "another"}


def test_the_administrator_brings_the_one_before_along(t1, admin):
    made = admin.create(credentials={"secret": "new"} | PAIR)
    assert made["credentials"] == {"secret": "new"} | PAIR


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"secret": "x"}, "secret"),
        ({"previous_secret": "x"}, "previous_secret"),
        ({"previous_secret_invalid_at": LATER}, "previous_secret_invalid_at"),
        ({"previous_secret_invalid_at": LATER, "previous_secret": "x", "secret": "y"}, "secret"),
    ],
)
def test_a_tenant_sets_none(t1, given, key):
    answer = t1.post(DESTINATIONS, HOOK | {"credentials": given})
    assert answer.refusal() == (422, INVALID, [f"credentials.{key} is forbidden"])


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (PAIR, "secret is required"),
        ({"previous_secret": "p"}, "secret is required"),
        ({"secret": "s", "previous_secret_invalid_at": LATER}, "previous_secret is required"),
        ({"secret": "s", "previous_secret": "p"}, "previous_secret_invalid_at is required"),
        ({"secret": "s"} | PAIR | {"previous_secret_invalid_at": "x"}, "previous_secret_invalid_at failed pattern"),
        ({"rotate_secret": True}, "rotate_secret failed invalid"),
        ({"rotate_secret": "yes"}, "rotate_secret failed invalid"),
    ],
)
def test_what_does_not_go_together_is_refused(t1, admin, given, fault):
    answer = admin.post(DESTINATIONS, HOOK | {"credentials": given})
    text = f"credentials.{fault}" + ("" if fault.endswith("required") else " validation")
    assert answer.refusal() == (422, INVALID, [text])


@pytest.mark.parametrize("yes", [True, "true", "TRUE", 1, "1", "on", "Yes"])
def test_rotation_is_asked_for_in_several_words(t1, yes):
    made = t1.create()
    now = rotate(t1, made, rotate_secret=yes)
    assert now["previous_secret"] == made["credentials"]["secret"]
    assert t1.read(made)["credentials"] == now


@pytest.mark.parametrize("no", [False, "false", 0, "no", ""])
def test_and_not_asked_for_in_others(t1, no):
    made = t1.create()
    answer = t1.change(made, {"credentials": {"rotate_secret": no}})
    assert t1.read(made)["credentials"] == made["credentials"], answer.body


def test_the_end_of_the_old_one_may_be_named(t1, admin):
    for caller in (t1, admin):
        made = caller.create()
        assert rotate(caller, made, previous_secret_invalid_at=LATER)["previous_secret_invalid_at"] == LATER


def test_it_is_a_day_from_each_rotation_otherwise(t1, admin):
    made = admin.create()
    first = rotate(admin, made, previous_secret_invalid_at=LATER)
    with at(timezone.now() + timedelta(hours=1)):
        now = timezone.now()
        second = rotate(admin, made)
    assert second["previous_secret"] == first["secret"]
    assert abs(datetime.fromisoformat(second["previous_secret_invalid_at"]) - now - DAY) < timedelta(seconds=1)
    assert made["credentials"]["secret"] not in Destination.objects.get().credentials.values()


def test_a_previous_one_may_be_set_without_an_end_later(t1, admin):
    made = admin.create(credentials={"secret": "s"})
    now = admin.change(made, {"credentials": {"previous_secret": "p"}}).body["credentials"]
    end = datetime.fromisoformat(now.pop("previous_secret_invalid_at"))
    assert now == {"secret": "s", "previous_secret": "p"}
    assert abs(end - timezone.now() - DAY) < timedelta(minutes=1)


def test_the_old_one_disappears_at_its_end(t1, admin):
    made = admin.create()
    rotated = rotate(admin, made)
    end = datetime.fromisoformat(rotated["previous_secret_invalid_at"])
    alone = {"secret": rotated["secret"]}
    with at(end - timedelta(seconds=1)):
        assert admin.read(made)["credentials"] == rotated
    with at(end + timedelta(seconds=1)):
        assert admin.read(made)["credentials"] == alone
        assert admin.get(DESTINATIONS).body[0]["credentials"] == alone
        assert admin.put(f"{DESTINATIONS}/{made['id']}/disable").body["credentials"] == alone
        assert admin.change(made, {"topics": ["order.paid"]}).body["credentials"] == alone


def test_an_end_that_has_passed_hides_it_at_once(t1, admin):
    made = admin.create(credentials={"secret": "s", "previous_secret": "p", "previous_secret_invalid_at": PAST})
    assert made["credentials"] == {"secret": "s"}


def test_a_tenant_writes_back_what_it_read(t1, admin):
    made = admin.create()
    rotated = rotate(admin, made)
    answer = t1.change(made, {"credentials": rotated})
    assert (answer.status, answer.body["credentials"]) == (200, rotated)
    for name, other in (("secret", "x"), ("previous_secret", "y"), ("previous_secret_invalid_at", LATER)):
        refused = t1.change(made, {"credentials": {name: other}})
        assert refused.refusal() == (422, INVALID, [f"credentials.{name} is forbidden"])


def test_a_null_of_a_tenant_is_overlooked(t1, admin):
    made = admin.create()
    for given in ({"secret": None}, {"previous_secret": None}):
        answer = t1.change(made, {"credentials": given})
        assert (answer.status, answer.body["credentials"]) == (200, made["credentials"])


def test_the_administrator_drops_the_one_before(t1, admin):
    made = admin.create()
    rotated = rotate(admin, made)
    nulls = {"previous_secret": None, "previous_secret_invalid_at": None}
    assert admin.change(made, {"credentials": nulls}).body["credentials"] == {"secret": rotated["secret"]}


@pytest.mark.parametrize("given", [None, {"secret": None}, {"secret": ""}])
def test_a_webhook_is_never_left_without_a_secret(t1, admin, given):
    made = admin.create()
    answer = admin.change(made, {"credentials": given})
    if answer.status == 422:
        assert answer.refusal() == (422, INVALID, ["credentials.secret is required"])
        assert admin.read(made)["credentials"] == made["credentials"]
    else:
        assert answer.status == 200
        assert answer.body["credentials"].keys() == {"secret"}
        assert GENERATED.fullmatch(answer.body["credentials"]["secret"])


def test_a_change_of_anything_else_keeps_the_secret(t1, admin):
    made = admin.create()
    bodies: list[dict[str, Any]] = [{"config": {"url": "https://e.com/2"}}, {"topics": ["order.paid"]}]
    for body in [*bodies, {"credentials": {}}]:
        assert t1.change(made, body).body["credentials"] == made["credentials"]


def test_standard_webhooks_are_signed_with_base64(t1, admin, settings):
    settings.OUTPOST_SIGNATURE = "standard"
    for secret in ("plain", "whsec_!!", "whsec_"):
        answer = admin.post(DESTINATIONS, HOOK | {"credentials": {"secret": secret}})
        assert answer.refusal() == (422, INVALID, ["credentials.secret failed pattern validation"])
    made = admin.create(credentials={"secret": "whsec_dGhlIHNlY3JldA=="})
    answer = admin.change(made, {"credentials": {"secret": "plain"}})
    assert answer.refusal() == (422, INVALID, ["credentials.secret failed pattern validation"])
    assert rotate(t1, t1.create())["secret"].startswith("whsec_")

"""What strangers may send, and what nobody may learn."""

import json
import logging

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from destinations.models import Destination
from tests.dialects.outpost.client import BASE, DESTINATIONS, HOOK, Outpost, path_of
from tests.dialects.outpost.kinds import KINDS, TOKEN
from tests.factories import make_key

NAMES = ["id", "type", "topics", "config", "credentials", "filter", "metadata", "delivery_metadata", "disabled_at"]
NAMES += ["created_at", "updated_at"]
KEYS = sorted({key for kind in KINDS.values() for section in (kind.config, kind.credentials) for key in section})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["*", "", "user.created", "true", "2025-01-01T00:00:00Z", "https://e.com", "whsec_", "\x00"]),
)
MAPS = st.dictionaries(st.one_of(st.sampled_from([*KEYS, "rotate_secret"]), st.text(max_size=3)), SCALARS, max_size=4)
VALUES = st.one_of(SCALARS, MAPS, st.lists(SCALARS, max_size=3))
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(
    type_=st.sampled_from(["webhook", "aws_sqs", "rabbitmq", "kafka", "gcp_pubsub", "azure_servicebus"]), body=BODIES
)
def test_no_body_of_a_creation_is_an_accident(t1, type_, body):
    answer = t1.post(DESTINATIONS, {"type": type_, "topics": "*"} | body)
    assert answer.status in (201, 400, 403, 422), answer.body
    if answer.status == 201:
        assert t1.read(answer.body) == answer.body
        t1.delete(path_of(answer.body))


@few
@given(type_=st.sampled_from(["webhook", "aws_s3", "azure_servicebus", "rabbitmq", "kafka"]), body=BODIES)
def test_no_body_of_a_change_is_an_accident(t1, admin, type_, body):
    kind = KINDS[type_]
    made = admin.create(type=type_, config=kind.config, credentials=kind.credentials)
    before = t1.read(made)
    answer = t1.change(made, body)
    assert answer.status in (200, 422), answer.body
    assert t1.read(made) == (answer.body if answer.status == 200 else before)
    t1.delete(path_of(made))


def test_no_secret_is_logged(t1, admin, hookdeck, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = [t1.credential, admin.credential]
    for type_, kind in KINDS.items():
        made = admin.create(type=type_, config=kind.config, credentials=kind.credentials)
        admin.change(made, {"credentials": kind.credentials, "delivery_metadata": {"X-Token": "a token for delivery"}})
        admin.post(DESTINATIONS, {"type": type_, "topics": "*", "config": {}, "credentials": kind.credentials})
        secrets += [
            value for name, value in kind.credentials.items() if name not in ("username", "previous_secret_invalid_at")
        ]
    portal = admin.get("/tenants/t1/portal").body["redirect_url"]
    Client().get(portal)
    secrets += [portal.partition("token=")[2], "a token for delivery", t1.create()["credentials"]["secret"]]
    logged = "\n".join([*map(str, (record.__dict__ for record in caplog.records)), caplog.text])
    assert [secret for secret in secrets if secret in logged] == []


def test_a_refusal_repeats_no_secret(t1, admin, unreachable):
    bodies = [
        {"type": "hookdeck", "topics": "*", "credentials": {"token": TOKEN}},
        {"type": "gcp_pubsub", "topics": "*", "credentials": {"service_account_json": "the-secret-itself"}},
        {
            "type": "azure_servicebus",
            "topics": "*",
            "config": {"name": "a"},
            "credentials": {"connection_string": "the-secret-itself"},
        },
        HOOK | {"credentials": {"secret": "the-secret-itself", "previous_secret": "the-secret-itself"}},
        HOOK
        | {"credentials": {"secret": "s", "previous_secret": "p", "previous_secret_invalid_at": "the-secret-itself"}},
    ]
    for body in bodies:
        answer = admin.post(DESTINATIONS, body)
        assert answer.status == 422
        assert "the-secret-itself" not in str(answer.body)
        assert TOKEN not in str(answer.body)


def test_a_signing_secret_is_for_those_who_may_write(t1, admin):
    made = admin.create()
    secret = made["credentials"]["secret"]
    reader = Outpost(make_key(None, "viewer"))
    assert reader.read(made)["credentials"]["secret"] != secret
    assert secret not in str(reader.get(DESTINATIONS).body)
    assert t1.read(made)["credentials"]["secret"] == secret


def test_what_stands_in_the_database_is_sealed(t1, admin):
    for type_ in ("aws_s3", "azure_servicebus", "webhook"):
        secrets = dict(KINDS[type_].credentials)
        admin.create(type=type_, config=KINDS[type_].config, credentials=secrets, delivery_metadata={"X": "deliver-me"})
        stored = str(list(Destination.objects.values()))
        secrets.pop("previous_secret_invalid_at", None)
        assert [value for value in (*secrets.values(), "deliver-me") if value in stored] == []


@pytest.mark.parametrize(
    "type_", ["application/x-www-form-urlencoded", "text/plain", "", "application/merge-patch+json"]
)
def test_a_body_is_json_whatever_it_is_called(t1, admin, type_):
    headers = {"Authorization": f"Bearer {admin.credential}", "Accept": "text/html"}
    response = Client().generic("POST", BASE + DESTINATIONS, json.dumps(HOOK), content_type=type_, headers=headers)
    assert (response.status_code, response.headers["Content-Type"]) == (201, "application/json")


@pytest.mark.parametrize(
    "path",
    [
        f"{DESTINATIONS}?type=%00",
        f"{DESTINATIONS}?topics=%FF",
        "/tenants?id=%00",
        "/tenants/%00",
        f"{DESTINATIONS}/%00",
        "/destination-types/%00",
    ],
)
def test_what_no_database_can_hold_is_refused(t1, admin, path):
    answer = admin.get(path)
    assert answer.status == 400
    assert answer.body["message"].startswith("invalid ")


def test_the_portal_lets_in_whoever_holds_its_token(t1, admin):
    admin.create(config={"url": "https://hooks.example.com/portal"})
    url = admin.get("/tenants/t1/portal").body["redirect_url"]
    followed = Client().get(url, follow=True)
    assert followed.status_code == 200
    assert Client().get(url.partition("token=")[0] + "token=x", follow=True).status_code in (401, 403)

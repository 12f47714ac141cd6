"""A change of the place that does not enter the secrets anew is refused, in Outpost's shape."""

import pytest

from destinations import services
from destinations.drafts import Draft
from destinations.models import Destination
from tests.dialects.outpost.kinds import KINDS

ELSEWHERE = {
    "rabbitmq": {"server_url": "elsewhere.example.net:5671"},
    "kafka": {"brokers": "elsewhere.example.net:9092"},
    "aws_sqs": {"queue_url": "https://elsewhere.example.net/1/queue"},
    "aws_kinesis": {"endpoint": "https://elsewhere.example.net"},
    "aws_eventbridge": {"region": "eu-central-1", "event_bus_name": None},
    "gcp_pubsub": {"endpoint": "https://elsewhere.googleapis.com"},
}


@pytest.mark.parametrize("type_", ELSEWHERE)
def test_a_place_is_not_given_the_secrets_of_another(admin, t1, type_):
    kind = KINDS[type_]
    made = admin.create(type=type_, config=kind.config, credentials=kind.credentials)
    before = Destination.objects.get()
    secret = [f"credentials.{key}" for key in kind.credentials if key not in kind.plain]
    config = ELSEWHERE[type_]
    for given in ({}, {"credentials": made["credentials"]}):
        status, message, data = t1.change(made, {"config": config, **given}).refusal()
        assert (status, message) == (422, "validation error")
        assert set(data) == {f"{field} failed reenter validation" for field in secret}
    now = Destination.objects.get()
    assert (now.config, now.credentials, now.revision) == (before.config, before.credentials, before.revision)
    assert t1.change(made, {"config": config, "credentials": kind.credentials}).status == 200


def test_the_signing_secret_of_a_webhook_stays_with_it(t1):
    made = t1.create()
    moved = t1.change(made, {"config": {"url": "https://elsewhere.example.net/in"}})
    assert (moved.status, moved.body["credentials"]) == (200, made["credentials"])


def test_secret_headers_that_were_made_natively_do_not(t1):
    made = t1.create()
    services.update(Destination.objects.get(), Draft(credentials={"headers": {"Authorization": "Bearer x"}}))
    refused = t1.change(made, {"config": {"url": "https://elsewhere.example.net/in"}})
    assert refused.refusal()[2] == ["credentials.headers.authorization failed reenter validation"]

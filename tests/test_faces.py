"""What no view answers has the shape of the face whose address was asked."""

import json

import pytest
from django.test import Client

from config.faces import FACES

ADDRESSES = {
    "/api/": "/api/v1/destinations",
    "/cloudflare/": "/cloudflare/client/v4/accounts/acme/workers/observability/destinations",
    "/outpost/": "/outpost/api/v1/tenants/t1/destinations",
    "/planet/": "/planet/destinations/v1",
    "/redox/": "/redox/platform/v1/environments/e/destinations",
    "/stitch/": "/stitch/v4/destinations",
}


def message(body):
    """Where each face says what is wrong."""
    if isinstance(body, str):
        return body
    if "payload" in body:
        return str(body["payload"]["message"])
    return str(body.get("detail") or body.get("message") or body["errors"][0]["detail"])


def test_every_face_is_asked_here():
    assert ADDRESSES.keys() == FACES.keys()


@pytest.mark.parametrize("address", ADDRESSES.values())
@pytest.mark.parametrize("method", ["get", "post"])
def test_in_clear_nothing_is_answered_but_that(settings, address, method):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = getattr(Client(), method)(address)
    refused = 400 if address == ADDRESSES["/stitch/"] else 403  # Stitch has no 403
    assert (answer.status_code, "json" in answer["Content-Type"]) == (refused, True)
    assert "https" in message(json.loads(answer.content))
    encrypted = getattr(Client(headers={"X-Forwarded-Proto": "https"}), method)(address)
    assert encrypted.status_code == 401


def test_pages_are_led_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/admin/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/admin/")


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_a_host_that_is_not_ours_is_refused_in_the_shape_of_the_face(address):
    answer = Client(headers={"Host": "elsewhere.example.com"}).get(address)
    assert (answer.status_code, "json" in answer["Content-Type"]) == (400, True)
    assert message(json.loads(answer.content))

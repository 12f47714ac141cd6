"""Over a real socket with a real key, as a client does it."""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest

from tests.factories import make_key, make_tenant


@pytest.fixture
def key(transactional_db):
    return make_key(make_tenant("acme"))


def call(server, method, path, key=None, body=None):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    connection.request(method, path, json.dumps(body) if body else None, headers | {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response, text


def test_a_destination_lives_from_creation_to_deletion(live_server, key):
    made, text = call(
        live_server, "POST", "/api/v1/destinations", key, {"type": "webhook", "config": {"url": "https://a.example"}}
    )
    assert made.status == 201
    path = made.headers["Location"]
    assert json.loads(call(live_server, "GET", path, key)[1])["id"] == json.loads(text)["id"]
    assert json.loads(call(live_server, "PATCH", path, key, {"name": "New"})[1])["name"] == "New"
    assert call(live_server, "DELETE", path, key)[0].status == 204
    assert call(live_server, "GET", path, key)[0].status == 404


def test_a_body_over_the_limit_is_refused_and_the_answer_arrives(live_server, key):
    answer, text = call(live_server, "POST", "/api/v1/destinations", key, {"x": "y" * 2**20})
    assert (answer.status, json.loads(text)["status"]) == (413, 413)


def test_the_description_needs_no_key(live_server, transactional_db):
    answer, text = call(live_server, "GET", "/api/v1/openapi.json")
    assert (answer.status, json.loads(text)["info"]["title"]) == (200, "Landfall")


def test_the_documentation_page_names_this_server_only(live_server, transactional_db):
    answer, text = call(live_server, "GET", "/api/v1/docs")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    page = text.decode()
    assert "//" not in re.sub(r"//\s", "", page.replace("<!DOCTYPE html>", ""))
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert call(live_server, "GET", asset)[0].status == 200

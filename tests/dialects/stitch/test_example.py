"""The vendor's own example of creating a destination, run by curl as it is written but for host and values."""

import json
import re
import subprocess

import pytest

from tests.dialects.stitch.bodies import TIME
from tests.servers.process import require

EXAMPLE = """
      curl -X POST https://api.stitchdata.com/v3/destinations
           -H "Authorization: Bearer <ACCESS_TOKEN>"
           -H "Content-Type: application/json"
           -d "{
                "type":"redshift",
                "connection": {
                  "host":"<HOST>",
                  "port":5439,
                  "username":"<USERNAME>",
                  "database":"<DATABASE>",
                  "password":"<PASSWORD>",
                  "ssl":false
                  }
               }"
"""
VALUES = {"<HOST>": "cluster.example.com", "<USERNAME>": "stitch", "<DATABASE>": "dev", "<PASSWORD>": "the password"}
SHOWN = {"host": "cluster.example.com", "port": 5439, "username": "stitch", "database": "dev"}


@pytest.fixture
def command(live_server, token):
    """As a person means it who types it: the quotes around the whole body are not those within."""
    text = EXAMPLE.replace("https://api.stitchdata.com", f"{live_server.url}/stitch").replace("<ACCESS_TOKEN>", token)
    for name, value in VALUES.items():
        text = text.replace(name, value)
    found = re.search(r'POST (\S+).* -d "(.*)"\s*\Z', text, re.DOTALL)
    assert found
    url, body = found.groups()
    headers = [part for header in re.findall(r'-H "([^"]*)"', text) for part in ("-H", header)]
    return [require("curl"), "--silent", "--noproxy", "*", "--include", "-X", "POST", url, *headers, "-d", body]


def test_the_example_of_the_documentation_works(command, stitch):
    head, body = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n\n", 1)
    assert head.startswith("HTTP/1.1 200 OK")
    made = json.loads(body)
    assert list(made) == ["id", "type", "created_at", "updated_at", "connection", "last_check"]
    assert made["type"] == "redshift"
    assert list(made["connection"].items()) == [*SHOWN.items(), ("password", "<PASSWORD>"), ("ssl", False)]
    assert re.fullmatch(TIME, made["created_at"])
    assert stitch.get("/v3/destinations").body == [made]

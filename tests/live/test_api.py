"""Every type is added, checked, broken and repaired through the native API, with a worker that checks."""

import json

import pytest

from tenants.models import Role
from tests.api.client import Api
from tests.api.worker import worker
from tests.factories import make_key
from tests.live.secrets import assert_untold

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(transactional_db, tenant, connector, live):
    """With the key of an editor; it fails when an answer tells a secret."""
    with worker():
        yield Untold(connector, live, make_key(tenant, Role.EDITOR))


class Untold(Api):
    def __init__(self, connector, live, key):
        super().__init__(key)
        self.connector, self.live = connector, live

    def send(self, method, path, body=None, **options):
        answer = super().send(method, path, body, **options)
        for said in (json.dumps(answer.body), json.dumps(answer.body, ensure_ascii=False), str(answer.headers)):
            assert_untold(self.connector, self.live.credentials, said)
        return answer

    def check(self, path):
        """Wait for a check, which the destination then shows as its last, and return it."""
        asked = self.post(f"{path}/checks?wait=20")
        assert asked.status == 200, asked.body
        last = self.get(path).body["last_check"]
        assert last["id"] == asked.body["id"]
        assert last.items() <= asked.body.items()
        assert self.get("destinations").body["items"][0]["last_check"] == last
        return last


def test_it_is_added_checked_broken_and_repaired(api, connector, live):
    made = api.post("destinations", {"type": connector.type, "config": live.config, "credentials": live.credentials})
    assert made.status == 201, made.body
    path = f"destinations/{made.body['id']}"
    config, credentials = connector.clean(live.config, live.credentials)
    assert made.body["config"] == config
    assert made.body["credentials"] == connector.mask(credentials)
    passed = api.check(path)
    assert (passed["status"], passed["code"], passed["error"]) == ("passed", "", False), passed
    for broken in live.mistakes:
        assert api.patch(path, changes(broken.config, broken.credentials)).status == 200
        failed = api.check(path)
        assert (failed["status"], failed["code"], failed["error"]) == ("failed", broken.code, True), failed
        assert failed["message"].endswith(".")
        assert failed["remedy"].endswith(".")
        assert api.patch(path, repairs(broken, live)).status == 200
    assert api.check(path)["status"] == "passed"
    assert api.get(path).body["config"] == config


def test_it_is_tried_before_it_is_saved(api, connector, live):
    body = {"type": connector.type, "config": live.config, "credentials": live.credentials}
    answer = api.post("destinations/validate?check=true", body)
    assert (answer.body["valid"], answer.body["check"]["status"]) == (True, "passed"), answer.body


def changes(config, credentials):
    return {"config": dict(config), "credentials": dict(credentials)}


def repairs(broken, live):
    """Only what was broken is sent again: all else, and every other secret, is to be kept."""
    config = {name: live.config.get(name) for name in broken.config}
    return changes(config, {name: live.credentials.get(name) for name in broken.credentials})

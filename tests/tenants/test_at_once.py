"""Several who do the same at once, on PostgreSQL, where one does not wait for the other: none meets a fault of ours."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from http.cookiejar import CookieJar
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet

from tests.installation import Installation

MANY, ROUNDS = 8, 6

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory, postgres):
    """Skips where there is no PostgreSQL."""
    postgres.execute("CREATE DATABASE at_once")
    installation = Installation(tmp_path_factory.mktemp("at_once"))
    installation.environment |= {
        "LANDFALL_DATABASE_URL": f"postgresql://{postgres.username}:{postgres.password}@127.0.0.1:{postgres.port}/at_once",
        "LANDFALL_FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "LANDFALL_WEB_WORKERS": "4",
        "LANDFALL_REQUESTS_PER_KEY": "0",
    }
    return installation


@pytest.fixture(scope="module")
def url(installation) -> Iterator[str]:
    with installation.running() as run:
        yield run.url


@pytest.fixture(scope="module")
def key(installation, url) -> str:
    command = [sys.executable, "manage.py", "apikey_issue", "--name", "root", "--installation", "--role", "admin"]
    ended = subprocess.run(
        command, cwd=installation.folder, env=installation.environment, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


@pytest.fixture
def ask(url, key):
    def send(method: str, path: str, body: Any = None) -> int:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}{path}", content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    return send


def at_once(do: Callable[[], int]) -> list[int]:
    return sorted(side_by_side([do] * MANY))


def side_by_side(doings: Sequence[Callable[[], int]]) -> list[int]:
    barrier = Barrier(len(doings))

    def one(do: Callable[[], int]) -> int:
        barrier.wait(30)
        return do()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(one, doings))


@pytest.mark.parametrize("number", range(ROUNDS))
class TestSameAtOnce:
    def test_one_makes_the_tenant(self, ask, number):
        body = {"id": f"made-{number}", "name": "Acme"}
        assert at_once(lambda: ask("POST", "api/v1/tenants", body)) == [201] + [422] * (MANY - 1)

    def test_one_makes_the_environment(self, ask, number):
        ask("POST", "api/v1/tenants", {"id": f"staged-{number}", "name": "Acme"})
        body = {"name": "Production", "flag": "Production"}
        statuses = at_once(lambda: ask("POST", f"api/v1/tenants/staged-{number}/environments", body))
        assert statuses == [201] + [422] * (MANY - 1)

    def test_an_upsert_succeeds_for_all(self, ask, number):
        path = f"outpost/api/v1/tenants/put-{number}"
        assert at_once(lambda: ask("PUT", path)) == [200] * (MANY - 1) + [201]

    def test_what_is_made_for_a_tenant_that_goes(self, ask, number):
        id_ = f"gone-{number}"
        ask("POST", "api/v1/tenants", {"id": id_, "name": "Acme"})
        webhook = {"tenant": id_, "type": "webhook", "name": "w", "config": {"url": "https://example.com"}}
        made = side_by_side([
            *[lambda: ask("POST", f"api/v1/tenants/{id_}/environments", {"name": "Production"})] * 2,
            *[lambda: ask("POST", "api/v1/api-keys", {"tenant": id_, "name": "k", "role": "viewer"})] * 2,
            *[lambda: ask("POST", "api/v1/destinations", webhook)] * 2,
            *[lambda: ask("DELETE", f"outpost/api/v1/tenants/{id_}")] * 2,
        ])  # fmt: skip
        assert not [status for status in made if status >= 500], made

    def test_all_enter_by_a_link(self, ask, url, key, number):
        ask("PUT", f"outpost/api/v1/tenants/entered-{number}")
        headers = {"Authorization": f"Bearer {key}"}
        asked = urllib.request.Request(f"{url}outpost/api/v1/tenants/entered-{number}/portal", headers=headers)
        link = json.loads(urllib.request.urlopen(asked, timeout=30).read())["redirect_url"]
        visitors = [Visitor(url, link) for _ in range(MANY)]
        assert at_once(lambda: visitors.pop().enter()) == [200] * MANY


class Visitor:
    """A browser that has opened a link."""

    def __init__(self, url: str, link: str) -> None:
        self.address = f"{url}outpost/portal"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = self.opener.open(link, timeout=30).read().decode()
        self.fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', unescape(page)))

    def enter(self) -> int:
        """How the page is answered that it leads to."""
        request = urllib.request.Request(self.address, urlencode(self.fields).encode(), {"Origin": self.address[:-15]})
        try:
            return int(self.opener.open(request, timeout=30).status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

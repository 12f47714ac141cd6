"""A stand-in for data.world: tokens, owners and datasets with levels of access."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.servers.certificates import Authority
from tests.servers.http import Request
from tests.servers.rest import Reply, serving

TOKEN, USER = "eyJhbGciOi.the-token.of-the-user", "anna"
LEAK = "words of the server's that belong in no message"


@dataclass
class DataWorld:
    port: int = 0
    owners: set[str] = field(default_factory=lambda: {USER, "the-company"})
    #: The level of access to each dataset.
    datasets: dict[str, Any] = field(default_factory=lambda: {"the-company/sales": "WRITE"})
    #: Answers instead of the true ones, by path.
    replies: dict[str, Reply] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        assert request.method == "GET"
        self.requests.append(request.target)
        if request.target in self.replies:
            return self.replies[request.target]
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return 401, {"code": 401, "message": LEAK}
        found: dict[str, Any] = {"/v0/user": {"id": USER}}
        found |= {f"/v0/datasets/{owner}?limit=1": {"count": 0, "records": []} for owner in self.owners}
        found |= {f"/v0/datasets/{name}": {"accessLevel": level} for name, level in self.datasets.items()}
        if request.target in found:
            return 200, found[request.target]
        return 404, {"code": 404, "message": LEAK}


@pytest.fixture
def data_world(authority: Authority) -> Iterator[DataWorld]:
    stub = DataWorld()
    with serving(stub.answer, authority) as server:
        stub.port = server.port
        yield stub

"""Answers that send a client elsewhere: whatever form they have, nobody goes."""

from unittest.mock import patch

import pytest

from connectors import registry
from connectors.probes import entra
from tests.connectors.loops import run
from tests.egress.paths import Path, built, typed
from tests.egress.watching import ALLOWED, hearing
from tests.servers.http import listening, read
from tests.servers.tls import server_context

ELSEWHERE = "/elsewhere"
STATUSES = (300, 301, 302, 303, 305, 307, 308)
PLACES = {
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "this machine": "http://127.0.0.1:{port}" + ELSEWHERE,
    "this machine, encrypted": "https://127.0.0.1:{port}" + ELSEWHERE,
    "without a scheme": "//127.0.0.1:{port}" + ELSEWHERE,
    "a path": ELSEWHERE,
    "user-info": "http://public.example@127.0.0.1:{port}" + ELSEWHERE,
    "decimal": "http://2130706433:{port}" + ELSEWHERE,
    "another scheme": "gopher://127.0.0.1:{port}" + ELSEWHERE,
    "a file": "file:///etc/passwd",
}
# Other words than Location, with a status that many take for success.
HINTS = {
    "Refresh": "0; url={url}",
    "Alt-Svc": 'h2="127.0.0.1:{port}"; ma=3600, h3=":{port}"',
    "Link": "<{url}>; rel=preload",
    "Content-Location": "{url}",
    "X-Accel-Redirect": "{url}",
    "Proxy-Authenticate": "Basic realm=landfall",
    "Service": "{url}",
}
META = '<html><head><meta http-equiv="refresh" content="0; url={url}"></head></html>'

NOT_HTTP = {
    "azure_servicebus", "azure_sqldw", "kafka", "mssql", "mysql", "panoply", "postgres", "rabbitmq", "redshift",
}  # fmt: skip
# Who knows nothing else.
ENCRYPTED = {
    "snowflake", "data_world", "databricks_delta", "azure_databricks, encrypted", "azure_fabric, encrypted",
    "azure_health_data_services",
}  # fmt: skip
SPEAKING = [
    path
    for path in (*typed(), *built())
    if path.name.partition(",")[0] not in NOT_HTTP
    and (path.name in ENCRYPTED or ("encrypted" not in path.name and f"{path.name}, encrypted" not in ENCRYPTED))
    and "SSH host" not in path.name
]


def answers(port):
    """Heads and bodies by what is in them."""
    for status in STATUSES:
        for name, place in PLACES.items():
            if status == 302 or name in {"metadata", "this machine"}:
                yield f"{status} to {name}", f"{status} Whatever", {"Location": place.format(port=port)}, ""
    url = PLACES["this machine"].format(port=port)
    for status in (200, 201, 407):
        hints = {name: value.format(url=url, port=port) for name, value in HINTS.items()} | {"Location": url}
        yield f"{status} and hints", f"{status} Whatever", hints, META.format(url=url)


def test_every_type_that_speaks_http_is_here():
    names = {path.name.partition(",")[0] for path in SPEAKING}
    assert not names & NOT_HTTP
    assert names >= set(registry.names()) - NOT_HTTP


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.name)
def test_no_redirect_is_followed(path: Path, place, dns, authority, system_trust):
    said = {"head": b""}

    def talk(handler):
        read(handler)
        handler.wfile.write(said["head"])

    async def every():
        for name, status, headers, body in answers(place.port):
            lines = [f"HTTP/1.1 {status}", *(f"{key}: {value}" for key, value in headers.items())]
            said["head"] = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()
            before = len(server.requests)
            outcome = await path.visit(ALLOWED, server.port)
            asked = [request.target for request in server.requests[before:]]
            arrived, beyond = place.visits(), heard.beyond(ALLOWED)
            followed = arrived or beyond or any(target.startswith(ELSEWHERE) for target in asked)
            if followed or not asked or (outcome == "passed" and not status.startswith("20")):
                wrong.append(f"{name} by “{path.name}”: {outcome}, asked for {asked}, {arrived} and {beyond} arrived")

    wrong: list[str] = []
    context = server_context(authority, ALLOWED) if path.name in ENCRYPTED else None
    with (
        listening(talk, context, ALLOWED) as server,
        patch.dict(entra.CLOUDS, dict.fromkeys(entra.CLOUDS, f"https://{ALLOWED}:{server.port}")),
        hearing() as heard,
    ):
        run(every())
    assert wrong == []

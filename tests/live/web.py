"""Types that are sent HTTP requests."""

from connectors.types import hookdeck as hookdeck_type
from tests.factories import SECRET
from tests.live.declaring import MISSING_RESOURCE, NO_PERMISSION, TLS_MISMATCH, WRONG_CREDENTIAL, Broken, Live, live
from tests.servers.data_world import TOKEN
from tests.servers.hookdeck import TOKEN as OF_THE_SOURCE
from tests.servers.hookdeck import made

NO_RIGHTS = "A token is for sending to one source and nothing else."


@live("webhook")
def webhook(request):
    server = request.getfixturevalue("https_server")
    return Live(
        {
            "url": server.url("/hooks", host="localhost"),
            "method": "PUT",
            "headers": {"X-Team": "data", "X-Source": "landfall"},
            "ca_certificate": request.getfixturevalue("authority").pem,
        },
        {"secret": SECRET, "headers": {"Authorization": "Bearer the-token-of-the-user"}},
        {
            WRONG_CREDENTIAL: Broken("denied", {"url": server.url("/status/401", host="localhost")}),
            MISSING_RESOURCE: Broken("not_found", {"url": server.url("/status/404", host="localhost")}),
            NO_PERMISSION: Broken("forbidden", {"url": server.url("/status/403", host="localhost")}),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


@live("otlp_http")
def otlp_http(request):
    """The collector lets in everybody, so that a web server plays who does not."""
    collector, other = request.getfixturevalue("collector"), request.getfixturevalue("http_server")
    secure = request.getfixturevalue("https_server")
    trusted = {"ca_certificate": request.getfixturevalue("stranger").pem}
    entered = {"headers": {"Authorization": "Bearer the-token-of-the-user", "X-Api-Key": "its-other-secret"}}
    return Live(
        {"url": collector.url("/v1/logs"), "signal": "logs"},
        entered,
        {
            WRONG_CREDENTIAL: Broken("denied", {"url": other.url("/status/401")}, entered),
            MISSING_RESOURCE: Broken("not_found", {"url": collector.url("/v1/nothing")}),
            NO_PERMISSION: Broken("forbidden", {"url": other.url("/status/403")}),
            TLS_MISMATCH: Broken("tls", {"url": secure.url("/v1/logs", host="localhost"), **trusted}),
        },
    )


@live("hookdeck", lacks={NO_PERMISSION: NO_RIGHTS})
def hookdeck(request):
    server, monkeypatch = request.getfixturevalue("hookdeck_api"), request.getfixturevalue("monkeypatch")
    secure = request.getfixturevalue("https_server").url("", host="localhost")
    monkeypatch.setattr(hookdeck_type, "API", server.url(""))
    return Live(
        {"source_name": "my orders"},
        {"token": OF_THE_SOURCE},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"token": made("src_abc-1:not it")}),
            MISSING_RESOURCE: Broken("not_found", credentials={"token": made("src_404:x")}),
            TLS_MISMATCH: Broken("tls", outside=lambda: monkeypatch.setattr(hookdeck_type, "API", secure)),
        },
    )


@live("data_world")
def data_world(request):
    server = request.getfixturevalue("data_world")
    request.getfixturevalue("system_trust")
    return Live(
        {"host": "localhost", "port": server.port, "owner": "the-company", "dataset": "sales"},
        {"access_token": TOKEN},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"access_token": "not-the-token"}),
            MISSING_RESOURCE: Broken("not_found", {"dataset": "nothing"}),
            NO_PERMISSION: Broken("forbidden", outside=lambda: server.datasets.update({"the-company/sales": "READ"})),
            TLS_MISMATCH: Broken("tls", {"host": "127.0.0.1"}),
        },
    )

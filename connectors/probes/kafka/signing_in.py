"""Sign in by SASL, with the mechanisms as aiokafka has them."""

import asyncio
from typing import Any

from aiokafka.conn import BaseSaslAuthenticator, SaslPlainAuthenticator, ScramAuthenticator
from aiokafka.protocol.admin import SaslAuthenticateRequest, SaslHandShakeRequest

from connectors.probes.kafka import failures
from connectors.probes.kafka.cluster import Cluster
from connectors.probes.kafka.wire import UNREADABLE, Session

NOT_OFFERED, NOT_NOW, DENIED = 33, 34, 58  # codes of the protocol
ROUNDS = 1_000_000  # a server that asks for more wants to keep us busy; half a second


async def sign_in(session: Session, cluster: Cluster) -> None:
    """Raises `CheckFailed`."""
    offer = await session.ask(SaslHandShakeRequest(cluster.mechanism))
    if offer["error_code"] == NOT_OFFERED:
        raise failures.not_offered(session.server, cluster, offer["enabled_mechanisms"] or [])
    if offer["error_code"] == NOT_NOW:
        raise failures.no_sign_in(session.server)
    if offer["error_code"]:
        raise failures.answered(session.server, offer["error_code"])
    exchange = _exchange(cluster)
    heard: bytes | None = None
    while said := await _next(exchange, heard, session, cluster):
        answer = await session.ask(SaslAuthenticateRequest(said))
        if answer["error_code"] == DENIED:
            raise failures.denied(session.server, cluster)
        if answer["error_code"]:
            raise failures.answered(session.server, answer["error_code"])
        heard = answer["sasl_auth_bytes"]


class _Scram(ScramAuthenticator):
    def create_salted_password(self, salt: bytes, iterations: int) -> None:
        if not 1 <= iterations <= ROUNDS:
            raise ValueError
        super().create_salted_password(salt, iterations)  # type: ignore[no-untyped-call]


def _exchange(cluster: Cluster) -> BaseSaslAuthenticator:
    who: dict[str, Any] = {"sasl_plain_username": cluster.username, "sasl_plain_password": cluster.password}
    loop = asyncio.get_running_loop()
    if cluster.mechanism == "PLAIN":
        return SaslPlainAuthenticator(loop=loop, **who)
    return _Scram(loop=loop, sasl_mechanism=cluster.mechanism, **who)  # type: ignore[no-untyped-call]


async def _next(exchange: BaseSaslAuthenticator, heard: bytes | None, session: Session, cluster: Cluster) -> bytes:
    """What to say next, nothing when the sign-in has succeeded on both sides."""
    try:
        said: tuple[bytes, bool] | None = await exchange.step(heard)
    except (*UNREADABLE, KeyError, AttributeError, AssertionError):
        raise failures.not_proven(session.server, cluster) from None
    return said[0] if said else b""

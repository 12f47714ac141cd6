"""The check of a topic: sign in, find it without making it, reach whoever leads it, ask for the right to publish."""

from contextlib import AsyncExitStack

from connectors import names
from connectors.probes.kafka import failures, topics
from connectors.probes.kafka.cluster import Cluster, Server
from connectors.probes.kafka.signing_in import sign_in
from connectors.probes.kafka.wire import Session, connected
from connectors.problems import CheckFailed
from connectors.steps import Steps

GREET, FIND, REACH, PUBLISH = "speak Kafka", "find topic", "reach its leaders", "ask for the right to publish"
STEPS = ("resolve", "connect", "tls", GREET, "sign in", FIND, REACH, PUBLISH)
EFFECT = "Nothing is written or created: it asks about the topic, and about the right to publish to it."
LEADERS = 3  # that are reached, of a topic with more
# What one bootstrap server may have and the next one not. A sign-in that was denied is not tried again.
ITS_OWN = frozenset({"dns", "refused", "timeout", "tls", "protocol", "remote"})


async def check(cluster: Cluster, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    async with AsyncExitStack() as stack:
        session = await _bootstrap(cluster, stack, steps)
        with steps(FIND):
            try:
                topic = await topics.find(session, cluster)
            except CheckFailed as failure:
                raise failures.unless_signed_in(failure, cluster) from None
        with steps(REACH):
            reached = [await _reach(leader, session, cluster, stack) for leader in topic.leaders[:LEADERS]]
        with steps(PUBLISH):
            if not await topics.publishable(topic, reached[0], cluster):
                steps.skip(PUBLISH, "The broker does not tell what the user may do with the topic.")


async def _bootstrap(cluster: Cluster, stack: AsyncExitStack, steps: Steps) -> Session:
    """Signed in to the first server that lets us; told are the steps of the last one that was tried."""
    failed: list[CheckFailed] = []
    for server in cluster.servers:
        attempt = Steps(STEPS)
        try:
            session = await _enter(server, cluster, stack, attempt)
        except CheckFailed as failure:
            failed.append(failure)
            if failure.code in ITS_OWN and len(failed) < len(cluster.servers):
                continue
            steps.adopt(attempt)
            raise failures.bootstrap(failed) from None
        except BaseException:
            steps.adopt(attempt)
            raise
        steps.adopt(attempt)
        return session
    raise AssertionError


async def _reach(leader: Server, session: Session, cluster: Cluster, stack: AsyncExitStack) -> Session:
    """What a broker says about its like is not to be trusted: the address is vetted as if a user had typed it."""
    try:
        if _same(leader, session.server):
            return session
        return await _enter(leader, cluster, stack, Steps(STEPS))
    except CheckFailed as failure:
        raise failures.advertised(failure) from None


async def _enter(server: Server, cluster: Cluster, stack: AsyncExitStack, steps: Steps) -> Session:
    """Connected and signed in until `stack` ends, or until this fails."""
    async with AsyncExitStack() as own:
        session = await own.enter_async_context(connected(cluster, server, steps))
        if cluster.tls is None:
            steps.skip("tls", "The connection is not encrypted, because tls is off.")
        with steps(GREET):
            await session.greet()
        if cluster.mechanism:
            with steps("sign in"):
                await sign_in(session, cluster)
        else:
            steps.skip("sign in", "Nobody signs in, because the mechanism is none.")
        stack.push_async_exit(own.pop_all())
    return session


def _same(one: Server, other: Server) -> bool:
    return one.port == other.port and names.canonical(one.host) == names.canonical(other.host)

"""Ask a cluster about a topic without making it, and whether it may be written to without writing."""

from dataclasses import dataclass
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v4, MetadataRequest_v5
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from connectors.probes.kafka import failures
from connectors.probes.kafka.cluster import Cluster, Server
from connectors.probes.kafka.wire import Session
from connectors.problems import CheckFailed

# Codes of the protocol: of errors, and the place of the right to write among the bits of an answer.
MISSING, NO_LEADER, INVALID_NAME, NO_RIGHT = 3, 5, 17, 29
NOTHING_TO_STORE = frozenset({0, 2, 87})  # done, no valid records, no records
ALL, WRITE = 1 << 2, 1 << 4


class Described(Response):
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8"))),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
        ("cluster_operations", Int32),
    )


class Describe8(RequestStruct):
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = Described
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
    )


class Describe(Request[MetadataRequest_v4 | MetadataRequest_v5 | Describe8]):
    """The description of one topic; the first versions of it that do not make the topic, and one that tells rights."""

    API_KEY = 3

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[Any]) -> Any:
        if request_struct_class is Describe8:
            return Describe8([self._topic], False, False, True)
        return request_struct_class([self._topic], False)


@dataclass(frozen=True, slots=True)
class Topic:
    """The brokers that lead its partitions, the first of these, and the user's rights, 0 where they are not told."""

    leaders: tuple[Server, ...]
    partition: int
    operations: int


async def find(session: Session, cluster: Cluster) -> Topic:
    answer = await session.ask(Describe(cluster.topic))
    found = [topic for topic in answer["topics"] if topic["topic"] == cluster.topic]
    if not found:
        raise failures.stranger(session.server)
    code = found[0]["error_code"]
    if code in (MISSING, INVALID_NAME):
        raise failures.missing(session.server, cluster)
    if code == NO_RIGHT:
        raise failures.forbidden(cluster, "Describe")
    if code not in (0, NO_LEADER):
        raise failures.answered(session.server, code)
    return _topic(found[0], answer["brokers"], session, cluster)


def _topic(topic: dict[str, Any], brokers: list[dict[str, Any]], session: Session, cluster: Cluster) -> Topic:
    places = {broker["node_id"]: Server(broker["host"] or "", broker["port"]) for broker in brokers}
    led = [(one["partition"], places[one["leader"]]) for one in topic["partitions"] if one["leader"] in places]
    if not led:
        raise failures.no_leader(cluster)
    if not all(leader.host and 1 <= leader.port <= 65535 for _, leader in led):
        raise failures.stranger(session.server)
    leaders = tuple(dict.fromkeys(leader for _, leader in sorted(led, key=lambda one: one[0])))
    return Topic(leaders, min(led, key=lambda one: one[0])[0], max(topic.get("operations", 0), 0))


async def publishable(topic: Topic, leader: Session, cluster: Cluster) -> bool:
    """Whether that is certain; raises `CheckFailed` when it is certain that not.

    The bits are the decision of the broker's own authorizer. Where it tells none, it is handed no records at all for
    the topic: the right is looked at first, and what is left is refused as nothing to store.
    """
    if topic.operations:
        if not topic.operations & (ALL | WRITE):
            raise failures.forbidden(cluster, "Write")
        return True
    try:
        answer = await leader.ask(ProduceRequest(None, 1, 1000, [(cluster.topic, [(topic.partition, b"")])]))
        code = answer["topics"][0]["partitions"][0]["error_code"]
    except (CheckFailed, IndexError):  # old brokers hang up on it
        return False
    if code == NO_RIGHT:
        raise failures.forbidden(cluster, "Write")
    return code in NOTHING_TO_STORE

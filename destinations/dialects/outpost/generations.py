"""What a client can read. Its types are closed unions: one it does not know breaks the whole list it is in."""

import re
from collections.abc import Collection

Version = tuple[int, int, int]

_SDK = re.compile(r"speakeasy-sdk/python (\d{1,4})\.(\d{1,4})\.(\d{1,4})\b")
_NEWEST: Version = (9999, 0, 0)
# The version of the SDK that was the last to speak the first generation of paths.
_FIRST_GENERATION: Version = (0, 4, 0)

TYPES_SINCE: tuple[tuple[Version, tuple[str, ...]], ...] = (
    ((0, 1, 0), ("webhook", "aws_sqs", "rabbitmq", "hookdeck", "aws_kinesis")),
    ((0, 3, 0), ("azure_servicebus",)),
    ((0, 4, 0), ("aws_s3",)),
    ((0, 5, 0), ("gcp_pubsub",)),
    ((1, 1, 0), ("kafka",)),
    ((1, 7, 0), ("cloudflare_queues", "aws_eventbridge")),
)
FIELDS_SINCE: tuple[tuple[Version, tuple[str, ...]], ...] = (
    ((0, 1, 0), ("text", "checkbox")),
    ((0, 8, 1), ("key_value_map",)),
    ((0, 9, 0), ("select",)),
)


class Client:
    """`first_generation` is told by the path; a User-Agent of the SDK can only narrow what that allows."""

    def __init__(self, user_agent: str, *, first_generation: bool) -> None:
        told = _SDK.match(user_agent)
        version = (int(told[1]), int(told[2]), int(told[3])) if told else _NEWEST
        self.version = min(version, _FIRST_GENERATION) if first_generation else version

    @property
    def types(self) -> Collection[str]:
        return self._known(TYPES_SINCE)

    @property
    def fields(self) -> Collection[str]:
        return self._known(FIELDS_SINCE)

    def _known(self, table: tuple[tuple[Version, tuple[str, ...]], ...]) -> frozenset[str]:
        return frozenset(name for since, names in table if self.version >= since for name in names)

"""What a destination receives: names of topics, and patterns where the installation allows them.

A `*` in a pattern stands for any run of characters, dots included. `["*"]` alone is everything.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from destinations.exceptions import Problem
from destinations.models import ALL_TOPICS

MAX_TOPICS = 1000


def fault(topics: Any) -> Problem | None:
    """What is wrong with the topics of a draft; None for none given."""
    if topics is None:
        return None
    if not isinstance(topics, list) or not all(isinstance(topic, str) and topic for topic in topics):
        return Problem("topics", "type", 'This must be a list of topic names, or ["*"] for all.')
    if not topics:
        return Problem("topics", "blank", 'Name at least one topic, or ["*"] for all.')
    if len(topics) > MAX_TOPICS:
        return Problem("topics", "max_length", f"At most {MAX_TOPICS} topics are allowed.")
    return None if topics == ALL_TOPICS else next(filter(None, map(_topic_fault, topics)), None)


def normalised(topics: Sequence[str]) -> list[str]:
    """Without what is there twice or covered by a pattern beside it, in the order first seen."""
    unique = list(dict.fromkeys(topics))
    return [topic for topic in unique if not any(covers(other, topic) for other in unique if other != topic)]


def covers(pattern: str, topic: str) -> bool:
    """Piece by piece and without a regular expression, whose time strangers could drive up."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == topic
    *middle, last = rest
    if not topic.startswith(first) or not topic.endswith(last) or len(topic) < len(first) + len(last):
        return False
    position, end = len(first), len(topic) - len(last)
    for piece in middle:
        position = topic.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def receives(topics: Iterable[str], topic: str) -> bool:
    """Whether a destination with these topics gets what is published to `topic`."""
    return any(covers(pattern, topic) for pattern in topics)


def _topic_fault(topic: str) -> Problem | None:
    known: list[str] = settings.TOPICS
    if "*" in topic:
        if not settings.TOPICS_WILDCARDS or topic == "*":
            message = '"*" stands alone: write ["*"] for all topics, or name each of them.'
            return Problem("topics", "pattern", message)
        return None if not known or any(covers(topic, name) for name in known) else _unknown(topic, known)
    return None if not known or topic in known else _unknown(topic, known)


def _unknown(topic: str, known: Sequence[str]) -> Problem:
    shown = topic if len(topic) <= 80 else f"{topic[:80]}…"
    return Problem("topics", "choice", f"There is no topic “{shown}”. The topics are: {', '.join(known)}.")

"""Times as Stitch writes them: UTC, in whole seconds."""

from datetime import UTC, datetime


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

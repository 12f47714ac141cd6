"""Housekeeping of the embedded broker."""

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from sqlalchemy import create_engine, inspect, text

KEPT = timedelta(hours=1)


@shared_task
def prune_messages() -> int:
    """Delete messages delivered over an hour ago, which kombu's database transport keeps for ever."""
    url: str = settings.CELERY_BROKER_URL
    if not url.startswith("sqla+"):
        return 0
    engine = create_engine(url.removeprefix("sqla+"))
    try:
        if not inspect(engine).has_table("kombu_message"):
            return 0
        with engine.begin() as connection:
            # kombu stamps a message with the local time, without a zone, when it delivers it.
            before = datetime.now() - KEPT  # noqa: DTZ005
            delivered = text("DELETE FROM kombu_message WHERE NOT visible AND timestamp < :before")
            return connection.execute(delivered, {"before": before}).rowcount
    finally:
        engine.dispose()

"""What Celery runs. No message carries an id or a secret: the database is the queue."""

import logging

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from destinations import checking

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def sweep() -> int:
    """Run every due check until nothing is due. Returns how many were finished."""
    return checking.sweep()


@shared_task(ignore_result=True)
def prune() -> int:
    """Delete finished checks older than the retention time. Returns how many."""
    return checking.prune(settings.CHECK_RETENTION_DAYS)


def wake_up() -> None:
    """Ask a worker to look at the queue now. Without a broker the next scheduled sweep finds it all the same."""
    try:
        sweep.apply_async(retry=False, expires=60)
    except OperationalError:
        logger.warning("wake_up_failed")

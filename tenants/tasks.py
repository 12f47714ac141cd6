"""What Celery runs for tenants and access."""

from celery import shared_task

from tenants import counting, spent


@shared_task(ignore_result=True)
def prune() -> int:
    """Delete what only had to be remembered for a while. Returns how many rows."""
    return spent.prune() + counting.prune()

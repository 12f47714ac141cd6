"""What Celery runs for tenants and access."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from tenants import counting, spent
from tenants.models import Consent


@shared_task(ignore_result=True)
def prune() -> int:
    """Delete what only had to be remembered for a while. Returns how many rows."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    consents, _ = Consent.objects.filter(expires__lt=now).delete()
    return sessions + consents + spent.prune() + counting.prune()

"""What has ended is deleted every night."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tenants import partners
from tenants.models import Consent
from tenants.tasks import prune
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=30)
URI = "https://partner.example.com/callback"


def test_sessions():
    user = User.objects.create_superuser("pat")
    stale, fresh = Client(), Client()
    stale.force_login(user)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    fresh.force_login(user)
    assert prune() == 1
    assert Session.objects.get().session_key == fresh.session.session_key
    assert fresh.get("/admin/").status_code == 200


def test_consents():
    partner, _ = partners.register(name="Shop", redirect_uris=[URI])
    tenant, root = make_tenant(), User.objects.create_superuser("root")
    partners.consent(partner, tenant, root, URI)
    Consent.objects.update(expires=LATER)
    code = partners.consent(partner, tenant, root, URI)
    Consent.objects.exclude(expires=LATER).update(expires=timezone.now() - timedelta(seconds=1))
    assert prune() == 1
    assert Consent.objects.get().expires == LATER
    with pytest.raises(partners.NoConsent):
        partners.redeem(partner, code)

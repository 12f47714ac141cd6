"""Who gives a command is told in the audit trail, also of the commands that are Django's own."""

import getpass

import pytest
from django.contrib.auth.models import User

from tenants.trail import AuditEvent
from tests.commands import processes

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN = ("--noinput", "--username", "ada", "--email", "ada@example.com")


def test_a_superuser_is_made_by_somebody():
    said = processes.run("createsuperuser", *LOGIN, DJANGO_SUPERUSER_PASSWORD="correct horse")
    assert (said.returncode, User.objects.get().username) == (0, "ada"), said.stderr
    told = AuditEvent.objects.get(action="user.create")
    assert (told.face, told.user_name) == ("command", getpass.getuser())


def test_without_settings_there_is_help_all_the_same():
    said = processes.run("help", LANDFALL_DATABASE_URL="nonsense")
    assert said.returncode == 0
    assert "testserver" in said.stdout

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


def test_other_settings_can_be_named(tmp_path):
    (tmp_path / "others.py").write_text("from config.settings import *\nLANGUAGE_CODE = 'sv'\n")
    said = processes.run("diffsettings", "--settings", "others", "--pythonpath", str(tmp_path))
    assert "LANGUAGE_CODE = 'sv'" in said.stdout, said.stderr


def test_without_settings_there_is_help_all_the_same():
    said = processes.run("help", LANDFALL_DATABASE_URL="nonsense")
    assert said.returncode == 0
    assert "testserver" in said.stdout

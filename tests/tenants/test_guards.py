"""The triggers of the audit trail: missed, and put back."""

import logging
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tenants import audit, guards
from tenants.trail import AuditEvent
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

EACH = {
    "sqlite": [f"DROP TRIGGER {name}" for name in guards.SQLITE],
    "postgresql": [
        *(f"DROP TRIGGER {name} ON {guards.TABLE}" for name in guards.POSTGRESQL),
        *(f"ALTER TABLE {guards.TABLE} DISABLE TRIGGER {name}" for name in guards.POSTGRESQL),
    ],
}


@pytest.fixture(params=range(4))
def harmed(request):
    """One trigger is gone or switched off."""
    statements = EACH[connection.vendor]
    statement = statements[request.param % len(statements)]
    with connection.cursor() as cursor:
        cursor.execute(statement)
    yield statement.split()[-1] if "DISABLE" in statement else statement.split()[2]
    call_command("migrate", verbosity=0)


def told() -> str:
    out = StringIO()
    call_command("check", "--database", "default", stdout=out, stderr=out)
    return out.getvalue()


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return guards.MESSAGE in str(error)
    return False


def test_with_all_of_them_nothing_is_told_or_done(caplog):
    assert "tenants.W001" not in told()
    call_command("migrate", verbosity=0)
    assert "audit_guards_put_back" not in caplog.text


def test_the_check_names_what_is_missing(harmed):
    assert f"of its triggers {harmed} are missing or switched off" in told()


def test_a_migration_puts_it_back_and_says_so(harmed, caplog):
    caplog.set_level(logging.WARNING)
    audit.record("tenant.change", make_tenant())
    call_command("migrate", verbosity=0)
    assert guards.missing(connection) == set()
    assert [record.triggers for record in caplog.records if record.msg == "audit_guards_put_back"] == [harmed]
    assert refused("UPDATE tenants_auditevent SET face = 'other'")
    assert refused("DELETE FROM tenants_auditevent")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="Only SQLite makes a table anew.")
def test_a_table_that_is_made_anew_is_guarded_again():
    with connection.schema_editor() as editor:
        editor._remake_table(AuditEvent)  # type: ignore[attr-defined]
    assert guards.missing(connection) == guards.SQLITE.keys()
    call_command("migrate", verbosity=0)
    assert guards.missing(connection) == set()

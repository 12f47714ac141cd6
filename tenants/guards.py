"""The triggers with which the database itself keeps the audit trail as it was written.

SQLite forgets them when a migration makes the table anew, and who owns a database can drop them. So every `migrate`,
and with it every `start`, puts back what is missing, and `check --database default` tells of it.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate
from django.dispatch import receiver

LABEL, TABLE = "tenants", "tenants_auditevent"
# A BEFORE INSERT trigger as well on SQLite, where INSERT OR REPLACE removes a row without calling the other two.
SQLITE = {
    "audit_no_update": f"BEFORE UPDATE ON {TABLE}",
    "audit_no_delete": f"BEFORE DELETE ON {TABLE}",
    "audit_no_replace": f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE uuid = NEW.uuid)",  # noqa: S608
}
POSTGRESQL = {
    "audit_no_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    "audit_no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
MESSAGE = "Entries of the audit trail are never changed or removed."
FUNCTION = f"""
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
FOUND = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled IN ('O', 'A')",
}

logger = logging.getLogger(__name__)


def guards(vendor: str) -> list[str]:
    """The statements that make the triggers."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END" for name, when in SQLITE.items()
        ]
    triggers = [f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION audit_refuse()" for name, when in POSTGRESQL.items()]
    return [FUNCTION, *triggers]


def no_guards(vendor: str) -> list[str]:
    """The statements that take away those that are there."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in SQLITE]
    triggers = [f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in POSTGRESQL]
    return [*triggers, "DROP FUNCTION IF EXISTS audit_refuse()"]


def missing(database: BaseDatabaseWrapper) -> set[str]:
    """The names of the triggers that are not there or switched off, if the table is there."""
    if TABLE not in database.introspection.table_names():
        return set()
    with database.cursor() as cursor:
        cursor.execute(FOUND[database.vendor], [TABLE])
        found = {name for (name,) in cursor.fetchall()}
    return (SQLITE if database.vendor == "sqlite" else POSTGRESQL).keys() - found


@receiver(post_migrate)
def put_back(using: str, app_config: Any, **_: Any) -> None:
    if app_config.label != LABEL or not (names := missing(connections[using])):
        return
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for statement in (*no_guards(connections[using].vendor), *guards(connections[using].vendor)):
            cursor.execute(statement)
    logger.warning("audit_guards_put_back", extra={"triggers": ", ".join(sorted(names))})


@register(Tags.database)
def check(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A warning and no error, for which `migrate` would not run."""
    return [
        Warning(
            f"The database lets entries of the audit trail be changed or removed: of its triggers "
            f"{', '.join(sorted(names))} are missing or switched off.",
            hint="Find out who did that, if no migration did. `python3 manage.py migrate` puts them back.",
            id="tenants.W001",
        )
        for alias in databases or ()
        if router.allow_migrate(alias, LABEL) and (names := missing(connections[alias]))
    ]

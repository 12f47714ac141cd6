import uuid

import django.utils.timezone
from django.db import migrations, models

# A BEFORE INSERT trigger as well on SQLite, where INSERT OR REPLACE removes a row without calling the other two.
SQLITE = {
    "audit_no_update": "BEFORE UPDATE ON tenants_auditevent",
    "audit_no_delete": "BEFORE DELETE ON tenants_auditevent",
    "audit_no_replace": (
        "BEFORE INSERT ON tenants_auditevent WHEN EXISTS (SELECT 1 FROM tenants_auditevent WHERE uuid = NEW.uuid)"
    ),
}
POSTGRESQL = {
    "audit_no_change": "BEFORE UPDATE OR DELETE ON tenants_auditevent FOR EACH ROW",
    "audit_no_truncate": "BEFORE TRUNCATE ON tenants_auditevent FOR EACH STATEMENT",
}
MESSAGE = "Entries of the audit trail are never changed or removed."
FUNCTION = f"""
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def guards(vendor):
    """The statements that make the triggers."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END" for name, when in SQLITE.items()
        ]
    triggers = [f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION audit_refuse()" for name, when in POSTGRESQL.items()]
    return [FUNCTION, *triggers]


def no_guards(vendor):
    """The statements that take them away."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER {name}" for name in SQLITE]
    return [*(f"DROP TRIGGER {name} ON tenants_auditevent" for name in POSTGRESQL), "DROP FUNCTION audit_refuse()"]


def set_guards(apps, schema_editor):
    for statement in guards(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def remove_guards(apps, schema_editor):
    for statement in no_guards(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("action", models.CharField(max_length=64)),
                ("subject_kind", models.CharField(max_length=32)),
                ("subject_id", models.CharField(max_length=255)),
                ("subject_label", models.CharField(max_length=255)),
                ("tenant", models.CharField(blank=True, max_length=255)),
                ("user_id", models.BigIntegerField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=255)),
                ("key_id", models.UUIDField(null=True)),
                ("key_name", models.CharField(blank=True, max_length=300)),
                ("face", models.CharField(max_length=16)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("changes", models.JSONField(default=list)),
                ("security", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit trail",
                "ordering": ("-at", "-uuid"),
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["at", "uuid"], name="audit_by_time"),
                    models.Index(fields=["tenant", "at", "uuid"], name="audit_of_tenant"),
                    models.Index(fields=["subject_id", "at", "uuid"], name="audit_of_subject"),
                ],
            },
        ),
        migrations.RunPython(set_guards, remove_guards),
    ]

import uuid

import django.utils.timezone
from django.db import migrations, models

from tenants.guards import guards, no_guards


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

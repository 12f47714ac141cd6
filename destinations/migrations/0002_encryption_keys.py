import uuid

import django.db.models.functions.datetime
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import migrations, models

import destinations.keyring
import destinations.sealing
from destinations import keyring
from destinations.sealing import Sealed

COLUMNS = (
    ("authcredential", "sealed"),
    ("destination", "sealed"),
    ("destination", "sealed_extra"),
    ("tunnelkey", "sealed"),
)


def name_keys(apps, schema_editor):
    """Values end with the id of their key from now on. What no key opens is damaged, unless nothing opens at all."""
    for name, field in COLUMNS:
        model = apps.get_model("destinations", name)
        stored = model.objects.filter(**{f"{field}__isnull": False}).order_by("pk")
        closed, opened = 0, 0
        for pk, sealed in stored.values_list("pk", field).iterator():
            if keyring.MARK in sealed.ciphertext:
                continue
            key_id = _opener(sealed.ciphertext)
            opened, closed = opened + bool(key_id), closed + (not key_id)
            if key_id:
                named = Sealed(sealed.ciphertext + keyring.MARK + key_id)
                model.objects.filter(pk=pk).update(**{field: named})
        if closed and not opened:
            destinations.sealing.refuse_missing({"unknown"}, {"unknown"})


def _opener(token):
    for key_id, key in keyring.ring().items():
        try:
            key.decrypt(token)
        except InvalidToken:
            continue
        return key_id
    return ""


class Migration(migrations.Migration):
    dependencies = [
        ("destinations", "0001_initial"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RunningProcess",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("keys", models.JSONField(default=list)),
                ("rotates", models.BooleanField(default=False)),
                ("seen", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.RunPython(name_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="authcredential",
            index=models.Index(destinations.keyring.KeyId("sealed"), name="credential_key"),
        ),
        migrations.AddIndex(
            model_name="destination",
            index=models.Index(destinations.keyring.KeyId("sealed"), name="destination_key"),
        ),
        migrations.AddIndex(
            model_name="destination",
            index=models.Index(destinations.keyring.KeyId("sealed_extra"), name="destination_extra_key"),
        ),
        migrations.AddIndex(
            model_name="tunnelkey",
            index=models.Index(destinations.keyring.KeyId("sealed"), name="tunnelkey_key"),
        ),
    ]

import uuid

import django.db.models.functions.datetime
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import StrIndex, Substr

import destinations.keyring
import destinations.sealing
from destinations import keyring
from destinations.sealing import Sealed

BATCH = 500
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
        unnamed = _marked(model, field).filter(mark=0).only("pk", field).order_by("pk")
        closed, opened, rows = 0, 0, list(unnamed[:BATCH])
        while rows:
            named = [row for row in rows if _name(row, field)]
            opened, closed = opened + len(named), closed + len(rows) - len(named)
            model.objects.bulk_update(named, [field])
            rows = list(unnamed.filter(pk__gt=rows[-1].pk)[:BATCH])
        if closed and not opened:
            destinations.sealing.refuse_missing({"unknown"}, {"unknown"})


def settle(apps, schema_editor):
    """A row that was changed twice has checks of its references put off until the end, and until they are made
    PostgreSQL makes no index on its table."""
    schema_editor.connection.check_constraints()


def unname_keys(apps, schema_editor):
    """What was before knows of no ids: it tries every key."""
    for name, field in COLUMNS:
        named = _marked(apps.get_model("destinations", name), field).filter(mark__gt=0)
        named.update(**{field: Substr(field, 1, F("mark") - 1)})


def _marked(model, field):
    """The rows with a value, and the place of the `mark` in it, which is 0 if there is none."""
    stored = model.objects.filter(**{f"{field}__isnull": False})
    return stored.annotate(mark=StrIndex(field, Value(keyring.MARK)))


def _name(row, field):
    sealed = getattr(row, field)
    key_id = _opener(sealed.ciphertext)
    setattr(row, field, Sealed(sealed.ciphertext + keyring.MARK + key_id))
    return key_id


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
        migrations.RunPython(name_keys, unname_keys),
        migrations.RunPython(settle, migrations.RunPython.noop),
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

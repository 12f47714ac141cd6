"""What runs, and which encryption keys it has."""

import uuid

from django.db import models
from django.db.models.functions import Now


class RunningProcess(models.Model):
    """A process that opens or seals secrets. It says that it is still there every few seconds; see `presence`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    # Their ids, as `keyring.ring` has them: the first is the one it wants to seal with.
    keys = models.JSONField(default=list)
    rotates = models.BooleanField(default=False)
    # By the clock of the database, which all processes share.
    seen = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

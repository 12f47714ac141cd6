"""The Celery app; its settings are the `CELERY_` block of `config.settings`."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_process_init, worker_process_shutdown
from django.conf import settings
from kombu.transport.sqlalchemy import Transport

from config.launch.tether import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The embedded broker has no push: kombu looks for messages once a second unless the class says otherwise, and as
# a transport option the same name would be handed to SQLAlchemy, which refuses it.
Transport.polling_interval = 0.1

app = Celery("landfall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_web_does(**_: Any) -> None:
    """With a receiver here Celery leaves logging alone."""
    dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def refuse_wrong_keys(**_: Any) -> None:
    from config.launch import admission  # noqa: PLC0415  models can be loaded only now

    admission.look()


@worker_process_init.connect
def begin_in_the_pool(**_: Any) -> None:
    """A worker that is killed outright cannot end the processes of its pool."""
    from config.launch import admission  # noqa: PLC0415  models can be loaded only now

    die_with_parent()
    admission.enter("worker")


@worker_process_shutdown.connect
def leave_the_pool(**_: Any) -> None:
    """Its processes end without Python's own farewell."""
    from destinations import presence  # noqa: PLC0415  models can be loaded only now

    presence.leave()

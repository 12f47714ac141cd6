"""Everything between the settings and the first process: each step may run again at every start."""

import hashlib
import os
import secrets
import sqlite3
from contextlib import closing

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection

from config.celery import app
from config.launch import LaunchError, admission, private
from config.paths import ADMIN_LOGIN_FILE, EGRESS_ALLOW_FILE, STATIC_DIR
from destinations import sealing

ADMIN = "admin"
THIS_MACHINE = ["127.0.0.0/8", "::1/128"]


def prepare_database() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
        sealing.verify_keys()
    except DatabaseError as error:
        raise LaunchError(admission.unusable(error)) from error
    except sealing.KeyMissing as error:
        raise LaunchError(str(error)) from error
    finally:
        connection.close()


def prepare_login() -> str | None:
    """The password of the admin login when this start made it; None when there are users already."""
    users = get_user_model()
    if users.objects.exists():
        return None
    # Kept first: a login whose password nobody knows would be worse than none.
    private.write_new(ADMIN_LOGIN_FILE, f"{ADMIN}\n{secrets.token_urlsafe(12)}\n")
    password = ADMIN_LOGIN_FILE.read_text().splitlines()[1]
    users.objects.create_superuser(username=ADMIN, password=password)
    return password


def prepare_broker() -> None:
    """Processes that make the tables of a new message file at the same moment get into each other's way."""
    if not settings.CELERY_BROKER_URL.startswith("sqla+sqlite"):
        return
    path = settings.CELERY_BROKER_URL.removeprefix("sqla+sqlite:///")
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode=WAL")
    with app.connection_for_write() as messages:
        app.amqp.queues[app.conf.task_default_queue].bind(messages.default_channel).declare()


def prepare_static() -> None:
    """Collecting takes seconds, so it is left out when no file has changed since the last time."""
    seal = STATIC_DIR / ".sources"
    sources = _sources()
    if seal.exists() and seal.read_text() == sources:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    seal.write_text(sources)


def prepare_egress(only_this_machine: bool) -> list[str]:
    """The private networks that checks may connect to.

    While nobody else can reach Landfall, that is this machine: a local database is a fine first try. The decision is
    a file so that every process on this folder reads the same one.
    """
    EGRESS_ALLOW_FILE.unlink(missing_ok=True)
    if "LANDFALL_EGRESS_ALLOW" in os.environ:
        return list(settings.EGRESS_ALLOW)
    if not only_this_machine:
        return []
    private.write_new(EGRESS_ALLOW_FILE, ",".join(THIS_MACHINE) + "\n")
    return THIS_MACHINE


def _sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = (storage.path(path), storage.size(path), storage.get_modified_time(path))
            digest.update(repr(facts).encode())
    return digest.hexdigest()

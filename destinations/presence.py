"""Which processes run with which encryption keys, so that none meets a secret that it cannot open.

Each says every few seconds that it is there. One that went without a word counts as gone a little later.
"""

import atexit
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now

from destinations import keyring
from destinations.models import RunningProcess
from destinations.sealing import refuse_missing, verify_keys

BEAT = 10  # seconds
GONE = timedelta(seconds=45)

logger = logging.getLogger(__name__)
_entered: list[RunningProcess] = []


def enter(what: str) -> None:
    """To be called by a process before it serves. Raises `KeyMissing`, also for a key that a rotation is about to use.

    It says that it is there before it looks, and a rotation does so too: of two at once, one sees the other.
    """
    me = _appear(what)
    try:
        verify_keys()
        wanted = {process.keys[0] for process in alive() if process.rotates}
        refuse_missing(wanted | set(me.keys), wanted - set(me.keys))
    except BaseException:
        _leave(me)
        raise
    finally:
        connection.close()
    threading.Thread(target=_stay, args=(me, threading.Event()), daemon=True).start()
    _entered.append(me)


@atexit.register
def leave() -> None:
    """To be called by a process that entered and ends without Python's own farewell."""
    while _entered:
        _leave(_entered.pop())


@contextmanager
def rotating(what: str) -> Iterator[None]:
    """For as long as the block runs no process starts without the key that it rotates to."""
    me, over = _appear(what, rotates=True), threading.Event()
    beating = threading.Thread(target=_stay, args=(me, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
        RunningProcess.objects.filter(pk=me.pk).delete()


def alive() -> list[RunningProcess]:
    return list(RunningProcess.objects.annotate(now=Now()).filter(now__lt=F("seen") + GONE))


def _appear(what: str, *, rotates: bool = False) -> RunningProcess:
    RunningProcess.objects.annotate(now=Now()).filter(now__gt=F("seen") + GONE).delete()
    name = f"{what} on {socket.gethostname()} (process {os.getpid()})"
    return RunningProcess.objects.create(name=name[:255], keys=list(keyring.ring()), rotates=rotates)


def _stay(me: RunningProcess, over: threading.Event) -> None:
    """Without a connection between two beats, so that none is open when the process forks."""
    while not over.wait(BEAT):
        try:
            if not RunningProcess.objects.filter(pk=me.pk).update(seen=Now()):
                me.save(force_insert=True)
        except DatabaseError as error:
            logger.warning("presence_unknown", extra={"reason": str(error)})
        finally:
            connection.close()


def _leave(me: RunningProcess) -> None:
    try:
        RunningProcess.objects.filter(pk=me.pk).delete()
    except DatabaseError as error:
        logger.warning("presence_unknown", extra={"reason": str(error)})
    finally:
        connection.close()

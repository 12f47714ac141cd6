"""Which processes run with which encryption keys, so that none meets a secret that it cannot open.

Each says every few seconds that it is there. One that went without a word counts as gone a little later.
"""

import atexit
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now

from destinations import keyring
from destinations.models import RunningProcess
from destinations.sealing import KeyMissing, refuse_behind, refuse_missing, verify_keys

BEAT = 10  # seconds
GONE = timedelta(seconds=45)

logger = logging.getLogger(__name__)


class Presence:
    """This process among those that run, from now until it leaves."""

    def __init__(self, what: str, *, rotates: bool = False) -> None:
        RunningProcess.objects.annotate(now=Now()).filter(now__gt=F("seen") + GONE).delete()
        name = f"{what} on {socket.gethostname()} (process {os.getpid()})"[:255]
        self._row = RunningProcess.objects.create(name=name, keys=list(keyring.ring()), rotates=rotates)
        self._over = threading.Event()
        self._beat = threading.Thread(target=self._stay, daemon=True)
        self._beat.start()

    def leave(self) -> None:
        self._over.set()
        self._beat.join()
        self._write(lambda: RunningProcess.objects.filter(pk=self._row.pk).delete())

    def _stay(self) -> None:
        """Without a connection between two beats, so that none is open when the process forks."""
        while not self._over.wait(BEAT):
            self._write(self._say)
            connection.close()

    def _say(self) -> None:
        if not RunningProcess.objects.filter(pk=self._row.pk).update(seen=Now()):
            self._row.seen = Now()
            self._row.save(force_insert=True)

    def _write(self, change: Callable[[], object]) -> None:
        try:
            change()
        except DatabaseError as error:
            logger.warning("presence_unknown", extra={"reason": str(error)})


_entered: list[Presence] = []


def enter(what: str) -> None:
    """To be called by a process before it serves. Raises `KeyMissing`, as `_admitted` does."""
    _entered.append(_admitted(what))


@atexit.register
def leave() -> None:
    """To be called by a process that entered and ends without Python's own farewell."""
    while _entered:
        _entered.pop().leave()
        connection.close()


@contextmanager
def commanding(what: str) -> Iterator[None]:
    """For as long as a command runs that opens or seals secrets. Raises `CommandError` if a key is missing."""
    try:
        me = _admitted(what)
    except KeyMissing as error:
        raise CommandError(str(error)) from error
    try:
        yield
    finally:
        me.leave()


def _admitted(what: str) -> Presence:
    """Raises `KeyMissing` unless every key is there that is needed, and the one that a rotation is about to use, or
    uses, is the first: whoever begins with another would go on sealing with that.

    It says that it is there before it looks, and a rotation does so too: of two at once, one sees the other.
    """
    me = Presence(what)
    try:
        verify_keys()
        known = list(keyring.ring())
        wanted = {process.keys[0] for process in alive() if process.rotates}
        refuse_missing(wanted.union(known), wanted.difference(known))
        refuse_behind(wanted.difference(known[:1]))
    except BaseException:
        me.leave()
        raise
    return me


@contextmanager
def rotating(what: str) -> Iterator[None]:
    """For as long as the block runs no process starts without the key that it rotates to as the first."""
    me = Presence(what, rotates=True)
    try:
        yield
    finally:
        me.leave()


def alive() -> list[RunningProcess]:
    return list(RunningProcess.objects.annotate(now=Now()).filter(now__lt=F("seen") + GONE))

"""Claim, run and record connection checks. `sweep` is the one path of every stored check."""

import asyncio
import logging
import queue
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from connectors import running
from connectors.base import Connector, Values
from connectors.identity import Identity
from connectors.running import Report
from connectors.strategies import Attached
from destinations import background, claiming, recording
from destinations.claiming import Claim
from destinations.models import Access, ConnectionCheck, Destination, DestinationState
from destinations.recording import Result, interval
from destinations.sealing import SecretUnreadable

__all__ = ["cancel_queued", "cancel_running", "interval", "prune", "rounds", "run_now", "sweep"]

logger = logging.getLogger(__name__)

BUDGET = 60.0  # seconds after which a sweep claims no more, so that no task of a worker runs for ever
FLUSH_ROWS, FLUSH_SECONDS = 500, 0.5
POLL = 0.25  # seconds at most until a running sweep sees a check that was just asked for
BACKLOG = 4  # claimed destinations per running check: some wait for a slot of their host or tenant


def sweep(budget: float = BUDGET) -> int:
    """Run due checks in a sliding window until nothing is due. Returns how many were finished."""
    return sum(rounds(budget))


def rounds(budget: float, among: Collection[int] | None = None) -> Iterator[int]:
    """A sweep in rounds of about `POLL` seconds: each yields how many checks were recorded in it.

    With `among`, ids of destinations that may change meanwhile, it takes no others. The caller may stop at any
    round: what has finished is recorded, what still runs is given back.
    """
    runner, flushed, renewed = Runner(), time.monotonic(), time.monotonic()
    results: list[Result] = []
    deadline = time.monotonic() + budget
    try:
        while True:
            if time.monotonic() < deadline and runner.free:
                runner.start(claiming.claim(runner.free, among))
            results += runner.collect()
            now, done = time.monotonic(), 0
            if len(results) >= FLUSH_ROWS or now - flushed >= FLUSH_SECONDS or not runner.in_flight:
                recording.record(results)
                done, results, flushed = len(results), [], now
            if now - renewed >= settings.CHECK_LEASE / 3:
                claiming.renew(runner.in_flight.values())
                renewed = now
            yield done
            if not runner.in_flight and not results and (now >= deadline or not claiming.anything_due(among)):
                return
    except (GeneratorExit, KeyboardInterrupt, SystemExit):
        recording.record(results)
        claiming.release(runner.in_flight.values())
        raise


def run_now(
    connector: Connector,
    config: Values,
    credentials: Values,
    *,
    identity: Identity | None = None,
    attached: Attached | None = None,
    limit: float | None = None,
) -> Report:
    """Check something here and now, and wait for the outcome: for `limit` seconds instead of the usual time."""
    seconds = float(limit or settings.CHECK_TIMEOUT)
    check = running.run(connector, config, credentials, limit=seconds, identity=identity, attached=attached)
    return background.submit(check).result()


def cancel_queued(destination: Destination) -> None:
    """Take back checks that no worker has begun, because the destination was put away."""
    _cancel(destination, ConnectionCheck.Status.QUEUED, "The destination was archived before the check began.")
    DestinationState.objects.filter(destination=destination).update(requested_at=None)


def cancel_running(destination: Destination) -> None:
    """Disown a check that began before the destination was changed: its outcome says nothing about what is now."""
    _cancel(destination, ConnectionCheck.Status.RUNNING, "The destination was changed before the check ended.")
    DestinationState.objects.filter(destination=destination).update(lease_until=None)


def _cancel(destination: Destination, status: ConnectionCheck.Status, message: str) -> None:
    checks = ConnectionCheck.objects.filter(destination=destination, status=status)
    checks.update(status=ConnectionCheck.Status.CANCELLED, completed_at=timezone.now(), message=message)


def prune(days: int) -> int:
    """Delete finished checks older than `days`, but never the one a destination shows as its last."""
    cutoff = timezone.now() - timedelta(days=days)
    shown = DestinationState.objects.exclude(last_check=None).values("last_check")
    old = ConnectionCheck.objects.filter(completed_at__lt=cutoff).exclude(pk__in=shown)
    return old.delete()[0]


class Runner:
    """The checks of one sweep that are under way in the background loop."""

    def __init__(self) -> None:
        self.in_flight: dict[int, Claim] = {}
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._window = asyncio.Semaphore(settings.CHECK_WINDOW)
        self._sessions = asyncio.Semaphore(settings.CHECK_WINDOW_SESSIONS)
        self._hosts = _semaphores(settings.CHECK_WINDOW_PER_HOST)
        self._tenants = _semaphores(settings.CHECK_WINDOW_PER_TENANT)

    @property
    def free(self) -> int:
        return int(settings.CHECK_WINDOW) * BACKLOG - len(self.in_flight)

    def start(self, claims: list[Claim]) -> None:
        for claim in claims:
            self.in_flight[claim.destination.pk] = claim
            try:
                access = claim.destination.access
            except SecretUnreadable as error:
                self._results.put(recording.finished(claim, _unreadable(claim, error)))
            else:
                background.submit(self._run(claim, access))

    def collect(self) -> list[Result]:
        """Finished checks: waits until a quarter of the window is free again, at most `POLL` seconds."""
        enough = min(len(self.in_flight), max(1, settings.CHECK_WINDOW // 4))
        deadline = time.monotonic() + POLL
        results: list[Result] = []
        while len(results) < enough and (left := deadline - time.monotonic()) > 0:
            try:
                results.append(self._results.get(timeout=left))
            except queue.Empty:
                break
        for result in results:
            del self.in_flight[result.claim.destination.pk]
        return results

    async def _run(self, claim: Claim, access: Access) -> None:
        try:
            report = await self._limited(claim.destination, access)
        except Exception as error:  # a claim without a result would keep the sweep waiting for ever
            report = running.unexpected(error, claim.destination.type)
        self._results.put(recording.finished(claim, report))

    async def _limited(self, destination: Destination, access: Access) -> Report:
        connector = destination.connector
        async with AsyncExitStack() as slots:
            await slots.enter_async_context(self._tenants[destination.tenant_id])
            await slots.enter_async_context(self._hosts[connector.host(destination.config)])
            if connector.session:
                await slots.enter_async_context(self._sessions)
            await slots.enter_async_context(self._window)
            limit = float(settings.CHECK_TIMEOUT)
            return await running.run(connector, destination.config, limit=limit, **access)


def _semaphores(size: int) -> "defaultdict[str, asyncio.Semaphore]":
    return defaultdict(lambda: asyncio.Semaphore(size))


def _unreadable(claim: Claim, error: SecretUnreadable) -> Report:
    logger.error("credentials_unreadable", extra={"destination": claim.destination.uid})
    remedy = "Restore the encryption key that these credentials were stored under, or enter them again."
    return Report("error", "config", str(error), remedy)

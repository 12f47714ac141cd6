"""Run one check to its end, whatever happens."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.base import Connector, Values
from connectors.identity import Identity
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.strategies import Attached

logger = logging.getLogger(__name__)

Outcome = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class Report:
    """How a check ended. `error` means that the fault is ours; it never counts against the destination.

    `learned` are values of the config that the destination told when it passed.
    """

    status: Outcome
    code: str = ""
    message: str = ""
    remedy: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    learned: dict[str, Any] = field(default_factory=dict)


async def run(
    connector: Connector,
    config: Values,
    credentials: Values,
    *,
    limit: float,
    identity: Identity | None = None,
    attached: Attached | None = None,
) -> Report:
    """Check a destination within `limit` seconds, signed in with what is `attached` to it.

    `identity` is that of the tenant, where `connector.needs_identity(config)`. Raises nothing but cancellation from
    outside.
    """
    before = attached.steps(connector, config) if attached else ()
    steps = Steps((*before, *connector.planned(config)), identity)
    if not connector.available:
        return _driver_missing(connector, steps)
    try:
        async with asyncio.timeout(limit):
            if attached:
                credentials = await attached.completed(connector, config, credentials, steps)
            await connector.check(config, credentials, steps)
    except CheckFailed as failure:
        return Report("failed", failure.code, failure.message, failure.remedy, steps.records)
    except TimeoutError:
        message = f"The destination did not answer in time during the step “{steps.current}”."
        return Report("failed", "timeout", message, REMEDY_TIMEOUT, steps.records)
    except Exception as error:  # a check must end with a report whatever a driver does
        return unexpected(error, connector.type, steps)
    accepted = f"{connector.label} accepted every step."
    return Report("passed", message=accepted, steps=steps.records, learned=steps.learned)


def unexpected(error: Exception, type_: str, steps: Steps | None = None) -> Report:
    """The report of a fault of ours. Only the exception's class is told: a driver's text may hold secrets."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    logger.error("check_unexpected", extra={"type": type_, "error": name, "step": steps and steps.current})
    during = f" during the step “{steps.current}”" if steps and steps.current else ""
    message = f"The check ended unexpectedly ({name}){during}."
    return Report("error", "unexpected", message, REMEDY_UNEXPECTED, steps.records if steps else [])


REMEDY_TIMEOUT = "Check that the address and port are right and that a firewall lets Landfall through."
REMEDY_UNEXPECTED = "This is a fault of Landfall, not of the destination. Please report it with the step's name."


def _driver_missing(connector: Connector, steps: Steps) -> Report:
    message = f"The driver for {connector.label} is not installed."
    remedy = f"Install it with: pip install 'landfall[{connector.extra}]', then restart the workers."
    return Report("error", "config", message, remedy, steps.records)

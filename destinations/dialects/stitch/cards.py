"""Report cards: what a type asks for in which step, and how far a destination has come."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from destinations.dialects.stitch.declaring import FULLY_CONFIGURED, Type
from destinations.models import ConnectionCheck

Card = dict[str, Any]


def of_type(type_: Type) -> Card:
    """For the catalogue of types, with what there is to know before one is chosen."""
    details = {
        "pricing_tier": type_.tier,
        "pipeline_state": type_.state,
        "protocol": type_.protocol,
        "access": type_.access,
    }
    return {**blank(type_), "details": details}


def blank(type_: Type) -> Card:
    return _card(type_, "form", ())


def of_row(type_: Type, values: Mapping[str, Any], last_check: ConnectionCheck | None) -> Card:
    return _card(type_, _current(type_, values, last_check), values)


def _current(type_: Type, values: Mapping[str, Any], last_check: ConnectionCheck | None) -> str:
    """What passed its check is complete, however it was entered. A check that is still to come counts as passed unless
    the installation wants to see it."""
    status = last_check.status if last_check else ""
    if status == ConnectionCheck.Status.PASSED:
        return FULLY_CONFIGURED
    if status == ConnectionCheck.Status.FAILED or settings.STITCH_REQUIRE_CHECK:
        return "form"
    unfinished = (
        step
        for step, properties in type_.steps.items()
        if any(one.required and one.name not in values for one in properties)
    )
    return next(unfinished, FULLY_CONFIGURED)


def _card(type_: Type, current: str, provided: Iterable[str]) -> Card:
    known = set(provided)
    return {
        "type": type_.key,
        "current_step": list(type_.steps).index(current) + 1,
        "current_step_type": current,
        "steps": [
            {"type": step, "properties": [one.shown(provided=one.name in known) for one in properties]}
            for step, properties in type_.steps.items()
        ],
    }

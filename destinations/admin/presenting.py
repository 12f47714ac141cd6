"""How destinations and checks are put into words, colours and symbols; templates only place them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from connectors import registry
from connectors.base import Connector, declared
from connectors.fields import is_secret
from connectors.forms import short_mask
from connectors.running import Report
from destinations.attaching import UNSEEN
from destinations.models import ALL_TOPICS, AuthCredential, ConnectionCheck, Destination, Health
from tenants.principals import Principal

Status = ConnectionCheck.Status
Trigger = ConnectionCheck.Trigger

FAMILY_ICONS = {
    "HTTP": "webhook",
    "databases": "database",
    "FHIR stores": "clinical_notes",
    "object storage": "deployed_code",
    "telemetry": "monitoring",
    "message brokers": "conveyor_belt",
}


@dataclass(frozen=True, slots=True)
class Badge:
    tone: str
    icon: str
    word: str

    def __html__(self) -> SafeString:
        symbol = '<span class="material-symbols-outlined" aria-hidden="true">{}</span>'
        return format_html(f'<span class="lf-badge lf-{{}}">{symbol}{{}}</span>', self.tone, self.icon, self.word)

    __str__ = __html__


HEALTH = {
    Health.HEALTHY: Badge("good", "check_circle", "Healthy"),
    Health.FAILING: Badge("bad", "error", "Failing"),
    Health.UNKNOWN: Badge("calm", "help", "Unknown"),
}
OUTCOMES = {
    Status.QUEUED: Badge("busy", "hourglass_top", "Waiting"),
    Status.RUNNING: Badge("busy", "progress_activity", "Checking"),
    Status.PASSED: Badge("good", "check_circle", "Passed"),
    Status.FAILED: Badge("bad", "cancel", "Failed"),
    Status.ERROR: Badge("odd", "warning", "Could not check"),
    Status.CANCELLED: Badge("calm", "block", "Cancelled"),
}
ACRONYMS = {"tls": "TLS"}
STEPS = {
    "passed": Badge("good", "check_circle", "passed"),
    "failed": Badge("bad", "cancel", "failed"),
    "skipped": Badge("calm", "do_not_disturb_on", "skipped"),
    "waiting": Badge("calm", "circle", "not yet"),
}
TRIGGERS = {
    Trigger.CREATE: "after it was added",
    Trigger.UPDATE: "after a change",
    Trigger.MANUAL: "by hand",
    Trigger.SCHEDULE: "scheduled",
    Trigger.VERIFY: "to verify it",
}


def state_badge(destination: Destination) -> Badge:
    if destination.archived_at:
        return Badge("calm", "inventory_2", "Archived")
    if destination.disabled_at:
        return Badge("odd", "pause_circle", "Disabled")
    if destination.incomplete:
        return Badge("odd", "edit_note", "Incomplete")
    return Badge("good", "play_circle", "Enabled")


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check as a page shows it."""

    check: ConnectionCheck

    @property
    def badge(self) -> Badge:
        return OUTCOMES[Status(self.check.status)]

    @property
    def why(self) -> str:
        return TRIGGERS[Trigger(self.check.trigger)]

    @property
    def when(self) -> SafeString:
        return ago(self.check.completed_at or self.check.started_at or self.check.queued_at)

    @property
    def took(self) -> str:
        if not (self.check.started_at and self.check.completed_at):
            return ""
        return duration((self.check.completed_at - self.check.started_at).total_seconds() * 1000)

    @property
    def steps(self) -> list[dict[str, Any]]:
        return step_views(self.check.steps or self._expected())

    def _expected(self) -> list[dict[str, Any]]:
        """The steps of a check under way: they are told only when it ends."""
        connector = None if self.check.is_finished else find(self.check.destination.type)
        waiting = {"status": "waiting", "code": "", "message": "", "duration_ms": 0}
        return [{"name": name} | waiting for name in connector.steps] if connector else []

    @property
    def is_stuck(self) -> bool:
        """Whether it has waited so long that no worker can be running."""
        waiting = (timezone.now() - self.check.queued_at).total_seconds()
        return self.check.status == Status.QUEUED and waiting > 15


def step_views(steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **step,
            "title": ACRONYMS.get(step["name"], capfirst(step["name"])),
            "badge": STEPS[step["status"]],
            "took": duration(step["duration_ms"]) if step["duration_ms"] else "",
        }
        for step in steps
    ]


def outcome_of(report: Report) -> Badge:
    return OUTCOMES[Status(report.status)]


def find(type_: str) -> Connector | None:
    """None for a type that this installation has no more."""
    return registry.get(type_) if type_ in registry.names() else None


def label_of(type_: str) -> str:
    connector = find(type_)
    return connector.label if connector else type_


def target_of(destination: Destination) -> str:
    if not destination.type:
        return "Its type is not decided yet."
    return destination.target if find(destination.type) else "This type is not known here."


def icon_of(connector: Connector | None) -> str:
    return FAMILY_ICONS.get(connector.family, "move_to_inbox") if connector else "help"


def facts(destination: Destination, principal: Principal) -> Iterator[tuple[str, str]]:
    """What a destination consists of, for whoever reads it; every secret is its mask."""
    yield "Topics", "All topics" if destination.topics == ALL_TOPICS else ", ".join(destination.topics)
    stored = {"config": destination.config, "credentials": destination.masked}
    if connector := find(destination.type):
        for section, name, field in declared(connector):
            if (value := stored[section].get(name)) not in (None, "", {}):
                secret_text = is_secret(field) and isinstance(value, str)
                yield str(field.label), short_mask(value) if secret_text else _in_words(value)
    if destination.auth_credential:
        seen = AuthCredential.objects.visible_to(principal).filter(pk=destination.auth_credential_id).exists()
        yield "Shared credential", destination.auth_credential.name if seen else UNSEEN
    if destination.verified_at:
        yield "Verified", destination.verified_at.strftime("%Y-%m-%d %H:%M UTC")
    for name, value in destination.metadata.items():
        yield f"Label “{name}”", _in_words(value)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {inner}" for name, inner in value.items())
    return str(value)


def ago(moment: datetime | None) -> SafeString:
    if moment is None:
        return format_html("<span>{}</span>", "never")
    exact = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, _distance(moment))


def _distance(moment: datetime) -> str:
    seconds = (timezone.now() - moment).total_seconds()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now" if seconds < 5 else f"{int(seconds)} s ago"


def duration(milliseconds: float) -> str:
    if milliseconds < 1000:
        return f"{max(1, round(milliseconds))} ms"
    return f"{milliseconds / 1000:.1f} s"

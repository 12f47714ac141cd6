"""The columns of the list of destinations."""

from django.contrib.admin import display
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from destinations.admin.presenting import HEALTH, OUTCOMES, Badge, CheckView, label_of, state_badge, target_of
from destinations.models import ConnectionCheck, Destination, DestinationState, Health


class Columns:
    list_display = ("named", "kind", "whose", "health", "last_check", "use")
    list_display_links = None

    @display(description="Destination", ordering="name")
    def named(self, destination: Destination) -> SafeString:
        url = reverse("admin:destinations_destination_overview", args=(destination.pk,))
        return format_html(
            '<span class="lf-two"><a href="{}">{}</a><small title="{target}">{target}</small></span>',
            url,
            destination.name,
            target=target_of(destination),
        )

    @display(description="Type", ordering="type")
    def kind(self, destination: Destination) -> str:
        return label_of(destination.type)

    @display(description="Tenant", ordering="tenant__name")
    def whose(self, destination: Destination) -> SafeString:
        environment = destination.environment.name if destination.environment else ""
        return format_html(
            '<span class="lf-two"><span>{}</span><small>{}</small></span>', destination.tenant.name, environment
        )

    @display(description="Health", ordering="state__health")
    def health(self, destination: Destination) -> Badge:
        return HEALTH[Health(destination.state.health)]

    @display(description="Last check", ordering="state__last_check__completed_at")
    def last_check(self, destination: Destination) -> SafeString:
        if is_busy(destination.state):
            return format_html("<span data-lf-busy>{}</span>", OUTCOMES[ConnectionCheck.Status.RUNNING])
        if destination.state.last_check is None:
            return format_html('<span class="lf-dim">{}</span>', "Not checked yet")
        check = CheckView(destination.state.last_check)
        return format_html(
            '<span class="lf-two lf-{}" title="{}"><span>{}</span><small>{}</small></span>',
            check.badge.tone,
            destination.state.last_check.message,
            check.badge.word,
            check.when,
        )

    @display(description="State", ordering=Coalesce("archived_at", "disabled_at"))
    def use(self, destination: Destination) -> Badge:
        return state_badge(destination)


def is_busy(state: DestinationState) -> bool:
    """Whether a check waits or runs, as far as the state row alone can tell."""
    return state.requested_at is not None or (state.lease_until is not None and state.lease_until > timezone.now())

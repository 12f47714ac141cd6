"""Saving what has been proven to work, rotating secrets, and what comes from elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from connectors.types import hookdeck
from destinations import services
from destinations.drafts import Draft
from destinations.exceptions import Archived, Conflict, Unproven
from destinations.models import ConnectionCheck, Destination, DestinationState
from destinations.sealing import SecretUnreadable
from tenants.models import Environment, Tenant
from tests.factories import SECRET, make_destination, make_environment, make_key, make_tenant, webhook_draft
from tests.servers.http import body, listening, read
from tests.servers.process import free_port

TOKEN = "c3JjXzEyMzpzZWNyZXQ="  # src_123:secret


@pytest.fixture
def tenant(db):
    return make_tenant()


@pytest.fixture
def source(monkeypatch):
    """A stand-in for Hookdeck's own service, which cannot run here."""

    def answer(handler):
        read(handler)
        body(handler, '{"name": "Orders"}')

    with listening(answer) as server:
        monkeypatch.setattr(hookdeck, "API", server.url(""))
        yield server


def hookdeck_draft(**config):
    return Draft(type="hookdeck", config=config, credentials={"token": TOKEN})


class TestProof:
    def test_a_destination_is_saved_with_the_check_it_passed(self, tenant, http_server):
        draft = webhook_draft(config={"url": http_server.url()})
        proof = services.prove(tenant, draft)
        made = services.create(tenant, draft, proof=proof)
        state = DestinationState.objects.select_related("last_check").get(destination=made)
        assert (state.health, state.consecutive_failures, state.last_passed_at is None) == ("healthy", 0, False)
        check = state.last_check
        assert (check.status, check.trigger, check.revision) == ("passed", "create", made.revision)
        assert [step["status"] for step in check.steps if step["name"] != "tls"] == ["passed"] * 3
        assert check.started_at <= check.completed_at
        assert state.requested_at is None
        assert state.next_check_at > timezone.now()

    def test_what_does_not_pass_is_not_saved(self, tenant):
        with pytest.raises(Unproven) as caught:
            services.prove(tenant, webhook_draft(config={"url": f"http://127.0.0.1:{free_port()}/"}))
        assert caught.value.report.code == "refused"
        assert not Destination.objects.exists()

    def test_a_change_is_saved_with_its_proof(self, tenant, http_server):
        made = make_destination(tenant)
        draft = Draft(config={"url": http_server.url()})
        changed = services.update(made, draft, proof=services.prove(tenant, draft, stored=made))
        check = ConnectionCheck.objects.get(destination=changed)
        assert (check.trigger, check.revision, check.status) == ("update", 2, "passed")
        assert DestinationState.objects.get(destination=changed).health == "healthy"

    def test_what_the_destination_told_completes_it(self, tenant, source):
        draft = hookdeck_draft()
        made = services.create(tenant, draft, proof=services.prove(tenant, draft))
        assert made.config == {"source_id": "src_123", "source_name": "Orders"}

    def test_what_was_sent_goes_before_what_was_told(self, tenant, source):
        draft = hookdeck_draft(source_name="Mine")
        assert services.create(tenant, draft, proof=services.prove(tenant, draft)).config["source_name"] == "Mine"


class TestRotation:
    def test_the_secret_before_stays_for_a_day(self, tenant):
        rotated = services.rotate_secret(make_destination(tenant))
        credentials = Destination.objects.get(pk=rotated.pk).credentials
        assert credentials["previous_secret"] == SECRET
        assert credentials["secret"] == rotated.generated["secret"] != SECRET
        end = datetime.fromisoformat(credentials["previous_valid_until"])
        assert timedelta(hours=23, minutes=59) < end - timezone.now() <= timedelta(hours=24)
        assert rotated.revision == 2
        assert SECRET not in str(rotated.masked)

    def test_the_end_can_be_chosen_and_is_set_anew_each_time(self, tenant):
        made, until = make_destination(tenant), datetime(2030, 1, 2, tzinfo=UTC)
        assert (
            services.rotate_secret(made, until=until).credentials["previous_valid_until"] == "2030-01-02T00:00:00.000Z"
        )
        again = services.rotate_secret(made, timedelta(hours=1)).credentials
        assert datetime.fromisoformat(again["previous_valid_until"]) < timezone.now() + timedelta(hours=1, seconds=1)

    def test_only_the_latest_secret_before_survives(self, tenant):
        made = make_destination(tenant)
        first = services.rotate_secret(made).generated["secret"]
        assert services.rotate_secret(made).credentials["previous_secret"] == first

    def test_types_without_one_refuse(self, tenant):
        made = services.create(tenant, hookdeck_draft())
        with pytest.raises(Conflict):
            services.rotate_secret(made)

    @pytest.mark.parametrize("type_", ["", "webhook"])
    def test_incomplete_ones_refuse(self, tenant, type_):
        made = services.create(tenant, Draft(name="Later", type=type_, incomplete=True))
        with pytest.raises(Conflict, match="not complete yet"):
            services.rotate_secret(made)

    def test_archived_ones_refuse(self, tenant):
        made = make_destination(tenant)
        services.archive(made)
        with pytest.raises(Archived):
            services.rotate_secret(made)


class TestFromElsewhere:
    def test_dates_of_a_destination_that_moves_in_are_kept(self, tenant):
        created, updated = datetime(2020, 1, 2, tzinfo=UTC), datetime(2021, 1, 2, tzinfo=UTC)
        made = make_destination(tenant, created=created, updated=updated)
        assert (made.created, made.updated) == (created, updated)
        assert make_destination(tenant, created=created).updated == created

    def test_a_new_one_was_changed_when_it_was_made(self, tenant):
        made = make_destination(tenant)
        assert made.created == made.updated

    def test_what_only_a_dialect_knows_is_encrypted_and_merged_by_dialect(self, tenant):
        made = make_destination(tenant, secret_extra={"outpost": {"a": "canary-1"}})
        services.update(made, Draft(secret_extra={"redox": {"b": "canary-2"}}))
        row = Destination.objects.get(pk=made.pk)
        assert row.secret_extra == {"outpost": {"a": "canary-1"}, "redox": {"b": "canary-2"}}
        assert "canary" not in row.sealed_extra.ciphertext
        services.update(made, Draft(secret_extra={"outpost": {}, "redox": None}))
        assert Destination.objects.get(pk=made.pk).sealed_extra is None

    def test_it_is_bound_to_its_row(self, tenant):
        made, other = (make_destination(tenant, secret_extra={"outpost": {"a": name}}) for name in "ab")
        Destination.objects.filter(pk=other.pk).update(sealed_extra=made.sealed_extra)
        with pytest.raises(SecretUnreadable):
            Destination.objects.get(pk=other.pk).secret_extra  # noqa: B018

    def test_switching_is_no_change_of_what_it_is(self, tenant):
        made = make_destination(tenant)
        services.disable(made)
        row = Destination.objects.get(pk=made.pk)
        assert (row.updated, row.revision) == (made.updated, 2)


def test_a_tenant_is_removed_with_all_it_has(tenant):
    make_destination(tenant, environment=make_environment(tenant), check=True)
    make_key(tenant)
    other = make_destination()
    services.delete_tenant(tenant)
    assert list(Destination.objects.all()) == [other]
    assert not Tenant.objects.filter(pk=tenant.pk).exists()
    assert not Environment.objects.exists()

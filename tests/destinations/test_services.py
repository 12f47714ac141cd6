import pytest
from django.test import override_settings
from django.utils import timezone

from destinations import services
from destinations.drafts import Draft
from destinations.exceptions import Archived, Conflict, InvalidDestination, LimitReached, RevisionMismatch
from destinations.limits import Limit
from destinations.models import ConnectionCheck, Destination, DestinationState
from tests.factories import SECRET, make_destination, make_environment, make_tenant, webhook_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant():
    return make_tenant()


def problems(caught: pytest.ExceptionInfo[InvalidDestination]) -> set[tuple[str, str]]:
    return {(problem.path, problem.code) for problem in caught.value.problems}


def refused(tenant, **changes) -> set[tuple[str, str]]:
    with pytest.raises(InvalidDestination) as caught:
        services.create(tenant, webhook_draft(**changes))
    assert not Destination.objects.exists()
    return problems(caught)


class TestCreate:
    def test_stores_what_was_sent_and_seals_the_secret(self, tenant):
        made = services.create(tenant, webhook_draft(name="Orders", topics=["order.paid"]))
        row = Destination.objects.get(pk=made.pk)
        assert (row.name, row.slug, row.type, row.topics) == ("Orders", "orders", "webhook", ["order.paid"])
        assert row.credentials == {"secret": SECRET}
        assert row.masked == {"secret": made.masked["secret"]} != {"secret": SECRET}
        assert (row.revision, row.uid[:4], row.archived_at) == (1, "des_", None)

    def test_makes_a_state_that_is_due_after_one_interval(self, tenant, settings):
        made = make_destination(tenant)
        wait = (made.state.next_check_at - timezone.now()).total_seconds()
        assert 0.89 * settings.CHECK_INTERVAL < wait < 1.11 * settings.CHECK_INTERVAL
        assert made.state.health == "unknown"
        assert not ConnectionCheck.objects.exists()

    def test_queues_a_check_when_asked(self, tenant):
        made = make_destination(tenant, check=True)
        check = ConnectionCheck.objects.get(destination=made)
        assert (check.status, check.trigger, check.revision) == ("queued", "create", 1)

    def test_reports_every_problem_at_once(self, tenant):
        found = refused(tenant, name=" x", config={"url": "ftp://x", "color": "red"}, topics=[], uid="a/b")
        assert found == {
            ("name", "invalid"),
            ("uid", "pattern"),
            ("topics", "blank"),
            ("config.color", "unknown"),
            ("config.url", "pattern"),
        }

    @pytest.mark.parametrize("type_", ["", "fax", None])
    def test_refuses_an_unknown_type_and_names_the_known_ones(self, tenant, type_):
        with pytest.raises(InvalidDestination) as caught:
            services.create(tenant, webhook_draft(type=type_))
        assert caught.value.problems[0].path == "type"

    def test_refuses_sections_that_are_no_objects(self, tenant):
        assert refused(tenant, config=["url"], credentials="secret") == {("config", "type"), ("credentials", "type")}

    def test_generates_a_secret_that_is_readable_once(self, tenant):
        made = services.create(tenant, webhook_draft(credentials={}))
        assert made.generated == {"secret": made.credentials["secret"]}
        assert Destination.objects.get(pk=made.pk).generated == {}

    def test_tells_no_secret_that_the_caller_sent(self, tenant):
        assert make_destination(tenant).generated == {}

    @pytest.mark.parametrize("key", ["name", "uid"])
    def test_refuses_a_value_already_taken_in_the_tenant(self, tenant, key):
        make_destination(tenant, **{key: "same"})
        with pytest.raises(InvalidDestination) as caught:
            make_destination(tenant, **{key: "same"})
        assert problems(caught) == {(key, "taken")}
        make_destination(make_tenant(), **{key: "same"})

    def test_allows_one_name_in_two_environments(self, tenant):
        for name in ("Production", "Staging"):
            make_destination(tenant, name="Feed", environment=make_environment(tenant, name))
        make_destination(tenant, name="Feed")
        assert Destination.objects.filter(name="Feed").count() == 3

    def test_refuses_the_environment_of_another_tenant(self, tenant):
        assert refused(tenant, environment=make_environment(make_tenant())) == {("environment", "choice")}

    def test_names_what_came_without_a_name(self, tenant):
        names = [services.create(tenant, webhook_draft(name=None)).name for _ in range(3)]
        assert names == ["Webhook", "Webhook 2", "Webhook 3"]

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Paid Orders!", "paid-orders"),
            ("a__b--c", "a-b-c"),
            ("日本", "webhook"),
            ("Ünï", "uni"),
            ("x" * 200, "x" * 120),
        ],
    )
    def test_derives_a_slug_from_the_name(self, tenant, name, slug):
        assert make_destination(tenant, name=name).slug == slug

    def test_numbers_a_slug_that_is_taken(self, tenant):
        assert [make_destination(tenant, name=name).slug for name in ("A b", "a B", "a-b")] == ["a-b", "a-b-2", "a-b-3"]

    def test_takes_a_slug_that_is_asked_for_as_it_is(self, tenant):
        assert make_destination(tenant, name="Orders", slug="paid--orders").slug == "paid--orders"

    @pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a-", "a" * 129])
    def test_refuses_what_can_be_no_slug(self, tenant, slug):
        assert refused(tenant, slug=slug) == {("slug", "pattern")}

    def test_refuses_a_slug_that_another_destination_has(self, tenant):
        make_destination(tenant, name="Paid Orders")
        with pytest.raises(InvalidDestination) as caught:
            make_destination(tenant, name="Others", slug="paid-orders")
        assert problems(caught) == {("slug", "taken")}

    def test_refuses_more_than_the_tenant_may_have(self, tenant):
        make_destination(tenant)
        with override_settings(DESTINATIONS_PER_TENANT=1), pytest.raises(LimitReached):
            make_destination(tenant)

    def test_refuses_more_of_some_types_than_the_caller_allows(self, tenant):
        one_hook = Limit(1, {"webhook"})
        gone = services.create(tenant, webhook_draft(), limit=one_hook)
        services.create(tenant, webhook_draft(), limit=Limit(1, {"postgres"}))
        with pytest.raises(LimitReached):
            services.create(tenant, webhook_draft(), limit=one_hook)
        services.delete(Destination.objects.exclude(pk=gone.pk).get())
        services.archive(gone)
        assert services.create(tenant, webhook_draft(), limit=one_hook).pk
        assert services.create(tenant, webhook_draft(), limit=Limit(0, {"webhook"})).pk

    def test_numbers_a_name_that_is_taken_if_asked_to(self, tenant):
        names = [services.create(tenant, webhook_draft(name="Feed", numbered=True)).name for _ in range(3)]
        assert names == ["Feed", "Feed 2", "Feed 3"]
        renamed = Destination.objects.get(name="Feed 3")
        assert services.update(renamed, Draft(name="Feed 3", numbered=True)).name == "Feed 3"
        assert services.update(renamed, Draft(name="Feed", numbered=True)).name == "Feed 3"

    def test_numbers_the_longest_name_within_its_length(self, tenant):
        names = [services.create(tenant, webhook_draft(name="x" * 255, numbered=True)).name for _ in range(3)]
        assert names == ["x" * 255, "x" * 253 + " 2", "x" * 253 + " 3"]

    def test_refuses_ciphertext_as_a_secret(self, tenant):
        stolen = make_destination(make_tenant()).sealed.ciphertext
        with pytest.raises(InvalidDestination) as caught:
            make_destination(tenant, credentials={"secret": stolen})
        assert problems(caught) == {("credentials.secret", "invalid")}

    @pytest.mark.parametrize("credentials", [{"secret": "********"}, {"headers": {"Authorization": "********"}}])
    def test_refuses_a_mask_where_no_secret_is_stored(self, tenant, credentials):
        assert {code for _, code in refused(tenant, credentials=credentials)} == {"invalid"}


class TestUpdate:
    def test_leaves_what_the_draft_does_not_name(self, tenant):
        made = make_destination(tenant, description="old", metadata={"a": 1})
        changed = services.update(made, Draft(name="New"))
        assert (changed.name, changed.description, changed.metadata) == ("New", "old", {"a": 1})
        assert changed.credentials == {"secret": SECRET}
        assert changed.slug == made.slug
        assert changed.revision == 2

    def test_never_changes_the_slug(self, tenant):
        made = make_destination(tenant, name="Orders")
        assert services.update(made, Draft(slug="orders")).slug == "orders"
        with pytest.raises(InvalidDestination) as caught:
            services.update(made, Draft(slug="others"))
        assert problems(caught) == {("slug", "immutable")}

    def test_merges_config_key_by_key_and_removes_what_is_none(self, tenant):
        made = make_destination(tenant, config={"url": "https://a.example", "headers": {"X-A": "1"}})
        changed = services.update(made, Draft(config={"url": "https://b.example"}))
        assert changed.config["headers"] == {"X-A": "1"}
        assert "headers" not in services.update(changed, Draft(config={"headers": None})).config

    def test_validates_the_merged_whole(self, tenant):
        made = make_destination(tenant)
        with pytest.raises(InvalidDestination) as caught:
            services.update(made, Draft(config=None))
        assert problems(caught) == {("config.url", "required")}
        assert Destination.objects.get(pk=made.pk).config == made.config

    def test_keeps_the_secret_when_its_mask_is_sent_back(self, tenant):
        made = make_destination(tenant)
        changed = services.update(made, Draft(credentials=dict(made.masked)))
        assert changed.credentials == {"secret": SECRET}
        assert changed.sealed.ciphertext == made.sealed.ciphertext

    def test_keeps_a_secret_header_when_its_mask_is_sent_back_beside_a_new_one(self, tenant):
        made = make_destination(tenant, credentials={"secret": SECRET, "headers": {"X-Old": "kept"}})
        changed = services.update(made, Draft(credentials={"headers": {"X-Old": "********", "X-New": "added"}}))
        assert changed.credentials["headers"] == {"X-Old": "kept", "X-New": "added"}

    def test_tells_a_secret_that_was_removed_and_made_anew(self, tenant):
        made = make_destination(tenant)
        changed = services.update(made, Draft(credentials={"secret": None}))
        assert changed.generated == {"secret": changed.credentials["secret"]}
        assert changed.credentials["secret"] != SECRET
        assert services.update(made, Draft(name="Quiet")).generated == {}

    def test_refuses_another_type(self, tenant):
        with pytest.raises(InvalidDestination) as caught:
            services.update(make_destination(tenant), Draft(type="postgres"))
        assert problems(caught) == {("type", "immutable")}

    def test_refuses_another_uid(self, tenant):
        with pytest.raises(InvalidDestination) as caught:
            services.update(make_destination(tenant), Draft(uid="another"))
        assert problems(caught) == {("uid", "immutable")}

    def test_refuses_a_revision_that_is_not_the_current_one(self, tenant):
        made = make_destination(tenant)
        services.update(made, Draft(name="First"), revision=1)
        with pytest.raises(RevisionMismatch):
            services.update(made, Draft(name="Second"), revision=1)

    def test_checks_only_when_the_connection_changed(self, tenant):
        made = make_destination(tenant)
        services.update(made, Draft(name="Another"), check=True)
        assert not ConnectionCheck.objects.exists()
        services.update(made, Draft(config={"url": "https://b.example"}), check=True)
        assert ConnectionCheck.objects.get().trigger == "update"

    def test_makes_a_changed_destination_prove_itself_anew(self, tenant):
        made = make_destination(tenant)
        DestinationState.objects.update(health="failing", consecutive_failures=7)
        services.update(made, Draft(config={"url": "https://b.example"}))
        state = DestinationState.objects.get()
        assert (state.health, state.consecutive_failures) == ("unknown", 0)

    def test_of_a_deleted_destination_is_a_conflict(self, tenant):
        made = make_destination(tenant)
        services.delete(Destination.objects.get(pk=made.pk))
        with pytest.raises(Conflict):
            services.update(made, Draft(name="Ghost"))


class TestLife:
    def test_disabling_twice_keeps_the_first_time(self, tenant):
        made = make_destination(tenant)
        first = services.disable(made)
        assert services.disable(made).disabled_at == first.disabled_at
        assert DestinationState.objects.get().next_check_at is None

    def test_enabling_makes_the_next_check_due(self, tenant):
        made = services.disable(make_destination(tenant))
        assert services.enable(made).disabled_at is None
        assert DestinationState.objects.get().next_check_at <= timezone.now()

    def test_an_archived_destination_can_only_be_read_and_restored(self, tenant):
        made = services.archive(make_destination(tenant, check=True))
        assert ConnectionCheck.objects.get().status == "cancelled"
        for act in (services.enable, services.disable, services.request_check):
            with pytest.raises(Archived):
                act(made)
        with pytest.raises(Archived):
            services.update(made, Draft(name="x"))
        restored = services.restore(made)
        assert restored.archived_at is None
        assert services.request_check(restored).status == "queued"

    def test_archiving_and_restoring_twice_is_no_error(self, tenant):
        made = make_destination(tenant)
        assert services.archive(made).revision == services.archive(made).revision == 2
        assert services.restore(made).revision == services.restore(made).revision == 3

    def test_one_destination_of_a_tenant_is_the_default(self, tenant):
        first, second = make_destination(tenant, is_default=True), make_destination(tenant)
        services.update(second, Draft(is_default=True))
        assert list(Destination.objects.filter(is_default=True)) == [second]
        assert Destination.objects.get(pk=first.pk).revision == 2
        assert services.archive(second).is_default is False

    def test_what_becomes_the_default_and_what_ceases_to_be_it_have_not_changed_otherwise(self, tenant):
        first, second = make_destination(tenant), make_destination(tenant)
        before = dict(Destination.objects.values_list("pk", "updated"))
        services.set_default(first)
        assert services.set_default(second).revision == services.set_default(second).revision == 2
        assert list(Destination.objects.filter(is_default=True)) == [second]
        assert services.set_default(first, on=False).is_default is False
        assert services.set_default(second, on=False).is_default is False
        assert not Destination.objects.filter(is_default=True).exists()
        assert dict(Destination.objects.values_list("pk", "updated")) == before

    def test_another_tenant_keeps_its_default(self, tenant):
        other = make_destination(is_default=True)
        services.set_default(make_destination(tenant))
        assert Destination.objects.get(pk=other.pk).is_default is True

    def test_what_is_archived_cannot_be_the_default(self, tenant):
        made = services.archive(make_destination(tenant))
        with pytest.raises(Archived):
            services.set_default(made)

    def test_what_is_archived_is_changed_by_whoever_says_so(self, tenant):
        made = services.archive(make_destination(tenant))
        changed = services.update(made, Draft(name="New"), allow_archived=True)
        assert (changed.name, changed.archived_at) == ("New", made.archived_at)
        assert changed.state.next_check_at is None

    def test_asking_twice_for_a_check_queues_one(self, tenant):
        made = make_destination(tenant)
        assert services.request_check(made) == services.request_check(made)

    def test_deleting_removes_checks_and_frees_the_uid(self, tenant):
        made = make_destination(tenant, uid="mine", check=True)
        services.delete(made)
        assert not ConnectionCheck.objects.exists()
        assert make_destination(tenant, uid="mine").pk > made.pk


def test_a_draft_shows_no_value_when_printed():
    assert repr(webhook_draft()) == "<Draft of type, name, config, credentials>"

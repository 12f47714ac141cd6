"""Destinations that are kept before they are complete, the rule of HTTPS, and verification."""

import pytest

from connectors.strategies.base import joined
from destinations import checking, credentials, services
from destinations.drafts import CredentialDraft, Draft
from destinations.exceptions import Conflict, InvalidDestination
from destinations.models import ConnectionCheck, Destination
from tests.factories import make_credential, make_destination, make_environment, make_tenant, webhook_draft


@pytest.fixture
def tenant(db):
    return make_tenant()


def paths(caught):
    return {problem.path for problem in caught.value.problems}


class TestIncomplete:
    def test_a_name_is_enough_if_the_draft_says_so(self, tenant):
        made = services.create(tenant, Draft(name="Later", incomplete=True), check=True)
        stored = Destination.objects.select_related("state").get(pk=made.pk)
        assert (stored.type, stored.incomplete, stored.target, stored.slug) == ("", True, "", "later")
        assert stored.state.next_check_at is None
        assert not ConnectionCheck.objects.exists()

    def test_what_is_there_must_be_right_all_the_same(self, tenant):
        with pytest.raises(InvalidDestination) as caught:
            services.create(tenant, Draft(type="aws_s3", config={"bucket": "NO"}, incomplete=True))
        assert "config.bucket" in paths(caught)

    def test_without_saying_so_it_is_refused(self, tenant):
        with pytest.raises(InvalidDestination) as caught:
            services.create(tenant, Draft(name="Later"))
        assert paths(caught) == {"type"}

    @pytest.mark.parametrize("act", [services.request_check, services.verify])
    def test_it_cannot_be_checked(self, tenant, act):
        made = services.create(tenant, Draft(type="webhook", incomplete=True))
        with pytest.raises(Conflict, match="not complete"):
            act(made)

    def test_no_sweep_takes_it(self, tenant):
        services.create(tenant, Draft(type="webhook", incomplete=True))
        assert checking.sweep() == 0

    def test_it_becomes_complete_and_is_then_checked_like_any_other(self, tenant, http_server):
        made = services.create(tenant, Draft(name="Later", incomplete=True))
        named = services.update(made, Draft(name="Still later"))
        assert (named.incomplete, named.name) == (True, "Still later")
        done = services.update(named, Draft(type="webhook", config={"url": http_server.url()}))
        assert (done.incomplete, done.type, done.config["method"]) == (False, "webhook", "POST")
        assert done.generated["secret"].startswith("whsec_")
        assert checking.sweep() == 1

    def test_a_complete_one_never_loses_what_it_needs_unless_the_draft_says_so(self, tenant):
        made = make_destination(tenant)
        with pytest.raises(InvalidDestination):
            services.update(made, Draft(config={"url": None}))
        assert services.update(made, Draft(config={"url": None}, incomplete=True)).incomplete

    def test_a_type_once_chosen_stays(self, tenant):
        made = services.create(tenant, Draft(type="webhook", incomplete=True))
        with pytest.raises(InvalidDestination) as caught:
            services.update(made, Draft(type="postgres"))
        assert "type" in paths(caught)

    @pytest.mark.parametrize("given", [{"config": {"url": "https://a.example"}}, {"credentials": {"secret": "s"}}])
    def test_without_a_type_nothing_is_taken_that_could_not_be_kept(self, tenant, given):
        with pytest.raises(InvalidDestination) as caught:
            services.create(tenant, Draft(name="Later", incomplete=True, **given))
        assert paths(caught) == {*given}
        made = services.create(tenant, Draft(name="Later", incomplete=True))
        with pytest.raises(InvalidDestination) as caught:
            services.update(made, Draft(**given))
        assert {(one.path, one.code) for one in caught.value.problems} == {(*given, "unknown")}
        services.update(made, Draft(config={}, credentials=None))

    def test_others_do_not_see_it_among_what_can_be_used(self, tenant):
        services.create(tenant, Draft(type="webhook", incomplete=True))
        assert not Destination.objects.live().exists()


class TestNames:
    def test_a_taken_name_is_numbered_if_the_draft_says_so(self, tenant):
        names = [services.create(tenant, webhook_draft(name="Orders", numbered=True)).name for _ in range(3)]
        assert names == ["Orders", "Orders 2", "Orders 3"]

    def test_a_row_keeps_its_own_name(self, tenant):
        made = make_destination(tenant, name="Orders")
        assert services.update(made, Draft(name="Orders", numbered=True)).name == "Orders"

    def test_a_long_name_stays_within_the_limit(self, tenant):
        for _ in range(2):
            made = services.create(tenant, webhook_draft(name="x" * 255, numbered=True))
        assert (len(made.name), made.name[-2:]) == (255, " 2")

    def test_an_id_may_be_chosen_once(self, tenant):
        chosen = make_destination(tenant).uuid
        with pytest.raises(InvalidDestination) as caught:
            make_destination(make_tenant(), uuid=chosen)
        assert paths(caught) == {"id"}


class TestHttps:
    @pytest.mark.parametrize(
        ("flag", "refused"), [("Development", False), ("Staging", True), ("Production", True), (None, False)]
    )
    def test_plain_http_is_refused_where_it_matters(self, tenant, flag, refused):
        environment = make_environment(tenant, "Here", flag) if flag else None
        draft = webhook_draft(environment=environment, config={"url": "http://hooks.example.com/"})
        if refused:
            with pytest.raises(InvalidDestination) as caught:
                services.create(tenant, draft)
            assert paths(caught) == {"config.url"}
        else:
            services.create(tenant, draft)

    def test_a_destination_cannot_be_moved_there_with_it(self, tenant):
        made = make_destination(tenant, config={"url": "http://hooks.example.com/"})
        with pytest.raises(InvalidDestination) as caught:
            services.update(made, Draft(environment=make_environment(tenant)))
        assert paths(caught) == {"config.url"}

    @pytest.mark.parametrize(
        ("flag", "refused"), [("Development", False), ("Staging", True), ("Production", True), (None, False)]
    )
    def test_nor_does_an_attached_credential_send_its_secret_so(self, tenant, flag, refused):
        environment = make_environment(tenant, "Here", flag) if flag else None
        properties = {"token_url": "https://auth.example.com/token", "client_id": "c"}
        shared = make_credential(tenant, strategy="oauth2", properties=properties, secrets={"client_secret": "s"})
        made = make_destination(tenant, environment=environment, auth_credential=shared)
        plain = CredentialDraft(
            properties={"token_url": "http://auth.example.com/token"}, secrets={"client_secret": "another"}
        )
        if refused:
            with pytest.raises(InvalidDestination) as caught:
                credentials.update(shared, plain)
            assert paths(caught) == {"auth_credential"}
            services.update(made, Draft(environment=None))
        credentials.update(shared, plain)
        if refused:
            with pytest.raises(InvalidDestination) as caught:
                services.update(made, Draft(environment=environment))
            assert {(one.path, one.code) for one in caught.value.problems} == {("auth_credential", "pattern")}


class TestVerifying:
    def test_a_destination_that_passes_is_verified_until_its_connection_changes(self, tenant, http_server):
        made = make_destination(tenant, config={"url": http_server.url()})
        check = services.verify(made)
        assert (check.trigger, check.status) == ("verify", "passed")
        stored = Destination.objects.select_related("state").get(pk=made.pk)
        assert (stored.verified_at, stored.state.health) == (check.completed_at, "healthy")
        assert services.update(stored, Draft(name="Other")).verified_at == check.completed_at
        assert services.update(stored, Draft(config={"url": http_server.url("/other")})).verified_at is None

    def test_one_that_fails_is_not_verified_any_more(self, tenant, http_server):
        made = make_destination(tenant, config={"url": http_server.url("/status/500")})
        Destination.objects.filter(pk=made.pk).update(verified_at=made.created)
        check = services.verify(made)
        assert (check.status, check.code) == ("failed", "remote")
        stored = Destination.objects.select_related("state").get(pk=made.pk)
        assert (stored.verified_at, stored.state.health, stored.state.consecutive_failures) == (None, "failing", 1)
        assert stored.state.last_check_id == check.pk


def test_headers_of_a_shared_credential_go_beside_those_of_the_destination():
    own = {"secret": "s", "headers": {"X-Own": "1", "authorization": "old"}}
    both = joined(own, {"headers": {"Authorization": "new"}})
    assert both == {"secret": "s", "headers": {"X-Own": "1", "Authorization": "new"}}

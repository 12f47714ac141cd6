from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from destinations import services
from destinations.models import Destination, DestinationState
from tests.factories import make_destination, make_environment

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made_at(when: datetime, *destinations: Destination) -> None:
    Destination.objects.filter(pk__in=[made.pk for made in destinations]).update(created=when)


def walk(api, query: str = "") -> list[str]:
    """The names on all pages of one each."""
    names, cursor = [], None
    while True:
        page = api.get(f"destinations?limit=1{query}" + (f"&cursor={cursor}" if cursor else ""))
        names += page.names
        cursor = page.body["next"]
        if cursor is None:
            return names


class TestFilters:
    @pytest.fixture(autouse=True)
    def _destinations(self, tenant):
        staging = make_environment(tenant, "Staging", "Staging")
        self.staging = staging
        self.orders = make_destination(tenant, name="Orders", uid="ord-1", topics=["order.paid", "ordér"])
        self.events = make_destination(tenant, name="Events", environment=staging, description="All of our orders")
        self.old = services.archive(make_destination(tenant, name="Old"))
        self.off = services.disable(make_destination(tenant, name="Off", topics=["user"]))
        DestinationState.objects.filter(pk=self.events.pk).update(health="failing")
        made_at(NOON, self.orders)
        made_at(NOON + timedelta(hours=1), self.events)
        Destination.objects.filter(pk=self.orders.pk).update(updated=NOON)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", "Events Off Orders"),
            ("archived=false", "Events Off Orders"),
            ("archived=true", "Old"),
            ("archived=any", "Events Off Old Orders"),
            ("enabled=true", "Events Orders"),
            ("enabled=false", "Off"),
            ("name=O", "Off Orders"),
            ("name=ORD", "Orders"),
            ("name=%25", ""),
            ("name=_", ""),
            ("q=orders", "Events Orders"),
            ("q=ord-1", "Orders"),
            ("uid=ord-1", "Orders"),
            ("uid=ORD-1", ""),
            ("type=webhook", "Events Off Orders"),
            ("type=aws_s3", ""),
            ("type=aws_s3,webhook", "Events Off Orders"),
            ("type=aws_s3&type=webhook", "Events Off Orders"),
            ("health=failing", "Events"),
            ("health=failing,healthy", "Events"),
            ("health=unknown", "Off Orders"),
            ("topic=order.paid", "Events Orders"),
            ("topic=ord%C3%A9r", "Events Orders"),
            ("topic=user", "Events Off"),
            ("topic=other", "Events"),
            ("topic=order", "Events"),
            ("tenant=acme", "Events Off Orders"),
            ("tenant=nobody", ""),
            ("environment=00000000-0000-0000-0000-000000000000", ""),
            ("created_after=2026-03-01T12:00:00Z&created_before=2026-03-01T13:00:00Z", "Orders"),
            ("created_after=2026-03-01T13:00:00%2B01:00&created_before=2026-03-01T13:00:00Z", "Orders"),
            ("created_before=2026-03-01T13:00:00.000001Z", "Events Orders"),
            ("updated_before=2026-03-02", "Orders"),
            ("updated_after=2026-03-02", "Events Off"),
            ("type=webhook&enabled=true&topic=order.paid&name=ord", "Orders"),
        ],
    )
    def test_finds(self, vera, query, names):
        assert sorted(vera.get(f"destinations?{query}").names) == names.split()

    def test_finds_by_environment(self, vera):
        assert vera.get(f"destinations?environment={self.staging.pk}").names == ["Events"]

    @pytest.mark.parametrize(
        ("query", "fault"),
        [
            ("type=fax", ("type", "choice")),
            ("type=webhook,fax", ("type", "choice")),
            ("health=ill", ("health", "choice")),
            ("enabled=1", ("enabled", "choice")),
            ("enabled=True", ("enabled", "choice")),
            ("archived=maybe", ("archived", "choice")),
            ("environment=staging", ("environment", "invalid")),
            ("created_after=yesterday", ("created_after", "invalid")),
            ("created_before=2026-13-01T00:00:00Z", ("created_before", "invalid")),
            ("updated_after=0001-01-01T00:00:00%2B14:00", ("updated_after", "invalid")),
            ("updated_before=12", ("updated_before", "invalid")),
            ("name=a%00b", ("name", "invalid")),
            ("tenant=%00", ("tenant", "invalid")),
            ("uid=%00", ("uid", "invalid")),
            ("q=" + "x" * 256, ("q", "invalid")),
            ("sort=health", ("sort", "choice")),
            ("sort=--name", ("sort", "choice")),
            ("sort=name,type", ("sort", "choice")),
            ("limit=0", ("limit", "invalid")),
            ("limit=251", ("limit", "invalid")),
            ("limit=ten", ("limit", "invalid")),
            ("limit=-1", ("limit", "invalid")),
            ("limit=1.5", ("limit", "invalid")),
            ("limit=99999999999999999999", ("limit", "invalid")),
            ("limit=%D9%A3", ("limit", "invalid")),
            ("cursor=abc", ("cursor", "invalid")),
            ("cursor=%00:x", ("cursor", "invalid")),
            ("cursor=%F0%9F%92%A9", ("cursor", "invalid")),
            ("colour=red", ("colour", "unknown")),
            ("check=true", ("check", "unknown")),
            ("ordering=name", ("ordering", "unknown")),
            ("format=json", ("format", "unknown")),
            ("name=", ("name", "blank")),
            ("cursor=", ("cursor", "blank")),
            ("name=a&name=b", ("name", "invalid")),
            ("limit=1&limit=2", ("limit", "invalid")),
            ("type=", ("type", "blank")),
            ("type=webhook,", ("type", "choice")),
        ],
    )
    def test_refuses_what_it_does_not_understand_and_names_it(self, vera, query, fault):
        answer = vera.get(f"destinations?{query}")
        assert (answer.status, answer.faults) == (400, {fault})

    def test_names_the_known_parameters(self, vera):
        (fault,) = vera.get("destinations?colour=red").body["errors"]
        for name in ("archived", "created_after", "cursor", "limit", "sort", "topic", "type"):
            assert name in fault["message"]

    def test_names_every_faulty_filter_at_once(self, vera):
        answer = vera.get("destinations?type=fax&enabled=x")
        assert answer.faults == {("type", "choice"), ("enabled", "choice")}


class TestOrder:
    @pytest.fixture(autouse=True)
    def _destinations(self, tenant):
        for number, name in enumerate(("Beta", "alpha", "Gamma", "Éclair")):
            made_at(NOON + timedelta(days=number), make_destination(tenant, name=name))

    @pytest.mark.parametrize("sort", ["created", "name", "type", "updated"])
    def test_goes_either_way(self, vera, sort):
        up, down = walk(vera, f"&sort={sort}"), walk(vera, f"&sort=-{sort}")
        assert up == down[::-1]
        assert sorted(up) == ["Beta", "Gamma", "alpha", "Éclair"]
        assert vera.get(f"destinations?sort={sort}").names == up

    def test_is_newest_first_unless_said_otherwise(self, vera):
        assert walk(vera) == ["Éclair", "Gamma", "alpha", "Beta"]

    def test_ties_are_kept_apart(self, vera):
        Destination.objects.update(created=NOON)
        assert sorted(walk(vera)) == ["Beta", "Gamma", "alpha", "Éclair"]

    def test_pages_stay_as_they_are_when_rows_come_and_go(self, vera, tenant):
        first = vera.get("destinations?limit=2")
        make_destination(tenant, name="Newer")
        services.delete(Destination.objects.get(name="alpha"))
        second = vera.get(f"destinations?limit=2&cursor={first.body['next']}")
        assert (first.names, second.names, second.body["next"]) == (["Éclair", "Gamma"], ["Beta"], None)

    def test_the_size_of_a_page_may_change_on_the_way(self, vera):
        first = vera.get("destinations?limit=1")
        assert len(vera.get(f"destinations?limit=250&cursor={first.body['next']}").names) == 3

    @pytest.mark.parametrize("change", ["sort=name", "enabled=true", "name=a", "archived=any", "type=webhook"])
    def test_a_cursor_belongs_to_its_order_and_filters(self, vera, change):
        cursor = vera.get("destinations?limit=1").body["next"]
        answer = vera.get("destinations?" + urlencode({"cursor": cursor}) + f"&{change}")
        assert (answer.status, answer.faults) == (400, {("cursor", "invalid")})

    def test_a_cursor_belongs_to_its_list(self, root, vera):
        cursor = vera.get("destinations?limit=1").body["next"]
        assert root.get(f"tenants?cursor={cursor}").status == 400

    def test_a_cursor_cannot_be_made_up(self, vera):
        cursor = vera.get("destinations?limit=1").body["next"]
        assert vera.get(f"destinations?limit=1&cursor=x{cursor}").status == 400


class TestCost:
    """One statement for the key and one for the rows, however many there are."""

    def statements(self, api, path):
        api.get(path)  # notes the use of the key, once a minute
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get(path).status == 200
        return [query["sql"] for query in captured]

    def test_of_a_list_does_not_grow_with_the_page(self, vera, tenant):
        for _ in range(3):
            make_destination(tenant)
        few = self.statements(vera, "destinations")
        for _ in range(20):
            make_destination(tenant)
        many = self.statements(vera, "destinations?type=webhook&q=hook&topic=x")
        assert len(few) == len(many) == 2
        assert not [sql for sql in few + many if "sealed" in sql]

    def test_of_the_next_page_is_the_same(self, vera, tenant):
        for _ in range(3):
            make_destination(tenant)
        cursor = vera.get("destinations?limit=2").body["next"]
        assert len(self.statements(vera, f"destinations?limit=2&cursor={cursor}")) == 2

    def test_of_one_destination_is_one_statement_without_the_ciphertext(self, vera, tenant):
        made = make_destination(tenant)
        statements = self.statements(vera, f"destinations/{made.uuid}")
        assert len(statements) == 2
        assert not [sql for sql in statements if "sealed" in sql]

    def test_of_the_types_is_none(self, vera):
        assert len(self.statements(vera, "destination-types")) == 1
        assert len(self.statements(vera, "destination-types/webhook")) == 1

    @pytest.mark.parametrize("path", ["checks", "tenants", "tenants/acme"])
    def test_of_the_others_is_one_statement(self, alice, tenant, path):
        make_destination(tenant, check=True)
        assert len(self.statements(alice, path)) == 2

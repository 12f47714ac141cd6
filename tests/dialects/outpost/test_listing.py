"""The list of a tenant's destinations (contract 1.7) and of attempts (1.12)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from destinations.models import ConnectionCheck, Destination
from tests.dialects.outpost.client import DESTINATIONS, MOMENT
from tests.dialects.outpost.kinds import KINDS


@pytest.fixture
def four(t1, admin):
    """a and b are webhooks, q is a queue, k a stream."""
    admin.create(id="b", topics=["user.created"])
    admin.create(id="a", topics=["user.created", "order.paid"])
    for id_, type_, topics in (("q", "aws_sqs", "*"), ("k", "aws_kinesis", ["user.deleted"])):
        admin.create(
            id=id_, type=type_, topics=topics, config=KINDS[type_].config, credentials=KINDS[type_].credentials
        )


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "baqk"),
        ("?", "baqk"),
        ("?type=webhook", "ba"),
        ("?type=webhook&type=webhook", "ba"),
        ("?type[]=webhook&type[]=aws_sqs", "baq"),
        ("?type[0]=webhook&type[1]=aws_kinesis", "bak"),
        ("?type[7]=aws_sqs", "q"),
        ("?type%5B%5D=aws_sqs", "q"),
        ("?type[0]=aws_sqs&type[]=webhook&type=aws_kinesis", "q"),
        ("?type[]=webhook&type=aws_kinesis", "ba"),
        ("?type[x]=aws_kinesis&type[0]=aws_sqs", "q"),
        ("?type=nope&type=aws_sqs", "q"),
        ("?type=aws_sqs%2Cwebhook", ""),
        ("?type=postgres", ""),
        ("?topics=user.created", "baq"),
        ("?topics=order.paid", "aq"),
        ("?topics=user.created&topics=order.paid", "aq"),
        ("?topics[]=user.created&topics[]=order.paid", "aq"),
        ("?topics[0]=user.created&topics[1]=order.paid", "aq"),
        ("?topics=user.created,order.paid", "q"),
        ("?topics=nope", "q"),
        ("?topics=*", "q"),
        ("?topics=*&topics=order.paid", "aq"),
        ("?topics=", "baqk"),
        ("?type=webhook&topics=order.paid", "a"),
        ("?limit=1&sort=name&cursor=x&unknown", "baqk"),
    ],
)
def test_a_list_is_filtered_as_it_is_asked(four, t1, admin, query, ids):
    for caller in (t1, admin):
        assert "".join(caller.get(DESTINATIONS + query).ids) == ids


def test_a_pattern_covers_the_topics_it_matches(t1, admin, settings):
    settings.TOPICS_WILDCARDS = True
    admin.create(id="p", topics=["user.*"])
    assert t1.get(f"{DESTINATIONS}?topics=user.created&topics=user.deleted").ids == ["p"]
    assert t1.get(f"{DESTINATIONS}?topics=order.paid").ids == []


def test_destinations_of_one_moment_are_in_the_order_they_were_made_in(t1, admin):
    for id_ in "cab":
        admin.create(id=id_)
    Destination.objects.update(created=timezone.now())
    assert t1.get(DESTINATIONS).ids == ["c", "a", "b"]


def test_a_list_is_read_with_few_queries(t1, admin, django_assert_max_num_queries):
    for _ in range(20):
        admin.create()
    with django_assert_max_num_queries(6):
        assert len(t1.get(DESTINATIONS).body) == 20


def test_a_list_shows_each_destination_as_it_is_read_alone(four, t1):
    for one in t1.get(DESTINATIONS).body:
        assert t1.read(one) == one


class TestAttempts:
    def test_those_of_no_destination_are_none(self, t1, admin):
        for caller in (t1, admin):
            answer = caller.get(f"{DESTINATIONS}/none/attempts")
            assert answer.status == 200
            assert answer.body["models"] == []
            page = {"order_by": "time", "dir": "desc", "limit": 100, "next": None, "prev": None}
            assert answer.body["pagination"] == page

    @pytest.fixture
    def checked(self, t1, admin):
        """d passed, then failed; e, of another tenant, failed; of d a check runs still."""
        admin.put("/tenants/t2")
        for tenant, id_, statuses in (("t1", "d", ("passed", "failed", "running")), ("t2", "e", ("failed",))):
            admin.create(tenant, id=id_)
            for number, status in enumerate(statuses):
                at = timezone.now() - timedelta(hours=3 - number)
                times = {"queued_at": at, "started_at": at, "completed_at": None if status == "running" else at}
                row = Destination.objects.get(uid=id_)
                ConnectionCheck.objects.filter(destination=row, trigger="create").delete()
                ConnectionCheck.objects.create(destination=row, revision=1, trigger="manual", status=status, **times)

    def test_each_check_of_the_connection_is_one(self, checked, t1):
        found = t1.get(f"{DESTINATIONS}/d/attempts").body["models"]
        assert [one["status"] for one in found] == ["failed", "success"]
        for one in found:
            assert (one["destination_id"], one["tenant_id"], one["destination_type"]) == ("d", "t1", "webhook")
            assert MOMENT.fullmatch(one["time"])
            alone = t1.get(f"{DESTINATIONS}/d/attempts/{one['id']}")
            assert (alone.status, alone.body) == (200, one)

    def test_a_tenant_sees_those_of_its_own_destinations(self, checked, t1, admin):
        (foreign,) = admin.get("/tenants/t2/destinations/e/attempts").body["models"]
        assert {one["tenant_id"] for one in t1.get("/attempts").body["models"]} == {"t1"}
        assert {one["tenant_id"] for one in admin.get("/attempts").body["models"]} == {"t1", "t2"}
        assert t1.get(f"/attempts/{foreign['id']}").status == 404
        assert t1.get(f"{DESTINATIONS}/e/attempts/{foreign['id']}").status == 404
        assert t1.get(f"{DESTINATIONS}/d/attempts/{foreign['id']}").status == 404

    @pytest.mark.parametrize(
        ("query", "statuses"),
        [
            ("dir=asc", ["success", "failed"]),
            ("status=failed", ["failed"]),
            ("limit=1", ["failed"]),
            ("limit=100000", ["failed", "success"]),
            ("event_id=evt_1", []),
            ("destination_type=webhook", ["failed", "success"]),
            ("destination_type=aws_sqs", []),
            ("time[gte]=2999-01-01T00:00:00Z", []),
            ("time[lt]=2999-01-01T00:00:00Z&time[gt]=2020-01-01T00:00:00Z", ["failed", "success"]),
        ],
    )
    def test_they_are_narrowed(self, checked, t1, query, statuses):
        answer = t1.get(f"{DESTINATIONS}/d/attempts?{query}")
        assert [one["status"] for one in answer.body["models"]] == statuses
        assert answer.body["pagination"]["limit"] <= 1000

    def test_they_come_in_pages(self, checked, t1):
        first = t1.get(f"{DESTINATIONS}/d/attempts?limit=1").body
        second = t1.get(f"{DESTINATIONS}/d/attempts?limit=1&next={first['pagination']['next']}").body
        assert [one["status"] for one in second["models"]] == ["success"]
        assert second["pagination"]["next"] is None

    @pytest.mark.parametrize("path", ["/attempts", "/tenants"])
    def test_a_cursor_of_another_list_is_none(self, checked, admin, path):
        other = "/attempts" if path == "/tenants" else "/tenants"
        cursor = admin.get(f"{other}?limit=1").body["pagination"]["next"]
        status, message, _ = admin.get(f"{path}?next={cursor}").refusal()
        assert (status, message.partition(":")[0]) == (400, "invalid cursor")

    def test_more_is_told_of_them_to_whoever_asks(self, checked, t1):
        answer = t1.get(f"{DESTINATIONS}/d/attempts?include=destination&include=response_data").body
        assert "response_data" in answer["models"][0]
        assert answer["models"][0]["destination"]["id"] == "d"
        plain = t1.get(f"{DESTINATIONS}/d/attempts").body["models"][0]
        assert not {"response_data", "destination"} & plain.keys()

    @pytest.mark.parametrize("attempt", ["none", "0b1d2c3e-0000-4000-8000-000000000000"])
    def test_one_that_is_missing_is_not_found(self, t1, admin, attempt):
        admin.create(id="d")
        assert t1.get(f"{DESTINATIONS}/d/attempts/{attempt}").status == 404

    @pytest.mark.parametrize(
        ("query", "data"),
        [
            ("dir=up", {"query.dir": "must be 'asc' or 'desc'"}),
            ("order_by=id", {"query.order_by": "must be one of: [time]"}),
        ],
    )
    def test_an_order_that_is_none_is_refused(self, t1, query, data):
        answer = t1.get(f"{DESTINATIONS}/d/attempts?{query}")
        assert answer.refusal() == (422, "validation error", data)

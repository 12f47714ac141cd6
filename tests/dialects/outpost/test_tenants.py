"""Tenants: what they are made of, their list, their end (contract 1.5)."""

import pytest
from django.utils import timezone

from destinations.models import Destination
from tenants.models import Tenant
from tests.dialects.outpost.client import MOMENT, Outpost
from tests.factories import make_tenant

KEYS = {"id", "destinations_count", "topics", "created_at", "updated_at"}


@pytest.fixture
def five(admin):
    """a to e, made in this order."""
    for name in "abcde":
        admin.put(f"/tenants/{name}")


def ids(answer):
    assert answer.status == 200
    return "".join(one["id"] for one in answer.body["models"])


def test_a_tenant_sums_up_its_destinations(t1, admin):
    admin.create(topics=["user.deleted", "order.paid"])
    admin.create(topics=["user.created", "order.paid"])
    told = t1.get("/tenants/t1").body
    assert told.keys() == KEYS
    assert (told["destinations_count"], told["topics"]) == (2, ["order.paid", "user.created", "user.deleted"])
    assert MOMENT.fullmatch(told["created_at"])
    assert MOMENT.fullmatch(told["updated_at"])
    admin.create(topics="*")
    assert t1.get("/tenants/t1").body["topics"] == ["*"]


@pytest.mark.parametrize("segment", ["a%20b", "%C3%A9t%C3%A9", "a.b", "a_b-c:d@e", "0"])
def test_an_id_is_what_its_owner_says(admin, segment):
    assert admin.put(f"/tenants/{segment}").status == 201
    assert admin.get(f"/tenants/{segment}").status == 200
    assert admin.create(segment)["tenant_id"] == Tenant.objects.get().pk
    assert Outpost(admin.get(f"/tenants/{segment}/token").body["token"]).get(f"/tenants/{segment}").status == 200


def test_an_id_that_cannot_be_kept_is_refused(admin):
    for segment in ("x" * 256, "a%00b", "a%0Ab", "%FF"):
        assert admin.put(f"/tenants/{segment}").status in (400, 404, 422), segment
    assert not Tenant.objects.exists()


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"x"', b'{"metadata":[]}', b'{"metadata":"x"}', b'{"metadata":1}'])
def test_a_body_that_is_none_makes_no_tenant(admin, raw):
    assert admin.put("/tenants/t1", raw=raw).refusal() == (422, "invalid JSON", None)
    assert not Tenant.objects.exists()


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": {}}, {"unknown": 1}])
def test_a_body_without_metadata_clears_them(t1, admin, body):
    admin.put("/tenants/t1", {"metadata": {"a": "1"}})
    answer = admin.put("/tenants/t1", body)
    assert (answer.status, "metadata" in answer.body) == (200, False)


def test_metadata_are_replaced_and_become_text(t1, admin):
    admin.put("/tenants/t1", {"metadata": {"a": "1"}})
    said = {"b": True, "n": 1.5, "big": 1000000, "o": {"k": [1]}}
    answer = t1.put("/tenants/t1", {"metadata": said})
    assert answer.body["metadata"] == {"b": "true", "n": "1.5", "big": "1000000", "o": '{"k":[1]}'}
    assert t1.get("/tenants/t1").body == answer.body


def test_deleting_a_tenant_deletes_its_destinations_and_no_others(t1, admin):
    admin.put("/tenants/t2")
    admin.create()
    admin.create("t2")
    assert admin.delete("/tenants/t1").body == {"success": True}
    assert admin.delete("/tenants/t1").refusal() == (404, "tenant not found", None)
    assert [one.tenant_id for one in Destination.objects.all()] == ["t2"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_portal_takes_the_theme_and_a_token_that_is_one(t1, admin, theme):
    answer = admin.get(f"/tenants/t1/portal?theme={theme}")
    url = answer.body["redirect_url"]
    assert url.endswith(f"&theme={theme}")
    assert url.startswith(("http://", "https://"))
    token = url.partition("token=")[2].partition("&")[0]
    assert Outpost(token).get("/tenants/t1").status == 200
    assert answer.body["tenant_id"] == "t1"


def test_the_newest_tenant_comes_first_unless_asked_otherwise(five, admin):
    answer = admin.get("/tenants")
    assert ids(answer) == "edcba"
    assert answer.body["count"] == 5
    page = {"order_by": "created_at", "dir": "desc", "limit": 20, "next": None, "prev": None}
    assert answer.body["pagination"] == page
    assert ids(admin.get("/tenants?dir=asc")) == "abcde"
    assert ids(admin.get("/tenants?order=asc")) == "abcde"
    assert ids(admin.get("/tenants?order_by=created_at&dir=desc")) == "edcba"


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_lead_on_and_back_even_among_tenants_of_one_moment(five, admin, direction):
    Tenant.objects.update(created=timezone.now())
    whole = ids(admin.get(f"/tenants?dir={direction}"))
    first = admin.get(f"/tenants?limit=2&dir={direction}")
    assert (ids(first), first.body["count"]) == (whole[:2], 5)
    assert first.body["pagination"]["prev"] is None
    second = admin.get(f"/tenants?limit=2&dir={direction}&next={first.body['pagination']['next']}")
    assert ids(second) == whole[2:4]
    third = admin.get(f"/tenants?limit=2&dir={direction}&next={second.body['pagination']['next']}")
    assert (ids(third), third.body["pagination"]["next"]) == (whole[4:], None)
    assert ids(admin.get(f"/tenants?limit=2&dir={direction}&prev={third.body['pagination']['prev']}")) == whole[2:4]
    back = admin.get(f"/tenants?limit=2&dir={direction}&prev={second.body['pagination']['prev']}")
    assert (ids(back), back.body["pagination"]["prev"]) == (whole[:2], None)


def test_an_older_client_finds_the_page_where_it_looks(five, admin):
    body = admin.get("/tenants?limit=2&order=desc").body
    assert body["data"] == body["models"]
    assert body["next"] == body["pagination"]["next"]
    assert not body["prev"]


@pytest.mark.parametrize("query", ["id=a&id=c", "id[]=a&id[]=c", "id[0]=a&id[1]=c", "id[0]=a&id[1]=c&id[]=e&id=b"])
def test_a_list_is_narrowed_to_ids(five, admin, query):
    answer = admin.get(f"/tenants?{query}")
    assert (ids(answer), answer.body["count"]) == ("ca", 2)


@pytest.mark.parametrize("name", ["next", "prev"])
@pytest.mark.parametrize("cursor", ["x", "%00", "ä", "1" * 5000], ids=lambda cursor: cursor[:9])
def test_a_cursor_that_is_none_is_refused(admin, name, cursor):
    answer = admin.get(f"/tenants?{name}={cursor}")
    assert answer.status == 400
    assert answer.body["message"].startswith("invalid ")


def test_a_tenant_sees_itself_alone_whatever_it_asks(five, admin):
    for query in ("", "?id=a", "?id=a&id=b", "?limit=1"):
        answer = admin.tenant("c").get(f"/tenants{query}")
        assert answer.status == 200
        assert ids(answer) in ("c", "")
    assert ids(admin.tenant("c").get("/tenants")) == "c"


def test_a_tenant_made_elsewhere_is_listed(admin):
    make_tenant("native")
    assert ids(admin.get("/tenants")) == "native"
    assert admin.get("/tenants/native").body.keys() >= KEYS

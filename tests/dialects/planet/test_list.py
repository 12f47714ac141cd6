"""Lists: what is in them, for whom, in which order; and the many names of one destination."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations import services
from destinations.dialects.planet.refs import id_of, uuid_of
from destinations.dialects.planet.types import NATIVE, TYPES
from destinations.drafts import Draft
from destinations.models import Destination
from tests.connectors.examples import EXAMPLES
from tests.dialects.planet.client import REDACTED
from tests.factories import make_destination, make_environment


class TestList:
    def test_it_is_everything_newest_first(self, seed, owner):
        for name in ("one", "two", "three"):
            seed(name)
        answer = owner.get()
        assert answer.body["_links"] == {"_self": "http://testserver/planet/destinations/v1"}
        assert answer.names == ["three", "two", "one"]

    def test_an_organisation_without_destinations_has_an_empty_list(self, owner):
        assert owner.get().body["destinations"] == []

    def test_what_another_face_made_is_in_it_if_planet_has_words_for_it(self, seed, owner, tenant):
        make_destination(tenant)  # a webhook
        example = EXAMPLES["aws_s3"]
        native = Draft(type="aws_s3", name="x" * 200, config=example.config, credentials=example.credentials)
        services.create(tenant, native)
        (row,) = owner.get().body["destinations"]
        assert row["ownership"] == {"is_owner": False, "owner_id": 0}
        assert set(row["parameters"]) == {field.key for field in TYPES["amazon_s3"].fields}
        assert row["parameters"]["aws_secret_access_key"] == REDACTED

    def test_what_is_not_complete_is_nowhere(self, owner, tenant):
        begun = services.create(tenant, Draft(type="aws_s3", incomplete=True, is_default=True))
        assert owner.get().body["destinations"] == []
        assert owner.get(f"/{id_of(begun)}").status == owner.get("/default").status == 404

    @pytest.mark.parametrize("type_", TYPES)
    def test_no_secret_is_read_for_it(self, seed, owner, type_, monkeypatch):
        seed("one", type_)
        monkeypatch.setattr("destinations.sealing.Sealed.open", None)
        assert owner.get().status == 200

    def test_it_takes_one_statement_however_long_it_is(self, seed, owner, django_assert_num_queries):
        for number in range(5):
            seed(f"number {number}")
        owner.get()
        with django_assert_num_queries(2):  # the key, and the list
            owner.get()


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, ["live"]),
            ({"archived": "true"}, ["gone"]),
            ({"archived": "false"}, ["live"]),
            ({"archived": "TRUE"}, ["gone"]),
            ({"archived": "1"}, ["gone"]),
            ({"archived": "0"}, ["live"]),
        ],
    )
    def test_archived(self, seed, owner, query, names):
        seed("live")
        services.archive(seed("gone"))
        assert owner.get(**query).names == names

    @pytest.mark.parametrize(
        ("who", "owned"),
        [
            ("owner", (["hers"], ["hers"])),
            ("mel", ([], [])),
            ("admin", ([], ["his", "hers"])),
            ("viewer", ([], [])),
        ],
    )
    def test_whose_they_are_and_who_may_change_them(self, seed, request, owner, who, owned):
        is_owner, can_write = owned
        seed("hers", api=owner)
        seed("his")
        api = request.getfixturevalue(who)
        for name, inside in (("is_owner", is_owner), ("can_write", can_write)):
            assert api.get(**{name: "true"}).names == inside
            assert api.get(**{name: "false"}).names == [row for row in ("his", "hers") if row not in inside]
        for row in api.get().body["destinations"]:
            assert row["ownership"]["is_owner"] is (row["name"] in is_owner)
            assert row["permissions"]["can_write"] is (row["name"] in can_write)

    def test_the_default(self, seed, owner):
        seed("other")
        seed("first", is_default=True)
        assert owner.get(is_default="true").names == ["first"]
        assert owner.get(is_default="false").names == ["other"]

    def test_all_of_them_count(self, seed, owner):
        seed("first", api=owner, is_default=True)
        seed("second", api=owner)
        assert owner.get(is_owner="true", is_default="false", can_write="true", archived="false").names == ["second"]

    @pytest.mark.parametrize("name", ["archived", "is_owner", "can_write", "is_default"])
    @pytest.mark.parametrize("value", ["yes", "", "2", "null", "\0"])
    def test_anything_else_is_refused(self, owner, name, value):
        answer = owner.get(**{name: value})
        assert (answer.status, name in answer.message) == (400, True)


class TestOrder:
    @pytest.fixture(autouse=True)
    def four(self, seed, db):
        b, a, c, d = seed("b"), seed("a", "amazon_s3"), seed("c", "google_cloud_storage"), seed("d", "amazon_s3")
        for row in (a, d, c, b):
            services.update(row, Draft(description="changed"))

    @pytest.mark.parametrize(
        ("sort_by", "names"),
        [
            (None, "dcab"),
            ("", "dcab"),
            ("created", "bacd"),
            ("created DESC", "dcab"),
            ("name", "abcd"),
            ("name ASC", "abcd"),
            ("name desc", "dcba"),
            ("type", "adcb"),
            ("type,created DESC", "dacb"),
            ("type DESC,name DESC", "bcda"),
            ("updated", "adcb"),
            ("updated DESC", "bcda"),
            (" type  DESC , name ASC ", "bcad"),
        ],
    )
    def test_several_fields_in_either_direction(self, owner, sort_by, names):
        query = {} if sort_by is None else {"sort_by": sort_by}
        assert "".join(owner.get(**query).names) == names

    @pytest.mark.parametrize("sort_by", ["bucket", "name DOWN", "name,", ",", "name DESC DESC", "NAME", "-name", "\0"])
    def test_anything_else_is_refused(self, owner, sort_by):
        answer = owner.get(sort_by=sort_by)
        assert (answer.status, "sort_by" in answer.message) == (400, True)

    def test_native_types_sort_as_planets_do(self):
        assert [NATIVE[native].name for native in sorted(NATIVE)] == sorted(TYPES)


class TestIds:
    @pytest.mark.parametrize("path", ["/{id}", "/{id}/", "/pl:destinations/{id}", "/pl%3Adestinations%2F{id}"])
    def test_an_id_and_a_ref_are_the_same(self, seed, owner, path):
        row = seed("mine")
        answer = owner.get(path.format(id=id_of(row)))
        assert (answer.status, answer.body["name"]) == (200, "mine")

    @pytest.mark.parametrize("name", ["", "other-name-", "pl:destinations/", "-"])
    def test_only_the_tail_counts(self, seed, owner, name):
        tail = id_of(seed("mine")).rpartition("-")[2]
        assert owner.get(f"/{name}{tail}").body["name"] == "mine"

    @pytest.mark.parametrize(
        "ref",
        [
            "unknown-0000000000000000000000",
            "unknown-zzzzzzzzzzzzzzzzzzzzzz",
            "unknown",
            "pl:destinations",
            "pl:destinations/",
            "pl:destinations/spec",
            "pl:orders/x",
            "a/b/c",
            "%00",
            "٣" * 22,
            "-",
            "x" * 5000,
        ],
    )
    def test_what_is_none_is_not_found(self, seed, owner, ref):
        seed("mine")
        assert owner.get(f"/{ref}").status == 404
        assert owner.patch(f"/{ref}", {"archive": True}).status == 404

    def test_what_planet_has_no_words_for_is_not_found(self, owner, tenant):
        assert owner.get(f"/{id_of(make_destination(tenant))}").status == 404

    def test_those_of_an_environment_are_the_organisations_too(self, seed, owner, tenant):
        seed("mine", environment=make_environment(tenant))
        assert owner.get().names == ["mine"]

    @given(st.uuids(), st.text(max_size=80))
    def test_every_uuid_has_an_id_that_leads_back(self, uuid, name):
        id_ = id_of(Destination(uuid=uuid, name=name))
        assert uuid_of(id_) == uuid_of(f"pl:destinations/{id_}") == uuid
        assert len(id_.rpartition("-")[2]) in (21, 22)

    @pytest.mark.parametrize("number", [0, 1, 2**128 - 1])
    def test_the_smallest_and_the_largest_have_one_too(self, number):
        uuid = UUID(int=number)
        assert uuid_of(id_of(Destination(uuid=uuid, name="x"))) == uuid

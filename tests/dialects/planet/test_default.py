"""The organisation's default destination."""

import pytest

from destinations import services
from destinations.models import Destination
from tests.factories import make_destination


@pytest.fixture
def two(made):
    return made("one"), made("two")


def target(ref):
    return {"destination_id": ref}


class TestSetting:
    @pytest.mark.parametrize("name", ["id", "pl:ref"])
    def test_by_id_or_ref_and_nothing_else_changes(self, two, owner, name):
        one, _ = two
        assert owner.put("/default", target(one[name])).body == one | {"default": True}
        assert owner.get("/default").body == owner.get(f"/{one['id']}").body == one | {"default": True}

    def test_another_one_takes_its_place(self, two, owner):
        one, second = two
        for body in two:
            assert owner.put("/default", target(body["id"])).status == 200
        assert owner.get(f"/{one['id']}").body == one
        assert owner.get(is_default="true").names == [second["name"]]

    def test_twice_is_once(self, two, owner):
        answers = [owner.put("/default", target(two[0]["id"])) for _ in range(2)]
        assert answers[0].body == answers[1].body

    @pytest.mark.parametrize(
        "body",
        [
            target("nope"),
            target("pl:destinations/nope"),
            target("pl:destinations/default"),
            target("default"),
            target("unknown-0000000000000000000000"),
            target(""),
            target(None),
            target(3),
            {},
            [],
            target("x") | {"extra": 1},
        ],
    )
    def test_what_is_no_destination_is_refused(self, owner, body):
        answer = owner.put("/default", body)
        assert answer.status == 400
        assert Destination.objects.filter(is_default=True).exists() is False

    def test_an_archived_or_a_foreign_one_is_refused(self, two, owner, foreign):
        owner.patch(f"/{two[0]['id']}", {"archive": True})
        assert owner.put("/default", target(two[0]["id"])).status == 400
        assert foreign.put("/default", target(two[1]["id"])).status == 400

    def test_a_default_that_planet_has_no_words_for_is_none_and_gives_way(self, two, owner, tenant):
        other = make_destination(tenant, is_default=True)
        assert owner.get("/default").status == owner.delete("/default").status == 404
        owner.put("/default", target(two[0]["id"]))
        assert Destination.objects.get(pk=other.pk).is_default is False

    @pytest.mark.parametrize(("who", "status"), [("owner", 200), ("admin", 200), ("mel", 403), ("viewer", 403)])
    def test_who_may(self, two, request, who, status):
        assert request.getfixturevalue(who).put("/default", target(two[0]["id"])).status == status


class TestUnsetting:
    def test_there_is_none_then(self, two, owner):
        owner.put("/default", target(two[0]["id"]))
        answer = owner.delete("/default")
        assert (answer.status, answer.text) == (204, "")
        assert owner.get("/default").status == owner.delete("/default").status == 404
        assert owner.get(f"/{two[0]['id']}").body == two[0]

    @pytest.mark.parametrize(("who", "status"), [("owner", 204), ("admin", 204), ("mel", 403), ("viewer", 403)])
    def test_who_may(self, two, owner, request, who, status):
        owner.put("/default", target(two[0]["id"]))
        assert request.getfixturevalue(who).delete("/default").status == status


class TestReading:
    def test_there_may_be_none(self, owner):
        assert owner.get("/default").status == owner.get("/pl:destinations/default").status == 404

    def test_everybody_of_the_organisation_may(self, two, owner, mel, viewer, foreign):
        owner.put("/default", target(two[0]["id"]))
        assert {mel.get("/default").body["id"], viewer.get("/default").body["id"]} == {two[0]["id"]}
        assert foreign.get("/default").status == 404

    def test_its_alias_stands_wherever_a_ref_may(self, two, owner):
        owner.put("/default", target(two[0]["id"]))
        alias = "/pl:destinations/default"
        assert owner.get(alias).body == owner.get("/default").body
        assert owner.put("/default", target(alias[1:])).status == 200
        assert owner.patch(alias, {"name": "renamed"}).body["name"] == "renamed"

    def test_what_was_made_the_default_elsewhere_is_it_here(self, two, owner):
        services.set_default(Destination.objects.get(name="two"))
        assert owner.get("/default").body["name"] == "two"

import time

import pytest

from destinations import services, topics
from destinations.drafts import Draft
from destinations.exceptions import InvalidDestination
from tests.factories import make_destination, make_tenant


@pytest.mark.parametrize(
    ("pattern", "topic", "covered"),
    [
        ("user.created", "user.created", True),
        ("user.created", "user.deleted", False),
        ("user.*", "user.created", True),
        ("user.*", "user.", True),
        ("user.*", "user.a.b", True),
        ("user.*", "users.created", False),
        ("*.created", "user.created", True),
        ("*.created", "created", False),
        ("a*b*c", "abc", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("*", "anything at all", True),
        ("a.c", "abc", False),
    ],
)
def test_a_star_stands_for_any_run_of_characters(pattern, topic, covered):
    assert topics.covers(pattern, topic) is covered


def test_a_pattern_full_of_stars_takes_no_time():
    began = time.process_time()
    assert not topics.covers("*a" * 120 + "*b", "a" * 250)
    assert time.process_time() - began < 0.1  # a backtracking search would not end


def test_what_is_covered_by_another_is_left_out():
    assert topics.normalised(["user.created", "order.paid", "user.*", "order.paid"]) == ["order.paid", "user.*"]


class TestConfigured:
    @pytest.fixture(autouse=True)
    def topics(self, settings):
        settings.TOPICS = ["user.created", "user.deleted", "order.paid"]

    @pytest.mark.parametrize("given", [["*"], ["user.created"], ["user.created", "order.paid"], None])
    def test_topics_there_are_may_be_named(self, db, given):
        assert make_destination(topics=given).topics == (given or ["*"])

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            (["invoice.paid"], "choice"),
            (["user.*"], "pattern"),
            (["*", "user.created"], "pattern"),
            ([], "blank"),
            (["user.created", 5], "type"),
        ],
    )
    def test_others_are_refused(self, db, given, code):
        with pytest.raises(InvalidDestination) as caught:
            make_destination(topics=given)
        assert [(problem.path, problem.code) for problem in caught.value.problems] == [("topics", code)]

    def test_patterns_must_be_allowed_and_cover_one(self, db, settings):
        settings.TOPICS_WILDCARDS = True
        made = make_destination(topics=["user.*", "user.created"])
        assert made.topics == ["user.*"]
        for given in (["invoice.*"], ["user.*", "*"]):
            with pytest.raises(InvalidDestination):
                services.update(made, Draft(topics=given))


def test_without_a_list_any_name_will_do_but_no_pattern(db):
    tenant = make_tenant()
    assert make_destination(tenant, topics=["anything"]).topics == ["anything"]
    with pytest.raises(InvalidDestination):
        make_destination(tenant, topics=["any*"])

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest

from connectors.problems import CheckFailed
from connectors.steps import Steps


@pytest.fixture
def steps():
    return Steps(("connect", "sign in", "write"))


def codes(steps):
    return [(step["name"], step["code"] or step["status"]) for step in steps.records]


def test_steps_are_recorded_in_the_order_they_ran(steps):
    with steps("sign in"):
        pass
    with steps("connect"):
        pass
    assert codes(steps) == [("sign in", "passed"), ("connect", "passed"), ("write", "skipped")]


def test_a_step_that_is_not_declared_is_refused(steps):
    with pytest.raises(ValueError, match="not declared"), steps("elsewhere"):
        pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CheckFailed("denied", "No."), "denied"),
        (TimeoutError(), "timeout"),
        (asyncio.CancelledError(), "timeout"),
        (KeyError("secret"), "unexpected"),
    ],
)
def test_a_failure_is_recorded_and_goes_on(steps, error, code):
    with pytest.raises(type(error)), steps("connect"):
        raise error
    assert codes(steps) == [("connect", code), ("sign in", "skipped"), ("write", "skipped")]
    assert steps.current == "connect"
    assert "secret" not in repr(steps.records)


def test_a_step_inside_a_step_comes_before_it(steps):
    with steps("write"):
        with steps("connect"):
            assert steps.current == "connect"
        assert steps.current == "write"
        with steps("sign in"):
            pass
    assert codes(steps) == [("connect", "passed"), ("sign in", "passed"), ("write", "passed")]


def test_a_step_that_could_prove_nothing_says_so(steps):
    with steps("connect"):
        steps.skip("connect", "The server does not tell.")
    assert [(step["status"], step["message"]) for step in steps.records[:1]] == [
        ("skipped", "The server does not tell.")
    ]


def test_a_step_lasts_from_the_end_of_the_last_one_inside_it(steps, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("connectors.steps.time", SimpleNamespace(perf_counter=lambda: clock.now))
    with steps("write"):
        clock.now += 1
        with steps("connect"):
            clock.now += 2
        clock.now += 4
    inner, outer, _ = steps.records
    assert (inner["duration_ms"], outer["duration_ms"]) == (2000, 4000)


def test_a_step_whose_inner_one_failed_never_ran(steps):
    with pytest.raises(CheckFailed), steps("write"), steps("connect"):
        raise CheckFailed("refused", "No.")
    assert codes(steps) == [("connect", "refused"), ("sign in", "skipped"), ("write", "skipped")]
    assert steps.current == "connect"


def test_a_step_that_survives_an_inner_failure_may_pass_or_fail_itself(steps):
    def write():
        with suppress(CheckFailed), steps("connect"):
            raise CheckFailed("refused", "No.")
        raise CheckFailed("denied", "Not either.")

    with pytest.raises(CheckFailed, match="denied"), steps("write"):
        write()
    assert codes(steps) == [("connect", "refused"), ("write", "denied"), ("sign in", "skipped")]


def test_between_steps_the_last_one_is_current(steps):
    with steps("connect"):
        pass
    assert steps.current == "connect"


def test_a_step_can_be_left_out_with_a_reason(steps):
    steps.skip("connect", "There is nothing to connect to.")
    assert steps.records[0] == {
        "name": "connect", "status": "skipped", "code": "", "message": "There is nothing to connect to.",
        "duration_ms": 0,
    }  # fmt: skip


def test_what_an_attempt_recorded_can_be_adopted(steps):
    first, second = Steps(("connect", "sign in", "write")), Steps(("connect", "sign in", "write"))
    with pytest.raises(CheckFailed), first("connect"):
        raise CheckFailed("refused", "No.")
    with second("connect"):
        second.skip("sign in", "Nobody signs in.")
    steps.adopt(second)
    assert steps.current == "connect"
    with steps("write"):
        pass
    assert [step["status"] for step in steps.records] == ["skipped", "passed", "passed"]

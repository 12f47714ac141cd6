"""Every type tells every failure apart. The contract suite plays those that are the same for all of them."""

import pytest

from connectors import registry
from connectors.problems import CHECK_CODES
from tests.connectors.checks import checked
from tests.connectors.examples import EXAMPLES, secured
from tests.live.declaring import FAILURES
from tests.live.entries import ENTRIES
from tests.live.secrets import pieces
from tests.servers.http import garbage, listening
from tests.servers.process import wait_until

TABLE = [(type_, failure) for type_ in registry.names() for failure in FAILURES if failure not in ENTRIES[type_].lacks]


def test_every_type_can_be_used_for_real():
    assert set(ENTRIES) == set(registry.names())


def test_a_type_breaks_in_every_way_or_says_why_not(live, type_):
    lacks = ENTRIES[type_].lacks
    assert live.broken.keys() | lacks.keys() == set(FAILURES)
    assert not live.broken.keys() & lacks.keys()
    assert all(reason.endswith(".") for reason in lacks.values())
    assert live.mistakes


def test_a_destination_that_is_right_passes(live, connector):
    report = checked(connector, live.config, live.credentials)
    assert (report.status, report.code) == ("passed", ""), report


@pytest.mark.parametrize(("type_", "failure"), TABLE, ids=[f"{type_}: {failure}" for type_, failure in TABLE])
def test_a_failure_has_its_own_code_a_message_and_a_remedy(live, connector, failure):
    broken = live.broken[failure]
    report = checked(connector, *broken.of(live))
    assert (report.status, report.code) == ("failed", broken.code), report
    assert report.code in set(CHECK_CODES) - {"unexpected"}
    assert [step["code"] for step in report.steps if step["status"] == "failed"] == [report.code]
    for words in (report.message, report.remedy):
        assert " " in words
        assert words.endswith(".")
        assert "{" not in words


def test_a_server_without_tls_gets_no_secret_of_who_asks_for_it(connector):
    example, heard, ended = EXAMPLES[connector.type], bytearray(), []

    def talk(handler):
        try:
            garbage(handler)
            while data := handler.request.recv(65536):
                heard.extend(data)
        finally:
            ended.append(handler)

    with listening(talk) as server:
        config = example.config | secured(example.at("localhost", server.port))
        with example.moved("localhost", server.port, encrypted=True):
            report = checked(connector, config, example.credentials)
        wait_until(lambda: 0 < len(ended) == server.connections, 5, "every connection ended")
    assert (report.status, report.code) in {("failed", "tls"), ("failed", "protocol")}, report
    assert report.message.endswith(".")
    assert report.remedy.endswith(".")
    assert not [piece for piece in pieces(connector, example.credentials) if piece.encode() in heard]

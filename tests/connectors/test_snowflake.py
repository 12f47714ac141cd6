"""Checks of Snowflake against a stand-in that verifies passwords, tokens, rights and statements."""

import asyncio
import logging
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from connectors.problems import Invalid
from connectors.types.snowflake import Snowflake
from tests.connectors.checks import check, checked, failed, logged, passed
from tests.servers.http import hang, listening
from tests.servers.process import free_port
from tests.servers.snowflake import ACCOUNT, LEAK, PASSWORD, USER

SNOWFLAKE = Snowflake()
SIGN_IN, FIND, USE, CREATE, REMOVE = SNOWFLAKE.steps[3:]
BY_PASSWORD = {"username": USER, "password": PASSWORD}
NOWHERE = {"host": "org.snowflakecomputing.com", "database": "LAKE", "warehouse": "LOADING"}

pytestmark = pytest.mark.usefixtures("system_trust")


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog, snowflake):
    caplog.set_level(logging.DEBUG)
    yield
    for secret in (PASSWORD, repr(PASSWORD)[1:-1], LEAK, "the-session-token", snowflake.pem[100:200]):
        assert secret not in logged(caplog)


@pytest.fixture
def config(snowflake):
    return {
        "host": "localhost",
        "port": snowflake.port,
        "account": ACCOUNT,
        "database": "lake",
        "schema": "RAW",
        "warehouse": "loading",
        "role": "loader",
    }


@pytest.fixture(params=["password", "private_key"])
def credentials(request, snowflake):
    return BY_PASSWORD if request.param == "password" else {"username": USER, "private_key": snowflake.pem}


@pytest.fixture
def told(config, credentials, snowflake):
    """Run a check that must fail, and return what it says."""

    def run(code, step, **changes):
        report = checked(SNOWFLAKE, config | changes, credentials)
        assert LEAK not in repr(report)
        assert not snowflake.sessions
        return failed(report, code, step)

    return run


def problems(config=None, **credentials):
    with pytest.raises(Invalid) as caught:
        SNOWFLAKE.clean(NOWHERE | (config or {}), {"username": "u", **credentials})
    return {problem.path: (problem.code, problem.message) for problem in caught.value.problems}


def test_a_check_makes_a_table_and_leaves_nothing(snowflake, config, credentials):
    assert passed(checked(SNOWFLAKE, config, credentials)) == list(SNOWFLAKE.steps)
    assert (snowflake.tables, snowflake.sessions) == ([], {})
    [created] = [one for one in snowflake.statements if one.startswith("CREATE")]
    assert created.startswith('CREATE TRANSIENT TABLE "LAKE"."RAW"."LANDFALL_CHECK_')


def test_the_private_key_goes_before_the_password(snowflake, config):
    both = {"username": USER, "password": "not the password", "private_key": snowflake.pem}
    assert passed(checked(SNOWFLAKE, config, both))


def test_the_role_may_be_left_out(config, credentials):
    del config["role"]
    assert passed(checked(SNOWFLAKE, config, credentials))


def test_odd_names_are_quoted(snowflake, config, credentials):
    snowflake.schemas['a "b"'] = {"It's \\ odd"}
    # The stand-in reads quoted names as they are written.
    snowflake.schemas['a ""b""'] = snowflake.schemas['a "b"']
    odd = {"database": '"a ""b"""', "schema": '"It\'s \\ odd"', "role": "my role"}
    assert passed(checked(SNOWFLAKE, config | odd, credentials))


def test_the_account_is_the_beginning_of_the_host(snowflake, config):
    del config["account"]
    report = checked(SNOWFLAKE, config, BY_PASSWORD)
    assert "no account “localhost”" in failed(report, "not_found", SIGN_IN)
    by_key = {"username": USER, "private_key": snowflake.pem}
    assert "the account “localhost”" in failed(checked(SNOWFLAKE, config, by_key), "denied", SIGN_IN)


def test_a_wrong_password_is_denied(config):
    report = checked(SNOWFLAKE, config, {"username": USER, "password": "not it"})
    assert "does not accept the user “loader” with this password" in failed(report, "denied", SIGN_IN)


def test_a_key_of_somebody_else_is_denied(config):
    stranger = {"username": USER, "private_key": pem(generate_private_key(65537, 2048))}
    assert "RSA_PUBLIC_KEY" in failed(checked(SNOWFLAKE, config, stranger), "denied", SIGN_IN)


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"role": "nobody"}, SIGN_IN, "The role “nobody” does not exist"),
        ({"database": "missing"}, FIND, "no database “missing”"),
        ({"schema": "MISSING"}, FIND, "no schema “MISSING”"),
        ({"schema": "RA"}, FIND, "no schema “RA”"),
        ({"warehouse": "missing"}, USE, "no warehouse “missing”"),
    ],
)
def test_what_is_missing_is_named(told, changes, step, words):
    assert words in told("not_found", step, **changes)


def test_who_may_not_create_is_told_the_right(told, snowflake):
    snowflake.may_create = False
    assert "CREATE TABLE on the schema" in told("forbidden", CREATE)


def test_a_table_that_cannot_be_removed_is_named(told, snowflake, caplog):
    snowflake.may_drop = False
    said = told("forbidden", REMOVE)
    [left] = snowflake.tables
    assert f"The table {left} may still be there." in said
    assert [record.table for record in caplog.records if record.message == "table_left"] == [left]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (200, "390102", "denied"),
        (200, "390197", "denied"),
        (200, "390422", "forbidden"),
        (200, "999999", "denied"),
        (403, "", "not_found"),
        (404, "", "not_found"),
        (429, "", "quota"),
        (503, "", "remote"),
        (302, "", "protocol"),
        (418, "", "protocol"),
    ],
)
def test_every_refusal_to_sign_in_has_its_code(snowflake, config, status, code, expected):
    snowflake.replies["login"] = (status, {"success": False, "code": code, "message": LEAK})
    failed(checked(SNOWFLAKE, config, BY_PASSWORD), expected, SIGN_IN)


@pytest.mark.parametrize(
    ("action", "words"), [("EXT_AUTHN_DUO_ALL", "second factor"), ("PWD_CHANGE", "must change its password")]
)
@pytest.mark.parametrize("success", [True, False])
def test_what_a_person_would_be_asked_for_is_said(snowflake, config, action, words, success):
    waiting = {"nextAction": action, "inFlightCtx": LEAK}
    snowflake.replies["login"] = (200, {"success": success, "code": "390122", "data": waiting})
    assert words in failed(checked(SNOWFLAKE, config, BY_PASSWORD), "denied", SIGN_IN)


@pytest.mark.parametrize(
    "odd",
    [
        b"not JSON", b"[]", b"[" * 60000, {"success": True}, {"success": True, "data": []},
        {"success": True, "data": {"token": 1}}, {"success": True, "data": {"token": 'a"b\r\nX: y'}},
    ],
)  # fmt: skip
def test_what_is_not_snowflake_is_said_to_be_so(snowflake, config, odd):
    snowflake.replies["login"] = (200, odd)
    assert "does not answer as Snowflake" in failed(checked(SNOWFLAKE, config, BY_PASSWORD), "protocol", SIGN_IN)


@pytest.mark.parametrize("rows", [None, "text", [1]])
def test_odd_rows_are_no_answer(told, snowflake, rows):
    snowflake.replies["SHOW"] = (200, {"success": True, "data": {"rowset": rows}})
    told("protocol", FIND)


@pytest.mark.parametrize(
    ("code", "expected"), [("090073", "quota"), ("000630", "timeout"), ("390112", "remote"), ("000001", "remote")]
)
def test_a_statement_that_fails_has_its_code(told, snowflake, code, expected):
    snowflake.replies["SHOW"] = (422, {"success": False, "code": code, "message": LEAK})
    told(expected, FIND)


def test_a_table_that_may_have_been_made_is_removed(told, snowflake):
    snowflake.replies["CREATE"] = (503, b"")
    told("remote", CREATE)
    assert snowflake.statements[-1].startswith("DROP TABLE IF EXISTS")


def test_a_check_that_is_given_up_leaves_nothing(snowflake, config, credentials):
    snowflake.silent.add("CREATE")
    started = time.monotonic()
    report = checked(SNOWFLAKE, config, credentials, limit=2)
    assert time.monotonic() - started < 10
    failed(report, "timeout", CREATE)
    assert (snowflake.tables, snowflake.sessions) == ([], {})


def test_a_check_that_is_cancelled_leaves_nothing(snowflake, config, credentials):
    snowflake.silent.add("CREATE")

    async def cancelled():
        task = asyncio.create_task(check(SNOWFLAKE, config, credentials))
        while not snowflake.tables:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert (snowflake.tables, snowflake.sessions) == ([], {})


def test_a_removal_that_hangs_is_bounded(snowflake, config, credentials, monkeypatch):
    monkeypatch.setattr("connectors.probes.trial.REMOVE_LIMIT", 0.5)
    snowflake.replies["DROP"] = None
    said = failed(checked(SNOWFLAKE, config, credentials), "timeout", REMOVE)
    assert "may still be there" in said


def test_a_sign_out_that_hangs_is_bounded(snowflake, config, monkeypatch):
    monkeypatch.setattr("connectors.probes.snowflake.sessions.GOODBYE", 0.3)
    snowflake.silent.add("logout")
    assert passed(checked(SNOWFLAKE, config, BY_PASSWORD))


def test_a_dead_port_is_refused(told):
    told("refused", "connect", port=free_port())


def test_a_certificate_for_another_name_is_refused(told):
    assert "is not for the host" in told("tls", "tls", host="127.0.0.1")


def test_plain_http_is_no_tls(config, credentials, http_server):
    report = checked(SNOWFLAKE, config | {"port": http_server.port}, credentials)
    assert "does not speak TLS" in failed(report, "tls", "tls")


def test_a_server_that_hangs_ends_in_time(config, credentials):
    with listening(hang) as server:
        report = checked(SNOWFLAKE, config | {"port": server.port}, credentials, limit=0.5)
    failed(report, "timeout", "tls")


def test_a_private_address_is_blocked(told, settings):
    settings.EGRESS_ALLOW = []
    told("blocked", "resolve")


def test_a_password_or_a_key_is_required():
    assert problems() == {"credentials.password": ("required", "Give a password or a private key.")}


def test_a_key_must_be_of_use():
    rsa = generate_private_key(65537, 2048)
    for odd, words in {
        "nonsense": "must be an RSA private key",
        pem(ec.generate_private_key(ec.SECP256R1())): "must be an RSA private key",
        pem(generate_private_key(65537, 1024)): "too short",  # noqa: S505
        pem(rsa, BestAvailableEncryption(b"word")): "passphrase",
    }.items():
        code, message = problems(private_key=odd)["credentials.private_key"]
        assert (code, words in message) == ("pattern", True)


@pytest.mark.parametrize("host", ["https://org.snowflakecomputing.com", "org.snowflakecomputing.com:443", "a/b"])
def test_a_host_is_no_url(host):
    assert problems({"host": host}, password="p").keys() == {"config.host"}


def test_what_is_left_out_is_filled_in():
    config, _ = SNOWFLAKE.clean(NOWHERE, {"username": "u", "password": "p"})
    assert (config["port"], config["schema"]) == (443, "PUBLIC")
    assert SNOWFLAKE.target(config) == "LAKE.PUBLIC at org.snowflakecomputing.com"

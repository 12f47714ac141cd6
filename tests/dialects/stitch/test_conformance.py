"""The conformance cases S01 to S37 of the contract, each a row or several, over a real socket.

A row that is refused must also have changed nothing.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from destinations import checking
from destinations.models import ConnectionCheck, Destination
from tenants import services as tenant_services
from tenants.models import ApiKey
from tests.api.worker import worker
from tests.dialects.stitch.bodies import (
    ACCOUNT_KEY,
    CONNECTION,
    KEY_FORMAT,
    LIMIT_TEXT,
    NO_SUCH_ID_TEXT,
    OLD_S3,
    OLD_TEXT,
    OTHER_TYPE_TEXT,
    POST_TEXT,
    PROPERTIES,
    QUERY_TEXT,
    REDSHIFT,
    SECRET,
    TIME,
    V3,
    V4,
    posted,
)
from tests.dialects.stitch.client import NOTHING, Answer, Stitch
from tests.dialects.stitch.conftest import PASSWORD
from tests.servers.http import hang, listening
from tests.servers.process import wait_until

ONE3, ONE4, CHECK = f"{V3}/{{id}}", f"{V4}/{{id}}", f"{V4}/{{id}}/last-connection-check"
TYPES = "/v4/destination-types"
NOWHERE = {"error": "NotFound"}
STAGING: dict[str, Any] = {
    "type": "postgres",
    "name": "Staging",
    "description": "d",
    "properties": {
        "host": "h.example.com",
        "port": "5432",
        "username": "stitch",
        "database": "db",
        "password": SECRET,
        "ssl": False,
    },
}
S3 = PROPERTIES["s3"]
PUT_TEXT = "PUT body may only include a name, a description, and map of properties"
NO_TABLE_VERSION = KEY_FORMAT.replace("[table_version]", "")
NEEDED_BY_A_TUNNEL = ["encryption_host", "encryption_port", "encryption_username"]


@dataclass
class World:
    """Account 116078 and what it has; `before` is what was there when the request of the row was made."""

    stitch: Stitch
    other: Stitch
    server: str
    lake: Any
    settings: Any
    stack: ExitStack
    made: dict[str, Any] = field(default_factory=dict)
    before: list[Any] = field(default_factory=list)

    def listed(self) -> list[Any]:
        return [self.stitch.get(V3).body, self.stitch.get(V4).body]

    def make(self, path: str, body: Any) -> None:
        answer = self.stitch.post(path, body)
        assert answer.status == 200, answer.text
        self.made = answer.body

    def checked(self) -> Any:
        """The v4 check object once no check is left to be made."""
        checking.sweep()
        return self.stitch.get(CHECK.format(id=self.made["id"])).body


def at_lake(world: World, **changes: Any) -> dict[str, Any]:
    place = {"host": world.lake.host, "port": str(world.lake.port), "database": "stitch_lake", "ssl": "true"}
    signed_in = {"username": "stitch_loader", "password": PASSWORD}
    return posted("postgres", properties={**place, **signed_in, **changes})


# What is there before the request of a row


def redshift(world: World) -> None:
    world.make(V3, REDSHIFT)


def staging(world: World) -> None:
    world.make(V4, STAGING)


def bigquery(world: World) -> None:
    world.make(V4, posted("bigquery_v2"))


def lake(world: World) -> None:
    world.make(V4, at_lake(world))


def denied(world: World) -> None:
    world.make(V4, at_lake(world, password="not the password"))
    checking.sweep()


def running(world: World) -> None:
    """A check that has begun and cannot end."""
    world.settings.CHECK_TIMEOUT = 3
    server = world.stack.enter_context(listening(hang))
    world.stack.enter_context(worker())
    world.make(V3, {**REDSHIFT, "connection": {**CONNECTION, "host": "127.0.0.1", "port": server.port}})
    wait_until(lambda: ConnectionCheck.objects.filter(status="running").exists(), 10, "the check began")


def deleted(world: World) -> None:
    staging(world)
    assert world.stitch.delete(ONE4.format(id=world.made["id"])).status == 200


def revoked(world: World) -> None:
    staging(world)
    for key in ApiKey.objects.filter(tenant="116078"):
        tenant_services.revoke_key(key)


def three(world: World) -> None:
    world.settings.STITCH_DESTINATIONS_PER_ACCOUNT = 3
    for _ in range(3):
        staging(world)


def another_default(world: World) -> None:
    world.settings.STITCH_DESTINATIONS_PER_ACCOUNT = 2
    staging(world)


# What is expected beside a status


def s01(world: World, made: Any) -> None:
    assert list(made) == ["id", "type", "created_at", "updated_at", "connection", "last_check"]
    assert isinstance(made["id"], int)
    assert made["connection"] == {**CONNECTION, "password": "<PASSWORD>"}
    assert type(made["connection"]["port"]) is int
    assert made["connection"]["ssl"] is False
    assert made["last_check"] is None
    assert all(re.fullmatch(TIME, made[name]) for name in ("created_at", "updated_at"))


def s06(world: World, listed: Any) -> None:
    assert listed == [world.made]
    ended = world.checked()
    (old,) = world.stitch.get(V3).body
    told = {"error": True, "started_at": ended["start_time"], "completed_at": ended["completion_time"]}
    assert old == {**world.made, "last_check": told}
    assert ended["completion_time"] >= ended["start_time"]


def s07(world: World, changed: Any) -> None:
    assert changed["connection"] == {**world.made["connection"], "username": "u2"}
    row = Destination.objects.get()
    assert (row.credentials["password"], row.updated > row.created) == (SECRET, True)
    assert ConnectionCheck.objects.filter(status="queued").exists()


def s11(world: World, made: Any) -> None:
    shown = made["connection"]
    assert re.fullmatch("stitch-challenge-file-[0-9a-f-]{36}", shown.pop("sentinel_key"))
    assert shown == OLD_S3["connection"]
    assert shown["csv_force_quote"] is True


def s14(world: World, made: Any) -> None:
    assert made["properties"] == {
        "database": "db",
        "encryption_type": "none",
        "host": "h.example.com",
        "port": "5432",
        "ssl": "false",
        "username": "stitch",
    }
    assert (made["stitch_client_id"], made["name"], made["description"]) == (116078, "Staging", "d")
    assert [made[key] for key in ("deleted_at", "paused_at", "system_paused_at", "display_name")] == [None] * 4
    card = {one["name"]: one for one in made["report_card"]["steps"][0]["properties"]}
    assert (card["password"]["provided"], card["password"]["is_credential"]) == (True, True)
    assert card["encryption_host"]["provided"] is False
    assert made["report_card"].keys() == {"type", "current_step", "current_step_type", "steps"}


def s17(world: World, made: Any) -> None:
    assert isinstance(made["name"], str)
    assert made["name"]


def s18(world: World, changed: Any) -> None:
    """Only the password that was stored first lets this user in."""
    same = world.made.keys() - {"properties", "updated_at", "check_job_name"}
    assert {key: changed[key] for key in same} == {key: world.made[key] for key in same}
    assert changed["properties"] == {**world.made["properties"], "username": "stitch_loader"}
    assert changed["updated_at"] >= world.made["updated_at"]
    assert re.fullmatch(rf"116078\.{world.made['id']}\.check\.[0-9a-f-]{{36}}", changed["check_job_name"])
    check = world.checked()
    assert (check["name"], check["status"]) == (changed["check_job_name"], "succeeded")


def s23(world: World, body: Any) -> None:
    assert world.listed() == [[], []]
    again = world.stitch.post(V4, STAGING)
    assert (again.status, again.body["id"] > world.made["id"]) == (200, True)


def s26(world: World, cards: Any) -> None:
    assert len(cards) == 13
    for card in cards:
        assert card.keys() == {"type", "current_step", "current_step_type", "steps", "details"}
        assert card["details"].keys() == {"pricing_tier", "pipeline_state", "protocol", "access"}
        assert card["current_step"] == 1
        assert card["steps"][-1] == {"type": "fully_configured", "properties": []}
        assert not any(one["provided"] for step in card["steps"] for one in step["properties"])


def s27(world: World, card: Any) -> None:
    shown = {one["name"]: one for one in card["steps"][0]["properties"]}
    assert {name for name, one in shown.items() if one["is_credential"]} == {"username", "password"}
    assert shown["role"]["is_required"] is False


def s28(world: World, made: Any) -> None:
    assert made["properties"]["project_id"] == ACCOUNT_KEY["project_id"]
    assert "service_account_credentials" not in made["properties"]


def s31(world: World, check: Any) -> None:
    assert (check["status"], check["error"], check["mode"]) == ("failed", True, "check")
    assert re.fullmatch(TIME, check["completion_time"])
    assert (check["discovery_exit_status"], check["check_exit_status"]) == (1, None)
    assert check["discovery_error_message"] == 'FATAL: Password authentication failed for user "stitch_loader"'
    (old,) = world.stitch.get(V3).body
    assert old["last_check"]["error"] is True


def s32(world: World, check: Any) -> None:
    assert (check["status"], check["error"], check["completion_time"]) == ("running", False, None)
    assert {check[name] for name in check if name.endswith("_exit_status")} == {None}
    (old,) = world.stitch.get(V3).body
    assert old["last_check"] == {"error": False, "started_at": check["start_time"], "completed_at": None}


def s33(world: World, listed: Any) -> None:
    assert len(listed) == 1
    assert len(world.stitch.get(V4).body) == 3


def takes_unmapped(world: World, made: Any) -> None:
    assert [row["id"] for row in world.stitch.get(f"{V4}?source_id=1").body] == [made["id"]]


def leaves_unmapped(world: World, made: Any) -> None:
    assert world.stitch.get(f"{V4}?source_id=1").body == []


def leaves_mapped(world: World, made: Any) -> None:
    assert [row["id"] for row in world.stitch.get(f"{V4}?source_id=1").body] == [world.made["id"]]


def s37(world: World, made: Any) -> None:
    """Nowhere in the database, checks and what asks for them among it; the log is looked at for every row."""
    checking.sweep()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            assert SECRET not in repr(cursor.fetchall()), table


def as_made(world: World, body: Any) -> None:
    assert body == [world.made]


def bad(*names: str) -> Callable[[World, Answer], None]:
    return lambda world, answer: assert_bad(answer, names)


def assert_bad(answer: Answer, names: tuple[str, ...]) -> None:
    assert answer.bad == sorted(names)


@dataclass
class Row:
    """`expected` is a whole body, or looks at one; at the whole answer where properties are refused."""

    case: str
    method: str
    path: str
    body: Any = NOTHING
    status: int = 200
    expected: Any = None
    given: Callable[[World], None] | None = None
    who: str = "T"
    raw: bytes | None = None


def v3(**changes: Any) -> dict[str, Any]:
    return {**REDSHIFT, "connection": {**CONNECTION, **changes}}


def postgres(**changes: Any) -> dict[str, Any]:
    return {"type": "postgres", "properties": {**STAGING["properties"], **changes}}


ROWS = [
    Row("S01", "POST", V3, REDSHIFT, 200, s01),
    Row("S02", "POST", V3, REDSHIFT, 400, LIMIT_TEXT, redshift),
    Row("S03", "POST", V3, {"type": "redshift"}, 400, OLD_TEXT),
    Row("S04", "POST", V3, v3(port="5439"), 400, OLD_TEXT),
    Row("S05", "POST", V3, {**REDSHIFT, "name": "x"}, 400, OLD_TEXT),
    Row("S06 before", "GET", V3, expected=[]),
    Row("S06 after", "GET", V3, expected=s06, given=redshift),
    Row("S07", "PUT", ONE3, {"type": "redshift", "connection": {"username": "u2"}}, 200, s07, redshift),
    Row("S08", "PUT", ONE3, {**REDSHIFT, "type": "postgres"}, 400, OTHER_TYPE_TEXT, redshift),
    Row("S09", "PUT", f"{V3}/999999", REDSHIFT, 400, NO_SUCH_ID_TEXT),
    Row("S10 delete", "DELETE", ONE3, NOTHING, 404, NOWHERE, redshift),
    Row("S10 get", "GET", ONE3, NOTHING, 404, NOWHERE, redshift),
    Row("S10 patch", "PATCH", ONE3, REDSHIFT, 404, NOWHERE, redshift),
    Row("S11", "POST", V3, OLD_S3, 200, s11),
    *(
        Row(f"S12 {who} {method} {path}", method, path, NOTHING, 401, None, given, who)
        for given, who in ((staging, ""), (staging, "Bearer nope"), (revoked, "T"))
        for method, path in (("GET", V3), ("POST", V4), ("DELETE", ONE4), ("GET", TYPES))  # test_access.py has all
    ),
    Row("S13", "GET", V4, expected=as_made, given=staging, who="raw"),
    Row("S14", "POST", V4, STAGING, 200, s14),
    Row("S15 another key", "POST", V4, {**STAGING, "foo": 1}, 400, POST_TEXT),
    Row("S15 no properties", "POST", V4, {"type": "postgres"}, 400, POST_TEXT),
    Row(
        "S16", "POST", V4, {"type": "postgres", "properties": {"host": "h", "port": "abc"}}, 400,
        bad("port", "database", "password", "ssl", "username"),
    ),
    Row("S17", "POST", V4, postgres(), 200, s17),
    Row("S18", "PUT", ONE4, {"properties": {"username": "stitch_loader"}}, 200, s18, lake),
    Row("S19", "PUT", ONE4, {"type": "redshift", "properties": {}}, 400, OTHER_TYPE_TEXT, staging),
    Row("S20", "PUT", ONE4, {"properties": {}}, 400, NO_SUCH_ID_TEXT, staging, "TB"),
    Row("S21 foo", "GET", f"{V4}?foo=1", NOTHING, 400, QUERY_TEXT),
    Row("S21 page", "GET", f"{V4}?page=1", NOTHING, 400, QUERY_TEXT),
    Row("S21 ordering", "GET", f"{V4}?ordering=name", NOTHING, 400, QUERY_TEXT),
    Row("S22", "GET", f"{V4}?destination_id={{id}}", expected=as_made, given=staging),
    Row("S22 unknown", "GET", f"{V4}?destination_id=999999", expected=[], given=staging),
    Row("S23", "DELETE", ONE4, NOTHING, 200, s23, staging),
    Row("S23 body", "DELETE", ONE4, NOTHING, 200, {}, staging),
    Row(
        "S24", "DELETE", ONE4, NOTHING, 400, "Unable to locate dest ({id}) for client (116078) to delete", deleted
    ),
    Row("S25 slash", "DELETE", f"{V4}/", NOTHING, 404, NOWHERE, staging),
    Row("S25 no slash", "DELETE", V4, NOTHING, 404, NOWHERE, staging),
    Row("S25 no number", "DELETE", f"{V4}/abc", NOTHING, 404, NOWHERE, staging),
    Row("S26", "GET", TYPES, expected=s26),
    Row("S27", "GET", f"{TYPES}/snowflake", expected=s27),
    Row("S27 unknown", "GET", f"{TYPES}/nope", NOTHING, 404, NOWHERE),
    Row(
        "S28 sent", "POST", V4, posted("bigquery_v2", properties={**PROPERTIES["bigquery_v2"], "project_id": "x"}),
        400, bad("project_id"),
    ),
    Row("S28 derived", "POST", V4, posted("bigquery_v2"), 200, s28),
    Row("S29", "PUT", ONE4, {"properties": {"loading_mode": "APPEND_ONLY"}}, 400, bad("loading_mode"), bigquery),
    *(
        Row(
            f"S30 {name}", "POST", V4, posted("s3", properties={**S3, "s3_key_format_string": format_}), 400,
            bad("s3_key_format_string"),
        )
        for name, format_ in (
            ("token", NO_TABLE_VERSION), ("space", f"{KEY_FORMAT} x"), ("length", KEY_FORMAT.ljust(501, "x")),
        )
    ),
    Row("S31", "GET", CHECK, expected=s31, given=denied),
    Row("S32", "GET", CHECK, expected=s32, given=running),
    Row("S33 fourth", "POST", V4, STAGING, 400, LIMIT_TEXT, three),
    Row("S33 list", "GET", V3, expected=s33, given=three),
    Row("S34 absent", "POST", V4, STAGING, 200, takes_unmapped),
    Row("S34 false", "POST", V4, {**STAGING, "ignore_unmapped_sources": False}, 200, takes_unmapped),
    Row("S34 true", "POST", V4, {**STAGING, "ignore_unmapped_sources": True}, 200, leaves_unmapped),
    Row("S34 mapped", "POST", V4, {**STAGING, "ignore_unmapped_sources": True}, 200, leaves_mapped, another_default),
    *(
        Row(f"S35 {method} {path}", method, path, NOTHING, 400, text, staging, raw=b'{"type":')
        for method, path, text in (
            ("POST", V3, OLD_TEXT), ("PUT", ONE3, OLD_TEXT), ("POST", V4, POST_TEXT), ("PUT", ONE4, PUT_TEXT),
            ("POST", "/v3/accounts", {"code": "BadRequest", "message": "Invalid form data.", "errors": {}}),
        )
    ),
    Row("S36", "POST", V4, postgres(encryption_type="ssh"), 400, bad(*NEEDED_BY_A_TUNNEL)),
    Row("S37 v3", "POST", V3, REDSHIFT, 200, s37),
    Row("S37 v4", "POST", V4, STAGING, 200, s37),
]  # fmt: skip


@pytest.fixture
def world(stitch, other, live_server, lake, settings):
    with ExitStack() as stack:
        yield World(stitch, other, live_server.url, lake, settings, stack)


def caller(world: World, who: str) -> Stitch:
    bare = str(world.stitch.authorization).removeprefix("Bearer ")
    known = {"T": world.stitch, "TB": world.other, "raw": Stitch(world.server, bare)}
    return known.get(who) or Stitch(world.server, who or None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_a_request_of_the_contract_is_answered_as_it_says(world, row, caplog):
    if row.given:
        row.given(world)
    readable = row.given is not revoked
    before = world.listed() if readable else []
    path = row.path.format(id=world.made.get("id"))
    answer = caller(world, row.who).send(row.method, path, row.body, raw=row.raw)
    assert answer.status == row.status, answer.text
    if callable(row.expected):
        row.expected(world, answer if row.status == 400 else answer.body)
    else:
        expected = row.expected.format(id=world.made.get("id")) if isinstance(row.expected, str) else row.expected
        assert answer.body == expected
    if row.status != 200 and readable:
        assert world.listed() == before
    assert SECRET not in caplog.text + "".join(str(vars(record)) for record in caplog.records)


def test_every_case_has_a_row():
    assert {row.case.split()[0] for row in ROWS} == {f"S{number:02}" for number in range(1, 38)}

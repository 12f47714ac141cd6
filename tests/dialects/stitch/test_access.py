"""Who may call what, and addresses that are none."""

import pytest
from django.db import connection

from destinations import services
from destinations.models import Destination
from tenants import services as tenant_services
from tenants.models import ApiKey
from tests.dialects.stitch.bodies import POST_TEXT, REDSHIFT, SECRET, V3, V4, posted
from tests.dialects.stitch.client import Stitch
from tests.factories import make_key, make_tenant

NOWHERE = {"error": "NotFound"}
ROUTES = [
    ("GET", V3), ("POST", V3), ("PUT", f"{V3}/1"), ("GET", V4), ("POST", V4), ("PUT", f"{V4}/1"),
    ("DELETE", f"{V4}/1"), ("GET", f"{V4}/1/last-connection-check"), ("GET", "/v4/destination-types"),
    ("GET", "/v4/destination-types/s3"), ("POST", "/v3/sessions/ephemeral"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer nope", "nope", "Basic abc", "Bearer a b"])
def test_nobody_calls_without_a_token(live_server, account, method, path, header):
    assert Stitch(live_server.url, header).send(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_revoked_token_opens_nothing(stitch, account, method, path):
    tenant_services.revoke_key(ApiKey.objects.get(tenant=account))
    assert stitch.send(method, path).status == 401


def test_a_token_needs_no_word_before_it(live_server, token, stitch):
    assert stitch.post(V4, posted("redshift")).status == 200
    for header in (token, f"bearer {token}"):
        assert Stitch(live_server.url, header).get(V4).body == stitch.get(V4).body != []


def test_a_key_of_the_installation_is_no_account(live_server, account):
    assert Stitch(live_server.url, f"Bearer {make_key()}").get(V4).status == 401


def test_who_may_only_read_changes_nothing(stitch, viewer):
    made = stitch.post(V4, posted("redshift")).body
    assert viewer.get(V4).body == [made]
    refusals = [
        viewer.post(V3, REDSHIFT),
        viewer.post(V4, posted("redshift")),
        viewer.put(f"{V3}/{made['id']}", REDSHIFT),
        viewer.put(f"{V4}/{made['id']}", {"properties": {}}),
        viewer.delete(f"{V4}/{made['id']}"),
        viewer.post("/v3/sessions/ephemeral"),
    ]
    assert {(refusal.status, refusal.body["error"]) for refusal in refusals} == {(400, "AccessDenied")}
    assert stitch.get(V4).body == [made]


MATRIX = {
    V3: {"GET", "POST"},
    f"{V3}/{{id}}": {"PUT"},
    V4: {"GET", "POST"},
    f"{V4}/{{id}}": {"PUT", "DELETE"},
    f"{V4}/{{id}}/last-connection-check": {"GET"},
    "/v4/destination-types": {"GET"},
    "/v4/destination-types/s3": {"GET"},
    "/v3/accounts": {"POST"},
    "/v3/sessions/ephemeral": {"POST"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("path", MATRIX)
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_method_that_is_not_served_is_not_found(stitch, path, slash):
    made = stitch.post(V4, posted("redshift")).body
    address = path.format(id=made["id"]) + slash
    for method in METHODS:
        answer = stitch.send(method, address)
        assert answer.is_refused(NOWHERE, 404) != (method in MATRIX[path]), (method, address, answer)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/v3", "/v5/destinations", "/v4/destination", "/v4/destinations/abc", "/v4/destinations/1/x",
        "/v4/destinations/-1", "/v4/destinations/1.5", "/v3/destination-types", "/v4/destinations//1",
        f"/v4/destinations/{'1' * 500}",
    ],
)  # fmt: skip
def test_an_unknown_address_is_not_found_whoever_asks(stitch, live_server, path):
    for method in (*METHODS, "OPTIONS"):
        assert stitch.send(method, path).is_refused(NOWHERE, 404)
        assert Stitch(live_server.url, None).send(method, path).is_refused(NOWHERE, 404)


def test_an_address_may_end_in_a_slash(stitch):
    made = stitch.post(f"{V4}/", posted("redshift"))
    assert made.status == 200
    one = f"{V4}/{made.body['id']}/"
    assert stitch.put(one, {"properties": {}}).status == 200
    assert stitch.put(f"{V3}/{made.body['id']}/", REDSHIFT).status == 200
    assert stitch.get(f"{V4}/?destination_id={made.body['id']}").status == 200
    assert stitch.delete(one).status == 200


def test_a_fault_of_ours_is_told_as_json(client, account, token, monkeypatch):
    def fails(*_args, **_kwargs):
        raise RuntimeError("internal details")

    monkeypatch.setattr(services, "create", fails)
    client.raise_request_exception = False
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post(f"/stitch{V4}", posted("redshift"), content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()) == (500, "internal server error")


def test_what_never_reaches_a_view_is_refused_as_json(client, db):
    answer = client.get("/stitch/v4/destinations", headers={"Host": "not allowed.example"})
    assert (answer.status_code, answer.json()) == (400, "the request is malformed")


def test_no_secret_is_stored_or_logged_in_clear(stitch, several, caplog):
    for version, body in ((V3, REDSHIFT), (V4, posted("postgres")), (V4, {"type": "postgres", "properties": SECRET})):
        stitch.post(version, body)
    assert Destination.objects.count() == 2
    assert SECRET not in caplog.text + "".join(str(vars(record)) for record in caplog.records)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            assert SECRET not in repr(cursor.fetchall()), table


def test_a_list_decrypts_nothing(stitch, several, monkeypatch):
    made = [stitch.post(V4, posted(type_)).body for type_ in ("redshift", "postgres", "snowflake")]

    def opens(*_args):
        raise AssertionError("A list must not open a secret.")

    monkeypatch.setattr("destinations.sealing.Sealed.open", opens)
    assert stitch.get(V4).body == made
    assert len(stitch.get(V3).body) == 1


def test_a_long_list_takes_no_more_queries_than_a_short_one(stitch, several, client, token, django_assert_num_queries):
    for type_ in ("redshift", "postgres", "snowflake"):
        stitch.post(V4, posted(type_))
        client.get(f"/stitch{V4}", headers={"Authorization": f"Bearer {token}"})
        with django_assert_num_queries(3):  # the key, its account, and the list
            client.get(f"/stitch{V4}", headers={"Authorization": f"Bearer {token}"})


def test_the_number_of_an_account_is_its_id_or_made_from_it(live_server, account):
    numbers = {}
    for name in ("116079", "0123", "acme", "9" * 30):
        key = make_key(make_tenant(name))
        made = Stitch(live_server.url, f"Bearer {key}").post(V4, posted("redshift"))
        numbers[name] = made.body["stitch_client_id"]
    assert numbers["116079"] == 116079
    assert len({*numbers.values()}) == 4
    assert all(0 < number < 2**53 for number in numbers.values())


def test_a_body_is_read_whatever_its_type_is_said_to_be(stitch):
    assert stitch.post(V4, raw=b"type=postgres").is_refused(POST_TEXT)

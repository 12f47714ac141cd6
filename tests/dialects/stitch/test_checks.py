"""Checks that are really made: against PostgreSQL, MariaDB, an S3 service and servers that misbehave."""

import re
import time

import pytest

from destinations import checking
from destinations.keys import ssh_key
from destinations.models import ConnectionCheck, Destination, DestinationState
from tests.dialects.stitch.bodies import KEY_FORMAT, TIME, V3, V4, posted
from tests.dialects.stitch.conftest import PASSWORD
from tests.servers.http import close, hang, listening
from tests.servers.process import free_port, wait_until

NULLS = ("tap_exit_status", "tap_error_message", "target_exit_status", "target_error_message")
CHECK_KEYS = {
    "name", "mode", "status", "error", "start_time", "completion_time", "check_exit_status", "discovery_exit_status",
    "discovery_error_message", *NULLS,
}  # fmt: skip


def postgres_at(lake, **changes):
    place = {"host": lake.host, "port": str(lake.port), "database": "stitch_lake", "ssl": "true"}
    return posted("postgres", properties={**place, "username": "stitch_loader", "password": PASSWORD, **changes})


def made(stitch, body):
    answer = stitch.post(V4, body)
    assert answer.status == 200, answer.text
    return answer.body


def outcome(stitch, destination):
    """The last check, once it has ended."""
    path = f"{V4}/{destination['id']}/last-connection-check"
    wait_until(lambda: stitch.get(path).body["status"] != "running", 25, "a check ended")
    check = stitch.get(path).body
    assert check.keys() == CHECK_KEYS
    assert check["mode"] == "check"
    assert re.fullmatch(TIME, check["start_time"])
    assert re.fullmatch(TIME, check["completion_time"])
    assert check["completion_time"] >= check["start_time"]
    assert [check[name] for name in NULLS] == [None] * 4
    return check


def passes(stitch, destination):
    check = outcome(stitch, destination)
    assert (check["status"], check["error"]) == ("succeeded", False), check
    assert (check["check_exit_status"], check["discovery_exit_status"]) == (0, 0)
    assert check["discovery_error_message"] is None
    return check


def fails(stitch, destination):
    """The reason."""
    check = outcome(stitch, destination)
    assert (check["status"], check["error"]) == ("failed", True), check
    assert (check["check_exit_status"], check["discovery_exit_status"]) == (None, 1)
    return check["discovery_error_message"]


def card(stitch, destination):
    (listed,) = stitch.get(f"{V4}?destination_id={destination['id']}").body
    return listed["report_card"]["current_step_type"]


@pytest.mark.usefixtures("checking")
class TestDatabases:
    def test_a_postgres_that_is_right_passes(self, stitch, lake):
        destination = made(stitch, postgres_at(lake))
        assert passes(stitch, destination)["name"] == destination["check_job_name"]
        assert card(stitch, destination) == "fully_configured"
        (old,) = stitch.get(V3).body
        assert old["last_check"].keys() == {"error", "started_at", "completed_at"}
        assert old["last_check"]["error"] is False
        assert old["last_check"]["completed_at"] >= old["last_check"]["started_at"]

    def test_version_3_tells_of_a_real_check_as_well(self, stitch, lake):
        connection = {"host": lake.host, "port": lake.port, "database": "stitch_lake", "username": "stitch_loader"}
        body = {"type": "postgres", "connection": {**connection, "password": PASSWORD, "ssl": True}}
        answer = stitch.post(V3, body)
        assert answer.status == 200
        passes(stitch, answer.body)
        (old,) = stitch.get(V3).body
        assert old["last_check"]["error"] is False

    def test_a_wrong_password_is_told_and_a_right_one_repairs_it(self, stitch, lake):
        destination = made(stitch, postgres_at(lake, password="not the password"))
        assert fails(stitch, destination) == 'FATAL: Password authentication failed for user "stitch_loader"'
        assert card(stitch, destination) == "form"
        (old,) = stitch.get(V3).body
        assert old["last_check"]["error"] is True
        changed = stitch.put(f"{V4}/{destination['id']}", {"properties": {"password": PASSWORD}}).body
        assert changed["check_job_name"] != destination["check_job_name"]
        assert passes(stitch, destination)["name"] == changed["check_job_name"]
        assert card(stitch, destination) == "fully_configured"

    def test_a_change_of_something_else_keeps_the_password_that_works(self, stitch, lake):
        destination = made(stitch, postgres_at(lake, username="nobody"))
        assert "nobody" in fails(stitch, destination)
        stitch.put(f"{V4}/{destination['id']}", {"properties": {"username": "stitch_loader"}})
        passes(stitch, destination)

    def test_a_database_that_is_missing_is_told_in_our_words(self, stitch, lake):
        reason = fails(stitch, made(stitch, postgres_at(lake, database="nothing")))
        assert "nothing" in reason
        assert reason.endswith(".")

    def test_a_certificate_is_verified_if_there_is_one_to_verify_it_with(self, stitch, lake, authority, stranger):
        destination = made(stitch, postgres_at(lake, sslrootcert=authority.pem))
        passes(stitch, destination)
        stitch.put(f"{V4}/{destination['id']}", {"properties": {"sslrootcert": stranger.pem, "password": PASSWORD}})
        assert "certificate" in fails(stitch, destination)

    def test_a_tunnel_leads_to_the_database(self, stitch, lake, ssh, account):
        key = ssh_key(account)
        keys = ssh.folder / "authorized_keys"
        before = keys.read_text()
        keys.write_text(f"{before}\n{key.public_key}\n")
        tunnel = {
            "encryption_type": "ssh",
            "encryption_host": ssh.host,
            "encryption_port": str(ssh.port),
            "encryption_username": ssh.user,
        }
        try:
            passes(stitch, made(stitch, postgres_at(lake, **tunnel)))
        finally:
            keys.write_text(before)

    def test_what_the_ssh_server_refuses_is_not_told_of_the_database(self, stitch, lake, ssh):
        place = {"encryption_type": "ssh", "encryption_host": ssh.host, "encryption_port": str(ssh.port)}
        reason = fails(stitch, made(stitch, postgres_at(lake, **place, encryption_username=ssh.user)))
        assert "SSH server" in reason
        assert "authorized_keys" in reason
        (destination,) = stitch.get(V4).body
        closed = str(free_port())
        stitch.put(f"{V4}/{destination['id']}", {"properties": {"encryption_port": closed, "password": PASSWORD}})
        assert f"{ssh.host}:{closed} refused the connection." in fails(stitch, destination)

    def test_a_connection_that_is_dropped_is_told(self, stitch):
        with listening(close) as server:
            place = {"host": "127.0.0.1", "port": str(server.port), "username": "u", "password": "p", "database": "d"}
            reason = fails(stitch, made(stitch, posted("postgres", properties={**place, "ssl": "true"})))
        assert reason == "An I/O error occurred while sending to the backend."

    @pytest.mark.parametrize("type_", ["redshift", "panoply"])
    def test_its_relatives_pass_too(self, stitch, lake, type_):
        properties = {name: value for name, value in postgres_at(lake)["properties"].items() if name != "ssl"}
        passes(stitch, made(stitch, posted(type_, properties=properties)))

    def test_a_mariadb_passes(self, stitch, marsh):
        place = {"host": marsh.host, "port": str(marsh.port), "ssl": "true"}
        body = {"username": "stitch_loader", "password": PASSWORD, **place}
        destination = made(stitch, posted("mysql_destination", properties=body))
        passes(stitch, destination)
        stitch.put(f"{V4}/{destination['id']}", {"properties": {"password": "not the password"}})
        assert fails(stitch, destination).startswith("FATAL: Password authentication failed")

    def test_a_mysql_that_is_no_postgres_is_of_the_wrong_type(self, stitch, marsh):
        reason = fails(stitch, made(stitch, postgres_at(marsh)))
        assert reason.startswith("We encountered an error while attempting to check the type or version")

    def test_a_port_where_nobody_listens_is_told(self, stitch, lake):
        reason = fails(stitch, made(stitch, postgres_at(lake, port=str(free_port()))))
        assert reason.startswith("Connection refused. Check that the hostname and port are correct")


@pytest.mark.usefixtures("checking")
class TestBuckets:
    BUCKET = "stitch-lake"

    @pytest.fixture
    def destination(self, stitch, buckets, request):
        self.bucket = buckets.create(f"stitch-{request.node.name.replace('_', '-')}"[:60].strip("-"))
        form = {"s3_bucket": self.bucket, "output_file_format": "csv", "s3_key_format_string": KEY_FORMAT}
        return made(stitch, posted("s3", properties=form))

    def test_the_challenge_file_is_looked_for(self, stitch, destination, buckets):
        missing = "An error occurred (404) when calling the HeadObject operation: Not Found"
        assert fails(stitch, destination) == missing
        (old,) = stitch.get(V3).body
        buckets.request("PUT", f"/{self.bucket}/{old['connection']['sentinel_key']}")
        stitch.put(f"{V4}/{destination['id']}", {"properties": {}})
        passes(stitch, destination)
        assert buckets.objects(self.bucket) == [old["connection"]["sentinel_key"]]

    def test_a_bucket_that_is_not_there_is_told(self, stitch, destination):
        stitch.put(f"{V4}/{destination['id']}", {"properties": {"s3_bucket": "there-is-none"}})
        assert "there-is-none" in fails(stitch, destination)


class TestWhileItRuns:
    def test_a_check_that_runs_is_shown_as_running(self, stitch, settings, checking):
        settings.CHECK_TIMEOUT = 3
        with listening(hang) as server:
            form = {"host": "127.0.0.1", "port": str(server.port), "username": "u", "password": "p", "database": "d"}
            destination = made(stitch, posted("redshift", properties=form))
            path = f"{V4}/{destination['id']}/last-connection-check"
            wait_until(lambda: ConnectionCheck.objects.filter(status="running").exists(), 5, "the check began")
            running = stitch.get(path).body
            (old,) = stitch.get(V3).body
            assert fails(stitch, destination) == "Connection timed out."
        assert running.keys() == CHECK_KEYS
        assert (running["status"], running["error"], running["completion_time"]) == ("running", False, None)
        assert {running[name] for name in running if name.endswith(("exit_status", "error_message"))} == {None}
        assert old["last_check"] == {"error": False, "started_at": running["start_time"], "completed_at": None}

    def test_a_check_that_waits_counts_as_running(self, stitch):
        destination = made(stitch, posted("redshift"))
        check = stitch.get(f"{V4}/{destination['id']}/last-connection-check").body
        assert (check["name"], check["status"]) == (destination["check_job_name"], "running")

    def test_the_answer_does_not_wait_for_the_check(self, stitch, checking):
        with listening(hang) as server:
            form = {"host": "127.0.0.1", "port": str(server.port), "username": "u", "password": "p", "database": "d"}
            began = time.monotonic()
            destination = made(stitch, posted("redshift", properties=form))
            stitch.put(f"{V4}/{destination['id']}", {"properties": {"username": "u2"}})
            assert time.monotonic() - began < 2
            stitch.delete(f"{V4}/{destination['id']}")


def test_a_destination_without_a_check_has_no_last_one(stitch):
    destination = made(stitch, posted("redshift"))
    ConnectionCheck.objects.all().delete()
    assert stitch.get(f"{V4}/{destination['id']}/last-connection-check").status == 404
    assert stitch.get(f"{V4}/999999/last-connection-check").status == 404
    assert stitch.get(V4).body[0]["check_job_name"] is None


def test_a_fault_of_ours_is_an_internal_error_and_not_the_destinations(stitch):
    destination = made(stitch, posted("redshift"))
    check = ConnectionCheck.objects.get()
    ConnectionCheck.objects.update(status="error", message="details", completed_at=check.queued_at)
    DestinationState.objects.update(last_check=check)
    shown = stitch.get(f"{V4}/{destination['id']}/last-connection-check").body
    assert (shown["status"], shown["error"], shown["check_exit_status"]) == ("failed", True, 1)
    assert shown["discovery_error_message"] == "We encountered an internal error while checking the connection."
    assert card(stitch, destination) == "fully_configured"


def test_a_report_card_can_be_made_to_wait_for_a_check(stitch, settings):
    settings.STITCH_REQUIRE_CHECK = True
    destination = made(stitch, posted("redshift"))
    assert destination["report_card"]["current_step_type"] == "form"
    DestinationState.objects.update(last_check=ConnectionCheck.objects.get())
    ConnectionCheck.objects.update(status="passed")
    assert card(stitch, destination) == "fully_configured"


def test_checks_are_made_again_and_again(stitch, lake, settings):
    made(stitch, postgres_at(lake))
    checking.sweep()
    DestinationState.objects.update(next_check_at=Destination.objects.get().created)
    checking.sweep()
    triggers = ConnectionCheck.objects.order_by("queued_at").values_list("trigger", "status")
    assert list(triggers) == [("create", "passed"), ("schedule", "passed")]
    assert DestinationState.objects.get().next_check_at is not None

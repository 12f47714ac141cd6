import json
import os
import pty
import signal
import subprocess
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from connectors.running import Report
from destinations import checking, claiming, recording, services
from destinations.management import batch
from destinations.management.batch import Batch
from destinations.models import ConnectionCheck, Destination, DestinationState
from tests.commands import processes
from tests.factories import SECRET, make_destination, make_tenant
from tests.servers.process import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "the loader's password"


@pytest.fixture
def tenant():
    return make_tenant("acme")


@pytest.fixture
def hook(tenant, http_server):
    """Makes destinations at a path of the test's server."""
    return lambda name, path="/": make_destination(tenant, name=name, config={"url": http_server.url(path)})


@pytest.fixture
def lake(tenant, postgres, authority):
    """Makes a destination on the test's PostgreSQL with this password."""
    postgres.execute("DROP DATABASE IF EXISTS commands")
    postgres.execute("DROP ROLE IF EXISTS commands")
    postgres.execute(f"CREATE ROLE commands LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}' IN ROLE people")
    postgres.execute("CREATE DATABASE commands OWNER commands")
    config = {"host": "localhost", "port": postgres.port, "database": "commands", "ca_certificate": authority.pem}
    return lambda name, password=PASSWORD: make_destination(
        tenant, type="postgres", name=name, config=config, credentials={"username": "commands", "password": password}
    )


def state(destination) -> DestinationState:
    return DestinationState.objects.get(pk=destination.pk)


def elsewhere(work) -> threading.Thread:
    """Runs as another worker would, with a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class TestOutcome:
    def test_of_what_passes(self, command, tenant, https_server, authority, lake):
        config = {"url": https_server.url("/", "localhost"), "ca_certificate": authority.pem}
        make_destination(tenant, name="Hook", config=config)
        lake("Lake")
        said = command("destinations_check", "--all")
        titles, hook, database = said.lines
        assert titles.split() == ["NAME", "TYPE", "TARGET", "STATUS", "TIME", "STEP", "RESULT"]
        assert hook.split()[:4] == ["Hook", "webhook", config["url"], "passed"]
        assert "passed" in database
        assert [each.status for each in ConnectionCheck.objects.all()] == ["passed", "passed"]

    def test_of_what_fails(self, refused, tenant, hook, lake):
        hook("Broken", "/status/500")
        make_destination(tenant, name="Dead", config={"url": f"http://127.0.0.1:{free_port()}/"})
        lake("Locked", "a wrong password")
        hook("Sound")
        said = refused("destinations_check", "--all")
        assert (said.sentence, said.status) == ("3 of 4 checks did not pass.", 1)
        broken, dead, locked, sound = said.lines[1:5]
        assert "failed" in broken
        assert "send a test request" in broken
        assert "remote: The endpoint failed (status 500)." in broken
        assert "refused: " in dead
        assert "denied: " in locked
        assert "sign in" in locked
        assert "passed" in sound
        assert {each.health for each in DestinationState.objects.all()} == {"failing", "healthy"}

    def test_tells_in_full_why_something_failed_and_what_to_do(self, refused, hook, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        hook("Broken", "/status/500")
        said = refused("destinations_check", "--all")
        check = ConnectionCheck.objects.get()
        assert max(map(len, said.lines[:2])) <= 80
        assert said.lines[2:] == ["", f"Broken: {check.message} {check.remedy}"]

    def test_as_json_in_the_words_of_the_api(self, refused, hook):
        sound, broken = hook("Sound"), hook("Broken", "/status/500")
        said = refused("destinations_check", "--json", "sound", "broken")
        first, second = map(json.loads, said.lines)
        assert (first["destination"], first["uid"]) == (str(sound.uuid), sound.uid)
        assert (first["status"], first["error"], first["code"]) == ("passed", False, "")
        assert (second["name"], second["tenant"], second["type"]) == ("Broken", "acme", "webhook")
        assert second["target"] == broken.target
        assert (second["status"], second["error"], second["code"]) == ("failed", True, "remote")
        assert [step["name"] for step in second["steps"] if step["status"] == "failed"] == ["send a test request"]
        assert second["id"] == str(state(broken).last_check_id)
        assert second["started_at"] <= second["completed_at"]

    def test_holds_no_secret(self, refused, hook, lake):
        hook("Broken", "/status/500")
        lake("Locked", "a wrong password")
        for form in ((), ("--json",)):
            said = refused("destinations_check", "--all", *form)
            for secret in (SECRET, SECRET.removeprefix("whsec_"), "a wrong password"):
                assert secret not in said.out + said.err + said.sentence

    def test_of_credentials_that_cannot_be_read_is_an_error(self, refused, hook):
        odd, sound = hook("Odd"), hook("Sound")
        Destination.objects.filter(pk=odd.pk).update(sealed=sound.sealed)
        said = refused("destinations_check", "--all")
        assert (said.sentence, said.status) == ("1 of 2 checks did not pass.", 1)
        assert "error" in said.lines[1]


class TestProgress:
    def test_is_a_line_on_standard_error_for_each_finished_check(self, command, hook):
        for name in ("One", "Two", "Three"):
            hook(name)
        lines = command("destinations_check", "--all").err.splitlines()
        assert [line.split(": ")[0] for line in lines] == ["1 of 3", "2 of 3", "3 of 3"]
        assert {line.split(": ")[1] for line in lines} == {"One", "Two", "Three"}

    def test_can_be_turned_off(self, command, hook):
        hook("One")
        assert command("destinations_check", "--all", "--verbosity", "0").err == ""

    def test_is_a_counter_on_a_terminal(self, hook):
        hook("One")
        hook("Two", "/status/500")
        shown, status = on_a_terminal("destinations_check", "--all")
        assert status == 1
        assert "2 of 2 checked, 1 did not pass" in shown
        assert "\x1b[" in shown.split("NAME")[1]  # colours


class TestChoice:
    def test_by_uid_uuid_or_slug_in_the_order_given(self, command, hook):
        one, two, three = hook("One"), hook("Two"), hook("Three")
        hook("Four")
        said = command("destinations_check", "three", str(one.uuid), two.uid, "three", "--json")
        assert [json.loads(line)["name"] for line in said.lines] == [three.name, one.name, two.name]

    def test_by_the_filters_of_the_list(self, command, hook, tenant):
        hook("One")
        make_destination(make_tenant("other"), name="Elsewhere")
        services.disable(hook("Two"))
        said = command("destinations_check", "--tenant", "acme", "--enabled", "true", "--json")
        assert [json.loads(line)["name"] for line in said.lines] == ["One"]

    def test_all_leaves_out_archived_ones_and_takes_disabled_ones(self, command, hook):
        hook("One")
        services.disable(hook("Two"))
        services.archive(hook("Three"))
        said = command("destinations_check", "--all", "--json")
        assert [json.loads(line)["name"] for line in said.lines] == ["One", "Two"]

    def test_all_of_none_is_fine(self, command):
        assert len(command("destinations_check", "--all").lines) == 1

    def test_touches_no_other_destination_that_is_due(self, command, hook, http_server):
        other = hook("Other")
        DestinationState.objects.filter(pk=other.pk).update(next_check_at=timezone.now() - timedelta(hours=1))
        hook("One", "/one")
        command("destinations_check", "one")
        assert [request.target for request in http_server.requests] == ["/one"]
        assert not ConnectionCheck.objects.filter(destination=other).exists()

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Say which destinations: name them, or give filters or --all."),
            (("nobody",), "There is no destination “nobody”."),
            (("put-away",), "The destination “Put away” is archived. Restore it first."),
            (("--archived", "true"), "The destination “Put away” is archived. Restore it first."),
            (("twin",), "More than one destination is called “twin”: give its UUID, or --tenant."),
            (("twin", "--all"), "Name destinations or give --all, not both."),
            (("--tenant", "nobody"), "No destination matches."),
            (("--tenant", ""), "--tenant must not be empty."),
            (("--type", "pigeon"), "--type: “pigeon” is not one of: webhook"),
            (("--all", "--timeout", "0"), "argument --timeout: must be more than 0 seconds."),
            (("--all", "--timeout", "soon"), "argument --timeout: invalid"),
            (("--all", "--timeout", "nan"), "argument --timeout: must be more than 0 seconds."),
        ],
    )
    def test_refuses_what_it_cannot_understand(self, refused, tenant, arguments, sentence):
        services.archive(make_destination(tenant, name="Put away"))
        for owner in (tenant, make_tenant("other")):
            make_destination(owner, name="Twin")
        said = refused("destinations_check", *arguments)
        assert sentence in said.sentence
        assert said.status in (1, 2)  # argparse, called from Python, says 1
        assert not ConnectionCheck.objects.exists()

    def test_a_name_that_two_tenants_use_is_clear_with_the_tenant(self, command, hook):
        hook("Twin")
        make_destination(make_tenant("other"), name="Twin")
        [line] = command("destinations_check", "twin", "--tenant", "acme", "--json").lines
        assert json.loads(line)["tenant"] == "acme"


class TestOtherWorkers:
    def test_a_check_that_another_worker_has_taken_is_waited_for(self, command, hook, http_server, monkeypatch):
        taken = hook("Taken")
        asked, ask = threading.Event(), services.request_check

        def request_and_lose(destination, **options):
            check = ask(destination, **options)
            claims.extend(claiming.claim(10))
            asked.set()
            return check

        claims: list[claiming.Claim] = []
        monkeypatch.setattr(services, "request_check", request_and_lose)

        def finish() -> None:
            asked.wait(10)
            threading.Event().wait(0.5)
            recording.record([recording.finished(claims[0], Report("passed", message="Fine, said the other."))])

        other = elsewhere(finish)
        said = command("destinations_check", "taken")
        other.join(10)
        assert "Fine, said the other." in said.out
        assert http_server.requests == []
        assert ConnectionCheck.objects.get().destination == taken

    def test_a_check_that_a_dead_worker_has_left_is_taken_up(self, command, hook, settings):
        hook("Left")
        services.request_check(Destination.objects.get())
        claiming.claim(10)
        DestinationState.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        assert "passed" in command("destinations_check", "--all").out
        assert sorted(ConnectionCheck.objects.values_list("status", flat=True)) == ["cancelled", "passed"]

    def test_the_work_is_shared_and_nothing_is_done_twice(self, command, hook, http_server):
        for number in range(30):
            hook(f"Hook {number}", f"/{number}")
        for destination in Destination.objects.all():
            services.request_check(destination)
        other = elsewhere(checking.sweep)
        command("destinations_check", "--all")
        other.join(30)
        wanted = {f"/{number}" for number in range(30)}
        targets = [request.target for request in http_server.requests]
        assert set(targets) == wanted
        finished = ConnectionCheck.objects.filter(status="passed").count()
        assert len(targets) == finished

    def test_a_destination_deleted_meanwhile_ends_the_wait_for_it(self, hook):
        gone, there = hook("Gone"), hook("There")
        services.request_check(gone)
        claiming.claim(10)
        other = elsewhere(lambda: (threading.Event().wait(0.5), services.delete(gone)))
        checks = {check.destination_id: check for check in Batch([gone, there]).run()}
        other.join(10)
        assert checks[gone.pk].status == "cancelled"
        assert checks[gone.pk].message == batch.GONE
        assert checks[there.pk].status == "passed"

    def test_a_destination_archived_before_it_was_asked_for_says_so(self, hook):
        put_away, there = hook("Put away"), hook("There")
        services.archive(put_away)
        checks = {check.destination_id: check for check in Batch([put_away, there]).run()}
        assert checks[put_away.pk].message == "The destination is archived. Restore it first."
        assert checks[there.pk].status == "passed"

    def test_many_are_asked_for_bit_by_bit(self, hook, monkeypatch):
        monkeypatch.setattr(batch, "PORTION", 4)
        monkeypatch.setattr(batch, "AT_ONCE", 8)
        all_of_them = [hook(f"Hook {number}") for number in range(25)]
        asking = Batch(iter(all_of_them))
        statuses, most = [], 0
        for check in asking.run():
            statuses.append(check.status)
            most = max(most, len(asking.pending))
        assert statuses == ["passed"] * 25
        assert most <= 12


class TestStopping:
    def test_when_the_time_is_up_what_has_not_ended_stays_queued(self, refused, hook, settings):
        settings.CHECK_TIMEOUT = 2
        hook("Slow", "/hang")
        hook("Sound")
        said = refused("destinations_check", "--all", "--timeout", "1")
        assert (said.sentence, said.status) == ("1 of 2 checks did not pass.", 1)
        assert "queued" in said.lines[1]
        assert said.lines[-1] == "Slow: The time was up before it ended. The next worker goes on with it."
        given_back()

    def test_ctrl_c_ends_at_once_and_loses_nothing(self, hook, http_server):
        slow = hook("Slow", "/hang")
        with interruptible("destinations_check", "slow") as process:
            wait_until(lambda: http_server.connections == 1, 30, "the check had begun")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
        assert (process.returncode, out) == (130, "")
        assert "Interrupted: 0 of 1 checks have ended." in err
        assert "Traceback" not in err
        assert state(slow).requested_at is not None
        given_back()


def test_the_exit_status_tells_a_script_what_happened(hook):
    hook("Sound")
    passed = processes.run("destinations_check", "sound")
    assert (passed.returncode, passed.stderr) == (0, "1 of 1: Sound: passed\n")
    assert "\x1b" not in passed.stdout
    hook("Broken", "/status/500")
    failed = processes.run("destinations_check", "--all", "--json")
    assert failed.returncode == 1
    assert [json.loads(line)["status"] for line in failed.stdout.splitlines()] == ["failed", "passed"]
    assert failed.stderr.endswith("CommandError: 1 of 2 checks did not pass.\n")
    unknown = processes.run("destinations_check", "nobody")
    assert (unknown.returncode, unknown.stdout, unknown.stderr.count("\n")) == (2, "", 1)
    assert processes.run("destinations_check", "--colour", "blue").returncode == 2


def given_back() -> None:
    """The check that has not ended is queued again, and any worker may claim it now."""
    check = ConnectionCheck.objects.exclude(status="passed").get()
    assert (check.status, check.started_at) == ("queued", None)
    assert [claim.check for claim in claiming.claim(10)] == [check]


@contextmanager
def interruptible(*arguments: str):
    """A running command that Ctrl-C reaches, even where these tests run in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    command, pipe = [*processes.MANAGE, *arguments], subprocess.PIPE
    process = subprocess.Popen(command, env=processes.environment(), stdout=pipe, stderr=pipe, text=True)
    signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


def on_a_terminal(*arguments: str) -> tuple[str, int]:
    """What a person sees of a command, and its exit status."""
    near, far = pty.openpty()
    process = subprocess.Popen(
        [*processes.MANAGE, *arguments], env=processes.environment(TERM="xterm"), stdout=far, stderr=far
    )
    os.close(far)
    shown = b""
    try:
        while chunk := os.read(near, 65536):
            shown += chunk
    except OSError:  # how Linux says that the other end has closed the terminal
        pass
    os.close(near)
    return shown.decode(), process.wait(30)

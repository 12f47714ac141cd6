"""No program serves, and no command writes, without the keys of what is stored; with all of them it does."""

import signal

import pytest

from tests.rotation.site import NEW, OLD, OTHER
from tests.servers.process import wait_until

pytestmark = [pytest.mark.timeout(900), pytest.mark.parametrize("site", ["sqlite"], indirect=True)]

GUNICORN = ("-m", "gunicorn", "--worker-class=gthread", "--bind=127.0.0.1:0", "--no-control-socket", "config.wsgi")
CELERY = ("-m", "celery", "--quiet", "--app", "config")
WORKER = (*CELERY, "worker", "--concurrency=1", "--without-mingle", "--without-gossip")
BEAT = (*CELERY, "beat", "--pidfile=")
PROGRAMS = {
    "gunicorn": GUNICORN,
    "worker": WORKER,
    "beat": BEAT,
    "start": ("manage.py", "start", "--port", "0"),
    "destinations_check": ("manage.py", "destinations_check", "--all"),
    "tenant_create": ("manage.py", "tenant_create", "stranger"),
}
SEED = """
from tests.factories import make_destination, make_tenant
tenant = make_tenant("acme")
for _ in range(5):
    make_destination(tenant)
print("null")
"""
# The oldest and the newest row of every column are sealed with the first key, one between them with the second.
ONE_LEFT = """
from destinations import keyring, rotating
from destinations.models import Destination
first, second = keyring.ring().values()
for column in keyring.columns():
    list(rotating.reseal(column, first, 100))
middle = Destination.objects.order_by("pk")[2]
list(rotating.reseal(keyring.Column(Destination, Destination._meta.get_field("sealed")), first, 1))
middle.sealed = type(middle.sealed).seal(middle.credentials, middle.binding, second)
middle.save()
print("null")
"""


def refusals(site, keys) -> dict[str, tuple[int, list[str]]]:
    """Of each program, its status and the lines it wrote that speak of keys."""
    begun = {name: site.begin(*command, keys=keys) for name, command in PROGRAMS.items()}
    ended = {name: site.end(process) for name, process in begun.items()}
    said = {name: each.stdout + each.stderr for name, each in ended.items()}
    assert {name: text for name, text in said.items() if "Traceback" in text} == {}
    return {
        name: (each.returncode, [line for line in said[name].splitlines() if "encryption key" in line])
        for name, each in ended.items()
    }


STATUS = {"gunicorn": 4, "worker": 4, "beat": 4, "start": 1, "destinations_check": 1, "tenant_create": 1}


def test_a_wrong_key_is_refused_in_one_sentence(site):
    site.code(SEED, keys=[OLD])
    told = refusals(site, [OTHER])
    assert {name: status for name, (status, _) in told.items()} == STATUS
    for name, (_, lines) in told.items():
        assert len(lines) == 1, name
        assert "The encryption key does not open the secrets that the database holds: put the key back" in lines[0]
    assert site.look("SELECT id FROM tenants_tenant") == ["acme"]


def test_a_key_is_missed_although_only_one_row_in_the_middle_needs_it(site):
    site.code(SEED, keys=[OLD])
    site.code(ONE_LEFT, keys=[NEW, OLD])
    told = refusals(site, [NEW])
    assert {name: status for name, (status, _) in told.items()} == STATUS
    for name, (_, lines) in told.items():
        assert len(lines) == 1, name
        assert "An encryption key is missing that secrets in the database still need (id " in lines[0]


def test_half_rotated_it_starts_with_both_keys_and_all_that_runs_is_known(site):
    site.code(SEED, keys=[OLD])
    site.code(ONE_LEFT, keys=[NEW, OLD])
    programs = [site.begin(*command, keys=[NEW, OLD]) for command in (GUNICORN, WORKER, BEAT)]
    running = "SELECT name FROM destinations_runningprocess ORDER BY name"
    wait_until(lambda: len(site.look(running)) == 2, 300, "the web server and the worker said that they run")
    assert [name.split()[0] for name in site.look(running)] == ["web", "worker"]
    assert [program.poll() for program in programs] == [None] * 3
    for program in programs:
        program.send_signal(signal.SIGTERM)
    for program in programs:
        assert "encryption key" not in site.end(program).stderr
    assert site.look(running) == []


def test_on_an_empty_database_any_key_will_do(site):
    ended = site.run("tenant_create", "acme", keys=[OTHER])
    assert (ended.returncode, ended.stdout) == (0, "acme\n")


def test_what_works_without_secrets_works_with_any_key(site):
    site.code(SEED, keys=[OLD])
    for command in (("migrate",), ("check",), ("destinations_list",), ("rotate_encryption_key", "--dry-run")):
        assert site.run(*command, keys=[OTHER]).returncode == 0


def test_without_a_database_it_is_said_in_a_sentence(site, tmp_path):
    site.url = f"sqlite:///{tmp_path}/missing/landfall.sqlite3"
    for command in (WORKER, BEAT):
        ended = site.end(site.begin(*command, keys=[OLD]))
        assert ended.returncode == 1
        assert "The database cannot be used: " in ended.stderr
        assert "Traceback" not in ended.stderr

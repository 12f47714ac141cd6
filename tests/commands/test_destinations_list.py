import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from destinations import services
from destinations.api.views.destinations import DestinationViewSet
from destinations.drafts import Draft
from destinations.management.commands.destinations_list import SORTS
from destinations.models import ConnectionCheck, DestinationState
from tests.commands import processes
from tests.factories import SECRET, make_destination, make_environment, make_key, make_tenant


@pytest.fixture
def tenant():
    return make_tenant("acme")


@pytest.fixture
def three(tenant):
    """Of two tenants: a plain one, one that is disabled, and one that is archived."""
    other = make_tenant("other")
    return (
        make_destination(tenant, name="First", topics=["orders"]),
        services.disable(make_destination(other, name="Second")),
        services.archive(make_destination(other, name="Third")),
    )


def checked(destination, status: str = "failed", health: str = "failing"):
    now = timezone.now()
    check = ConnectionCheck.objects.create(
        destination=destination,
        trigger="manual",
        status=status,
        revision=1,
        started_at=now - timedelta(seconds=2),
        completed_at=now,
        code="refused",
        message="Nobody listens.",
        remedy="Start it.",
        steps=[{"name": "connect", "status": "failed", "code": "refused", "message": "", "duration_ms": 1.5}],
    )
    DestinationState.objects.filter(pk=destination.pk).update(last_check=check, health=health)
    return check


@pytest.mark.django_db
class TestTable:
    def test_shows_what_a_person_knows_a_destination_by(self, command, three):
        check = checked(three[0])
        titles, second, first = command("destinations_list").lines
        assert titles.split() == ["SLUG", "NAME", "TYPE", "TENANT", "TARGET", "STATE", "CHECKED", "(UTC)"]
        when = f"{check.completed_at:%Y-%m-%d %H:%M}".split()
        url = "https://hooks.example.com/in"
        assert first.split() == ["first", "First", "webhook", "acme", url, "failing", *when]
        assert second.split() == ["second", "Second", "webhook", "other", url, "disabled", "never"]

    def test_says_what_is_not_complete_and_shows_what_there_is_of_it(self, command, tenant):
        services.create(tenant, Draft(name="Bare", incomplete=True))
        services.create(tenant, Draft(name="Half", type="aws_s3", config={"bucket": "abc"}, incomplete=True))
        services.disable(services.create(tenant, Draft(name="Paused", type="webhook", incomplete=True)))
        rows = [line.split() for line in command("destinations_list", "--sort", "name").lines[1:]]
        assert rows[0] == ["bare", "Bare", "undecided", "acme", "incomplete", "never"]
        assert rows[1] == ["half", "Half", "aws_s3", "acme", "bucket=abc", "incomplete", "never"]
        assert (rows[2][2], rows[2][-2:]) == ("webhook", ["disabled", "never"])

    @pytest.mark.parametrize("columns", [80, 120])
    def test_fits_a_terminal(self, command, tenant, monkeypatch, columns):
        make_destination(
            tenant, name="A name that is very long" * 5, config={"url": f"https://example.com/{'x' * 200}"}
        )
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = command("destinations_list").lines
        assert max(map(len, lines)) <= columns
        assert "a-name-" in lines[1]

    def test_is_whole_in_a_pipe(self, command, tenant):
        url = f"https://example.com/{'x' * 200}"
        make_destination(tenant, config={"url": url})
        assert url in command("destinations_list").out

    def test_of_nothing_is_its_titles(self, command):
        assert len(command("destinations_list").lines) == 1

    def test_is_read_with_one_statement_without_ciphertext(self, command, three):
        checked(three[0])
        with CaptureQueriesContext(connection) as queries:
            command("destinations_list", "--archived", "any")
        assert len(queries) == 1
        assert "sealed" not in queries[0]["sql"]


@pytest.mark.django_db
class TestFilters:
    @pytest.mark.parametrize(
        ("arguments", "names"),
        [
            ((), ["Second", "First"]),
            (("--tenant", "acme"), ["First"]),
            (("--type", "webhook"), ["Second", "First"]),
            (("--type", "aws_s3", "--type", "webhook"), ["Second", "First"]),
            (("--type", "aws_s3,s3_compatible"), []),
            (("--name", "SEC"), ["Second"]),
            (("--topic", "orders"), ["Second", "First"]),
            (("--topic", "refunds"), ["Second"]),
            (("--enabled", "false"), ["Second"]),
            (("--archived", "true"), ["Third"]),
            (("--archived", "any"), ["Third", "Second", "First"]),
            (("--health", "failing"), []),
            (("--created-after", "2001-01-01T00:00:00Z"), ["Second", "First"]),
            (("--created-before", "2001-01-01T00:00:00Z"), []),
            (("--sort", "name"), ["First", "Second"]),
            (("--sort=-name",), ["Second", "First"]),
            (("--sort", "created", "--archived", "any"), ["First", "Second", "Third"]),
        ],
    )
    def test_choose_and_order(self, command, three, arguments, names):
        lines = command("destinations_list", "--json", *arguments).lines
        assert [json.loads(line)["name"] for line in lines] == names

    def test_choose_by_environment(self, command, tenant, three):
        environment = make_environment(tenant)
        make_destination(tenant, name="Staged", environment=environment)
        [line] = command("destinations_list", "--environment", str(environment.pk), "--json").lines
        assert json.loads(line)["name"] == "Staged"

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--type", "pigeon"), "--type: “pigeon” is not one of: webhook"),
            (("--enabled", "maybe"), "--enabled: This must be one of: true, false."),
            (("--created-after", "soon"), "--created-after: This must be a date and time"),
            (("--environment", "x"), "--environment: This must be a UUID."),
            (("--tenant", ""), "--tenant must not be empty."),
            (("--sort", "secret"), "argument --sort: invalid choice: 'secret'"),
        ],
    )
    def test_refuse_values_they_cannot_understand(self, refused, three, arguments, sentence):
        assert sentence in refused("destinations_list", *arguments).sentence

    def test_sort_as_the_api_does(self):
        assert DestinationViewSet.sorts == SORTS


@pytest.mark.django_db
class TestJson:
    def test_speaks_the_words_of_the_api(self, command, three, client):
        checked(three[0])
        bearer = {"Authorization": f"Bearer {make_key()}"}
        answer = client.get("/api/v1/destinations", headers=bearer).json()["items"]
        assert [json.loads(line) for line in command("destinations_list", "--json").lines] == answer

    def test_holds_no_secret(self, command, three):
        said = command("destinations_list", "--json", "--archived", "any")
        assert SECRET not in said.out
        assert SECRET.removeprefix("whsec_") not in said.out


@pytest.mark.django_db(transaction=True)
def test_the_exit_status_tells_a_script_what_happened(three):
    listed = processes.run("destinations_list")
    assert (listed.returncode, listed.stdout.count("\n"), listed.stderr) == (0, 3, "")
    assert "\x1b" not in listed.stdout
    misspelled = processes.run("destinations_list", "--type", "pigeon")
    assert (misspelled.returncode, misspelled.stdout, misspelled.stderr.count("\n")) == (2, "", 1)
    assert processes.run("destinations_list", "--colour", "blue").returncode == 2

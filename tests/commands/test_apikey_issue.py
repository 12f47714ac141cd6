import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from tenants import services
from tenants.models import ApiKey
from tests.commands import processes
from tests.factories import make_tenant


@pytest.fixture
def tenant():
    return make_tenant("acme")


@pytest.mark.django_db
class TestInThisProcess:
    def test_prints_the_secret_alone_and_explains_elsewhere(self, command, tenant):
        said = command("apikey_issue", "--name", "loader", "--tenant", "acme")
        secret = said.out.removesuffix("\n")
        assert services.find_key(secret) == ApiKey.objects.get()
        assert secret not in said.err
        assert "“loader” (viewer of tenant acme). It never expires." in said.err

    def test_says_nothing_else_when_quiet(self, command, tenant):
        said = command("apikey_issue", "--name", "loader", "--tenant", "acme", "--quiet")
        assert services.find_key(said.out.strip()) is not None
        assert said.err == ""

    def test_issues_a_key_for_the_installation(self, command):
        command("apikey_issue", "--name", "ops", "--installation", "--role", "admin")
        key = ApiKey.objects.get()
        assert (key.tenant, key.role, key.user, key.expires) == (None, "admin", None, None)

    def test_issues_a_key_for_a_person(self, command, tenant):
        alice = get_user_model().objects.create_user("alice")
        command("apikey_issue", "--name", "hers", "--tenant", "acme", "--user", "alice")
        assert ApiKey.objects.get().user == alice

    @pytest.mark.parametrize(
        ("text", "span"), [("12h", timedelta(hours=12)), ("30d", timedelta(days=30)), ("8w", timedelta(weeks=8))]
    )
    def test_counts_a_span_from_now(self, command, text, span):
        before = timezone.now()
        command("apikey_issue", "--name", "x", "--installation", "--expires", text)
        assert before + span <= ApiKey.objects.get().expires <= timezone.now() + span

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2130-01-31", datetime(2130, 1, 31, tzinfo=UTC)),
            ("2130-01-31T12:00", datetime(2130, 1, 31, 12, tzinfo=UTC)),
            ("2130-01-31T12:00+02:00", datetime(2130, 1, 31, 10, tzinfo=UTC)),
        ],
    )
    def test_takes_a_date_or_time_in_utc(self, command, text, moment):
        said = command("apikey_issue", "--name", "x", "--installation", "--expires", text)
        assert ApiKey.objects.get().expires == moment
        assert f"It expires at {moment:%Y-%m-%d %H:%M} UTC." in said.err

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--tenant", "nobody"), "There is no tenant “nobody”."),
            (("--tenant", ""), "There is no tenant “”."),
            (("--installation", "--user", "nobody"), "There is no active user “nobody”."),
            (("--installation", "--user", "gone"), "There is no active user “gone”."),
            (("--installation", "--expires", "soon"), "“soon” is none."),
            (("--installation", "--expires", ""), "“” is none."),
            (("--installation", "--expires", "99999999999d"), "“99999999999d” is none."),
            (("--installation", "--expires", "0001-01-01T00:00+10:00"), "is none."),
            (("--installation", "--expires", "2001-01-01"), "A key must expire in the future."),
            (("--installation", "--expires", "0d"), "A key must expire in the future."),
            (("--installation", "--tenant", "acme"), "not allowed with"),
            ((), "one of the arguments --tenant --installation is required"),
            (("--installation", "--role", "king"), "invalid choice: 'king'"),
        ],
    )
    def test_refuses_what_it_cannot_understand(self, refused, arguments, sentence):
        get_user_model().objects.create_user("gone", is_active=False)
        assert sentence in refused("apikey_issue", "--name", "x", *arguments).sentence
        assert not ApiKey.objects.exists()

    def test_refuses_a_key_without_a_name(self, refused):
        assert "name: This field cannot be blank." in refused("apikey_issue", "--name", "", "--installation").sentence


@pytest.mark.django_db(transaction=True)
def test_a_shell_can_keep_the_secret(tenant):
    line = 'KEY=$("$@") && printf "<%s>" "$KEY"'
    issue = [*processes.MANAGE, "apikey_issue", "--name", "x", "--tenant", "acme"]
    shell = subprocess.run(
        ["sh", "-c", line, "sh", *issue], env=processes.environment(), capture_output=True, text=True, check=True
    )
    assert shell.stdout[:1] + shell.stdout[-1:] == "<>"
    assert services.find_key(shell.stdout[1:-1]) == ApiKey.objects.get()


@pytest.mark.django_db(transaction=True)
def test_the_exit_status_tells_a_script_what_happened():
    unknown = processes.run("apikey_issue", "--name", "x", "--tenant", "nobody")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "Traceback" not in unknown.stderr
    assert processes.run("apikey_issue", "--name", "x").returncode == 2

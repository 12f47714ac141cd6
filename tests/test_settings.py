import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from django.core.exceptions import ImproperlyConfigured

from config import env, logs, settings
from config.paths import BASE_DIR

TABLE = (BASE_DIR / "docs" / "settings.md").read_text()
NAME = re.compile(r"LANDFALL_[A-Z_]+[A-Z]")
KEYS = {
    "LANDFALL_SECRET_KEY": "a" * 50,
    "LANDFALL_FIELD_ENCRYPTION_KEY": "a" * 43 + "=",
}


def rows() -> dict[str, str]:
    """Variable to default, of every row of the page's tables."""
    cells = [line.split(" | ") for line in TABLE.splitlines() if line.startswith("| `LANDFALL_")]
    return {name: default.strip("`") for names, default, *_ in cells for name in NAME.findall(names)}


def manage(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANDFALL_", "DJANGO_"))}
    own = {"LANDFALL_VENV": "off", "LANDFALL_VAR": str(tmp_path)} | variables
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env=kept | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestThePage:
    def test_it_lists_every_variable_that_the_settings_read(self):
        assert env.declared() - rows().keys() == set()

    def test_it_lists_no_variable_that_nothing_reads(self):
        code = [BASE_DIR / "manage.py", BASE_DIR / ".ci" / "run", *(BASE_DIR / "tests").rglob("*.py")]
        elsewhere = {
            name for path in code if path.name != "test_settings.py" for name in NAME.findall(path.read_text())
        }
        assert rows().keys() - env.declared() - elsewhere == set()

    @pytest.mark.parametrize(
        "name", [name for name in rows() if isinstance(getattr(settings, name.removeprefix("LANDFALL_"), None), int)]
    )
    def test_it_gives_the_default(self, name):
        value = getattr(settings, name.removeprefix("LANDFALL_"))
        assert rows()[name] == ({True: "on", False: "off"}[value] if isinstance(value, bool) else str(value))


class TestReading:
    @pytest.fixture(autouse=True)
    def declared(self, monkeypatch):
        monkeypatch.setattr(env, "_declared", set())

    @pytest.mark.parametrize(("value", "meaning"), [("on", True), ("TRUE", True), ("0", False), ("", True)])
    def test_a_flag_is_read(self, monkeypatch, value, meaning):
        monkeypatch.setenv("LANDFALL_X", value)
        assert env.flag("X", default=True) is meaning

    @pytest.mark.parametrize(
        ("read", "value", "sentence"),
        [
            (lambda: env.flag("X", default=False), "perhaps", "LANDFALL_X must be on or off."),
            (lambda: env.number("X", 1), "1.5", "LANDFALL_X must be a whole number of at least 0."),
            (
                lambda: env.number("X", 1, minimum=1, maximum=9),
                "10",
                "LANDFALL_X must be a whole number of at least 1 and at most 9.",
            ),
            (lambda: env.choice("X", ("a", "b"), "a"), "c", "LANDFALL_X must be one of a, b."),
            (
                lambda: env.networks("X"),
                "10.0.0.1/8",
                "LANDFALL_X must be networks such as 10.0.0.0/8, separated by commas.",
            ),
            (lambda: env.addresses("X"), "dns", "LANDFALL_X must be IP addresses, separated by commas."),
            *(
                (
                    lambda: env.ports("X", "25"),
                    value,
                    "LANDFALL_X must be port numbers from 1 to 65535, separated by commas.",
                )
                for value in ("smtp", "25,0", "65536", "1-2")
            ),
            *(
                (
                    lambda: env.url("X"),
                    value,
                    "LANDFALL_X must be a URL such as https://s3.example.com, without user, query and fragment.",
                )
                for value in ("s3.example.com", "ftp://x", "https://", "https://u:p@x", "https://x?y", "http://[x")
            ),
        ],
    )
    def test_what_cannot_be_understood_is_refused(self, monkeypatch, read, value, sentence):
        monkeypatch.setenv("LANDFALL_X", value)
        with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(sentence)}$"):
            read()

    @pytest.mark.parametrize(("value", "meaning"), [(None, [25]), ("", []), ("587, 25", [587, 25])])
    def test_ports_are_read(self, monkeypatch, value, meaning):
        monkeypatch.delenv("LANDFALL_X", raising=False)
        if value is not None:
            monkeypatch.setenv("LANDFALL_X", value)
        assert env.ports("X", "25") == meaning

    @pytest.mark.parametrize("value", ["", "https://s3.example.com", "http://127.0.0.1:9000/base"])
    def test_urls_are_read(self, monkeypatch, value):
        monkeypatch.setenv("LANDFALL_X", value)
        assert env.url("X") == value

    @pytest.mark.parametrize("url", ["mysql://u:hidden@h/n", "postgresql://u:hidden@h", "postgresql://u:hidden@h:no/n"])
    def test_a_database_url_that_is_refused_is_not_repeated(self, monkeypatch, url):
        monkeypatch.setenv("LANDFALL_X", url)
        with pytest.raises(ImproperlyConfigured, match="LANDFALL_X must be a URL") as refusal:
            env.database("X")
        assert "hidden" not in str(refusal.value)

    def test_a_database_url_is_read(self, monkeypatch):
        monkeypatch.setenv("LANDFALL_X", "postgresql://u:p%40ss@h:5433/n?sslmode=require")
        database = env.database("X")
        assert database is not None
        assert (database["PASSWORD"], database["PORT"], database["OPTIONS"]) == ("p@ss", 5433, {"sslmode": "require"})

    def test_a_secret_comes_from_a_file(self, monkeypatch, tmp_path):
        (tmp_path / "secret").write_text("hidden\n")
        monkeypatch.setenv("LANDFALL_X_FILE", str(tmp_path / "secret"))
        assert env.secret("X") == "hidden"

    def test_a_secret_is_given_once(self, monkeypatch, tmp_path):
        monkeypatch.setenv("LANDFALL_X", "hidden")
        monkeypatch.setenv("LANDFALL_X_FILE", str(tmp_path / "secret"))
        with pytest.raises(ImproperlyConfigured, match="not both"):
            env.secret("X")

    def test_a_secret_file_that_is_not_there_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setenv("LANDFALL_X_FILE", str(tmp_path / "secret"))
        with pytest.raises(ImproperlyConfigured, match="LANDFALL_X_FILE names cannot be read"):
            env.secret("X")

    def test_an_empty_list_of_networks_is_not_the_fallback(self, monkeypatch, tmp_path):
        (tmp_path / "networks").write_text("127.0.0.0/8,::1\n")
        assert env.networks("X", fallback=tmp_path / "networks") == ["127.0.0.0/8", "::1/128"]
        monkeypatch.setenv("LANDFALL_X", "")
        assert env.networks("X", fallback=tmp_path / "networks") == []


class TestTheStart:
    def test_a_bad_value_ends_in_one_sentence(self, tmp_path):
        ended = manage(tmp_path, "check", **KEYS, LANDFALL_CHECK_WINDOW="many")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == "LANDFALL_CHECK_WINDOW must be a whole number of at least 1.\n"

    @pytest.mark.parametrize("missing", KEYS)
    def test_a_missing_key_ends_in_one_sentence(self, tmp_path, missing):
        ended = manage(tmp_path, "check", **{name: key for name, key in KEYS.items() if name != missing})
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"{missing} is not set: ")
        assert ended.stderr.count("\n") == 1

    def test_a_key_that_is_none_is_refused_and_not_repeated(self, tmp_path):
        ended = manage(tmp_path, "check", **KEYS | {"LANDFALL_FIELD_ENCRYPTION_KEY": "hidden"})
        assert ended.returncode == 1
        assert ended.stderr.startswith("LANDFALL_FIELD_ENCRYPTION_KEY must be 32 random bytes")
        assert "hidden" not in ended.stderr

    def test_with_https_nothing_is_left_to_say_for_djangos_deployment_check(self, tmp_path):
        variables = KEYS | {"LANDFALL_SECRET_KEY": "".join(map(chr, range(40, 110))), "LANDFALL_HTTPS": "on"}
        check = ("check", "--deploy", "--fail-level", "WARNING")
        ended = manage(tmp_path, *check, **variables, LANDFALL_PROXIES="1")
        assert ended.returncode == 0, ended.stderr
        ended = manage(tmp_path, *check, **variables)
        assert ended.returncode == 1
        assert "landfall.W001" in ended.stderr


class TestLogging:
    @pytest.fixture
    def lines(self, monkeypatch):
        """Reads what the product's own formatter made of the log lines so far."""
        formatter = logs.logging_config("json", "INFO")["formatters"]["line"]
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
        logger = logging.getLogger("landfall.test")
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "propagate", False)
        return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    def test_values_under_secret_names_are_redacted_however_deep(self, lines):
        structlog.get_logger("landfall.test").info("saved", password="hidden", headers=[{"Authorization": "hidden"}])
        (line,) = lines()
        assert line["password"] == logs.REDACTED
        assert line["headers"] == [{"Authorization": logs.REDACTED}]

    def test_extra_of_the_standard_library_is_logged_and_redacted(self, lines):
        logging.getLogger("landfall.test").warning("saved", extra={"api_key": "hidden", "type": "webhook"})
        (line,) = lines()
        assert (line["event"], line["api_key"], line["type"]) == ("saved", logs.REDACTED, "webhook")

    def test_an_exception_is_logged_without_local_variables(self, lines):
        password = "".join(["hid", "den"])
        try:
            raise ValueError(len(password))
        except ValueError:
            logging.getLogger("landfall.test").exception("failed")
        (line,) = lines()
        assert "ValueError: 6" in line["exception"]
        assert password not in json.dumps(line)

    @pytest.mark.django_db
    def test_a_request_has_an_id_that_its_answer_repeats(self, client):
        assert client.get("/", headers={"X-Request-ID": "from-the-caller"})["X-Request-ID"] == "from-the-caller"
        assert re.fullmatch("[0-9a-f]{32}", client.get("/", headers={"X-Request-ID": "no\u00a0id"})["X-Request-ID"])


@pytest.mark.parametrize("path", ["/", "/admin"])
def test_the_way_to_the_admin_is_found(client, path):
    assert client.get(path)["Location"] == "/admin/"

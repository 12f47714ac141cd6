"""What every destination type promises. A type is held to it as soon as it is listed."""

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connectors import fields, registry, running
from connectors.base import Connector, declared
from connectors.fields import is_secret
from connectors.problems import CHECK_CODES, Invalid
from tests.connectors.examples import EXAMPLES, Example
from tests.connectors.loops import run
from tests.servers.dns import name_server
from tests.servers.http import close, garbage, hang, listening
from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1.5  # seconds for a check of a server that hangs
# A field with a name like these holds a secret, or looks as if it did. (The host key of SSH is a public one.)
SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|private|credential|connection_string|(^|_)sas($|_)|(?<!host_)key(_id)?$"
)
WRONG = {
    fields.TextField: [1, 1.5, True, ["x"], {"a": "b"}],
    fields.IntegerField: ["1", 1.5, True, [1], {"a": 1}],
    fields.FlagField: ["on", "true", 1, 0, [True], {}],
    fields.ChoiceField: [1, True, ["x"], {}, "no such choice"],
    fields.HeadersField: ["x", 1, True, ["a"], {"A": 1}, {"A": True}, {"A": ["b"]}],
}

pytestmark = pytest.mark.parametrize("connector", list(registry.every()), ids=registry.names())


@pytest.fixture
def example(connector) -> Example:
    return deepcopy(EXAMPLES[connector.type])


def problems(connector: Connector, config, credentials) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        connector.clean(config, credentials)
    for problem in caught.value.problems:
        assert problem.message.endswith("."), problem
    return {problem.path: problem.code for problem in caught.value.problems}


def without(values, name):
    return {key: value for key, value in values.items() if key != name}


def texts(value) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    else:
        yield str(value)


def secrets_of(connector, credentials) -> list[str]:
    return [text for name in connector.secrets & set(credentials) for text in texts(credentials[name])]


class Declared(Mapping[str, Any]):
    """A section as a check gets it, in which only declared names may be looked up."""

    def __init__(self, values, section):
        self.values_, self.names = values, set(section.fields)

    def __getitem__(self, name):
        assert name in self.names, f"The check reads “{name}”, which is not declared."
        return self.values_[name]

    def __iter__(self):
        return iter(self.values_)

    def __len__(self):
        return len(self.values_)


def pointed(connector, example, host, port):
    """The example's sections, cleaned, of a destination at `host` and `port`."""
    config = {name: value for name, value in (example.config | example.at(host, port)).items() if value is not None}
    cleaned_config, cleaned_credentials = connector.clean(config, example.credentials)
    return Declared(cleaned_config, connector.config), Declared(cleaned_credentials, connector.credentials)


def check(connector, example, host, port, limit=10.0):
    """A check that must fail, held to what holds for every failed check."""
    if not connector.available:
        pytest.skip(f"The driver of {connector.label} is not installed.")
    with example.moved(host, port):
        report = run(running.run(connector, *pointed(connector, example, host, port), limit=limit))
    assert report.status == "failed", report
    assert report.code in set(CHECK_CODES) - {"unexpected"}
    assert report.message.endswith(".")
    assert report.remedy.endswith(".")
    planned = connector.planned(connector.clean(example.config, example.credentials)[0])
    assert sorted(step["name"] for step in report.steps) == sorted(planned)
    (failed,) = [step for step in report.steps if step["status"] == "failed"]
    assert failed["code"] == report.code
    return report


class TestDeclaration:
    def test_a_type_says_what_it_is(self, connector):
        assert connector.type == type(connector).__module__.removeprefix("connectors.types.")
        assert connector.label
        assert connector.family
        for text in (connector.effect, connector.rights, connector.tested):
            assert text.endswith(".")
        assert (type(connector).__doc__ or "").endswith(".")

    def test_steps_are_named_once(self, connector):
        assert connector.steps
        assert all(connector.steps)
        assert len(set(connector.steps)) == len(connector.steps)

    def test_a_driver_that_is_no_core_dependency_names_its_extra(self, connector):
        assert bool(connector.driver) == bool(connector.extra)

    def test_every_field_is_explained(self, connector):
        for section, name, field in declared(connector):
            assert field.label, f"{section}.{name}"
            assert str(field.help_text or "").endswith((".", "…")), f"{section}.{name}"

    def test_what_looks_like_a_secret_is_one(self, connector):
        for section, name, field in declared(connector):
            if SECRET_NAME.search(name):
                assert section == "credentials", f"{section}.{name}"
                assert is_secret(field), f"{section}.{name}"

    def test_no_section_of_the_config_holds_a_secret(self, connector):
        assert not any(is_secret(field) for section, _, field in declared(connector) if section == "config")

    def test_every_field_is_of_a_strict_kind(self, connector):
        for section, name, field in declared(connector):
            assert isinstance(field, tuple(WRONG)), f"{section}.{name}"


class TestCleaning:
    def test_the_example_is_valid_and_complete(self, connector, example):
        config, credentials = connector.clean(example.config, example.credentials)
        assert example.config.items() <= config.items()
        assert example.credentials.items() <= credentials.items()
        given = {"config": example.config, "credentials": example.credentials}
        for section, name, field in declared(connector):
            if field.required or is_secret(field):
                assert name in given[section], f"{section}.{name}"

    def test_what_is_clean_stays_as_it_is(self, connector, example):
        once = connector.clean(example.config, example.credentials)
        assert connector.clean(*once) == once

    def test_the_input_is_left_alone(self, connector, example):
        before = deepcopy((example.config, example.credentials))
        connector.clean(example.config, example.credentials)
        assert (example.config, example.credentials) == before

    def test_it_can_be_stored_as_json(self, connector, example):
        cleaned = list(connector.clean(example.config, example.credentials))
        assert json.loads(json.dumps(cleaned)) == cleaned

    def test_every_required_field_is_missed(self, connector, example):
        for section, name, field in declared(connector):
            if field.required:
                given = {"config": example.config, "credentials": example.credentials}
                given[section] = without(given[section], name)
                assert problems(connector, **given) == {f"{section}.{name}": "required"}

    def test_everything_missing_is_told_at_once(self, connector):
        expected = {f"{section}.{name}": "required" for section, name, field in declared(connector) if field.required}
        if expected:
            assert problems(connector, {}, {}) == expected

    def test_an_unknown_field_is_told_beside_all_else(self, connector, example):
        wrong = {f"{section}.{name}" for section, name, _ in declared(connector)}
        config: dict[str, Any] = {name: [] for name in connector.config.fields} | {"nonsense": "x"}
        credentials: dict[str, Any] = {name: [] for name in connector.credentials.fields} | {"nonsense": "x"}
        found = problems(connector, config, credentials)
        assert set(found) == wrong | {"config.nonsense", "credentials.nonsense"}
        assert found["config.nonsense"] == found["credentials.nonsense"] == "unknown"

    def test_no_other_kind_of_value_is_taken_for_the_right_one(self, connector, example):
        for section, name, field in declared(connector):
            (wrong,) = [values for kind, values in WRONG.items() if isinstance(field, kind)]
            for value in wrong:
                given = {"config": dict(example.config), "credentials": dict(example.credentials)}
                given[section][name] = value
                found = problems(connector, **given)
                assert all(path.startswith(f"{section}.{name}") for path in found), (name, value, found)
                assert set(found.values()) <= {"type", "choice"}, (name, value, found)

    def test_null_is_no_value(self, connector, example):
        for section, name, _ in declared(connector):
            given = {"config": dict(example.config), "credentials": dict(example.credentials)}
            given[section][name] = None
            assert problems(connector, **given) == {f"{section}.{name}": "null"}

    @pytest.mark.parametrize("whole", [None, [], "x", 1])
    def test_a_section_must_be_an_object(self, connector, example, whole):
        assert set(problems(connector, whole, example.credentials)) == {"config"}
        assert set(problems(connector, example.config, whole)) == {"credentials"}

    def test_stored_ciphertext_is_no_secret(self, connector, example):
        token = Fernet(Fernet.generate_key()).encrypt(b"the secret of somebody else").decode()
        for name in connector.secrets:
            for pasted in (token, f"x{token}"):
                field = connector.credentials.fields[name]
                value = {"Authorization": pasted} if isinstance(field, fields.HeadersField) else pasted
                found = problems(connector, example.config, example.credentials | {name: value})
                assert all(path.startswith(f"credentials.{name}") for path in found)
                assert set(found.values()) == {"invalid"}

    def test_a_refused_secret_is_not_repeated(self, connector, example):
        for name in connector.secrets:
            field = connector.credentials.fields[name]
            odd = "the-odd-secret\n\0" * 2000
            value = {"Authorization": odd} if isinstance(field, fields.HeadersField) else odd
            with pytest.raises(Invalid) as caught:
                connector.clean(example.config, example.credentials | {name: value})
            assert "the-odd-secret" not in str(caught.value)


class TestShowing:
    def test_the_mask_hides_every_secret_and_nothing_else(self, connector, example):
        _, credentials = connector.clean(example.config, example.credentials)
        masked = connector.mask(credentials)
        assert set(masked) == set(credentials)
        for name, value in credentials.items():
            if name in connector.secrets:
                reveal = getattr(connector.credentials.fields[name], "reveal", 0)
                for secret, shown in zip(texts(value), texts(masked[name]), strict=True):
                    assert set(shown[reveal:]) == {"*"}
                    assert secret[: reveal + 1] not in shown
            else:
                assert masked[name] == value

    def test_the_target_and_the_host_tell_no_secret(self, connector, example):
        config, credentials = connector.clean(example.config, example.credentials)
        target, host = connector.target(config), connector.host(config)
        assert target
        assert host
        for secret in secrets_of(connector, credentials):
            assert secret not in target + host


class TestChecking:
    @pytest.fixture(autouse=True)
    def no_secret_is_logged(self, connector, example, caplog):
        caplog.set_level(logging.DEBUG)
        yield
        logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
        for secret in secrets_of(connector, example.credentials):
            assert secret not in logged

    def told(self, connector, example, report):
        for secret in secrets_of(connector, example.credentials):
            assert secret not in repr(report)
            assert repr(secret)[1:-1] not in repr(report)

    def test_a_dead_port(self, connector, example):
        port = free_port()
        report = check(connector, example, "127.0.0.1", port)
        self.told(connector, example, report)
        assert report.code == "refused"
        assert f"127.0.0.1:{port}" in report.message

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_forbidden_address_is_refused_before_a_byte(self, connector, example, settings, host):
        settings.EGRESS_ALLOW = []
        with listening(hang) as server:
            report = check(connector, example, host, server.port)
            assert server.connections == 0
        self.told(connector, example, report)
        assert report.code == "blocked"

    def test_an_unknown_host(self, connector, example, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            report = check(connector, example, "nowhere.invalid", 9)
        self.told(connector, example, report)
        assert report.code == "dns"

    def test_a_server_that_hangs(self, connector, example):
        started = time.monotonic()
        with listening(hang) as server:
            report = check(connector, example, "127.0.0.1", server.port, LIMIT)
        assert time.monotonic() - started < LIMIT + 2
        self.told(connector, example, report)
        assert report.code == "timeout"

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_server_that_speaks_something_else(self, connector, example, talk):
        with listening(talk) as server:
            report = check(connector, example, "127.0.0.1", server.port)
            assert server.connections
        self.told(connector, example, report)
        assert report.code in {"protocol", "remote", "refused", "tls"}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that has read every declaration, and checked nothing."""
    program = "import sys; import connectors.registry; print(*sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    return set(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split())


def test_no_driver_is_loaded_before_it_is_needed(connector, loaded):
    assert loaded.isdisjoint(connector.driver)

"""Checks of Redshift against a PostgreSQL server: there is no Redshift to run outside of Amazon's cloud."""

import psycopg
import pytest

from connectors.probes.postgres import STEPS
from connectors.types.redshift import Redshift
from tests.connectors.checks import checked, failed, passed

REDSHIFT = Redshift()
CREDENTIALS = {"username": "awsuser", "password": "The-clusters-1st-password"}
SETTINGS = ("client_encoding", "prepare_threshold")


@pytest.fixture(scope="module")
def cluster(postgres):
    postgres.execute(f"CREATE ROLE awsuser LOGIN PASSWORD '{CREDENTIALS['password']}' IN ROLE people")
    postgres.execute("CREATE DATABASE dev OWNER awsuser")
    return postgres


@pytest.fixture
def config(cluster, authority):
    return {"host": cluster.host, "port": cluster.port, "database": "dev", "ca_certificate": authority.pem}


def test_a_schema_that_tables_can_be_created_in_passes_and_nothing_is_left(cluster, config):
    report = checked(REDSHIFT, config, CREDENTIALS)
    assert passed(report) == list(STEPS)
    assert report.message == "Amazon Redshift accepted every step."
    assert cluster.execute("SELECT 1 FROM pg_class WHERE relname LIKE 'landfall%'", "dev") == []


def test_a_wrong_password_is_denied(config):
    failed(checked(REDSHIFT, config, {**CREDENTIALS, "password": "not it"}), "denied", "sign in")


def test_a_database_that_is_not_there_is_named(config):
    assert "“prod”" in failed(checked(REDSHIFT, {**config, "database": "prod"}, CREDENTIALS), "not_found", "sign in")


def test_what_redshift_does_not_know_is_not_asked_of_it(config, monkeypatch):
    """It reports an encoding that the driver has never heard of, and has no DEALLOCATE for prepared statements."""
    asked = {}
    connect = psycopg.AsyncConnection.connect

    async def note(**options):
        asked.update(options)
        return await connect(**options)

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", note)
    assert passed(checked(REDSHIFT, config, CREDENTIALS))
    assert {name: asked[name] for name in SETTINGS} == {"client_encoding": "UTF8", "prepare_threshold": None}


def test_its_port_is_its_own_and_the_rest_is_as_safe_as_postgresql():
    config, _ = REDSHIFT.clean({"host": "cluster.example.com", "database": "dev"}, CREDENTIALS)
    assert config == {
        "host": "cluster.example.com",
        "port": 5439,
        "database": "dev",
        "schema": "public",
        "sslmode": "verify-full",
    }


def test_it_says_what_it_was_tested_against():
    assert "PostgreSQL" in REDSHIFT.tested

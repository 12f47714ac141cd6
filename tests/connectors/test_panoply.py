"""Checks of Panoply against a PostgreSQL server: there is no Panoply to run outside of its maker's cloud."""

import pytest

from connectors.types.panoply import Panoply
from tests.connectors.checks import checked, failed, passed

PANOPLY = Panoply()
CREDENTIALS = {"username": "stitcher", "password": "The-warehouse's-1st-password"}


@pytest.fixture(scope="module")
def warehouse(postgres):
    password = CREDENTIALS["password"].replace("'", "''")
    postgres.execute(f"CREATE ROLE stitcher LOGIN PASSWORD '{password}' IN ROLE people")
    postgres.execute("CREATE DATABASE warehouse OWNER stitcher")
    return postgres


@pytest.fixture
def config(warehouse, authority):
    return {"host": warehouse.host, "port": warehouse.port, "database": "warehouse", "ca_certificate": authority.pem}


def test_a_schema_that_tables_can_be_created_in_passes_and_nothing_is_left(warehouse, config):
    report = checked(PANOPLY, config, CREDENTIALS)
    assert passed(report) == list(PANOPLY.steps)
    assert report.message == "Panoply accepted every step."
    assert warehouse.execute("SELECT 1 FROM pg_class WHERE relname LIKE 'landfall%'", "warehouse") == []


def test_a_wrong_password_is_denied(config):
    failed(checked(PANOPLY, config, {**CREDENTIALS, "password": "not it"}), "denied", "sign in")


def test_a_database_that_is_not_there_is_named(config):
    assert "“prod”" in failed(checked(PANOPLY, {**config, "database": "prod"}, CREDENTIALS), "not_found", "sign in")


def test_a_schema_that_is_not_there_is_named(config):
    report = checked(PANOPLY, {**config, "schema": "raw"}, CREDENTIALS)
    assert "“raw”" in failed(report, "not_found", "find schema")


def test_a_certificate_of_an_unknown_ca_is_refused(config, stranger):
    report = checked(PANOPLY, {**config, "ca_certificate": stranger.pem}, CREDENTIALS)
    assert "CA that is not trusted" in failed(report, "tls", "tls")


def test_its_port_is_its_own_and_the_rest_is_as_safe_as_postgresql():
    config, _ = PANOPLY.clean({"host": "db.example.com", "database": "warehouse"}, CREDENTIALS)
    assert config == {
        "host": "db.example.com", "port": 5439, "database": "warehouse", "schema": "public", "sslmode": "verify-full"
    }  # fmt: skip

"""The cast: account 116078 with its token, and another account."""

import pytest

from tenants import services
from tenants.models import Role
from tests.api.worker import worker
from tests.dialects.stitch.client import Stitch
from tests.factories import make_tenant
from tests.servers.s3 import ADMIN

PASSWORD = "the-password-of-the-lake"


@pytest.fixture
def account(transactional_db):
    return make_tenant("116078", "The company")


@pytest.fixture
def token(account):
    return services.issue_key(name="test", tenant=account, role=Role.EDITOR)[1]


@pytest.fixture
def stitch(live_server, token):
    return Stitch(live_server.url, f"Bearer {token}")


@pytest.fixture
def other(live_server, account):
    key = services.issue_key(name="test", tenant=make_tenant("other"), role=Role.EDITOR)[1]
    return Stitch(live_server.url, f"Bearer {key}")


@pytest.fixture
def viewer(live_server, account):
    key = services.issue_key(name="test", tenant=account, role=Role.VIEWER)[1]
    return Stitch(live_server.url, f"Bearer {key}")


@pytest.fixture
def several(settings):
    settings.STITCH_DESTINATIONS_PER_ACCOUNT = 0


@pytest.fixture
def checking(transactional_db):
    """A worker that runs what is asked for."""
    with worker():
        yield


@pytest.fixture(scope="session")
def lake(postgres):
    """A PostgreSQL database and the role that may fill it."""
    postgres.execute(f"CREATE ROLE stitch_loader LOGIN PASSWORD '{PASSWORD}' IN ROLE people")
    postgres.execute("CREATE DATABASE stitch_lake OWNER stitch_loader")
    return postgres


@pytest.fixture(scope="session")
def marsh(mysql):
    """A MariaDB server and the user who may make databases on it."""
    mysql.execute(f"CREATE USER stitch_loader@`%` IDENTIFIED BY '{PASSWORD}'")
    mysql.execute("GRANT CREATE, DROP, INSERT ON *.* TO stitch_loader@`%`")
    return mysql


@pytest.fixture
def buckets(s3, settings):
    """An S3 service in Amazon's place, with a user that this installation has there."""
    settings.AWS_ENDPOINT = s3.endpoint()
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = ADMIN.access_key_id, ADMIN.secret_access_key
    return s3

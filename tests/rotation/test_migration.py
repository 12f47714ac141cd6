"""The step to values that name their keys, and back to those that do not."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet

from destinations.keyring import key_id
from tests.rotation.site import NEW, OLD

pytestmark = pytest.mark.timeout(900)

SEED = """
from tests.factories import make_credential, make_destination, make_tenant
tenant = make_tenant("acme")
for number in range(3):
    made = make_destination(tenant, credentials={"secret": f"secret {number}"})
made.secret_extra = {"redox": {"verificationToken": "held"}}
made.save()
make_credential(tenant)
print("null")
"""
OPEN = """
import json
from destinations import keyring
print(json.dumps([column.field.opened(row) for column in keyring.columns() for row in column.values().order_by("pk")]))
"""
COLUMNS = (
    ("destinations_authcredential", "sealed"),
    ("destinations_destination", "sealed"),
    ("destinations_destination", "sealed_extra"),
    ("destinations_tunnelkey", "sealed"),
)


def stored(site) -> list[str]:
    return [
        value
        for table, column in COLUMNS
        for value in site.look(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
    ]


def opened(token: str) -> Any:
    """Without any of the product's code, as what was before opened it: which, of a token that ends in padding, does not
    even see what follows."""
    return json.loads(Fernet(OLD).decrypt(token))["values"]


def test_back_and_forth_every_value_stays_readable(site):
    site.code(SEED, keys=[OLD])
    before = site.code(OPEN, keys=[OLD])
    assert len(before) == 6
    back = site.run("migrate", "destinations", "0001", keys=[NEW, OLD])
    assert back.returncode == 0, back.stderr
    tokens = stored(site)
    assert (len(tokens), [token for token in tokens if "." in token]) == (6, [])
    assert [token for token in tokens if not opened(token)] == []
    forth = site.run("migrate", keys=[NEW, OLD])
    assert forth.returncode == 0, forth.stderr
    assert {value.partition(".")[2] for value in stored(site)} == {key_id(Fernet(OLD))}
    assert site.code(OPEN, keys=[OLD]) == before

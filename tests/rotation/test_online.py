"""The key of an installation is changed while others read and write, and the command is killed on the way."""

import os
import signal

import pytest
from cryptography.fernet import Fernet

from destinations.keyring import key_id
from tests.rotation.site import NEW, OLD, begun, stop
from tests.servers.process import wait_until

pytestmark = pytest.mark.timeout(900)

ROWS = 150
BOTH = [NEW, OLD]

SEED = """
import json, sys
from tests.factories import make_credential, make_destination, make_tenant
from destinations.models import Destination
quiet, busy = make_tenant("quiet"), make_tenant("busy")
for number in range(int(sys.argv[1])):
    made = make_destination(busy if number % 10 == 0 else quiet)
    if number % 7 == 0:
        made.secret_extra = {"outpost": {"held": number}}
        made.save()
for number in range(5):
    make_credential(quiet, name=f"Shared {number}")
"""

# What every column holds, and what else a row says, by column and primary key.
SNAPSHOT = """
import json
from destinations import keyring
from destinations.models import DestinationState
found = {}
for column in keyring.columns():
    for row in column.values():
        others = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name[:6] != "sealed"}
        found[f"{column.title} {row.pk}"] = {
            "clear": column.field.opened(row), "key": row.key_of_value, "others": others
        }
found["states"] = list(DestinationState.objects.order_by("pk").values())
print(json.dumps(found, default=str))
"""

READ = """
import json, sys, threading, time
from pathlib import Path
from destinations import keyring
from destinations.sealing import SecretUnreadable
begun, stop = Path(sys.argv[1]), Path(sys.argv[2])
told = {"reads": 0, "failed": []}
def read():
    while not stop.exists():
        for column in keyring.columns():
            for row in column.values():
                try:
                    column.field.opened(row)
                except SecretUnreadable as error:
                    told["failed"].append(f"{column.title} {row.pk}: {error}")
                told["reads"] += 1
        begun.touch()
        time.sleep(0.03)
threads = [threading.Thread(target=read) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps(told))
"""

WRITE = """
import json, sys, time
from pathlib import Path
from destinations import services
from destinations.drafts import Draft
from destinations.models import Destination
begun, stop = Path(sys.argv[1]), Path(sys.argv[2])
rows, told = list(Destination.objects.filter(tenant="busy").order_by("pk")), {}
number = 0
while not stop.exists():
    row, number = rows[number % len(rows)], number + 1
    services.update(row, Draft(credentials={"secret": f"secret number {number}"}))
    told[f"Destination.sealed {row.pk}"] = f"secret number {number}"
    begun.touch()
    time.sleep(0.03)
print(json.dumps(told))
"""


def killed_on_the_way(site, old: str) -> None:
    process = site.begin("manage.py", "rotate_encryption_key", "--batch-size", "1", keys=BOTH)
    wait_until(lambda: site.sealed_with(old) < ROWS, 180, "the first row was changed")
    os.kill(process.pid, signal.SIGKILL)
    ended = site.end(process)
    assert ended.returncode == -signal.SIGKILL, ended
    assert 0 < site.sealed_with(old) < ROWS


def test_rows_are_sealed_anew_while_others_read_and_write(site, tmp_path):
    new, old = (key_id(Fernet(key)) for key in BOTH)
    before = site.code(SEED + SNAPSHOT, str(ROWS), keys=[OLD])
    assert {each["key"] for name, each in before.items() if name != "states"} == {old}

    reading, writing, over = tmp_path / "reading", tmp_path / "writing", tmp_path / "over"
    reader = site.begin_code(READ, reading, over, keys=BOTH)
    writer = site.begin_code(WRITE, writing, over, keys=BOTH)
    begun(reading)
    begun(writing)
    killed_on_the_way(site, old)
    ended = site.run("rotate_encryption_key", keys=BOTH)
    stop(over)
    read, written = site.told(reader), site.told(writer)

    assert ended.returncode == 0, ended.stderr
    assert f"All {len(before) - 1} secrets open with the key {new} alone; 0 need another." in ended.stdout
    assert read["failed"] == []
    assert read["reads"] > ROWS
    assert len(written) == ROWS // 10

    after = site.code(SNAPSHOT, keys=[NEW])  # with the old key gone
    assert {each["key"] for name, each in after.items() if name != "states"} == {new}
    assert {name: after[name]["clear"] for name in written} == {
        name: {"secret": secret} for name, secret in written.items()
    }
    busy = {name for name in before if name != "states" and before[name]["others"].get("tenant_id") == "busy"}
    for name in before.keys() - busy - {"states"}:
        assert after[name]["clear"] == before[name]["clear"]
        assert after[name]["others"] == before[name]["others"]

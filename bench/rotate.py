"""How long a change of the encryption key takes, and what others notice of it. README.md says how to read it."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from stage import Cost, destinations, measured, medians, on_each_database

SMALL, SIZE = 5_000, 500

READ = """
import django; django.setup()
import json, random, signal, sys, time
from destinations.models import Destination
from destinations.sealing import SecretUnreadable
told, last, going = {"reads": 0, "failed": 0, "slowest": 0.0}, int(sys.argv[1]), True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
while going:
    began = time.perf_counter()
    row = Destination.objects.get(pk=random.randint(int(sys.argv[2]), last))
    try:
        row.credentials
    except SecretUnreadable:
        told["failed"] += 1
    told["reads"] += 1
    told["slowest"] = max(told["slowest"], time.perf_counter() - began)
print(json.dumps(told))
"""


def main() -> None:
    options = arguments()
    compare(options.rounds)
    whole(options.count)


def compare(rounds: int) -> None:
    rows = seed(SMALL)
    costs = medians(
        {
            "ours": lambda: turned(lambda key: ours(key, rows)),
            "bare": lambda: turned(lambda key: bare(key, rows)),
            "row by row": lambda: turned(lambda key: row_by_row(key, rows)),
        },
        rounds,
    )
    for name, cost in costs.items():
        print(f"  {name:12}{cost.cpu_each * 1e6:8.0f} CPU us a row{cost.rate:10.0f} rows/s")
    cpu = {name: cost.cpu_each for name, cost in costs.items()}
    faster = costs["ours"].rate / costs["row by row"].rate
    print(f"  ours by CPU: {cpu['bare'] / cpu['ours']:.0%} of bare, {cpu['row by row'] / cpu['ours']:.1f} x row by row")
    print(f"  ours by the clock: {faster:.1f} x row by row")
    type(rows[0]).objects.all().delete()


def turned(run: Any) -> Cost:
    """The cost of a change to a new key; this process has both keys."""
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415
    from encrypted_model_fields import fields  # noqa: PLC0415

    key = Fernet(Fernet.generate_key())
    fields.CRYPTER = MultiFernet([key, *fields.CRYPTER._fernets])
    return measured(lambda: run(key))


def ours(key: Any, rows: list) -> int:
    from destinations import rotating  # noqa: PLC0415

    changed = sum(rotating.reseal(sealed(), key, SIZE))
    assert changed == len(rows), changed
    return changed


def bare(key: Any, rows: list) -> int:
    """Decrypting and encrypting alone, of values in memory."""
    from destinations.keyring import ring  # noqa: PLC0415

    keys = ring()
    for row in rows:
        token, _, key_id = row.sealed.ciphertext.partition(".")
        key.encrypt(keys[key_id].decrypt(token))
    return len(rows)


def row_by_row(key: Any, rows: list) -> int:
    """The loop one would write first."""
    from destinations.models import Destination  # noqa: PLC0415
    from destinations.sealing import Sealed  # noqa: PLC0415

    for row in Destination.objects.order_by("pk").iterator():
        row.sealed = Sealed.seal(row.credentials, row.binding, key)
        row.save(update_fields=["sealed"])
    return len(rows)


def whole(count: int) -> None:
    """The command for real, killed half-way and run again, while another process reads."""
    rows = seed(count)
    old = settings_key()
    new = fresh_key()
    both = environment(f"{new},{old}")
    with reader(rows, both) as told:
        first, done = killed_half_way(both, new, count)
        second, said = timed(both)
    print(
        f"  {count:,} rows: {first:.0f} s until it was killed after {done:,}, {second:.0f} s for the rest and the proof"
    )
    print(f"  {said.strip().partition('. ')[0]}.")
    print(
        f"  meanwhile {told['reads']:,} reads, {told['failed']} failed, the slowest took {told['slowest'] * 1e3:.0f} ms"
    )
    print(f"  rows on the old key: {counted(old):,}")
    assert told["failed"] == counted(old) == 0


@contextmanager
def reader(rows: list, env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A process that reads for as long as the block runs; what it saw is told at the end."""
    command = [sys.executable, "-c", READ, str(rows[-1].pk), str(rows[0].pk)]
    told: dict[str, Any] = {}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    try:
        yield told
    finally:
        process.terminate()
        told.update(json.loads(process.communicate()[0]))


def killed_half_way(env: dict[str, str], new: str, count: int) -> tuple[float, int]:
    began = time.perf_counter()
    process = subprocess.Popen(command(), env=env, stderr=subprocess.DEVNULL)
    while counted(new) < count / 2:
        assert process.poll() is None, "It ended before it could be killed."
        time.sleep(0.1)
    process.kill()
    process.wait()
    return time.perf_counter() - began, counted(new)


def timed(env: dict[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    said = subprocess.run(command(), env=env, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - began, said


def command() -> Iterable[str]:
    return [sys.executable, "manage.py", "rotate_encryption_key", "--batch-size", str(SIZE)]


def environment(keys: str) -> dict[str, str]:
    from django.db import connection  # noqa: PLC0415

    its = connection.settings_dict
    url = f"sqlite:///{its['NAME']}"
    if connection.vendor == "postgresql":
        login = f"{quote(its['USER'], safe='')}:{quote(its['PASSWORD'], safe='')}"
        url = f"postgresql://{login}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    ours = {"LANDFALL_DATABASE_URL": url, "LANDFALL_FIELD_ENCRYPTION_KEY": keys, "LANDFALL_VENV": "off"}
    return os.environ | ours


def seed(count: int) -> list:
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415
    from encrypted_model_fields import fields  # noqa: PLC0415

    fields.CRYPTER = MultiFernet([Fernet(settings_key())])
    return destinations(20, count, lambda number: f"https://hooks.example.com/in/{number}")


def settings_key() -> str:
    from django.conf import settings  # noqa: PLC0415

    return str(settings.FIELD_ENCRYPTION_KEY[0])


def fresh_key() -> str:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet.generate_key().decode()


def counted(key: str) -> int:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    from destinations.keyring import key_id  # noqa: PLC0415

    return int(sealed().values().filter(key_of_value=key_id(Fernet(key))).count())


def sealed() -> Any:
    from destinations.keyring import Column  # noqa: PLC0415
    from destinations.models import Destination  # noqa: PLC0415

    return Column(Destination, Destination._meta.get_field("sealed"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="rows of the whole (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are taken (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    arguments()
    on_each_database(main)

"""What the benchmarks share: a database of their own, destinations to measure with, and medians."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "landfall_bench"


@dataclass(frozen=True)
class Cost:
    """Of one run of one variant: seconds on the clock and seconds of this process's processor."""

    wall: float
    cpu: float
    count: int

    @property
    def rate(self) -> float:
        return self.count / self.wall

    @property
    def cpu_each(self) -> float:
        return self.cpu / self.count


def on_each_database(main: Callable[[], None]) -> None:
    """Run `main` on SQLite and, where LANDFALL_DATABASE_URL names one, on PostgreSQL, a process for each."""
    if "BENCH_DATABASE" in os.environ:
        with database():
            main()
        return
    given = os.environ.get("LANDFALL_DATABASE_URL", "")
    for title, url in [("SQLite", ""), *([("PostgreSQL", given)] if given else [])]:
        print(f"\n{title}")
        subprocess.run([sys.executable, *sys.argv], env=os.environ | {"BENCH_DATABASE": url}, check=True)


@contextmanager
def database() -> Iterator[None]:
    """A new database beside the one that is named, which is never touched; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="landfall-bench-") as folder:
        _configure(folder)
        Path(folder, "static").mkdir()
        import django  # noqa: PLC0415  reads the settings that were just made
        from django.db import connection  # noqa: PLC0415

        django.setup()
        connection.settings_dict["TEST"]["NAME"] = NAME if connection.vendor == "postgresql" else f"{folder}/{NAME}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(NAME, verbosity=0)


def _configure(folder: str) -> None:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    for name in [name for name in os.environ if name.startswith("LANDFALL_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LANDFALL_VAR": folder,
        "LANDFALL_SECRET_KEY": "only for a benchmark " * 4,
        "LANDFALL_FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "LANDFALL_DATABASE_URL": os.environ["BENCH_DATABASE"],
        "LANDFALL_BROKER_URL": "memory://",
        "LANDFALL_EGRESS_ALLOW": "127.0.0.0/8",
        "LANDFALL_LOG_LEVEL": "error",
        "LANDFALL_CHECK_TIMEOUT": "2",
    }
    sys.path.insert(0, str(ROOT))


def measured(run: Callable[[], int]) -> Cost:
    """`run` returns how many things it did."""
    wall, cpu = time.perf_counter(), time.process_time()
    count = run()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, count)


def medians(variants: dict[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """Every variant once a round, in turn, so that what else the machine does hits all alike."""
    seen: dict[str, list[Cost]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            seen[name].append(run())
    return {name: _median(costs) for name, costs in seen.items()}


def _median(costs: list[Cost]) -> Cost:
    wall = statistics.median(cost.wall / cost.count for cost in costs)
    cpu = statistics.median(cost.cpu / cost.count for cost in costs)
    return Cost(wall * costs[0].count, cpu * costs[0].count, costs[0].count)


def destinations(tenants: int, count: int, url: Callable[[int], str]) -> list:
    """Webhook destinations, evenly over new tenants, written in bulk: creating is not what is measured."""
    from destinations.models import Destination, DestinationState  # noqa: PLC0415
    from tenants.models import Tenant  # noqa: PLC0415

    owners = Tenant.objects.bulk_create([Tenant(name=f"Tenant {number}") for number in range(tenants)])
    made = []
    for number in range(count):
        config = {"url": url(number), "method": "POST"}
        names = {"name": f"Hook {number}", "slug": f"hook-{number}"}
        made.append(Destination(tenant=owners[number % tenants], type="webhook", config=config, **names))
        made[-1].credentials = {"secret": "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5ISE="}
    made = Destination.objects.bulk_create(made, batch_size=500)
    DestinationState.objects.bulk_create([DestinationState(destination=each) for each in made], batch_size=500)
    return made

"""How fast a sweep checks webhooks, as ratios to three other ways of doing it. README.md says how to read them."""

import argparse
import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import uvloop
from responder import host
from stage import Cost, destinations, measured, medians, on_each_database

HOSTS, WINDOW, TIMEOUT = 500, 256, 2
BODY = b'{"type":"landfall.check","timestamp":"2026-01-01T00:00:00Z"}'


def main() -> None:
    options = arguments()
    with responder() as port:
        made = destinations(20, options.count, lambda number: f"http://{host(number % HOSTS)}:{port}/hook/{number}")
        urls = [each.config["url"] for each in made]
        costs = medians(
            {
                "ours": lambda: measured(lambda: ours(made)),
                "bare aiohttp": lambda: measured(lambda: uvloop.run(bare_aiohttp(urls))),
                "bare sockets": lambda: measured(lambda: uvloop.run(bare_sockets(urls))),
                "task per check": lambda: measured(lambda: task_per_check(made[: options.count // 10])),
            },
            options.rounds,
        )
        report(costs)
        report_hanging(made, port)


def report(costs: dict[str, Cost]) -> None:
    for name, cost in costs.items():
        print(f"  {name:16}{cost.rate:8.0f} checks/s{cost.cpu_each * 1e6:8.0f} CPU us each")
    ours, *others = costs.values()
    print("  ours to the others, by rate and by CPU:")
    for name, cost in zip(list(costs)[1:], others, strict=True):
        print(f"  {name:16}{ours.rate / cost.rate:8.2f} x{ours.cpu_each / cost.cpu_each:14.2f} x")


def report_hanging(made: Sequence, port: int) -> None:
    """2 % of the endpoints never answer: a sliding window loses one time limit, a closed batch one for each batch."""
    from destinations.models import Destination  # noqa: PLC0415

    without = measured(lambda: ours(made))
    hanging = made[::50]
    for number, each in enumerate(hanging):
        each.config = {**each.config, "url": f"http://{host(number % HOSTS)}:{port}/hang"}
    Destination.objects.bulk_update(hanging, ["config"])
    cost = measured(lambda: ours(made))
    ratio = cost.wall / (TIMEOUT + without.wall)
    print(f"  2 % hanging: {cost.wall:.2f} s = {ratio:.2f} x (time limit + time without hangs)")


def ours(made: Sequence) -> int:
    """Everything a worker does: claim, read, decrypt, sign, vet, check, record."""
    from django.utils import timezone  # noqa: PLC0415

    from destinations import checking  # noqa: PLC0415
    from destinations.models import DestinationState  # noqa: PLC0415

    DestinationState.objects.update(next_check_at=timezone.now())
    done = checking.sweep()
    assert done == len(made), f"{done} of {len(made)} were checked."
    return done


async def bare_aiohttp(urls: Sequence[str]) -> int:
    """The same requests and nothing else: what the HTTP client itself costs."""
    window = asyncio.Semaphore(WINDOW)
    connector = aiohttp.TCPConnector(force_close=True, limit=0)

    async def post(url: str) -> None:
        async with window, session.post(url, data=BODY, allow_redirects=False) as answer:
            assert answer.status == 204

    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(TIMEOUT)) as session:
        await asyncio.gather(*map(post, urls))
    return len(urls)


class Exchange(asyncio.Protocol):
    def __init__(self, request: bytes, done: "asyncio.Future[bytes]") -> None:
        self.request, self.done = request, done

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        self.transport.abort()
        self.done.set_result(data)


async def bare_sockets(urls: Sequence[str]) -> int:
    """The least that has to happen: connect, write, read, close."""
    window, loop = asyncio.Semaphore(WINDOW), asyncio.get_running_loop()

    async def post(url: str) -> None:
        parts = urlsplit(url)
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(BODY)}\r\n\r\n"
        async with window:
            done = loop.create_future()
            await loop.create_connection(lambda: Exchange(head.encode() + BODY, done), parts.hostname, parts.port)
            assert b" 204 " in await done

    await asyncio.gather(*map(post, urls))
    return len(urls)


def task_per_check(some: Sequence) -> int:
    """The body of the task one would write first, called without Celery: sending it would only add to its cost."""
    from django.utils import timezone  # noqa: PLC0415

    from destinations.models import ConnectionCheck, Destination, DestinationState  # noqa: PLC0415

    for each in some:
        destination = Destination.objects.get(pk=each.pk)
        assert destination.credentials
        started = timezone.now()
        request = urllib.request.Request(destination.config["url"], BODY, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            status = "passed" if answer.status == 204 else "failed"
        check = ConnectionCheck.objects.create(
            destination=destination,
            trigger="schedule",
            revision=destination.revision,
            status=status,
            started_at=started,
            completed_at=timezone.now(),
        )
        state = DestinationState.objects.get(pk=each.pk)
        state.last_check, state.health, state.next_check_at = check, "healthy", timezone.now()
        state.save()
    return len(some)


@contextmanager
def responder() -> Iterator[int]:
    """The server, in a process of its own: the port."""
    command = [sys.executable, str(Path(__file__).with_name("responder.py")), str(HOSTS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="destinations (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are taken (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    arguments()
    on_each_database(main)

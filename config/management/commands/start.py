from argparse import ArgumentParser, ArgumentTypeError
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.launch import preparing, private, serving
from config.launch.supervisor import Supervisor, say
from config.paths import ADMIN_LOGIN_FILE, LOCK_FILE, VAR


class Command(BaseCommand):
    help = "Run Landfall on this machine, all of it, until Ctrl-C."
    # What a check reports must not keep a person from the clearer sentences of the steps below.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.START_HOST, help="address to listen on (%(default)s)")
        parser.add_argument("--port", default=settings.START_PORT, type=port_number, help="port (%(default)s)")

    def handle(self, *_: Any, host: str, port: int, **__: Any) -> None:
        with private.hold(LOCK_FILE), closing(serving.listen(host, port)) as listener:
            say("Landfall is starting.")
            preparing.prepare_database()
            password = preparing.prepare_login()
            preparing.prepare_broker()
            preparing.prepare_static()
            networks = preparing.prepare_egress(serving.is_loopback(host))
            text = banner(serving.url(host, listener.getsockname()[1]), password, networks)
            group = Supervisor(serving.children(listener), serving.environment(host))
            group.run(started=lambda: serving.when_answering(listener, lambda: say(text)))
        say("Landfall has stopped; all data is kept.")


def port_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ArgumentTypeError("a port is a number from 0 (any free one) to 65535")
    return number


def banner(address: str, password: str | None, networks: list[str]) -> str:
    reach = ", ".join(networks) or "none"
    return f"""
Landfall is running.

  Open       {address}
  Sign in    {_login(password)}
  Data       {VAR}
             Back it up whole: the secrets in it open only with its encryption_keys.
  Checks     connect to the public internet, and of private networks to {reach}
  Stop       Ctrl-C
"""


def _login(password: str | None) -> str:
    if password:
        return f"{preparing.ADMIN}, password {password} (shown once, kept in {ADMIN_LOGIN_FILE})"
    if ADMIN_LOGIN_FILE.exists():
        return f"{preparing.ADMIN}, first password kept in {ADMIN_LOGIN_FILE}"
    return "with a login that you have"

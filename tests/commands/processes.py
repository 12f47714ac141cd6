"""Commands as a person runs them: processes of their own, on the database of the test."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [*MANAGE, *arguments]
    return subprocess.run(
        command, env=environment(**variables), capture_output=True, text=True, timeout=60, check=False
    )


def environment(**variables: str) -> dict[str, str]:
    mine = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LANDFALL_VENV": "off",
        "LANDFALL_DATABASE_URL": _database_url(),
        "LANDFALL_FIELD_ENCRYPTION_KEY": ",".join(settings.FIELD_ENCRYPTION_KEY),
        "LANDFALL_BROKER_URL": "",  # the embedded one, in the folder of the tests
    }
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return inherited | mine | variables


def _database_url() -> str:
    its = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{its['NAME']}"
    login = f"{quote(its['USER'], safe='')}:{quote(its['PASSWORD'], safe='')}"
    return f"postgresql://{login}@{its['HOST']}:{its['PORT']}/{its['NAME']}"

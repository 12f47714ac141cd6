"""The README's five minutes, run as they stand there: a fresh start, and every block pasted into one shell."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import BASE_DIR
from tests.installation import Installation
from tests.servers.process import free_port, require

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    readme = (BASE_DIR / "README.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```", readme.split("<!-- tour")[1], re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def said(blocks: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed."""
    require("curl")
    installation = Installation(tmp_path_factory.mktemp("tour"))
    with installation.running() as run:
        return paste(blocks, installation, run.url)


def paste(blocks: list[str], installation: Installation, url: str) -> list[str]:
    script = "set -m\n" + "\n".join(f"{block}\necho; echo '=== '$?" for block in blocks)
    script = script.replace("http://127.0.0.1:8000/", url).replace("9000", str(free_port()))
    script = script.replace("/tmp/receiver.py", str(installation.folder / "receiver.py"))  # noqa: S108
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=installation.folder,
        env=installation.environment | {"PATH": f"{own_python(installation.folder)}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    parts = re.split(r"^=== \d+\n", ended.stdout, flags=re.MULTILINE)
    assert len(parts) == len(blocks) + 1, ended.stdout + ended.stderr
    return parts


def own_python(folder: Path) -> Path:
    """A folder whose `python3` is the one that runs the tests, with everything installed."""
    place = folder / "bin"
    place.mkdir()
    (place / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (place / "python3").chmod(0o755)
    return place


def test_the_type_says_what_it_needs(said: list[str]) -> None:
    assert '"url"' in said[1]


def test_the_destination_is_registered_with_a_secret_shown_once(said: list[str]) -> None:
    made = re.search(r"whsec_[A-Za-z0-9+/=]{40,}", said[3])
    assert made
    assert made[0] not in "".join(said[:3] + said[4:])


def test_the_check_passes_while_the_receiver_runs(said: list[str]) -> None:
    assert "passed" in said[4]


def test_the_check_says_why_it_fails_when_the_receiver_is_gone(said: list[str]) -> None:
    assert "refused" in said[5]
    assert '"code":"refused"' in said[6].replace(" ", "")

"""A process of its own, with whatever stands in its environment: it checks every type at an address, and says how.

Arguments: the ports that answer without TLS, one for each type, as JSON. Output: the outcome of each type, as JSON.
"""

import asyncio
import json
import sys

import django

django.setup()

from connectors import perloop, registry  # noqa: E402
from tests.egress.paths import Path, typed  # noqa: E402


async def outcomes(paths: dict[str, Path], ports: dict[str, int]) -> dict[str, str]:
    try:
        return {name: await paths[name].visit("127.0.0.1", port) for name, port in ports.items()}
    finally:
        await perloop.close()


if __name__ == "__main__":
    asked = {path.name: path for path in typed()}
    assert set(registry.names()) <= set(asked)
    sys.stdout.write(json.dumps(asyncio.run(outcomes(asked, json.loads(sys.argv[1])))))

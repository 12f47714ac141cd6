"""Two requests of which the second comes when the first has judged the row, and has not written it yet."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

PATIENCE = 2  # seconds that the first goes on after, if the second is kept from the row; no outcome depends on them


def meet(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, first: Callable[[], Any], second: Callable[[], Any]
) -> list[Any]:
    """Both answers. The second request is made where the first has called `name` of the module."""
    original, seconds = getattr(module, name), []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        monkeypatch.setattr(module, name, original)
        seconds.append(pool.submit(second))
        wait(seconds, PATIENCE)
        return made

    monkeypatch.setattr(module, name, interrupted)
    with ThreadPoolExecutor(1) as pool:
        return [first(), *(one.result() for one in seconds)]

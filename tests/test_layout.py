"""Who may import whom, and how large things may get."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "connectors", "destinations", "tenants")
# From the bottom up: a module may import what stands on its own line or above.
LAYERS = (
    ("connectors", "tenants"),
    ("destinations.keyring", "destinations.querysets"),
    ("destinations.sealing",),
    ("destinations.models", "destinations.drafts", "destinations.exceptions"),
    (
        "destinations.background",
        "destinations.claiming",
        "destinations.limits",
        "destinations.naming",
        "destinations.presence",
        "destinations.rotating",
        "destinations.topics",
        "destinations.trail",
    ),
    ("destinations.binding", "destinations.keys", "destinations.limits", "destinations.merging"),
    ("destinations.apps",),
    ("destinations.applying", "destinations.recording"),
    ("destinations.checking",),
    ("destinations.tasks",),
    ("destinations.services",),
    ("destinations.credentials",),
    ("destinations.filters", "destinations.parsing"),
    ("destinations.attaching", "destinations.refusals"),
    ("destinations.api", "destinations.dialects", "destinations.forms", "destinations.management"),
    ("destinations.admin",),
    ("config",),
)
# Two faces of the product never lean on each other.
APART = ("destinations.api", "destinations.dialects", "destinations.admin", "destinations.management")
MAX_FILE, MAX_FUNCTION, MAX_CLASS = 300, 50, 180


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int | None:
    ranks = [rank for rank, names in enumerate(LAYERS) for name in names if _within(module, name)]
    return max(ranks, default=None)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


ALL = list(modules())


@pytest.mark.parametrize(("module", "path"), ALL, ids=[module for module, _ in ALL])
def test_imports_point_down(module, path):
    ours = [name for name in imports(path) if name.split(".")[0] in PACKAGES]
    if module.startswith(("tenants", "connectors")):
        assert [name for name in ours if not _within(name, module.split(".")[0])] == []
    if module != "destinations" and module.split(".")[0] == "destinations":
        assert layer(module) is not None, f"{module} has no place in LAYERS."
        assert [name for name in ours if (layer(name) or 0) > (layer(module) or 0)] == []
        for face in APART:
            if _within(module, face):
                assert [name for name in ours for other in APART if other != face and _within(name, other)] == []


@pytest.mark.parametrize(("module", "path"), ALL, ids=[module for module, _ in ALL])
def test_things_stay_small(module, path):
    source = path.read_text()
    assert len(source.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(source)):
        size = (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert size <= MAX_FUNCTION, f"{module}.{node.name} has {size} lines."
        elif isinstance(node, ast.ClassDef):
            assert size <= MAX_CLASS, f"{module}.{node.name} has {size} lines."


def test_every_type_file_is_listed_under_its_own_name():
    files = {path.stem for path in (ROOT / "connectors" / "types").glob("*.py")} - {"__init__"}
    assert set(registry.names()) == files

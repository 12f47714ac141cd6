"""Which dialect has words for which type, as docs/dialects/matrix.md shows it. Dialects do not know each other, so what
looks at all of them is here."""

from collections.abc import Mapping
from typing import NamedTuple

from connectors import registry
from destinations.dialects.cloudflare import reading as cloudflare
from destinations.dialects.outpost import types as outpost
from destinations.dialects.planet import types as planet
from destinations.dialects.redox import catalogue as redox
from destinations.dialects.stitch import types as stitch


class Column(NamedTuple):
    """`words` are a dialect's own by native type."""

    title: str
    page: str
    words: Mapping[str, str]


def columns() -> tuple[Column, ...]:
    return (
        Column("Outpost", "outpost.md", {name: name for name in outpost.TYPES}),
        Column("Cloudflare", "cloudflare.md", {cloudflare.TYPE: ", ".join(cloudflare.DATASETS)}),
        Column("Planet", "planet.md", {native: type_.name for native, type_ in planet.NATIVE.items()}),
        Column("Redox", "redox.md", _products()),
        Column("Stitch", "stitch.md", {native: type_.key for native, type_ in stitch.BY_NATIVE.items()}),
    )


def page() -> str:
    faces = columns()
    lines = [
        "# One registry, six faces",
        "",
        "A destination is seen by every client whose system has a word for its type, whichever made it. This table has",
        "the words; the admin, the [native API](../api.md) and the commands know all types.",
        "",
        f"| type | {' | '.join(f'[{face.title}]({face.page})' for face in faces)} |",
        f"| --- |{' --- |' * len(faces)}",
    ]
    for name in registry.names():
        words = (f"`{face.words[name]}`" if name in face.words else "" for face in faces)
        lines.append(f"| [{name}](../types/{name}.md) | {' | '.join(words)} |")
    return "\n".join(lines) + "\n"


def _products() -> dict[str, str]:
    """Of several products that share a type, all."""
    words: dict[str, str] = {redox.WEBHOOK: "endpoint"}
    for product in redox.PRODUCTS:
        pair = "/".join(product.pair)
        words[product.native] = f"{words[product.native]}, {pair}" if product.native in words else pair
    return words

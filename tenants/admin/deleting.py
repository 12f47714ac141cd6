"""What Django's page before a deletion says: counted, not listed, since a row may have a hundred thousand parts."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import CASCADE, PROTECT, ManyToOneRel, Model

#: names of the things, counts by kind, kinds the person may not delete, what stands in the way
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]


def deletion(things: Sequence[Model], allowed: bool) -> Deletion:
    kind = str(things[0]._meta.verbose_name_plural) if things else ""
    related = list(_related(things))
    parts = {name: count for name, count, protected in related if not protected}
    in_the_way = [f"{count} {name}" for name, count, protected in related if protected]
    return list(map(str, things)), {kind: len(things), **parts}, set() if allowed else {kind}, in_the_way


def _related(things: Sequence[Model]) -> Iterator[tuple[str, int, bool]]:
    """What refers to the things, as (name, count, whether it forbids the deletion)."""
    for relation in things[0]._meta.related_objects if things else ():
        if type(relation) is ManyToOneRel:
            rows: Any = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": things})
            protected = relation.on_delete is PROTECT
            name = relation.related_model._meta.verbose_name_plural
            if relation.on_delete in (PROTECT, CASCADE) and (count := rows.count()):
                yield str(name), count, protected

"""Changing items by hand: what is changed is locked, and a lock can be set and taken away alone."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, null, select, update

from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.library import facets, layers
from sublarr_tasks.models import Directory, EnrichmentState, Item, Library
from sublarr_tasks.preferences import ARTWORK_TYPES
from sublarr_tasks.viewers import Viewer

REQUIRED = (*layers.REQUIRED, *layers.LISTS)
# What tells which film or series it is, so that the services are asked anew.
IDENTIFYING = (*layers.IDS, "title", "year")


def change(
    db: Connection,
    viewer: Viewer,
    item_id: int,
    changes: Mapping[str, Any],
    *,
    locked_fields: Collection[str] | None = None,
    locked_artwork: Collection[str] | None = None,
) -> None:
    """Set fields of an item and lock them; `locked_fields`, where given, are all that are locked.

    A field that is locked as it is keeps its present value. `locked_artwork` are the types of
    picture that nobody chooses any more. Raises NotFound, Forbidden, and
    InputError that names each field.
    """
    row = _locked(db, viewer, item_id)
    locked = {*row.edits, *changes} if locked_fields is None else {*locked_fields}
    _check(changes, locked, locked_artwork or ())
    present = {name: getattr(row, name) for name in layers.FIELDS} | row.edits | dict(changes)
    kept = {name: _json(present[name]) for name in layers.FIELDS if name in locked}
    freed = row.edits.keys() - locked
    values = layers.columns(row, kept, row.remote) | {"edits": kept, "updated_at": func.now()}
    if row.kind in layers.BY_ID and any(changes.get(name) for name in IDENTIFYING):
        values |= {
            "enrichment": EnrichmentState.PENDING,
            "enriched_at": None,
            "enrich_due_at": func.now(),
            "enrich_attempts": 0,
        }
    if locked_artwork is not None:
        values["locked_artwork"] = sorted({*locked_artwork})
    if freed:
        # The next scan reads the directory again and writes what it finds.
        values["digest"] = b""
        db.execute(
            update(Directory).where(Directory.id == row.directory_id).values(signature=null())
        )
    db.execute(update(Item).where(Item.id == item_id).values(values))
    facets.refresh(db, [item_id])


def _locked(db: Connection, viewer: Viewer, item_id: int) -> Any:  # noqa: ANN401 - a row
    found = db.execute(
        select(*Item.__table__.c, Library.owner_id)
        .join(Library, Library.id == Item.library_id)
        .where(Item.id == item_id, viewer.sees(Library.owner_id))
        .with_for_update(of=Item)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no item {item_id}.")
    viewer.require_change(found.owner_id)
    return found


def _check(changes: Mapping[str, Any], locked: Collection[str], artwork: Collection[str]) -> None:
    wrong = {
        name: "This cannot be empty."
        for name in REQUIRED
        if name in changes and (changes[name] is None or changes[name] == "")
    }
    wrong |= dict.fromkeys(
        changes.keys() - locked, "A field that is changed is locked; name it in locked_fields too."
    )
    unknown = sorted({*locked} - {*layers.FIELDS})
    if unknown:
        known = ", ".join(layers.FIELDS)
        wrong["locked_fields"] = f"These can be locked: {known}."
    if {*artwork} - {*ARTWORK_TYPES}:
        wrong["locked_artwork"] = f"These can be locked: {', '.join(ARTWORK_TYPES)}."
    if wrong:
        raise InputError(wrong)


def _json(value: Any) -> Any:  # noqa: ANN401 - any column's value
    return value.isoformat() if isinstance(value, date) else value

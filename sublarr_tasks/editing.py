"""Changing items by hand: what is changed is locked, and a lock can be set and taken away alone."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, null, select, update

from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.library import edits
from sublarr_tasks.models import Directory, Item, Library
from sublarr_tasks.viewers import Viewer

REQUIRED = ("title", "sort_title", "genres")


def change(
    db: Connection,
    viewer: Viewer,
    item_id: int,
    changes: Mapping[str, Any],
    locked_fields: Collection[str] | None = None,
) -> None:
    """Set fields of an item and lock them; `locked_fields`, where given, are all that are locked.

    A field that is locked as it is keeps its present value. Raises NotFound, Forbidden, and
    InputError that names each field.
    """
    row = _locked(db, viewer, item_id)
    locked = {*row.edits, *changes} if locked_fields is None else {*locked_fields}
    _check(changes, locked)
    present = {name: getattr(row, name) for name in edits.FIELDS} | row.edits | dict(changes)
    kept = {name: _json(present[name]) for name in edits.FIELDS if name in locked}
    freed = row.edits.keys() - locked
    values = edits.columns(row, kept) | {"edits": kept, "updated_at": func.now()}
    if freed:
        # The next scan reads the directory again and writes what it finds.
        values["digest"] = b""
        db.execute(
            update(Directory).where(Directory.id == row.directory_id).values(signature=null())
        )
    db.execute(update(Item).where(Item.id == item_id).values(values))


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


def _check(changes: Mapping[str, Any], locked: Collection[str]) -> None:
    wrong = {
        name: "This cannot be empty."
        for name in REQUIRED
        if name in changes and (changes[name] is None or changes[name] == "")
    }
    wrong |= dict.fromkeys(
        changes.keys() - locked, "A field that is changed is locked; name it in locked_fields too."
    )
    unknown = sorted({*locked} - {*edits.FIELDS})
    if unknown:
        known = ", ".join(edits.FIELDS)
        wrong["locked_fields"] = f"These can be locked: {known}."
    if wrong:
        raise InputError(wrong)


def _json(value: Any) -> Any:  # noqa: ANN401 - any column's value
    return value.isoformat() if isinstance(value, date) else value

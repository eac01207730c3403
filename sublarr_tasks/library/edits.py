"""What people have written of an item by hand: it goes before whatever is found elsewhere.

`items.edits` holds each such field with its value. A field in it is locked: no scan and no service
changes it. Taking it out again lets the next scan say what the field is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from sublarr_tasks.db import among
from sublarr_tasks.library.rows import sort_title
from sublarr_tasks.models import Item, ItemKind

IDS = ("imdb_id", "tmdb_id", "tvdb_id")
FIELDS = (
    "title",
    "original_title",
    "sort_title",
    "year",
    "edition",
    "plot",
    "tagline",
    "runtime_minutes",
    "content_rating",
    "premiered",
    "set_name",
    "genres",
    *IDS,
)
# Items whose state is whether a service's id is known.
BY_ID = (ItemKind.MOVIE, ItemKind.SERIES)


def apply(db: Connection, item_ids: Sequence[int]) -> None:
    """Set the edited fields of items that were just written anew, in their transaction.

    Their rows are locked by that, so that an edit is either seen here or waits and comes after.
    """
    edited = db.execute(
        select(Item.id, Item.kind, Item.edits, *(getattr(Item, name) for name in IDS)).where(
            among(Item.id, item_ids), Item.edits != {}
        )
    ).all()
    for row in edited:
        db.execute(update(Item).where(Item.id == row.id).values(columns(row, row.edits)))


def columns(row: Any, edits: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - an item's row
    """Return what edits make of an item's columns, and of those that follow from them."""
    values = {name: edits[name] for name in FIELDS if name in edits}
    if values.get("premiered") is not None:
        values["premiered"] = date.fromisoformat(values["premiered"])
    if "title" in values and "sort_title" not in values:
        values["sort_title"] = sort_title(values["title"])
    if row.kind in BY_ID:
        known = any(values.get(name, getattr(row, name)) for name in IDS)
        values["state"] = "identified" if known else "unidentified"
    return values

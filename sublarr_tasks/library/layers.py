"""What an item's fields are, of all that is said of it.

A person's word goes before the NFO's, that before a metadata service's, and that before what a
file's name suggests. `items.edits` holds what people wrote: such a field is locked. `local_fields`
names what the NFO gives, or an id in a name; `remote` is what the service said last.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, or_, select, update

from sublarr_tasks.db import among
from sublarr_tasks.library.rows import sort_title
from sublarr_tasks.models import Item, ItemKind

IDS = ("imdb_id", "tmdb_id", "tvdb_id")
LISTS = ("genres", "studios", "countries", "tags", "actors", "directors", "writers")
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
    *LISTS,
    *IDS,
)
# What an item always has, be it from the name of its file.
REQUIRED = frozenset({"title", "sort_title"})
# Items whose state is whether a service's id is known.
BY_ID = (ItemKind.MOVIE, ItemKind.SERIES)
# What `columns` must know of a row.
NEEDED = (
    Item.__table__.c.id,
    Item.__table__.c.kind,
    Item.__table__.c.title,
    Item.__table__.c.local_fields,
    Item.__table__.c.edits,
    Item.__table__.c.remote,
    *(Item.__table__.c[name] for name in IDS),
)


def apply(db: Connection, item_ids: Sequence[int]) -> None:
    """Lay the upper layers over items that were just written anew, in their transaction.

    Their rows are locked by that, so that an edit is either seen here or waits and comes after.
    """
    layered = db.execute(
        select(*NEEDED).where(among(Item.id, item_ids), or_(Item.edits != {}, Item.remote != {}))
    ).all()
    for row in layered:
        values = columns(row, row.edits, row.remote)
        if values:
            db.execute(update(Item).where(Item.id == row.id).values(values))


def columns(row: Any, edits: Mapping[str, Any], remote: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - an item's row
    """Return what the columns of an item become with these edits and this word of a service.

    Those that follow the NFO or a file's name are left out. What the service said before and no
    longer does is empty.
    """
    values: dict[str, Any] = {}
    for name in FIELDS:
        if name in edits:
            values[name] = edits[name]
        elif name in row.local_fields:
            continue
        elif remote.get(name):
            values[name] = remote[name]
        elif row.remote.get(name) and name not in REQUIRED:
            values[name] = [] if name in LISTS else None
    if values.get("premiered") is not None:
        values["premiered"] = date.fromisoformat(values["premiered"])
    given = "title" in edits or "sort_title" not in row.local_fields
    if "title" in values and "sort_title" not in values and given:
        values["sort_title"] = sort_title(values["title"])
    if row.kind in BY_ID:
        known = any(values.get(name, getattr(row, name)) for name in IDS)
        values["state"] = "identified" if known else "unidentified"
    return values

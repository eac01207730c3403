"""Films, and series with their seasons and episodes: from a part up to the whole, and back."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from sublarr_tasks.db import among
from sublarr_tasks.models import Item


def whole(db: Connection, item_id: int) -> int:
    """Return the item that another is part of in the end, or the item itself."""
    above = item_id
    while (parent := db.scalar(select(Item.parent_id).where(Item.id == above))) is not None:
        above = parent
    return above


def members(db: Connection, item_ids: Collection[int]) -> dict[int, int]:
    """Return the ids of items, their parts and the parts of those, each with the first of them."""
    found = {item_id: item_id for item_id in item_ids}
    newest = [*found]
    while newest:
        rows = db.execute(
            select(Item.id, Item.parent_id).where(
                among(Item.parent_id, newest), Item.missing_since.is_(None)
            )
        ).all()
        newest = [row.id for row in rows if row.id not in found]
        found |= {row.id: found[row.parent_id] for row in rows if row.id not in found}
    return found

"""Publishing at a person's word: a scan that looks at no directory and asks nobody."""

from typing import Any

from sqlalchemy import Connection, select

from sublarr_tasks import scans
from sublarr_tasks.errors import NotFound
from sublarr_tasks.library import families
from sublarr_tasks.models import Item, Library, ScanUnit, Step, Trigger
from sublarr_tasks.profiles import Publishing
from sublarr_tasks.scans import Requested
from sublarr_tasks.viewers import Viewer


def of_library(db: Connection, viewer: Viewer, library_id: int, mode: Publishing) -> Requested:
    """Ask for all of a library; raises NotFound, Forbidden, ScanRunning."""
    found = db.execute(
        select(Library.owner_id).where(Library.id == library_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no library {library_id}.")
    viewer.require_change(found.owner_id)
    return _requested(db, library_id, mode)


def of_item(db: Connection, viewer: Viewer, item_id: int, mode: Publishing) -> Requested:
    """Ask for a film, or the series that an item is part of; raises as `of_library` does."""
    found: Any = db.execute(
        select(Item.library_id, Library.owner_id)
        .join(Library, Library.id == Item.library_id)
        .where(Item.id == item_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no item {item_id}.")
    viewer.require_change(found.owner_id)
    return _requested(db, found.library_id, mode, families.whole(db, item_id))


def outcomes(db: Connection, scan_id: int) -> list[tuple[str, str]]:
    """Return what was done of each film or series, by its title."""
    rows = db.execute(
        select(ScanUnit.subject, ScanUnit.detail)
        .where(ScanUnit.scan_id == scan_id, ScanUnit.step == Step.PUBLISH)
        .order_by(ScanUnit.subject, ScanUnit.id)
    )
    return [(row.subject, row.detail or "") for row in rows]


def _requested(db: Connection, library_id: int, mode: Publishing, *items: int) -> Requested:
    options = {
        "only_enrichment": True,
        "enable_enrichment": False,
        "publishing": mode,
        "items": items,
    }
    return scans.request(db, library_id, trigger=Trigger.API, options=options)

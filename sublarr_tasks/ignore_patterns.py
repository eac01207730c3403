"""Ignore patterns as rows: what scans pass over, for every library or for one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging
from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.library.ignore import Target
from sublarr_tasks.models import IgnorePattern, Library
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer, in_libraries

LONGEST = 255  # a file name holds no more

_COLUMNS = tuple(IgnorePattern.__table__.c)
_BY_ID = Order("ignore_patterns", (IgnorePattern.__table__.c.id,), (int,))


@dataclass(frozen=True, slots=True)
class Draft:
    """A pattern to be added; without a library it holds for all of them."""

    pattern: str
    target: Target
    library_id: int | None = None
    enabled: bool = True


def page(db: Connection, viewer: Viewer, library_id: int | None, window: Window) -> Page:
    """List the patterns that a viewer sees; with a library, those that hold for it."""
    matching = select(IgnorePattern.id).where(_visible(viewer))
    if library_id is not None:
        mine = or_(IgnorePattern.library_id.is_(None), IgnorePattern.library_id == library_id)
        matching = matching.where(mine)
    return paging.fetch(db, matching, select(*_COLUMNS), _BY_ID, window)


def add(db: Connection, viewer: Viewer, draft: Draft) -> Row[Any]:
    """Write a pattern; raises InputError that names each field, and Forbidden."""
    wrong = {}
    if sentence := _complaint(draft.pattern):
        wrong["pattern"] = sentence
    owner_id = None
    if draft.library_id is not None:
        library = _library(db, viewer, draft.library_id)
        if library is None:
            wrong["library_id"] = f"There is no library {draft.library_id}."
        else:
            owner_id = library.owner_id
    if wrong:
        raise InputError(wrong)
    viewer.require_change(owner_id)
    added = db.execute(
        upsert(IgnorePattern)
        .values(
            library_id=draft.library_id,
            target=draft.target,
            pattern=draft.pattern,
            enabled=draft.enabled,
        )
        .on_conflict_do_nothing()
        .returning(*_COLUMNS)
    ).one_or_none()
    if added is None:
        raise InputError({"pattern": "This pattern is there already."})
    return added


def enable(db: Connection, viewer: Viewer, pattern_id: int, *, enabled: bool) -> Row[Any]:
    """Switch a pattern on or off; raises NotFound and Forbidden."""
    _require_change(db, viewer, pattern_id)
    statement = update(IgnorePattern).where(IgnorePattern.id == pattern_id)
    return db.execute(statement.values(enabled=enabled).returning(*_COLUMNS)).one()


def remove(db: Connection, viewer: Viewer, pattern_id: int) -> None:
    """Delete a pattern; raises NotFound and Forbidden."""
    _require_change(db, viewer, pattern_id)
    db.execute(delete(IgnorePattern).where(IgnorePattern.id == pattern_id))


def _require_change(db: Connection, viewer: Viewer, pattern_id: int) -> None:
    """Lock a pattern that the viewer may change; one that holds for all is an admin's."""
    found = db.execute(
        select(Library.owner_id)
        .select_from(IgnorePattern)
        .outerjoin(Library, Library.id == IgnorePattern.library_id)
        .where(IgnorePattern.id == pattern_id, _visible(viewer))
        .with_for_update(of=IgnorePattern)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no ignore pattern {pattern_id}.")
    viewer.require_change(found.owner_id)


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    everybodys = IgnorePattern.library_id.is_(None)
    return or_(everybodys, in_libraries(viewer, IgnorePattern.library_id))


def _library(db: Connection, viewer: Viewer, library_id: int) -> Row[Any] | None:
    return db.execute(
        select(Library.owner_id)
        .where(Library.id == library_id, viewer.sees(Library.owner_id))
        .with_for_update(read=True)
    ).one_or_none()


def _complaint(pattern: str) -> str | None:
    if not pattern or len(pattern) > LONGEST:
        return f"Give 1 to {LONGEST} characters."
    if "/" in pattern or "\0" in pattern:
        return "A pattern is matched against one name, so it holds no slash and no NUL."
    if not pattern.strip("*?"):
        return "This would pass over everything."
    return None

"""Ignore patterns as rows: what scans pass over, for every library or for one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging
from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.library.ignore import Target
from sublarr_tasks.models import IgnorePattern, Library
from sublarr_tasks.paging import Order, Page, Window

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


def page(db: Connection, library_id: int | None, window: Window) -> Page:
    """List the patterns; with a library, those that hold for it."""
    matching = select(IgnorePattern.id)
    if library_id is not None:
        mine = or_(IgnorePattern.library_id.is_(None), IgnorePattern.library_id == library_id)
        matching = matching.where(mine)
    return paging.fetch(db, matching, select(*_COLUMNS), _BY_ID, window)


def add(db: Connection, draft: Draft) -> Row[Any]:
    """Write a pattern; raises InputError that names each field."""
    wrong = {}
    if sentence := _complaint(draft.pattern):
        wrong["pattern"] = sentence
    if draft.library_id is not None and not _exists(db, draft.library_id):
        wrong["library_id"] = f"There is no library {draft.library_id}."
    if wrong:
        raise InputError(wrong)
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


def enable(db: Connection, pattern_id: int, *, enabled: bool) -> Row[Any]:
    """Switch a pattern on or off; raises NotFound."""
    changed = db.execute(
        update(IgnorePattern)
        .where(IgnorePattern.id == pattern_id)
        .values(enabled=enabled)
        .returning(*_COLUMNS)
    ).one_or_none()
    if changed is None:
        raise NotFound(f"There is no ignore pattern {pattern_id}.")
    return changed


def remove(db: Connection, pattern_id: int) -> None:
    """Delete a pattern; raises NotFound."""
    statement = delete(IgnorePattern).where(IgnorePattern.id == pattern_id)
    if not db.execute(statement).rowcount:
        raise NotFound(f"There is no ignore pattern {pattern_id}.")


def _exists(db: Connection, library_id: int) -> bool:
    found = db.scalar(select(Library.id).where(Library.id == library_id).with_for_update(read=True))
    return found is not None


def _complaint(pattern: str) -> str | None:
    if not pattern or len(pattern) > LONGEST:
        return f"Give 1 to {LONGEST} characters."
    if "/" in pattern or "\0" in pattern:
        return "A pattern is matched against one name, so it holds no slash and no NUL."
    if not pattern.strip("*?"):
        return "This would pass over everything."
    return None

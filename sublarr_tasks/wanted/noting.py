"""Decisions as rows: what is wanted is written down, what no longer is goes.

Whoever brings changed files into rows calls this in the same transaction, so that the two always
agree; a changed profile is a walk over all videos that it may concern.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Row,
    Text,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.models import Library, WantedItem, WantedStatus
from sublarr_tasks.wanted import assignments, facts, linking
from sublarr_tasks.wanted.assignments import Assignments
from sublarr_tasks.wanted.deciding import State, Verdict, decide
from sublarr_tasks.wanted.facts import Video

# Videos that are judged in one transaction.
WALK = 500
_OPEN = (State.WANTED, State.UPGRADE)
_COLUMNS = tuple(WantedItem.__table__.c)
_TYPES: tuple[tuple[str, TypeEngine[Any]], ...] = (
    ("id", BigInteger()),
    ("item_id", BigInteger()),
    ("title_id", BigInteger()),
    ("library_id", BigInteger()),
    ("profile_id", BigInteger()),
    ("optional", Boolean()),
    ("upgrade", Boolean()),
    ("existing", Text()),
    ("reason", Text()),
    ("size", BigInteger()),
    ("mtime_ns", BigInteger()),
    ("status", Text()),
    ("anew", Boolean()),
    ("ends", Boolean()),
)

log = structlog.get_logger()


@dataclass(slots=True)
class _Changes:
    """What is to be done to the rows."""

    new: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)


def in_directories(db: Connection, ids: Collection[int]) -> Counter[str]:
    """Judge the videos in some directories; returns a scan's counters."""
    linking.in_directories(db, ids)
    chosen = assignments.load(db)
    # Without profiles nothing is wanted, and what was is taken away by a walk.
    return _note(db, facts.in_directories(db, ids), chosen) if chosen.profiles else Counter()


def of_files(db: Connection, ids: Collection[int]) -> Counter[str]:
    """Judge some videos; returns a scan's counters."""
    return _note(db, facts.of_files(db, ids), assignments.load(db))


def walk(db: Connection, library_id: int) -> bool:
    """Judge some more of a library's videos anew; false once all were.

    Whoever holds the library's row walks; a second walker leaves at once.
    """
    library = db.execute(
        select(Library.judged_to)
        .where(Library.id == library_id, Library.judged_to.is_not(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if library is None:
        return False
    videos = facts.of_library(db, library_id, library.judged_to, WALK)
    counted = _note(db, videos, assignments.load(db))
    judged_to = videos[-1].file_id if videos else None
    db.execute(update(Library).where(Library.id == library_id).values(judged_to=judged_to))
    log.debug("videos_judged", library_id=library_id, videos=len(videos), **counted)
    return bool(videos)


def to_walk(db: Connection) -> Sequence[int]:
    """Return the libraries that have videos to be judged anew."""
    return db.scalars(
        select(Library.id).where(Library.judged_to.is_not(None)).order_by(Library.id)
    ).all()


def _note(db: Connection, videos: Sequence[Video], chosen: Assignments) -> Counter[str]:
    """Write down what some videos lack.

    Returns how many rows came, changed, and went or were found to be there: `wanted_added`,
    `wanted_updated` and `wanted_removed`.
    """
    rows = _rows(db, videos)
    changes = _Changes()
    for video in videos:
        _compare(changes, chosen, video, rows)
    gone = [row.id for row in rows.values()]
    bulk.copy(db, WantedItem, changes.new)
    if gone:
        db.execute(delete(WantedItem).where(among(WantedItem.id, gone)))
    found = _update(db, changes.kept)
    return Counter(
        wanted_added=len(changes.new),
        wanted_updated=len(changes.kept) - found,
        wanted_removed=len(gone) + found,
    )


def _rows(db: Connection, videos: Sequence[Video]) -> dict[tuple[int, str, bool], Row[Any]]:
    """Lock and return what is written down about some videos."""
    files = [video.file_id for video in videos]
    found = db.execute(
        select(*_COLUMNS)
        .where(among(WantedItem.media_file_id, files))
        .order_by(WantedItem.id)
        .with_for_update()
    )
    return {(row.media_file_id, row.language, row.forced): row for row in found}


def _compare(
    changes: _Changes,
    chosen: Assignments,
    video: Video,
    rows: dict[tuple[int, str, bool], Row[Any]],
) -> None:
    """Add to the changes what a video's profile makes of it; takes its rows off the others."""
    profile = chosen.of(video)
    if profile is None:
        return
    for verdict in decide(profile, video.facts):
        if verdict.state is State.UNWANTED:
            continue  # its row, if there is one, is left among the others
        row = rows.pop((video.file_id, verdict.language, verdict.forced), None)
        values = _values(video, verdict, profile.id)
        if row is None:
            if verdict.state in _OPEN:
                there = verdict.state is State.UPGRADE
                status = WantedStatus.FOUND if there else WantedStatus.WANTED
                changes.new.append(values | {"status": status})
            continue
        values |= _progress(row, values, verdict.state)
        if any(getattr(row, name) != value for name, value in values.items()):
            changes.kept.append(
                values
                | {
                    "id": row.id,
                    "anew": _is_anew(row, values),
                    "ends": values["status"] == WantedStatus.FOUND != row.status,
                }
            )


def _values(video: Video, verdict: Verdict, profile_id: int) -> dict[str, Any]:
    return {
        "media_file_id": video.file_id,
        "item_id": video.item_ids[0],
        "title_id": video.item_ids[-1],
        "library_id": video.library_id,
        "profile_id": profile_id,
        "language": verdict.language,
        "forced": verdict.forced,
        "optional": verdict.optional,
        "upgrade": verdict.state is State.UPGRADE,
        "existing": verdict.existing,
        "reason": verdict.reason.value,
        "size": video.size,
        "mtime_ns": video.mtime_ns,
    }


def _progress(row: Row[Any], values: Mapping[str, Any], state: State) -> dict[str, Any]:
    """Return what becomes of a row's status: what a person ignores stays so in another version."""
    status = row.status
    if status == WantedStatus.IGNORED or (
        state is State.UPGRADE and status == WantedStatus.SEARCHING
    ):
        return {"status": status}
    if state in (State.THERE, State.UPGRADE):
        return {"status": WantedStatus.FOUND}
    lost = status == WantedStatus.FOUND
    again = status == WantedStatus.FAILED and _is_other(row, values)
    return {"status": WantedStatus.WANTED if lost or again else status}


def _is_other(row: Row[Any], values: Mapping[str, Any]) -> bool:
    return (row.size, row.mtime_ns) != (values["size"], values["mtime_ns"])


def _is_anew(row: Row[Any], values: Mapping[str, Any]) -> bool:
    """Tell whether searching begins anew: for another file, or for what was found before."""
    again = row.status == WantedStatus.FOUND and values["status"] == WantedStatus.WANTED
    return again or _is_other(row, values)


def _update(db: Connection, kept: Sequence[Mapping[str, Any]]) -> int:
    """Write what changed; returns how many were found to be there."""
    if not kept:
        return 0
    given = bulk.arrays(**{name: (kind, [each[name] for each in kept]) for name, kind in _TYPES})
    anew, ends = given.c.anew, given.c.ends
    db.execute(
        update(WantedItem)
        .where(WantedItem.id == given.c.id)
        .values(
            **{name: given.c[name] for name, _ in _TYPES if name not in ("id", "anew", "ends")},
            attempts=case((anew, 0), else_=WantedItem.attempts),
            first_searched_at=case((anew, None), else_=WantedItem.first_searched_at),
            next_attempt_at=case((anew, func.now()), else_=WantedItem.next_attempt_at),
            outcome=case((anew, None), else_=WantedItem.outcome),
            detail=case((anew, None), else_=WantedItem.detail),
            search_id=case((ends, None), else_=WantedItem.search_id),
            claim=case((ends, None), else_=WantedItem.claim),
            lease_until=case((ends, None), else_=WantedItem.lease_until),
            updated_at=func.now(),
        )
    )
    return sum(bool(each["ends"]) for each in kept)

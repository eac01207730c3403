"""Discovering: walk the library once and decide which directories must be read.

A unit is a walk from one or more starting directories. A walk that finds too much for one part
hands the rest on as new units, so that any number of workers share a large library.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import LargeBinary, Text

from sublarr_tasks import bulk, filenames, sightings, units
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.db import among
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.library import mounts, subtrees
from sublarr_tasks.library.walk import Reason, Seen, Unreadable, Walk
from sublarr_tasks.models import (
    Directory,
    Library,
    ScanJob,
    ScanStatus,
    UnitState,
    signed,
)
from sublarr_tasks.phases.roots import HOST, Reading, reading
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.units import Draft

# The first unit looks around and hands on; the others walk until one of these.
FIRST_DIRECTORIES = 64
MOST_DIRECTORIES = 2048
MOST_SECONDS = 3.0
# How a rest is cut into units.
SHARES = 2
SMALLEST_SHARE, LARGEST_SHARE = 64, 1024
COMPARED_AT_ONCE = 1000
# A link that leads back above itself hides nothing: what it leads to has been walked. One that
# leads nowhere is no error, but what was behind it stays until the link goes too.
HARMLESS = frozenset({Reason.LOOP, Reason.LOST_LINK})
_LOST_MOUNT = (
    "a mount point that is empty now; if its files were deleted on purpose, scan again with the"
    " option accept_losses"
)


@dataclass(slots=True)
class Found:
    """What one walk saw; `rest` are the directories that it left to others.

    `owners` are the directories of what could not be read inside them, by its path.
    """

    seen: list[Seen] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    mounts: set[str] = field(default_factory=set)
    identity: dict[str, Any] | None = None

    def see(self, sight: Seen) -> None:
        """Take a directory; the walk names what could not be read inside it just before."""
        below = f"{sight.path}/" if sight.path else ""
        for problem in reversed(self.unreadable):
            if problem.path in self.owners or not problem.path.startswith(below):
                break
            self.owners[problem.path] = sight.path
        self.seen.append(sight)


@dataclass(frozen=True, slots=True)
class Known:
    """A directory's row before this scan."""

    id: int
    signature: bytes | None
    depth: int


@dataclass(frozen=True, slots=True)
class Place:
    """A directory that this scan found, and whether it is as it was when it was last read."""

    subject: str
    directory_id: int
    unchanged: bool


def prepare(db: Connection, scan: Row[Any], _: Sequence[Unit]) -> Reading:
    return reading(db, scan)


def work(context: Reading, unit: Unit) -> Found:
    """Walk from the unit's starts; raises MountLost, or UnitError where its one start fails."""
    assert unit.payload is not None
    starts = [filenames.from_text(start) for start in unit.payload["starts"]]
    found = Found(identity=context.root.check())
    lost = _lost_mounts(context, starts)
    first = starts == [""]
    most = FIRST_DIRECTORIES if first else MOST_DIRECTORIES
    until = time.monotonic() + MOST_SECONDS
    walk = Walk(
        context.root.path,
        starts,
        ignore=context.root.ignore,
        symlinks=context.root.symlinks,
        besides=[filenames.from_text(path) for path in unit.payload.get("besides", ())],
        kind=context.root.kind,
    )
    try:
        for sight in walk:
            if isinstance(sight, Unreadable):
                found.unreadable.append(sight)
            elif sight.path not in lost:
                found.see(sight)
            if len(found.seen) >= most or time.monotonic() > until:
                break
    except OSError as error:
        context.root.check()
        raise UnitError(Reason.IO_ERROR, str(error)) from error
    found.unreadable += [Unreadable(path, Reason.LOST_MOUNT, _LOST_MOUNT) for path in lost]
    for sight in found.unreadable:
        # What others wait for goes on without the directory that is not there.
        if starts == [sight.path] and "then" not in unit.payload:
            raise _error(sight)
    found.rest = walk.frontier()
    found.mounts = mounts.below(context.root.path)
    return found


def settle(db: Connection, context: Reading, results: Sequence[tuple[Unit, Found]]) -> Settlement:
    """Write the directories that are new, and a unit for each that must be read."""
    totals = {"directories_total": 0, "directories_queued": 0, "directories_skipped": 0}
    drafts: list[Draft] = []
    for unit, found in results:
        payload: Mapping[str, Any] = unit.payload or {}
        again = bool(payload.get("again"))
        places, complete = _limited(db, context, _compare(db, context, found.seen, again=again))
        changed = [place for place in places if not place.unchanged]
        readings = [Draft(place.subject, place.directory_id) for place in changed]
        unchanged = [place for place in places if place.unchanged]
        units.add(db, context.scan_id, ScanStatus.SCANNING, [*readings, *_skipped(unchanged)])
        totals["directories_total"] += len(places)
        totals["directories_skipped"] += len(unchanged)
        totals["directories_queued"] += len(readings)
        drafts += [_unreadable(sight, found.owners) for sight in found.unreadable]
        handed_on = {name: payload[name] for name in ("again", "besides") if name in payload}
        drafts += _rest(found.rest, handed_on) if complete else []
        if "then" in payload:
            drafts.append(Draft("", None, payload["then"]))
    units.add(db, context.scan_id, ScanStatus.DISCOVERING, drafts)
    _note_root(db, context, results)
    _note_mounts(db, context, results)
    totals["discovering_failed"] = sum(draft.state is UnitState.FAILED for draft in drafts)
    return Settlement([Verdict(unit.id, UnitState.DONE) for unit, _ in results], totals)


def refuse(*_: object) -> dict[str, int]:
    """Leave it at the unit's reason: no row stands for a place that was not reached."""
    return {}


PROCEDURE = Procedure(prepare, work, settle, refuse)


def _compare(db: Connection, context: Reading, seen: Sequence[Seen], *, again: bool) -> list[Place]:
    """Find the rows of what was seen, and make those that are missing."""
    places: list[Place] = []
    for start in range(0, len(seen), COMPARED_AT_ONCE):
        keyed = {
            subtrees.key(sight.path): sight for sight in seen[start : start + COMPARED_AT_ONCE]
        }
        known = _known(db, context.library_id, list(keyed))
        new = {key: sight for key, sight in keyed.items() if sight.media and key not in known}
        known |= _insert(db, context, new)
        chosen = [(known[key], sight) for key, sight in keyed.items() if key in known]
        if again:
            taken = _taken(db, context.scan_id, [row.id for row, _ in chosen])
            chosen = [(row, sight) for row, sight in chosen if row.id not in taken]
        places += [_place(context, row, sight) for row, sight in chosen]
    return places


def _place(context: Reading, row: Known, sight: Seen) -> Place:
    wanted = context.depth.level
    deep_enough = row.depth & wanted == wanted
    unchanged = row.signature == sight.signature and deep_enough and not context.full
    return Place(filenames.to_text(sight.path), row.id, unchanged)


def _skipped(unchanged: Sequence[Place]) -> list[Draft]:
    """Draft one unit for all directories that need no work: a million rows would be that."""
    if not unchanged:
        return []
    payload = {sightings.UNCHANGED: [place.directory_id for place in unchanged]}
    subject = _named([place.subject for place in unchanged])
    return [Draft(subject, None, payload, UnitState.SKIPPED, "unchanged")]


def _known(db: Connection, library_id: int, keys: list[bytes]) -> dict[bytes, Known]:
    rows = db.execute(
        select(Directory.path_key, Directory.id, Directory.signature, Directory.depth).where(
            Directory.library_id == library_id,
            Directory.path_key == func.any(literal(keys, ARRAY(LargeBinary))),
        )
    )
    return {row.path_key: Known(row.id, row.signature, row.depth) for row in rows}


def _insert(db: Connection, context: Reading, new: dict[bytes, Seen]) -> dict[bytes, Known]:
    if not new:
        return {}
    given = bulk.arrays(
        path=(Text(), [filenames.to_text(sight.path) for sight in new.values()]),
        path_key=(LargeBinary(), list(new)),
        inode=(BigInteger(), [_inode(context, sight) for sight in new.values()]),
    )
    rows = db.execute(
        insert(Directory)
        .from_select(
            ["library_id", "path", "path_key", "inode"],
            select(literal(context.library_id), *given.c),
        )
        .returning(Directory.path_key, Directory.id)
    )
    return {row.path_key: Known(row.id, None, 0) for row in rows}


def _inode(context: Reading, sight: Seen) -> int | None:
    """Know a new directory again should it be renamed; None where it went meanwhile."""
    try:
        return signed(os.stat(os.path.join(context.root.path, sight.path)).st_ino)  # noqa: PTH116, PTH118 - names may be any bytes
    except OSError:
        return None


def _taken(db: Connection, scan_id: int, directory_ids: list[int]) -> set[int]:
    """Return which of some directories an earlier walk of this scan found already."""
    before = sightings.directories(scan_id)
    return set(db.scalars(select(before.c.id).where(among(before.c.id, directory_ids))))


def _limited(db: Connection, context: Reading, places: list[Place]) -> tuple[list[Place], bool]:
    """Keep to `max_directories`; returns the places, and whether the walk may go on."""
    most = context.options.max_directories
    if most is None:
        return places, True
    counted = db.scalar(
        select(ScanJob.directories_total).where(ScanJob.id == context.scan_id).with_for_update()
    )
    left = max(0, most - (counted or 0))
    return places[:left], len(places) < left


def _lost_mounts(context: Reading, starts: Sequence[str]) -> list[str]:
    """Return the mount points, of those that a walk will come upon first, that are empty now."""
    if context.options.accept_losses:
        return []
    known = context.root.mounts
    return mounts.emptied(context.root.path, known if starts == [""] else known & set(starts))


def _error(sight: Unreadable) -> UnitError:
    kind = UnitSkipped if sight.reason in HARMLESS else UnitError
    return kind(sight.reason, sight.detail)


def _unreadable(sight: Unreadable, owners: Mapping[str, str]) -> Draft:
    """Draft a unit that a retry walks from the directory which the sight is a part of."""
    subject = filenames.to_text(sight.path)
    start = filenames.to_text(owners.get(sight.path, sight.path))
    state = UnitState.SKIPPED if sight.reason in HARMLESS else UnitState.FAILED
    payload = {"starts": [start], "again": True}
    return Draft(subject, None, payload, state, sight.reason, sight.detail)


def _rest(paths: list[str], handed_on: Mapping[str, Any]) -> list[Draft]:
    share = max(SMALLEST_SHARE, min(LARGEST_SHARE, -(-len(paths) // SHARES)))
    drafts = []
    for start in range(0, len(paths), share):
        starts = [filenames.to_text(path) for path in paths[start : start + share]]
        drafts.append(Draft(_named(starts), None, {"starts": starts, **handed_on}))
    return drafts


def _named(subjects: Sequence[str]) -> str:
    more = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
    return subjects[0] + more


def _note_root(db: Connection, context: Reading, results: Sequence[tuple[Unit, Found]]) -> None:
    """Remember which folder the root was on this host, for every later look at it."""
    if context.root.identity is None:
        seen = {HOST: results[0][1].identity}
        known = func.coalesce(ScanJob.root, literal({}, JSONB))
        db.execute(
            update(ScanJob)
            .where(ScanJob.id == context.scan_id)
            .values(root=literal(seen, JSONB).op("||")(known))
        )


def _note_mounts(db: Connection, context: Reading, results: Sequence[tuple[Unit, Found]]) -> None:
    """Remember the mount points; where losses are accepted, those that are there and no other."""
    seen = set[str]().union(*(found.mounts for _, found in results))
    new = seen - context.root.mounts
    change = update(Library).where(Library.id == context.library_id)
    if context.options.accept_losses:
        db.execute(change.values(mounts=_texts(seen)))
    elif new:
        known = Library.mounts
        given = literal(_texts(new), JSONB)
        db.execute(change.where(~known.contains(given)).values(mounts=known.concat(given)))


def _texts(paths: Iterable[str]) -> list[str]:
    return [filenames.to_text(path) for path in sorted(paths)]

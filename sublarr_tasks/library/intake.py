"""Bring examined directories into rows: many at a time, each row written only if it changed.

Whoever calls holds the units of these directories, so nobody else writes their rows meanwhile.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary, bindparam, delete, func, update

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.library import moves
from sublarr_tasks.library.examine import Facts
from sublarr_tasks.library.plan import Draft, Plan, WorkDraft
from sublarr_tasks.library.shelves import Shelf
from sublarr_tasks.models import Asset, Directory, Item, MediaFile, Stream

Table = type[Item] | type[MediaFile] | type[Asset]


@dataclass(frozen=True, slots=True)
class Taken:
    """How many films were found, are new, changed, and went."""

    found: int
    new: int
    updated: int
    removed: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep a scan reads; a directory read less deep than asked for is read again."""

    probes: bool
    assets: bool

    @property
    def level(self) -> int:
        return self.probes | self.assets << 1


@dataclass(frozen=True, slots=True)
class Scope:
    """The library that is scanned, how deep, and since when."""

    library_id: int
    root: str
    depth: Depth
    since: datetime


def take(db: Connection, scope: Scope, found: Sequence[tuple[Shelf, Facts]]) -> Taken:
    """Write what was found in some directories.

    Where the depth leaves the assets out, their rows stay as they are.
    """
    library_id, depth = scope.library_id, scope.depth
    found = moves.bring_home(db, library_id, scope.root, found)
    plan = Plan()
    for shelf, facts in found:
        plan.add(library_id, shelf, facts, assets=depth.assets)
    new = sum(work.item.id is None for work in plan.works)
    updated = _updated(plan)
    here = [shelf.directory_id for shelf, _ in found]
    _park(db, plan.parked, here)
    _write(db, Item, [work.item for work in plan.works])
    for work in plan.works:
        for draft in (*work.files, *work.assets):
            draft.item_id = work.item.id
    _write(db, MediaFile, [draft for work in plan.works for draft in work.files])
    _write_streams(db, plan.works)
    assets = [draft for work in plan.works for draft in work.assets]
    for draft in assets:
        draft.values["library_id"] = library_id
    _write(db, Asset, assets)
    removed = _mark(db, Item, plan.gone_items, here)
    _mark(db, MediaFile, plan.gone_files, here)
    _mark(db, Asset, plan.gone_assets, here)
    _sign(db, [facts for _, facts in found], depth, plan.unread)
    back = sum(_is_since(work.was_missing_since, scope.since) for work in plan.works)
    return Taken(len(plan.works), new, updated, removed - back)


def _updated(plan: Plan) -> int:
    known = [work for work in plan.works if work.item.id is not None]
    return sum(work.rows_changed or work.item.id in plan.losers for work in known)


def _is_since(moment: datetime | None, since: datetime) -> bool:
    """Tell whether a film that is back was counted as removed by this very scan."""
    return moment is not None and moment >= since


def _write(db: Connection, table: Table, drafts: Sequence[Draft]) -> None:
    """Insert the drafts without an id, and give them theirs; update the changed others."""
    new = [draft for draft in drafts if draft.id is None]
    for draft, row_id in zip(new, bulk.reserve_ids(db, table, len(new)), strict=True):
        draft.id = row_id
    bulk.copy(db, table, [_values(table, draft) | {"id": draft.id} for draft in new])
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    written = {draft.id for draft in new}
    for draft in drafts:
        if draft.changed and draft.id not in written:
            values = _values(table, draft)
            alike[tuple(values)].append(values | {"row_id": draft.id})
    for names, batch in alike.items():
        changes: dict[str, Any] = {name: bindparam(name) for name in names}
        statement_ = update(table).where(table.id == bindparam("row_id"))
        db.execute(statement_.values(changes | _again(table)), batch)


def _values(table: Table, draft: Draft) -> dict[str, Any]:
    return draft.values if table is Item else draft.values | {"item_id": draft.item_id}


def _again(table: Table) -> dict[str, Any]:
    """Return what an update sets beside a draft's values: a row that is here is not missing."""
    here: dict[str, Any] = {"missing_since": None}
    return here | {"updated_at": func.now()} if table is Item else here


def _write_streams(db: Connection, works: Iterable[WorkDraft]) -> None:
    files = [file for work in works for file in work.files if file.streams is not None]
    db.execute(delete(Stream).where(among(Stream.media_file_id, [f.id for f in files if f.id])))
    streams = [
        stream | {"media_file_id": file.id} for file in files for stream in file.streams or ()
    ]
    bulk.copy(db, Stream, streams)


def _park(db: Connection, ids: Collection[int], directories: Sequence[int]) -> None:
    """Free the keys of items that are gone or about to change, for others that may take them.

    Not that of an item which was moved away while its old directory was read.
    """
    if ids:
        db.execute(
            update(Item)
            .where(among(Item.id, ids), among(Item.directory_id, directories))
            .values(key=func.concat("moved ", Item.id))
        )


def _mark(db: Connection, table: Table, ids: Collection[int], directories: Sequence[int]) -> int:
    """Leave tombstones; not on a row that was moved away while its old directory was read.

    Returns how many.
    """
    if not ids:
        return 0
    marked = db.execute(
        update(table)
        .where(among(table.id, ids), among(table.directory_id, directories))
        .values(missing_since=func.now())
    )
    return marked.rowcount


def _sign(db: Connection, facts: Sequence[Facts], depth: Depth, unread: Collection[int]) -> None:
    """Note that the directories were read, as what, and to their end but for the unread ones."""
    signatures = [None if one.directory_id in unread else one.signature for one in facts]
    signed = bulk.arrays(
        id=(BigInteger(), [one.directory_id for one in facts]),
        signature=(LargeBinary(), signatures),
        inode=(BigInteger(), [one.inode for one in facts]),
    )
    db.execute(
        update(Directory)
        .where(Directory.id == signed.c.id)
        .values(
            signature=signed.c.signature,
            inode=signed.c.inode,
            depth=depth.level,
            scanned_at=func.now(),
            missing_since=None,
        )
    )

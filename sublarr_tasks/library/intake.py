"""Bring examined directories into rows: many at a time, each row written only if it changed.

Whoever calls holds the units of these directories, so nobody else writes their rows meanwhile.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    bindparam,
    delete,
    false,
    func,
    update,
)

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.library import facets, layers, moves
from sublarr_tasks.library.examine import Facts
from sublarr_tasks.library.plan import Draft, FileDraft, Plan, WorkDraft
from sublarr_tasks.library.shelves import Shelf
from sublarr_tasks.models import Asset, Directory, Item, ItemKind, MediaFile, SharedFile, Stream

Table = type[Item] | type[MediaFile] | type[Asset]
# What a scan's counters call items.
COUNTED: Mapping[str, str] = {
    ItemKind.MOVIE: "movies",
    ItemKind.SERIES: "series",
    ItemKind.EPISODE: "episodes",
    ItemKind.ALBUM: "albums",
    ItemKind.TRACK: "tracks",
}


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


def take(db: Connection, scope: Scope, found: Sequence[tuple[Shelf, Facts]]) -> Counter[str]:
    """Write what was found in some directories; returns a scan's counters of items.

    Where the depth leaves the assets out, their rows stay as they are.
    """
    library_id, depth = scope.library_id, scope.depth
    found = moves.bring_home(db, library_id, scope.root, found)
    plan = Plan()
    for shelf, facts in found:
        plan.add(library_id, shelf, facts, assets=depth.assets)
    here = [shelf.directory_id for shelf, _ in found]
    _park(db, plan.parked, here)
    _write_items(db, plan.works)
    _write_files(db, plan.works)
    _write_shared(db, plan)
    _write_assets(db, library_id, plan.works)
    removed = _mark(db, Item, plan.gone_items, here)
    _mark(db, MediaFile, plan.gone_files, here)
    _mark(db, Asset, plan.gone_assets, here)
    _sign(db, [facts for _, facts in found], depth, plan.unread)
    return _counted(plan, [plan.gone_items[item_id] for item_id in removed], scope.since)


def _counted(plan: Plan, removed: Iterable[str], since: datetime) -> Counter[str]:
    """Count what was found, is new, changed and went; seasons and artists count by their parts."""
    counted = Counter(f"{COUNTED[kind]}_removed" for kind in removed if kind in COUNTED)
    for work in plan.works:
        named, item = COUNTED.get(work.work.kind), work.item
        if named is None:
            continue
        changed = work.rows_changed or item.id in plan.losers
        counted[f"{named}_found"] += 1
        counted[f"{named}_new"] += item.new
        counted[f"{named}_updated"] += changed and not item.new
        counted[f"{named}_removed"] -= _is_since(work.was_missing_since, since)
    return counted


def _is_since(moment: datetime | None, since: datetime) -> bool:
    """Tell whether a film that is back was counted as removed by this very scan."""
    return moment is not None and moment >= since


def _write_items(db: Connection, works: Sequence[WorkDraft]) -> None:
    """Write the items, each with the series or season that it is part of."""
    items = [work.item for work in works]
    _give_ids(db, Item, items)
    known = {(work.item.values["directory_id"], work.work.key): work.item.id for work in works}
    for work in works:
        if work.work.kind is not ItemKind.MOVIE:
            directory_id = work.item.values["directory_id"]
            parent = None if work.work.parent is None else known[directory_id, work.work.parent]
            work.item.values["parent_id"] = parent
    _write(db, Item, items)
    layers.apply(db, [item.id for item in items if item.id and item.changed and not item.new])
    _ask_again(db, items)
    facets.refresh(db, [item.id for item in items if item.id and item.new], new=True)
    facets.refresh(db, [item.id for item in items if item.id and item.changed and not item.new])


def _ask_again(db: Connection, items: Sequence[Draft]) -> None:
    """Let the metadata services be asked of what is said otherwise, and of series that grew.

    A new film's or series' row says so of itself.
    """
    here = {item.values["directory_id"] for item in items if item.new or item.changed}
    if here:
        db.execute(
            update(Item)
            .where(among(Item.directory_id, here), Item.kind.in_(layers.BY_ID), ~_to_be_asked())
            .values(enrich_due_at=func.now(), enrich_attempts=0)
        )


def _to_be_asked() -> ColumnElement[bool]:
    return func.coalesce(Item.enrich_due_at <= func.now(), false())


def _write_files(db: Connection, works: Sequence[WorkDraft]) -> None:
    files = [draft for work in works for draft in work.files]
    for work in works:
        for draft in work.files:
            draft.item_id = work.item.id
    _give_ids(db, MediaFile, files)
    _write(db, MediaFile, files)
    _write_streams(db, files)


def _write_shared(db: Connection, plan: Plan) -> None:
    """Write which files hold episodes beside the one that they are listed under."""
    episodes = [work for work in plan.works if work.work.kind is ItemKind.EPISODE]
    if not episodes:
        return
    ids = [each.item.id for each in episodes if each.item.id is not None]
    db.execute(delete(SharedFile).where(among(SharedFile.item_id, [*ids, *plan.gone_items])))
    files = (file for work in episodes for file in work.files)
    named = {(file.values["directory_id"], file.values["name"]): file.id for file in files}
    shared = [
        {"item_id": each.item.id, "media_file_id": named[each.item.values["directory_id"], name]}
        for each in episodes
        for name in each.work.shared
    ]
    bulk.copy(db, SharedFile, shared)


def _write_assets(db: Connection, library_id: int, works: Sequence[WorkDraft]) -> None:
    assets = [draft for work in works for draft in work.assets]
    for work in works:
        for draft in work.assets:
            draft.item_id = work.item.id
            draft.values["library_id"] = library_id
    _give_ids(db, Asset, assets)
    _write(db, Asset, assets)


def _give_ids(db: Connection, table: Table, drafts: Sequence[Draft]) -> None:
    new = [draft for draft in drafts if draft.new]
    for draft, row_id in zip(new, bulk.reserve_ids(db, table, len(new)), strict=True):
        draft.id = row_id


def _write(db: Connection, table: Table, drafts: Sequence[Draft]) -> None:
    """Insert the new drafts, which have been given ids; update the changed others."""
    new = [draft for draft in drafts if draft.new]
    bulk.copy(db, table, [_values(table, draft) | {"id": draft.id} for draft in new])
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for draft in drafts:
        if draft.changed and not draft.new:
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


def _write_streams(db: Connection, drafts: Iterable[FileDraft]) -> None:
    files = [file for file in drafts if file.streams is not None]
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


def _mark(
    db: Connection, table: Table, ids: Collection[int], directories: Sequence[int]
) -> Sequence[int]:
    """Leave tombstones; not on a row that was moved away while its old directory was read.

    Returns the ids of those that are marked.
    """
    if not ids:
        return ()
    return db.scalars(
        update(table)
        .where(among(table.id, ids), among(table.directory_id, directories))
        .values(missing_since=func.now())
        .returning(table.id)
    ).all()


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

"""From a directory's facts and its rows to what must be written: new, changed and gone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from sublarr_tasks.library import rows
from sublarr_tasks.library.examine import NFO_UNREADABLE, Examined, Facts, Looked, Stamp
from sublarr_tasks.library.shelves import PLACE, Shelf, stamp
from sublarr_tasks.library.works import Work
from sublarr_tasks.models import CacheState, ItemKind

Values = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """A row as it should be; one that is `new` has no id before it is about to be written.

    `changed`: it must be written. `retried`: only so that something is tried again, for its film
    is as it was.
    """

    values: Values
    id: int | None
    item_id: int | None = None
    changed: bool = True
    retried: bool = False
    new: bool = field(init=False)

    def __post_init__(self) -> None:
        self.new = self.id is None


@dataclass(slots=True)
class FileDraft(Draft):
    """A media file; `streams` is None where those in the rows are right.

    `unread`: its row, for whose sake it was not read, has gone meanwhile.
    """

    streams: list[Values] | None = None
    unread: bool = False


@dataclass(slots=True)
class WorkDraft:
    """An item with its files and assets as they should be; `work` is what they were made from."""

    work: Work
    item: Draft
    files: list[FileDraft]
    assets: list[Draft]
    was_missing_since: datetime | None

    @property
    def rows_changed(self) -> bool:
        drafts = (self.item, *self.files, *self.assets)
        return any(draft.changed and not draft.retried for draft in drafts)


class Matches:
    """A directory's rows, found by name, or by stamp where a file was renamed.

    A row whose name is still in the directory belongs to that name, whatever links to its file.
    """

    def __init__(self, known: dict[str, Row[Any]], names: set[str]) -> None:
        self._named = known
        self._renamed = {stamp(row): row for name, row in known.items() if name not in names}

    def find(self, name: str, seen: Stamp) -> Row[Any] | None:
        named = self._named.get(name)
        return self._renamed.get(seen) if named is None else named

    def take(self, name: str, seen: Stamp) -> Row[Any] | None:
        """Find a row for good: no other file is given the same one."""
        named = self._named.get(name)
        return self._renamed.pop(seen, None) if named is None else named


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one directory while its films are matched with it."""

    shelf: Shelf
    free: dict[int, Row[Any]]
    by_key: dict[str, int]
    files: Matches
    assets: Matches

    @classmethod
    def of(cls, shelf: Shelf, facts: Facts) -> "Known":
        files = {one.file.entry.name for work in facts.works for one in work.files}
        works = [work.work for work in facts.works]
        assets = {values["name"] for work in works for values in rows.assets(work)}
        return cls(
            shelf,
            dict(shelf.items),
            {row.key: row.id for row in shelf.items.values()},
            Matches(shelf.files, files),
            Matches(shelf.assets, assets),
        )


@dataclass(slots=True)
class Plan:
    """What a batch of directories comes to.

    `gone_items` are kinds by id, `losers` the items that gone rows belonged to, `parked` those
    whose key another may take, `unread` the directories that must be read again.
    """

    works: list[WorkDraft] = field(default_factory=list)
    gone_items: dict[int, str] = field(default_factory=dict)
    gone_files: list[int] = field(default_factory=list)
    gone_assets: list[int] = field(default_factory=list)
    losers: set[int] = field(default_factory=set)
    parked: list[int] = field(default_factory=list)
    unread: set[int] = field(default_factory=set)

    def add(self, library_id: int, shelf: Shelf, facts: Facts, *, assets: bool) -> None:
        known = Known.of(shelf, facts)
        works = [_work(library_id, known, work, assets=assets) for work in facts.works]
        self.works += works
        if any(file.unread for work in works for file in work.files):
            self.unread.add(shelf.directory_id)
        free = known.free
        self.parked += [work.item.id for work in works if work.item.id and work.item.changed]
        self.parked += free
        hidden = {row.item_id for name, row in shelf.files.items() if _is_hidden(name, facts)}
        gone = [row for row in free.values() if row.missing_since is None]
        self.gone_items |= {row.id: row.kind for row in gone if row.id not in hidden}
        files = _gone(shelf.files, facts, (file for work in works for file in work.files))
        self.gone_files += [row.id for row in files]
        self.losers.update(row.item_id for row in files)
        if assets:
            lost = _gone(shelf.assets, facts, (asset for work in works for asset in work.assets))
            self.gone_assets += [row.id for row in lost]
            self.losers.update(row.item_id for row in lost)


def _gone(known: dict[str, Row[Any]], facts: Facts, drafts: Iterator[Draft]) -> list[Row[Any]]:
    """Return the rows that no draft takes up, but for those in folders that were not read."""
    kept = {draft.id for draft in drafts}
    return [
        row
        for row in known.values()
        if row.id not in kept and row.missing_since is None and not _is_hidden(row.name, facts)
    ]


def _is_hidden(name: str, facts: Facts) -> bool:
    """Tell whether a file would lie in a folder that could not be read."""
    return name.startswith(tuple(f"{folder}/" for folder in facts.blocked))


def _work(library_id: int, known: Known, examined: Examined, *, assets: bool) -> WorkDraft:
    item_id = next((one for one in _candidates(known, examined) if one in known.free), None)
    row = known.free.pop(item_id) if item_id is not None else None
    return WorkDraft(
        examined.work,
        _item(library_id, known, examined, row),
        [_file(known, looked, item_id) for looked in examined.files],
        [_asset(known, one, item_id) for one in rows.assets(examined.work)] if assets else [],
        None if row is None else row.missing_since,
    )


def _item(library_id: int, known: Known, examined: Examined, row: Row[Any] | None) -> Draft:
    directory_id = known.shelf.directory_id
    back = row is not None and row.missing_since is not None
    if row is not None and examined.nfo_reason == NFO_UNREADABLE:
        # What the NFO said before is better than what the file's name says now.
        return Draft({"directory_id": directory_id, "key": row.key}, row.id, changed=back)
    values = rows.item(library_id, examined) | {"directory_id": directory_id}
    ours = _published_fields(known.shelf, examined)
    values["local_fields"] = [name for name in values["local_fields"] if name not in ours]
    values["digest"] = rows.digest(values)
    changed = row is None or row.digest != values["digest"] or back
    return Draft(values, None if row is None else row.id, changed=changed)


def _published_fields(shelf: Shelf, examined: Examined) -> set[str]:
    """Return the fields that NFO files say only because we wrote them there."""
    fields: set[str] = set()
    for entry in examined.work.nfo:
        row = shelf.published.get(entry.name)
        if row is not None and (row.size, row.mtime_ns) == (entry.size, entry.mtime_ns):
            fields.update(row.fields)
    return fields


def _candidates(known: Known, examined: Examined) -> Iterator[int]:
    """Yield the items that a work may be, likeliest first: by its files, then by its key.

    An episode is the one of its number, whatever its file was before.
    """
    same = known.by_key.get(examined.work.key)
    if same is not None and examined.work.kind is not ItemKind.MOVIE:
        yield same
    for looked in examined.files:
        row = known.files.find(looked.file.entry.name, Stamp.of(looked.file.entry))
        if row is not None:
            yield row.item_id
    if same is not None:
        yield same


def _file(known: Known, looked: Looked, item_id: int | None) -> FileDraft:
    values = rows.media_file(looked) | {"directory_id": known.shelf.directory_id}
    row = known.files.take(looked.file.entry.name, Stamp.of(looked.file.entry))
    if looked.known and row is not None:
        place = any(values[name] != getattr(row, name) for name in PLACE)
        return FileDraft(values, row.id, changed=place or _moved(row, item_id))
    values |= rows.probed(looked)
    streams = [rows.stream(one) for one in looked.probe.streams] if looked.probe else []
    values["digest"] = rows.digest(values | {"streams": streams})
    if row is None:
        return FileDraft(values, None, streams=streams, unread=looked.known)
    if row.digest == values["digest"]:
        return FileDraft(values, row.id, changed=_moved(row, item_id))
    return FileDraft(values, row.id, streams=streams)


def _asset(known: Known, values: Values, item_id: int | None) -> Draft:
    seen = Stamp(values["size"], values["mtime_ns"], values["inode"])
    row = known.assets.take(values["name"], seen)
    values |= {"directory_id": known.shelf.directory_id}
    values["digest"] = rows.digest(values)
    if row is None:
        return Draft(values | {"cache_state": CacheState.PENDING}, None)
    other = stamp(row) != seen
    changed = other or row.digest != values["digest"] or _moved(row, item_id)
    refused = row.cache_state in (CacheState.FAILED, CacheState.SKIPPED)
    if other or refused:
        values |= {"cache_state": CacheState.PENDING, "cache_reason": None}
    return Draft(values, row.id, changed=changed or refused, retried=not changed)


def _moved(row: Row[Any], item_id: int | None) -> bool:
    return row.item_id != item_id or row.missing_since is not None

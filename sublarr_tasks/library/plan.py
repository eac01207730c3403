"""From a directory's facts and its rows to what must be written: new, changed and gone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from sublarr_tasks.library import rows
from sublarr_tasks.library.examine import Examined, Facts, Looked, Stamp
from sublarr_tasks.library.shelves import PLACE, Shelf, stamp
from sublarr_tasks.models import CacheState

Values = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """A row as it should be; `id` is None until it is written for the first time."""

    values: Values
    id: int | None
    item_id: int | None = None
    changed: bool = True


@dataclass(slots=True)
class FileDraft(Draft):
    """A media file; `streams` is None where those in the rows are right."""

    streams: list[Values] | None = None


@dataclass(slots=True)
class FilmDraft:
    """An item with its files and assets as they should be."""

    item: Draft
    files: list[FileDraft]
    assets: list[Draft]
    was_missing_since: datetime | None

    @property
    def rows_changed(self) -> bool:
        return any(draft.changed for draft in (self.item, *self.files, *self.assets))


@dataclass(slots=True)
class Plan:
    """What a batch of directories comes to; `losers` are the items that gone rows belonged to."""

    films: list[FilmDraft] = field(default_factory=list)
    gone_items: list[int] = field(default_factory=list)
    gone_files: list[int] = field(default_factory=list)
    gone_assets: list[int] = field(default_factory=list)
    losers: set[int] = field(default_factory=set)

    def add(self, library_id: int, shelf: Shelf, facts: Facts, *, assets: bool) -> None:
        free = dict(shelf.items)
        films = [_film(library_id, shelf, film, free, assets=assets) for film in facts.films]
        self.films += films
        hidden = {row.item_id for name, row in shelf.files.items() if _is_hidden(name, facts)}
        gone = [row for row in free.values() if row.missing_since is None]
        self.gone_items += [row.id for row in gone if row.id not in hidden]
        files = _gone(shelf.files, facts, (file for film in films for file in film.files))
        self.gone_files += [row.id for row in files]
        self.losers.update(row.item_id for row in files)
        if assets:
            lost = _gone(shelf.assets, facts, (asset for film in films for asset in film.assets))
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


def _film(
    library_id: int, shelf: Shelf, examined: Examined, free: dict[int, Row[Any]], *, assets: bool
) -> FilmDraft:
    item_id = next((one for one in _candidates(shelf, examined) if one in free), None)
    known = free.pop(item_id) if item_id is not None else None
    values = rows.item(library_id, examined) | {"directory_id": shelf.directory_id}
    values["digest"] = rows.digest(values)
    changed = known is None or known.digest != values["digest"] or known.missing_since is not None
    return FilmDraft(
        Draft(values, item_id, changed=changed),
        [_file(shelf, looked, item_id) for looked in examined.files],
        [_asset(shelf, one, item_id) for one in rows.assets(examined.film)] if assets else [],
        None if known is None else known.missing_since,
    )


def _candidates(shelf: Shelf, examined: Examined) -> Iterator[int]:
    """Yield the items that a film may be, likeliest first: by its files, then by its key."""
    for looked in examined.files:
        row = _row(shelf.files, looked.file.entry.name, Stamp.of(looked.file.entry))
        if row is not None:
            yield row.item_id
    yield from (item.id for item in shelf.items.values() if item.key == examined.film.key)


def _row(known: dict[str, Row[Any]], name: str, seen: Stamp) -> Row[Any] | None:
    """Find a file's row by its name, else by its stamp: it was renamed."""
    if name in known:
        return known[name]
    return next((row for row in known.values() if stamp(row) == seen), None)


def _file(shelf: Shelf, looked: Looked, item_id: int | None) -> FileDraft:
    values = rows.media_file(looked) | {"directory_id": shelf.directory_id}
    row = _row(shelf.files, looked.file.entry.name, Stamp.of(looked.file.entry))
    if looked.known and row is not None:
        place = any(values[name] != getattr(row, name) for name in PLACE)
        return FileDraft(values, row.id, changed=place or _moved(row, item_id))
    values |= rows.probed(looked)
    streams = [rows.stream(one) for one in looked.probe.streams] if looked.probe else []
    values["digest"] = rows.digest(values | {"streams": streams})
    if row is None:
        return FileDraft(values, None, streams=streams)
    if row.digest == values["digest"]:
        return FileDraft(values, row.id, changed=_moved(row, item_id))
    return FileDraft(values, row.id, streams=streams)


def _asset(shelf: Shelf, values: Values, item_id: int | None) -> Draft:
    row = _row(
        shelf.assets,
        values["name"],
        Stamp(values["size"], values["mtime_ns"], values["inode"]),
    )
    values |= {"directory_id": shelf.directory_id}
    values["digest"] = rows.digest(values)
    if row is None:
        return Draft(values | {"cache_state": CacheState.PENDING}, None)
    same_bytes = stamp(row) == Stamp(values["size"], values["mtime_ns"], values["inode"])
    again = not same_bytes or row.cache_state in (CacheState.FAILED, CacheState.SKIPPED)
    if again:
        values |= {"cache_state": CacheState.PENDING, "cache_reason": None}
    changed = again or row.digest != values["digest"] or _moved(row, item_id)
    return Draft(values, row.id, changed=changed)


def _moved(row: Row[Any], item_id: int | None) -> bool:
    return row.item_id != item_id or row.missing_since is not None

"""Reading what is there: items with their files and assets, scans, units and jobs."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import aliased

from sublarr_tasks import assets, paging
from sublarr_tasks.assets import CachedFile
from sublarr_tasks.db import among
from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.models import (
    Artwork,
    ArtworkState,
    Asset,
    CacheFile,
    CacheState,
    Credit,
    Directory,
    EnrichmentState,
    FileName,
    Item,
    ItemKind,
    ItemLabel,
    Job,
    JobState,
    Library,
    MediaFile,
    Role,
    ScanJob,
    ScanStatus,
    ScanUnit,
    SharedFile,
    Stream,
    UnitState,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer, in_libraries, require_scan


class ItemSort(StrEnum):
    """What a list of items is sorted by."""

    TITLE = "title"
    ADDED_AT = "added_at"
    YEAR = "year"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are listed; every word of `q` begins a word of the title.

    `parent_id` is of what they are directly part of, `ancestor_id` of what is one or two above.
    """

    library_id: int | None = None
    kind: ItemKind | None = None
    parent_id: int | None = None
    ancestor_id: int | None = None
    state: str | None = None
    enrichment: EnrichmentState | None = None
    year: int | None = None
    q: str | None = None
    label_id: int | None = None
    person_id: int | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item with its media files, their streams by file id, assets, and chosen artwork."""

    item: Row[Any]
    files: Sequence[Row[Any]]
    streams: Mapping[int, Sequence[Row[Any]]]
    assets: Sequence[Row[Any]]
    artwork: Sequence[Row[Any]]


# Indexes are made of these expressions, so their constants stand in the statement's text.
TITLE_KEY = func.lower(func.left(Item.sort_title, literal_column("200")))
YEAR_KEY = func.coalesce(Item.year, literal_column("0"))
# Letters and digits only: the parser would take "WALL-E" or "F/X" for more than its words.
TITLE_WORDS = func.to_tsvector(
    literal_column("'simple'::regconfig"),
    func.regexp_replace(
        Item.title,
        literal_column("'[^[:alnum:]]+'"),
        literal_column("' '"),
        literal_column("'g'"),
    ),
)
_WORD = re.compile(r"[^\W_]+")

# What has no number comes last.
_LAST: ColumnElement[Any] = literal_column("2147483647")
_DAYS = type_coerce(Item.premiered - literal_column("date '1800-01-01'"), Integer)
_SORTS: dict[
    ItemSort, tuple[tuple[ColumnElement[Any], type[int] | type[str] | type[datetime]], ...]
] = {
    ItemSort.TITLE: ((TITLE_KEY, str),),
    ItemSort.ADDED_AT: ((Item.__table__.c.added_at, datetime),),
    ItemSort.YEAR: ((YEAR_KEY, int),),
    # Within a series, so no index is needed.
    ItemSort.NUMBER: (
        (func.coalesce(Item.season_number, Item.disc_number, _LAST), int),
        (
            func.coalesce(Item.episode_number, Item.absolute_number, Item.track_number, _LAST),
            int,
        ),
        (func.coalesce(_DAYS, _LAST), int),
    ),
}
_NEWEST_SCAN = Order("scans", (ScanJob.__table__.c.id,), (int,), descending=True)
_NEWEST_JOB = Order("jobs", (Job.__table__.c.id,), (int,), descending=True)
_BY_UNIT = Order("units", (ScanUnit.__table__.c.id,), (int,))

# What a list of items does not show.
_ONLY_IN_DETAIL = {
    *("details", "digest", "edits", "local_fields", "locked_artwork", "plot", "remote", "tagline"),
    *("actors", "directors", "writers"),
}


def place(*names: Any) -> ColumnElement[Any]:  # noqa: ANN401 - columns
    """Give where something is as a column that is called `path`."""
    return path_of(*names).label("path")


def path_of(*names: Any) -> ColumnElement[Any]:  # noqa: ANN401 - columns
    """Join a library's path, a directory's and a name below it to one path."""
    root = func.rtrim(Library.path, literal_column("'/'"))
    below = func.nullif(Directory.path, literal_column("''"))
    return func.concat_ws(literal_column("'/'"), root, below, *names, type_=FileName())


def items(
    db: Connection,
    viewer: Viewer,
    wanted: ItemFilter,
    sort: ItemSort,
    window: Window,
    *,
    descending: bool = False,
) -> Page:
    """List items without their NFO's details.

    Raises InputError where the order of their numbers is asked for without a series or season.
    """
    if sort is ItemSort.NUMBER and wanted.parent_id is None and wanted.ancestor_id is None:
        raise InputError({"sort": "Give a parent_id or an ancestor_id with the order of numbers."})
    columns = [column for column in Item.__table__.c if column.name not in _ONLY_IN_DETAIL]
    shown = (
        select(*columns, place())
        .join(Directory, Directory.id == Item.directory_id)
        .join(Library, Library.id == Item.library_id)
    )
    keys = _SORTS[sort]
    by = Order(
        f"items:{sort}",
        (*(key for key, _ in keys), Item.__table__.c.id),
        (*(kind for _, kind in keys), int),
        descending=descending,
    )
    matching = select(Item.id).where(*_conditions(wanted), in_libraries(viewer, Item.library_id))
    return paging.fetch(db, matching, shown, by, window)


def _conditions(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    gone = Item.missing_since.is_not(None) if wanted.missing else Item.missing_since.is_(None)
    conditions: list[ColumnElement[bool]] = [gone]
    if wanted.library_id is not None:
        conditions.append(Item.library_id == wanted.library_id)
    if wanted.kind is not None:
        conditions.append(Item.kind == wanted.kind)
    if wanted.parent_id is not None:
        conditions.append(Item.parent_id == wanted.parent_id)
    if wanted.ancestor_id is not None:
        conditions.append(_below(wanted.ancestor_id))
    if wanted.state is not None:
        conditions.append(Item.state == wanted.state)
    if wanted.enrichment is not None:
        # Spelt out, or the partial index could not be used.
        conditions.append(Item.enrichment == literal_column(f"'{wanted.enrichment}'"))
    if wanted.year is not None:
        ((key, _),) = _SORTS[ItemSort.YEAR]
        conditions.append(key == wanted.year)
    if wanted.q is not None:
        conditions.append(TITLE_WORDS.bool_op("@@")(_begin_with(wanted.q)))
    return [*conditions, *_in_common(wanted)]


def _in_common(wanted: ItemFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.label_id is not None:
        labelled = select(ItemLabel.item_id).where(ItemLabel.label_id == wanted.label_id)
        yield Item.id.in_(labelled)
    if wanted.person_id is not None:
        credited = select(Credit.item_id).where(Credit.person_id == wanted.person_id)
        yield Item.id.in_(credited)


def _below(ancestor_id: int) -> ColumnElement[bool]:
    """Match the parts of an item and their parts: seasons and episodes, albums and tracks."""
    season = aliased(Item)
    seasons = select(season.id).where(season.parent_id == ancestor_id)
    return or_(Item.parent_id == ancestor_id, Item.parent_id.in_(seasons))


def _begin_with(q: str) -> ColumnElement[Any]:
    words = _WORD.findall(q)
    if not words:
        raise InputError({"q": "Give at least one letter or digit."})
    query = " & ".join(f"'{word}':*" for word in words)
    return func.to_tsquery(literal_column("'simple'::regconfig"), query)


def item(db: Connection, viewer: Viewer, item_id: int) -> ItemDetail:
    """Read an item with all that belongs to it; raises NotFound."""
    statement: Select[Any] = (
        select(*Item.__table__.c, place())
        .join(Directory, Directory.id == Item.directory_id)
        .join(Library, Library.id == Item.library_id)
    )
    found = db.execute(
        statement.where(Item.id == item_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no item {item_id}.")
    files: Sequence[Any] = db.execute(
        select(*MediaFile.__table__.c, place(MediaFile.name))
        .join(Directory, Directory.id == MediaFile.directory_id)
        .join(Library, Library.id == Directory.library_id)
        .where(or_(MediaFile.item_id == item_id, MediaFile.id.in_(_shared_by(item_id))))
        .order_by(MediaFile.part.nulls_first(), MediaFile.name, MediaFile.id)
    ).all()
    kept = db.execute(_ASSETS.where(Asset.item_id == item_id).order_by(*_ASSET_ORDER)).all()
    chosen = db.execute(
        select(*Artwork.__table__.c)
        .where(Artwork.item_id == item_id, Artwork.state == ArtworkState.CHOSEN)
        .order_by(Artwork.type, Artwork.by_person.desc(), Artwork.score.desc(), Artwork.id)
    ).all()
    return ItemDetail(found, files, _streams(db, [file.id for file in files]), kept, chosen)


def _shared_by(item_id: int) -> Select[Any]:
    return select(SharedFile.media_file_id).where(SharedFile.item_id == item_id)


def _streams(db: Connection, file_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    rows = db.execute(
        select(*Stream.__table__.c)
        .where(among(Stream.media_file_id, file_ids))
        .order_by(Stream.media_file_id, Stream.index)
    )
    by_file: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_file[row.media_file_id].append(row)
    return by_file


_ASSET_ORDER = (Asset.type, Asset.ordinal, Asset.name, Asset.id)
_ASSETS: Select[Any] = (
    select(
        *Asset.__table__.c,
        CacheFile.content_type,
        CacheFile.extension,
        CacheFile.width,
        CacheFile.height,
        place(Asset.name),
    )
    .join(Directory, Directory.id == Asset.directory_id)
    .join(Library, Library.id == Directory.library_id)
    .outerjoin(CacheFile, CacheFile.sha256 == Asset.cache_sha256)
)


def asset(db: Connection, viewer: Viewer, asset_id: int) -> Row[Any]:
    """Read an asset with what the cache knows of its bytes; raises NotFound."""
    mine = viewer.sees(Library.owner_id)
    found = db.execute(_ASSETS.where(Asset.id == asset_id, mine)).one_or_none()
    if found is None:
        raise NotFound(f"There is no asset {asset_id}.")
    return found


def cached_file(db: Connection, viewer: Viewer, asset_id: int) -> CachedFile:
    """Find an asset's bytes; raises NotFound with the reason where the cache has none."""
    found = asset(db, viewer, asset_id)
    if found.cache_state != CacheState.CACHED or found.cache_sha256 is None:
        reason = f" ({found.cache_reason})" if found.cache_reason else ""
        raise NotFound(f"Asset {asset_id} is not in the cache: {found.cache_state}{reason}.")
    path = assets.current().path(found.cache_sha256, found.extension)
    return CachedFile(path, found.cache_sha256, found.content_type, found.name)


def scans(
    db: Connection,
    viewer: Viewer,
    window: Window,
    *,
    library_id: int | None,
    status: ScanStatus | None,
) -> Page:
    """List scans, the newest first, each with what `progress.measure` asks for."""
    shown = select(
        *ScanJob.__table__.c, Library.name.label("library_name"), func.now().label("now")
    ).join(Library, Library.id == ScanJob.library_id)
    matching = select(ScanJob.id).where(in_libraries(viewer, ScanJob.library_id))
    if library_id is not None:
        matching = matching.where(ScanJob.library_id == library_id)
    if status is not None:
        matching = matching.where(ScanJob.status == status)
    return paging.fetch(db, matching, shown, _NEWEST_SCAN, window)


def units(
    db: Connection,
    viewer: Viewer,
    scan_id: int,
    window: Window,
    *,
    state: UnitState | None,
    phase: ScanStatus | None,
) -> Page:
    """List a scan's units; raises NotFound."""
    require_scan(db, viewer, scan_id)
    matching = select(ScanUnit.id).where(ScanUnit.scan_id == scan_id)
    if state is not None:
        matching = matching.where(ScanUnit.state == state)
    if phase is not None:
        matching = matching.where(ScanUnit.phase == phase)
    return paging.fetch(db, matching, select(*ScanUnit.__table__.c), _BY_UNIT, window)


def jobs(db: Connection, viewer: Viewer, window: Window, *, state: JobState | None) -> Page:
    """List jobs, the newest first."""
    matching = select(Job.id).where(_jobs_of(viewer))
    if state is not None:
        matching = matching.where(Job.state == state)
    return paging.fetch(db, matching, select(*Job.__table__.c), _NEWEST_JOB, window)


def job(db: Connection, viewer: Viewer, job_id: int) -> Row[Any]:
    """Read a job; raises NotFound."""
    found = db.execute(
        select(*Job.__table__.c).where(Job.id == job_id, _jobs_of(viewer))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no job {job_id}.")
    return found


def _jobs_of(viewer: Viewer) -> ColumnElement[bool]:
    """Match the jobs of scans that a viewer sees; what belongs to no library is an admin's."""
    if viewer.role is Role.ADMIN:
        return true()
    return exists().where(ScanJob.job_id == Job.id, in_libraries(viewer, ScanJob.library_id))

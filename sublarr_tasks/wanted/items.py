"""Wanted subtitles as people see them: listed, counted, ignored and wanted again."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from sublarr_tasks import catalog, paging
from sublarr_tasks.errors import Conflict, NotFound
from sublarr_tasks.models import Directory, Item, Library, MediaFile, WantedItem, WantedStatus
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer, in_libraries, require_change_in
from sublarr_tasks.wanted import searches

_BY_ID = Order("wanted", (WantedItem.__table__.c.id,), (int,), descending=True)
_HIDDEN = {"claim", "lease_until", "turn", "size", "mtime_ns", "priority"}
_title = aliased(Item)


@dataclass(frozen=True, slots=True)
class WantedFilter:
    """Which wanted subtitles are listed; `item_id` is of the video's or of anything above it."""

    library_id: int | None = None
    item_id: int | None = None
    status: WantedStatus | None = None
    language: str | None = None
    forced: bool | None = None
    upgrade: bool | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many are lacking; what could only be better, or is optional, is not.

    `total_wanted` are those that nobody was told to ignore.
    """

    total_wanted: int = 0
    upgradeable: int = 0
    optional: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    by_language: dict[str, int] = field(default_factory=dict)
    by_existing: dict[str, int] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)


class Mark(StrEnum):
    """What a person may say of a wanted subtitle."""

    WANTED = "wanted"
    IGNORED = "ignored"


def page(db: Connection, viewer: Viewer, wanted: WantedFilter, window: Window) -> Page:
    """List wanted subtitles, the newest first."""
    matching = select(WantedItem.id).where(*_conditions(viewer, wanted))
    return paging.fetch(db, matching, _shown(), _BY_ID, window)


def get(db: Connection, viewer: Viewer, wanted_id: int) -> Row[Any]:
    """Return a wanted subtitle; raises NotFound."""
    row = db.execute(
        _shown().where(WantedItem.id == wanted_id, in_libraries(viewer, WantedItem.library_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no wanted subtitle {wanted_id}.")
    return row


def mark(db: Connection, viewer: Viewer, wanted_id: int, status: Mark) -> Row[Any]:
    """Ignore a wanted subtitle, or want it again; raises NotFound, Forbidden, Conflict."""
    known = get(db, viewer, wanted_id)
    require_change_in(db, viewer, known.library_id)
    changed = db.scalar(
        update(WantedItem)
        .where(
            WantedItem.id == wanted_id,
            or_(searches.SEARCHABLE, WantedItem.status == WantedStatus.IGNORED),
        )
        .values(
            status=status,
            attempts=0,
            next_attempt_at=func.now(),
            search_id=None,
            updated_at=func.now(),
        )
        .returning(WantedItem.id)
    )
    if changed is None:
        raise Conflict(f"It is {known.status}; only what is lacking can be ignored or wanted.")
    return get(db, viewer, wanted_id)


def summary(db: Connection, viewer: Viewer, library_id: int | None = None) -> Summary:
    """Count what is wanted, by what it is and what is there."""
    counted = db.execute(
        select(
            WantedItem.status,
            WantedItem.language,
            WantedItem.existing,
            WantedItem.upgrade,
            WantedItem.optional,
            Item.kind,
            func.count().label("n"),
        )
        .join(Item, Item.id == WantedItem.item_id)
        .where(*_conditions(viewer, WantedFilter(library_id=library_id)))
        .group_by(*(literal_column(str(n)) for n in range(1, 7)))
    ).all()
    found = {name: dict[str, int]() for name in ("status", "language", "existing", "kind")}
    lacking = upgradeable = optional = 0
    for row in counted:
        found["status"][row.status] = found["status"].get(row.status, 0) + row.n
        if row.status == WantedStatus.IGNORED:
            continue
        upgradeable += row.n * row.upgrade
        optional += row.n * row.optional
        if row.upgrade or row.optional or row.status == WantedStatus.FOUND:
            continue
        lacking += row.n
        for name in ("language", "existing", "kind"):
            said = getattr(row, name)
            found[name][said] = found[name].get(said, 0) + row.n
    by = {f"by_{name}": counts for name, counts in found.items()}
    return Summary(lacking, upgradeable, optional, **by)


def _shown() -> Select[Any]:
    columns = [column for column in WantedItem.__table__.c if column.name not in _HIDDEN]
    return (
        select(
            *columns,
            Item.kind,
            Item.title,
            Item.season_number,
            Item.episode_number,
            Item.year,
            _title.title.label("title_of"),
            catalog.place(MediaFile.name),
        )
        .join(Item, Item.id == WantedItem.item_id)
        .join(_title, _title.id == WantedItem.title_id)
        .join(MediaFile, MediaFile.id == WantedItem.media_file_id)
        .join(Directory, Directory.id == MediaFile.directory_id)
        .join(Library, Library.id == WantedItem.library_id)
    )


def _conditions(viewer: Viewer, wanted: WantedFilter) -> list[ColumnElement[bool]]:
    """Match what is asked for, of files that are there."""
    conditions = [searches.THERE, in_libraries(viewer, WantedItem.library_id)]
    for name in ("library_id", "status", "language", "forced", "upgrade"):
        given = getattr(wanted, name)
        if given is not None:
            conditions.append(WantedItem.__table__.c[name] == given)
    if wanted.item_id is not None:
        conditions.append(below(wanted.item_id))
    return conditions


def below(item_id: int) -> ColumnElement[bool]:
    """Match what is wanted for an item, or for what is part of it."""
    parts = select(Item.id).where(Item.parent_id == item_id)
    return or_(
        WantedItem.title_id == item_id,
        WantedItem.item_id == item_id,
        WantedItem.item_id.in_(parts),
    )

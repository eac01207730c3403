"""What the rows know of videos, as the decision needs it: one statement, and no file is opened."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    false,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from sublarr_tasks import filenames
from sublarr_tasks.db import among
from sublarr_tasks.models import (
    ArrFile,
    ArrTitle,
    Asset,
    Directory,
    Item,
    ItemKind,
    LandedState,
    LandedSubtitle,
    MediaFile,
    Stream,
)
from sublarr_tasks.wanted.deciding import Facts, Track

WATCHED = (ItemKind.MOVIE, ItemKind.EPISODE)
# A scan may have listed a directory so long before it says that it did.
LISTED_BEFORE = timedelta(minutes=5)
# What streams call the formats that files call otherwise.
_FORMATS = {"subrip": "srt", "webvtt": "vtt"}
_DAY = 86_400
_NONE: ColumnElement[Any] = literal_column("'[]'::jsonb")

_season, _series, _sibling = aliased(Item), aliased(Item), aliased(MediaFile)


@dataclass(frozen=True, slots=True)
class Video:
    """A file of a film or an episode; `item_ids` are its item's, and those that it is part of.

    `tags` are in lower case.
    """

    file_id: int
    item_ids: tuple[int, ...]
    library_id: int
    tags: frozenset[str]
    size: int
    mtime_ns: int
    facts: Facts
    integration_ids: frozenset[int] = frozenset()


def in_directories(db: Connection, ids: Collection[int]) -> list[Video]:
    """Return the videos in some directories."""
    return _videos(db, among(MediaFile.directory_id, ids))


def of_library(db: Connection, library_id: int, after: int, most: int) -> list[Video]:
    """Return a library's videos in the order of their ids, from the one after `after` on."""
    following = (
        select(MediaFile.id)
        .join(Item, Item.id == MediaFile.item_id)
        .where(Item.library_id == library_id, MediaFile.id > after, *_watched())
        .order_by(MediaFile.id)
        .limit(most)
    )
    return _videos(db, MediaFile.id.in_(following))


def of_files(db: Connection, ids: Collection[int]) -> list[Video]:
    """Return some videos, but for those that are gone."""
    return _videos(db, among(MediaFile.id, ids))


def _watched() -> tuple[ColumnElement[bool], ...]:
    """Match what subtitles are wanted for: no extras, and no discs, whose menus know their own."""
    return (
        Item.kind.in_(WATCHED),
        Item.missing_since.is_(None),
        MediaFile.missing_since.is_(None),
        MediaFile.extra_kind.is_(None),
        MediaFile.disc.is_(None),
    )


def _videos(db: Connection, which: ColumnElement[bool]) -> list[Video]:
    tags = Item.tags.op("||")(func.coalesce(_season.tags, _NONE)).op("||")(
        func.coalesce(_series.tags, _NONE)
    )
    rows = db.execute(
        select(
            MediaFile.id,
            MediaFile.name,
            MediaFile.directory_id,
            MediaFile.size,
            MediaFile.mtime_ns,
            Item.id.label("item_id"),
            Item.library_id,
            _season.id.label("season_id"),
            _series.id.label("series_id"),
            tags.label("tags"),
            _siblings().label("siblings"),
            _streams().label("streams"),
            _sidecars().label("sidecars"),
            _landed().label("landed"),
            _arrs().label("arrs"),
        )
        .join(Item, Item.id == MediaFile.item_id)
        .join(Directory, Directory.id == MediaFile.directory_id)
        .outerjoin(_season, _season.id == Item.parent_id)
        .outerjoin(_series, _series.id == _season.parent_id)
        .where(which, *_watched())
        .order_by(MediaFile.id)
    )
    return [_video(row) for row in rows]


def _collected(source: Any, *columns: Any, where: Collection[Any]) -> ScalarSelect[Any]:  # noqa: ANN401 - a table and its columns
    """Collect rows that belong to a file as one JSON list of lists."""
    return (
        select(func.coalesce(func.jsonb_agg(func.jsonb_build_array(*columns)), _NONE))
        .select_from(source)
        .where(*where)
        .correlate(MediaFile, Directory)
        .scalar_subquery()
    )


def _siblings() -> ScalarSelect[Any]:
    return _collected(
        _sibling,
        _sibling.name,
        where=(
            _sibling.item_id == MediaFile.item_id,
            _sibling.id != MediaFile.id,
            _sibling.missing_since.is_(None),
        ),
    )


def _streams() -> ScalarSelect[Any]:
    return _collected(
        Stream,
        Stream.kind,
        Stream.language,
        Stream.codec,
        Stream.forced,
        Stream.hearing_impaired,
        Stream.text,
        Stream.commentary,
        where=(
            Stream.media_file_id == MediaFile.id,
            Stream.kind.in_(("audio", "subtitle")),
        ),
    )


def _sidecars() -> ScalarSelect[Any]:
    return _collected(
        Asset,
        Asset.directory_id,
        Asset.name,
        Asset.language,
        Asset.format,
        Asset.forced,
        Asset.hearing_impaired,
        where=(
            Asset.item_id == MediaFile.item_id,
            Asset.type == "subtitle",
            Asset.missing_since.is_(None),
        ),
    )


def _arrs() -> ScalarSelect[Any]:
    """Collect the Sonarrs and Radarrs that have a file, each with its title's tags there."""
    return _collected(
        ArrFile.__table__.join(ArrTitle.__table__, ArrTitle.id == ArrFile.arr_title_id),
        ArrTitle.integration_id,
        ArrTitle.tags,
        where=(ArrFile.media_file_id == MediaFile.id, ArrFile.missing_since.is_(None)),
    )


def _landed() -> ScalarSelect[Any]:
    """Collect what we wrote, each with its days and whether a scan would have seen it since."""
    seen = Directory.scanned_at > LandedSubtitle.landed_at + literal(LISTED_BEFORE)
    return _collected(
        LandedSubtitle,
        LandedSubtitle.name,
        LandedSubtitle.language,
        LandedSubtitle.format,
        LandedSubtitle.forced,
        LandedSubtitle.hearing_impaired,
        LandedSubtitle.provisional,
        LandedSubtitle.score,
        func.extract("epoch", func.now() - LandedSubtitle.landed_at) / _DAY,
        func.coalesce(seen, false()),
        where=(
            LandedSubtitle.media_file_id == MediaFile.id,
            LandedSubtitle.state == LandedState.LANDED,
        ),
    )


def _video(row: Row[Any]) -> Video:
    above = (row.season_id, row.series_id)
    return Video(
        row.id,
        (row.item_id, *(each for each in above if each is not None)),
        row.library_id,
        frozenset(
            str(each).lower()
            for each in (*row.tags, *(tag for _, tags in row.arrs for tag in tags))
        ),
        row.size,
        row.mtime_ns,
        Facts(
            audio=tuple(
                language
                for kind, language, *_, commentary in row.streams
                if kind == "audio" and language and not commentary
            ),
            tracks=(*_embedded(row), *_beside(row)),
        ),
        frozenset(integration_id for integration_id, _ in row.arrs),
    )


def _embedded(row: Row[Any]) -> Iterator[Track]:
    for kind, language, codec, forced, hearing_impaired, text, _ in row.streams:
        if kind == "subtitle":
            format_ = _FORMATS.get(codec, codec or "unknown")
            yield Track(
                language,
                format_,
                embedded=True,
                forced=forced,
                hearing_impaired=hearing_impaired,
                text=text is not False,
            )


def _beside(row: Row[Any]) -> Iterator[Track]:
    """Yield the files beside a video: what a scan saw, and what we wrote since it looked."""
    stem = _stem(filenames.to_text(row.name))
    siblings = [_stem(name) for (name,) in row.siblings]
    landed = {each[0]: each for each in row.landed}
    for directory_id, name, *read in row.sidecars:
        ours = landed.pop(name, None) if directory_id == row.directory_id else None
        if _is_of(name, stem, siblings):
            yield _file(read) if ours is None else _file(read, ours[5:8])
    for ours in landed.values():
        if not ours[8]:
            yield _file(ours[1:5], ours[5:8])


def _file(read: Sequence[Any], about: Sequence[Any] = (False, None, None)) -> Track:
    """Make a file's track of what was collected of it; `about` is what we know of our own."""
    language, format_, forced, hearing_impaired = read
    provisional, score, days = about
    return Track(
        language,
        format_,
        embedded=False,
        forced=forced,
        hearing_impaired=hearing_impaired,
        provisional=provisional,
        score=score,
        days=days,
    )


def _is_of(sidecar: str, stem: str, siblings: Collection[str]) -> bool:
    """Tell whose a subtitle is: that video's by whose name it begins, else all of its item's."""
    named = [each for each in (stem, *siblings) if sidecar.lower().startswith(f"{each}.")]
    return not named or max(named, key=len) == stem


def _stem(name: str) -> str:
    path = PurePath(name)
    return str(path.with_name(path.stem)).lower()

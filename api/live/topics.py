"""What can be followed: which rows go on, and what is told of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.live.messages import LibraryReady, ScanProgress, SearchProgress
from sublarr_tasks import progress
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet.bells import Bell, Topic
from sublarr_tasks.models import SearchStatus
from sublarr_tasks.progress import Progress
from sublarr_tasks.wanted import searches


@dataclass(frozen=True, slots=True)
class Told:
    """A message about a row; its id is the microsecond of the change that it tells.

    `ready` is the word that goes before it, the first time that there is one.
    """

    bell: Bell
    text: str
    event_id: int
    ended: bool
    owner_id: int | None
    ready: str | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """How one topic is read: a row, all that go on with those that ended since, and their ids."""

    one: Callable[[Connection, int], Sequence[Told]]
    live: Callable[[Connection, int | None], Sequence[Told]]
    unfinished: Callable[[Connection], Sequence[int]]


def one(bell: Bell) -> Sequence[Told]:
    """Return what is to be told of a row; nothing where it is gone."""
    with transaction() as db:
        return TOPICS[bell.topic].one(db, bell.id)


def live(since: int | None) -> Sequence[Told]:
    """Return what is to be told of all that goes on, or ended after a microsecond of 1970."""
    with transaction() as db:
        return [told for topic in TOPICS.values() for told in topic.live(db, since)]


def unfinished() -> list[Bell]:
    """Return the rows that go on."""
    with transaction() as db:
        return [
            Bell(topic, row_id)
            for topic, following in TOPICS.items()
            for row_id in following.unfinished(db)
        ]


def _scan(measured: Progress) -> Told:
    is_read = measured.scan.scanning_completed_at is not None
    return Told(
        Bell(Topic.SCAN, measured.scan.id),
        ScanProgress.of(measured).model_dump_json(by_alias=True),
        _microsecond(measured.scan.updated_at),
        measured.ended,
        measured.owner_id,
        LibraryReady.of(measured).model_dump_json(by_alias=True) if is_read else None,
    )


def _search(row: Any) -> Told:  # noqa: ANN401 - a search's row
    return Told(
        Bell(Topic.SEARCH, row.id),
        SearchProgress.of(row).model_dump_json(by_alias=True),
        _microsecond(row.updated_at),
        row.status != SearchStatus.RUNNING,
        row.owner_id,
    )


def _microsecond(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


TOPICS: Mapping[Topic, Following] = {
    Topic.SCAN: Following(
        lambda db, scan_id: [_scan(each) for each in progress.live(db, scan_id=scan_id)],
        lambda db, since: [_scan(each) for each in progress.live(db, since=since)],
        progress.unfinished,
    ),
    Topic.SEARCH: Following(
        lambda db, search_id: [_search(row) for row in searches.live(db, search_id=search_id)],
        lambda db, since: [_search(row) for row in searches.live(db, since=since)],
        searches.unfinished,
    ),
}

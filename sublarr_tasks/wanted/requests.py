"""What people ask for: a search for some, for all that matches, for one, or for one candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row

from sublarr_tasks.clients.providers import Query
from sublarr_tasks.db import among, transaction
from sublarr_tasks.errors import Conflict, InputError, NotFound
from sublarr_tasks.models import SearchKind, Trigger, WantedItem
from sublarr_tasks.viewers import Viewer, in_libraries, require_change_in
from sublarr_tasks.wanted import items, searches, searching
from sublarr_tasks.wanted.asking import Asked
from sublarr_tasks.wanted.judging import Judged

MOST_NAMED = 500


@dataclass(frozen=True, slots=True)
class Which:
    """Which wanted subtitles are to be searched for; without any of it all that are lacking.

    Upgrades are searched for where they are named or asked for.
    """

    ids: Sequence[int] = ()
    item_id: int | None = None
    library_id: int | None = None
    language: str | None = None
    upgrades: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """What all providers offer for one wanted subtitle, judged, and how each of them answered."""

    query: Query
    judged: Sequence[Judged]
    asked: Sequence[Asked]


def search(db: Connection, viewer: Viewer, which: Which) -> Row[Any]:
    """Begin a search; raises InputError, and Conflict where there is nothing to search for."""
    if len(which.ids) > MOST_NAMED:
        raise InputError({"ids": f"Give at most {MOST_NAMED}."})
    begun = searches.begin(
        db,
        SearchKind.PERSON,
        _conditions(viewer, which),
        trigger=Trigger.API,
        owner_id=viewer.user_id,
    )
    if begun is None:
        raise Conflict("Nothing of it is lacking, or it is being searched for already.")
    return begun


def choose(
    db: Connection, viewer: Viewer, wanted_id: int, provider: str, subtitle_id: str
) -> Row[Any]:
    """Begin a search that takes one candidate, whatever it scores; raises NotFound, Conflict."""
    known = items.get(db, viewer, wanted_id)
    require_change_in(db, viewer, known.library_id)
    begun = searches.begin(
        db,
        SearchKind.PERSON,
        (WantedItem.id == wanted_id,),
        trigger=Trigger.API,
        owner_id=viewer.user_id,
        chosen={"provider": provider, "subtitle_id": subtitle_id},
    )
    if begun is None:
        raise Conflict(f"It is {known.status}, or it is being searched for already.")
    return begun


def offers(viewer: Viewer, wanted_id: int) -> Offers:
    """Ask all providers about one wanted subtitle; raises NotFound."""
    with transaction() as db:
        row = items.get(db, viewer, wanted_id)
        work = searching.work(db, row.media_file_id)
    if work is None:
        raise NotFound("The video, or its language profile, is gone.")
    judged = searching.offers(work, row)
    return Offers(work.subject.query, judged, work.asked)


def _conditions(viewer: Viewer, which: Which) -> list[ColumnElement[bool]]:
    conditions = [in_libraries(viewer, WantedItem.library_id)]
    if which.ids:
        conditions.append(among(WantedItem.id, which.ids))
    elif not which.upgrades:
        conditions.append(~WantedItem.upgrade)
    if which.library_id is not None:
        conditions.append(WantedItem.library_id == which.library_id)
    if which.language is not None:
        conditions.append(WantedItem.language == which.language)
    if which.item_id is not None:
        conditions.append(items.below(which.item_id))
    return conditions

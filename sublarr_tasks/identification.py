"""What a film or a series may be: candidates from a metadata service, for a person to choose from.

The choice is an edit: its id is set by hand, and stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from sublarr_tasks.clients.metadata.facts import Match
from sublarr_tasks.clients.metadata.tmdb import ID, Tmdb
from sublarr_tasks.db import transaction
from sublarr_tasks.enrichment.matching import confidence
from sublarr_tasks.errors import Conflict, NotFound
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library.layers import BY_ID
from sublarr_tasks.models import Item, ItemKind, Library
from sublarr_tasks.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an item may be; `confidence` from 0 to 1, and the `reason` for it."""

    provider: str
    ids: Mapping[str, str]
    title: str
    original_title: str | None
    year: int | None
    confidence: float
    reason: str


def candidates(
    viewer: Viewer, item_id: int, title: str | None = None, year: int | None = None
) -> list[Candidate]:
    """Ask what an item may be, by its own title and year or by others; the likeliest comes first.

    Raises NotFound, Conflict where nobody can be asked or the item is no film and no series, and
    ServiceError.
    """
    with transaction() as db:
        item = _item(db, viewer, item_id)
        services = [row for row in rows.enabled(db, Kind.TMDB) if viewer.may_see(row.owner_id)]
    if item.kind not in BY_ID:
        raise Conflict("Films and series alone can be looked up.")
    if not services:
        raise Conflict("Set TMDB up as an integration first.")
    tmdb = Tmdb(building.connected(services[0]).http)
    wanted, about = title or item.title, year if title or year else item.year
    kind = ItemKind(item.kind)
    known = None if title or year else next(_known(tmdb, kind, item), None)
    found = [_candidate(match, wanted, about, known) for match in _found(tmdb, kind, wanted, about)]
    return sorted(found, key=lambda each: -each.confidence)


def _item(db: Connection, viewer: Viewer, item_id: int) -> Any:  # noqa: ANN401 - a row
    found = db.execute(
        select(Item.kind, Item.title, Item.year, Item.imdb_id, Item.tvdb_id)
        .join(Library, Library.id == Item.library_id)
        .where(Item.id == item_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no item {item_id}.")
    return found


def _known(tmdb: Tmdb, kind: ItemKind, item: Any) -> Iterator[str]:  # noqa: ANN401 - a row
    """Yield TMDB's ids of what has the item's ids elsewhere."""
    for source, external_id in (("imdb", item.imdb_id), ("tvdb", item.tvdb_id)):
        found = external_id and tmdb.find(kind, source, external_id)
        if found:
            yield found


def _found(tmdb: Tmdb, kind: ItemKind, title: str, year: int | None) -> list[Match]:
    """Search with the year, and without it where that finds nothing."""
    return tmdb.search(kind, title, year) or (tmdb.search(kind, title) if year else [])


def _candidate(match: Match, title: str, year: int | None, known: str | None) -> Candidate:
    score, reason = confidence(title, year, match)
    if known is not None and match.ids.get(ID) == known:
        score, reason = 1.0, "id_elsewhere"
    premiered = match.premiered
    return Candidate(
        ID,
        match.ids,
        match.title,
        match.original_title,
        None if premiered is None else premiered.year,
        score,
        reason,
    )

"""Items: films, series with their seasons and episodes, artists with albums and tracks."""

from enum import StrEnum
from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints

from api.auth import viewer
from api.fields import Answer, Id, Query, Text, reply
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.items import Candidates, Item, ItemChanges, ItemDetails, ItemPage
from sublarr_tasks import catalog, editing, identification
from sublarr_tasks.catalog import ItemFilter, ItemSort
from sublarr_tasks.db import transaction
from sublarr_tasks.models import EnrichmentState, ItemKind

api = resource("items", "What was found: films, series, music.")


class Direction(StrEnum):
    """Which end of a list comes first."""

    ASC = "asc"
    DESC = "desc"


class ItemPath(Answer):
    """The item that an address names."""

    item_id: Id


class ItemQuery(PageQuery):
    """Which items are listed, and in what order."""

    library_id: Id | None = None
    kind: ItemKind | None = None
    parent_id: Id | None = Field(
        None, description="what they are part of: a series, a season, an artist, an album"
    )
    ancestor_id: Id | None = Field(None, description="a series or an artist: its parts, and theirs")
    state: Annotated[Text, StringConstraints(max_length=50)] | None = None
    enrichment: EnrichmentState | None = None
    year: int | None = Field(None, ge=1, le=9999)
    q: Annotated[Text, StringConstraints(max_length=200)] | None = Field(
        None, description="every word of it begins a word of the title"
    )
    label_id: Id | None = Field(None, description="a genre, studio, tag, country or collection")
    person_id: Id | None = Field(None, description="somebody who plays, directs or writes")
    missing: bool = Field(default=False, description="those that the last scans did not find")
    sort: ItemSort = Field(
        ItemSort.TITLE, description="`number` is the order within a parent_id or ancestor_id"
    )
    order: Direction = Direction.ASC


class MatchQuery(Query):
    """What to look for in place of the item's own title and year."""

    title: Annotated[Text, StringConstraints(min_length=1, max_length=200)] | None = None
    year: int | None = Field(None, ge=1, le=9999)


@api.get("/items", responses={200: ItemPage, **answers(422)})
def index(query: ItemQuery) -> Response:
    """List items."""
    wanted = ItemFilter(
        query.library_id,
        query.kind,
        query.parent_id,
        query.ancestor_id,
        query.state,
        query.enrichment,
        query.year,
        query.q,
        query.label_id,
        query.person_id,
        query.missing,
    )
    descending = query.order is Direction.DESC
    with transaction() as db:
        page = catalog.items(
            db, viewer(), wanted, query.sort, query.window(), descending=descending
        )
    return reply(ItemPage.of(page, query, [Item.model_validate(row) for row in page.rows]))


@api.get("/items/<item_id>", responses={200: ItemDetails, **answers(404, 422)})
def read(path: ItemPath) -> Response:
    """Read an item with its files, their streams, its extras and its assets."""
    with transaction() as db:
        return reply(ItemDetails.of(catalog.item(db, viewer(), path.item_id)))


@api.get("/items/<item_id>/matches", responses={200: Candidates, **answers(404, 409, 422, 502)})
def matches(path: ItemPath, query: MatchQuery) -> Response:
    """Ask TMDB what a film or a series may be; choose by setting its id."""
    found = identification.candidates(viewer(), path.item_id, query.title, query.year)
    return reply(Candidates.model_validate({"results": found}))


@api.patch("/items/<item_id>", responses={200: ItemDetails, **answers(400, 404, 413, 415, 422)})
def change(path: ItemPath, body: ItemChanges) -> Response:
    """Change fields of an item by hand, and lock or free them."""
    changes = body.model_dump(exclude_unset=True)
    locked = {name: changes.pop(name, None) for name in ("locked_fields", "locked_artwork")}
    with transaction() as db:
        editing.change(db, viewer(), path.item_id, changes, **locked)
        return reply(ItemDetails.of(catalog.item(db, viewer(), path.item_id)))

"""Wanted subtitles: what is lacking, and the search for it."""

from typing import Annotated

from flask import Response
from pydantic import StringConstraints

from api.auth import viewer
from api.fields import Answer, Id, Query, Text, reply
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.wanted import Wanted, WantedChanges, WantedPage, WantedSummary
from sublarr_tasks.db import transaction
from sublarr_tasks.models import WantedStatus
from sublarr_tasks.wanted import items
from sublarr_tasks.wanted.items import WantedFilter

api = resource("wanted", "Subtitles that are lacking.")


class WantedQuery(PageQuery):
    """Which wanted subtitles are listed."""

    library_id: Id | None = None
    item_id: Id | None = None
    status: WantedStatus | None = None
    language: Annotated[Text, StringConstraints(max_length=40)] | None = None
    forced: bool | None = None
    upgrade: bool | None = None


class SummaryQuery(Query):
    """Of which library."""

    library_id: Id | None = None


class WantedPath(Answer):
    """The wanted subtitle that an address names."""

    wanted_id: Id


@api.get("/wanted", responses={200: WantedPage, **answers(422)})
def index(query: WantedQuery) -> Response:
    """List wanted subtitles, the newest first."""
    wanted = WantedFilter(
        query.library_id, query.item_id, query.status, query.language, query.forced, query.upgrade
    )
    with transaction() as db:
        page = items.page(db, viewer(), wanted, query.window())
    return reply(WantedPage.of(page, query, [Wanted.model_validate(row) for row in page.rows]))


@api.get("/wanted/summary", responses={200: WantedSummary, **answers(422)})
def summary(query: SummaryQuery) -> Response:
    """Count what is wanted."""
    with transaction() as db:
        counted = items.summary(db, viewer(), query.library_id)
    return reply(WantedSummary.model_validate(counted))


@api.get("/wanted/<wanted_id>", responses={200: Wanted, **answers(404, 422)})
def read(path: WantedPath) -> Response:
    """Read a wanted subtitle."""
    with transaction() as db:
        return reply(Wanted.model_validate(items.get(db, viewer(), path.wanted_id)))


@api.patch("/wanted/<wanted_id>", responses={200: Wanted, **answers(400, 404, 409, 413, 415, 422)})
def change(path: WantedPath, body: WantedChanges) -> Response:
    """Ignore a wanted subtitle, or want it again."""
    with transaction() as db:
        row = items.mark(db, viewer(), path.wanted_id, body.status)
    return reply(Wanted.model_validate(row))

"""Wanted subtitles: what is lacking, and the search for it."""

from typing import Annotated, Any

from flask import Response, url_for
from pydantic import StringConstraints

from api.auth import viewer
from api.fields import Answer, Id, Query, Text, reply
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.wanted import (
    Choice,
    Offer,
    Offers,
    ProviderAnswer,
    Search,
    SearchRequest,
    Wanted,
    WantedChanges,
    WantedPage,
    WantedSummary,
)
from sublarr_tasks import enqueue
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import bells
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.models import WantedStatus
from sublarr_tasks.wanted import items, requests, searches
from sublarr_tasks.wanted.items import WantedFilter
from sublarr_tasks.wanted.requests import Which

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


@api.post("/wanted/search", responses={202: Search, **answers(400, 409, 413, 415, 422)})
def search(body: SearchRequest) -> Response:
    """Search for some wanted subtitles, or for all that is lacking."""
    which = Which(body.ids, body.item_id, body.library_id, body.language, body.upgrades)
    with transaction() as db:
        begun = requests.search(db, viewer(), which)
    return _begun(begun)


@api.post("/wanted/<wanted_id>/search", responses={202: Search, **answers(404, 409, 422)})
def search_one(path: WantedPath) -> Response:
    """Search for one wanted subtitle."""
    with transaction() as db:
        items.get(db, viewer(), path.wanted_id)
        begun = requests.search(db, viewer(), Which([path.wanted_id]))
    return _begun(begun)


@api.get("/wanted/<wanted_id>/candidates", responses={200: Offers, **answers(404, 422)})
def candidates(path: WantedPath) -> Response:
    """Ask all providers about one wanted subtitle, and show how each offer is judged."""
    offers = requests.offers(viewer(), path.wanted_id)
    return reply(
        Offers(
            candidates=[Offer.of(each) for each in offers.judged],
            providers=[ProviderAnswer.model_validate(each) for each in offers.asked],
        )
    )


@api.post(
    "/wanted/<wanted_id>/download",
    responses={202: Search, **answers(400, 404, 409, 413, 415, 422)},
)
def download(path: WantedPath, body: Choice) -> Response:
    """Take one candidate, whatever it scores."""
    with transaction() as db:
        begun = requests.choose(db, viewer(), path.wanted_id, body.provider, body.subtitle_id)
    return _begun(begun)


def _begun(begun: Any) -> Response:  # noqa: ANN401 - a search's row
    """Answer with a search, and let workers know of it; the clock would, a little later."""
    with transaction() as db:
        waiting = searches.waiting(db, enqueue.SEARCHES_AT_ONCE)
    for worker_group, videos in waiting.items():
        enqueue.send_searches(worker_group, videos)
    bells.ring(Topic.SEARCH, begun.id)
    location = url_for("searches.read", search_id=begun.id)
    return reply(Search.of(begun), 202, location=location)

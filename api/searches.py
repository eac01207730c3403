"""Searches for subtitles: what they came to, what landed, and what never shall."""

from typing import Annotated

from flask import Response, url_for
from pydantic import Field, StringConstraints

from api.auth import viewer
from api.fields import Answer, Id, Query, Text, reply
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.wanted import (
    BlacklistEntry,
    BlacklistPage,
    Forgotten,
    Landed,
    LandedPage,
    NewBlacklistEntry,
    Provider,
    Providers,
    Search,
    SearchPage,
)
from sublarr_tasks import enqueue
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import bells
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.integrations import rows
from sublarr_tasks.models import Amendment, LandedState
from sublarr_tasks.subtitles.sources import PROVIDERS
from sublarr_tasks.wanted import answers as provider_answers
from sublarr_tasks.wanted import history, recycling, searches
from sublarr_tasks.wanted.history import HistoryFilter

api = resource("searches", "Searches for subtitles, and what came of them.")


class SearchPath(Answer):
    """The search that an address names."""

    search_id: Id


class EntryPath(Answer):
    """The blacklist's entry that an address names."""

    entry_id: Id


class ProviderPath(Answer):
    """The provider that an address names, by its integration."""

    integration_id: Id


class HistoryQuery(PageQuery):
    """Which landed subtitles are listed."""

    library_id: Id | None = None
    item_id: Id | None = None
    language: Annotated[Text, StringConstraints(max_length=40)] | None = None
    provider: Annotated[Text, StringConstraints(max_length=100)] | None = None
    state: LandedState | None = None


class LandedPath(Answer):
    """The subtitle that an address names."""

    landed_id: Id


class DeletionQuery(Query):
    """What follows a deletion."""

    blacklist: bool = Field(default=True, description="it is never taken again")
    search_again: bool = Field(default=True, description="false: its place stays empty")


class RestoringQuery(Query):
    """What follows a restoration."""

    blacklist: bool = Field(default=True, description="what goes for it is never taken again")


@api.get("/searches", responses={200: SearchPage, **answers(422)})
def index(query: PageQuery) -> Response:
    """List searches, the newest first."""
    with transaction() as db:
        page = searches.page(db, viewer(), query.window())
    return reply(SearchPage.of(page, query, [Search.of(row) for row in page.rows]))


@api.get("/searches/<search_id>", responses={200: Search, **answers(404, 422)})
def read(path: SearchPath) -> Response:
    """Read how far a search is, and what it came to."""
    with transaction() as db:
        return reply(Search.of(searches.get(db, viewer(), path.search_id)))


@api.post("/searches/<search_id>/cancel", responses={200: Search, **answers(404, 409, 422)})
def cancel(path: SearchPath) -> Response:
    """Stop a search; what is being worked on at the moment ends."""
    with transaction() as db:
        row = searches.cancel(db, viewer(), path.search_id)
    bells.ring(Topic.SEARCH, row.id)
    return reply(Search.of(row))


@api.get("/subtitles", responses={200: LandedPage, **answers(422)})
def landed(query: HistoryQuery) -> Response:
    """List the subtitles that landed, the newest first: where from, and why those."""
    wanted = HistoryFilter(
        query.library_id, query.item_id, query.language, query.provider, query.state
    )
    with transaction() as db:
        page = history.page(db, viewer(), wanted, query.window())
    return reply(LandedPage.of(page, query, [Landed.model_validate(row) for row in page.rows]))


@api.get("/subtitles/<landed_id>", responses={200: Landed, **answers(404, 422)})
def landed_one(path: LandedPath) -> Response:
    """Read what became of a subtitle that landed."""
    with transaction() as db:
        return reply(Landed.model_validate(history.get(db, viewer(), path.landed_id)))


@api.delete("/subtitles/<landed_id>", responses={202: Landed, **answers(404, 409, 422)})
def delete(path: LandedPath, query: DeletionQuery) -> Response:
    """Delete a subtitle that we wrote; a copy is kept, and it can be restored."""
    amendment = Amendment.DELETE if query.search_again else Amendment.DELETE_AND_IGNORE
    return _asked(path.landed_id, amendment, ban=query.blacklist)


@api.post("/subtitles/<landed_id>/restore", responses={202: Landed, **answers(404, 409, 422)})
def restore(path: LandedPath, query: RestoringQuery) -> Response:
    """Bring back a subtitle that was replaced or deleted."""
    return _asked(path.landed_id, Amendment.RESTORE, ban=query.blacklist)


def _asked(landed_id: int, amendment: Amendment, *, ban: bool) -> Response:
    """Write down what a worker shall do, and let one know of it."""
    with transaction() as db:
        row = recycling.ask(db, viewer(), landed_id, amendment, ban=ban)
        groups = recycling.waiting(db)
    for worker_group in groups:
        enqueue.send_amending(worker_group)
    location = url_for(".landed_one", landed_id=landed_id)
    return reply(Landed.model_validate(row), 202, location=location)


@api.get("/blacklist", responses={200: BlacklistPage, **answers(422)})
def blacklist(query: PageQuery) -> Response:
    """List what is never taken again."""
    with transaction() as db:
        page = history.blacklist(db, query.window())
    found = [BlacklistEntry.model_validate(row) for row in page.rows]
    return reply(BlacklistPage.of(page, query, found))


@api.post("/blacklist", responses={201: BlacklistEntry, **answers(400, 413, 415, 422)})
def ban(body: NewBlacklistEntry) -> Response:
    """Never take a provider's subtitle again."""
    with transaction() as db:
        row = history.ban(db, viewer(), body.model_dump())
    return reply(BlacklistEntry.model_validate(row), 201, location=url_for(".blacklist"))


@api.delete("/blacklist/<entry_id>", responses={204: None, **answers(404, 422)})
def allow(path: EntryPath) -> Response:
    """Let a subtitle be taken again."""
    with transaction() as db:
        history.allow(db, viewer(), path.entry_id)
    return Response(status=204)


@api.get("/providers", responses={200: Providers})
def providers() -> Response:
    """List the providers with how they have done and what stands in their way."""
    with transaction() as db:
        found = history.providers(db, viewer(), tuple(PROVIDERS))
    return reply(Providers(results=[Provider.of(row) for row in found]))


@api.delete("/providers/<integration_id>/answers", responses={200: Forgotten, **answers(404, 422)})
def forget(path: ProviderPath) -> Response:
    """Forget what a provider said, so that it is asked again."""
    with transaction() as db:
        owner_id = rows.get(db, viewer(), path.integration_id).owner_id
        viewer().require_change(owner_id)
        return reply(Forgotten(answers=provider_answers.forget(db, path.integration_id)))

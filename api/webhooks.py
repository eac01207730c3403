"""Webhooks in: what Sonarr and Radarr say has happened."""

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import ConfigDict, Field

from api.auth import viewer
from api.fields import Answer, Body, PathText, reply
from api.integrations import IntegrationPath
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import InputError
from sublarr_tasks.inbox import events, payloads
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import EventState

api = resource("webhooks", "What Sonarr and Radarr tell.")

TELLING = (Kind.SONARR, Kind.RADARR)


class WebhookBody(Body):
    """Whatever the service sends; an event that is not known is taken and ignored."""

    model_config = ConfigDict(extra="allow")

    event_type: Any = Field(None, alias="eventType")


class TakenEvent(Answer):
    """What becomes of an event; without an id it came before."""

    event_id: int | None
    state: EventState
    reason: str | None


class Event(Answer):
    """An event of the inbox; `paths` are folders as the service names them."""

    id: int
    integration_id: int
    event_type: str
    subject: str
    title: str | None
    paths: list[PathText]
    gone: bool
    state: EventState
    reason: str | None
    scan_id: int | None
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None


class EventPage(PageAnswer[Event]):
    """A page of events."""


@api.put(
    "/webhooks/<integration_id>",
    responses={200: TakenEvent, **answers(400, 404, 413, 415, 422)},
)
def put(path: IntegrationPath, body: WebhookBody) -> Response:
    """Take an event, as `post` does; which of the two is sent is chosen there."""
    return _take(path, body)


@api.post(
    "/webhooks/<integration_id>",
    responses={200: TakenEvent, **answers(400, 404, 413, 415, 422)},
)
def post(path: IntegrationPath, body: WebhookBody) -> Response:
    """Take an event of Connect; what comes of it comes a few seconds later."""
    return _take(path, body)


@api.get("/webhooks/<integration_id>/events", responses={200: EventPage, **answers(404, 422)})
def index(path: IntegrationPath, query: PageQuery) -> Response:
    """List what a service told, the newest first, and what came of it."""
    with transaction() as db:
        rows.get(db, viewer(), path.integration_id)
        page = events.page(db, path.integration_id, query.window())
    return reply(EventPage.of(page, query, [Event.model_validate(row) for row in page.rows]))


def _take(path: IntegrationPath, body: WebhookBody) -> Response:
    event = payloads.from_webhook(body.model_dump(by_alias=True))
    with transaction() as db:
        row = rows.get(db, viewer(), path.integration_id)
        if row.kind not in TELLING:
            raise InputError({"integration_id": "Only a Sonarr or a Radarr tells of events."})
        taken = events.take(db, row.id, event)
    return reply(TakenEvent.model_validate(taken))

"""Looks at what Sonarr and Radarr hold."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, url_for
from pydantic import Field

from api.auth import viewer
from api.fields import Answer, Flag, Id, OptionalBody, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks import enqueue
from sublarr_tasks.arr import syncs
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import InputError
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import ScanKind, SyncStatus, Trigger

api = resource("arr_syncs", "Looks at what Sonarr and Radarr hold.")


class ArrSync(Answer):
    """A look at a Sonarr or Radarr, and what came of it."""

    id: int
    integration_id: int
    scan_type: ScanKind
    trigger: Trigger
    status: SyncStatus
    reason: str | None
    detail: str | None
    titles_total: int
    titles_due: int = Field(description="titles that may have changed")
    titles_read: int
    titles_failed: int
    files_found: int
    files_linked: int = Field(description="that lie in a library of ours")
    files_removed: int
    libraries_added: int = Field(description="for files that lay in none; why not: `detail`")
    added: int = Field(description="wanted subtitles that came of it")
    updated: int
    removed: int
    total_wanted: int = Field(description="wanted now, of the files that it has")
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: float

    @classmethod
    def of(cls, row: Any, total_wanted: int) -> "ArrSync":  # noqa: ANN401 - a row
        ends = row.completed_at or datetime.now(UTC)
        said = row._asdict()
        return cls.model_validate(
            said
            | {name: said[f"wanted_{name}"] for name in ("added", "updated", "removed")}
            | {
                "total_wanted": total_wanted,
                "duration_seconds": round(max(0.0, (ends - row.started_at).total_seconds()), 3),
            }
        )


class ArrSyncPage(PageAnswer[ArrSync]):
    """A page of looks."""


class SyncRequest(OptionalBody):
    """How much is read."""

    full: Flag = Field(default=False, description="all titles, changed or not")


class IntegrationPath(Answer):
    """The integration that an address names."""

    integration_id: Id


class SyncPath(Answer):
    """The look that an address names."""

    sync_id: Id


@api.post(
    "/integrations/<integration_id>/syncs",
    responses={202: ArrSync, **answers(400, 404, 409, 413, 415, 422)},
)
def create(path: IntegrationPath, body: SyncRequest) -> Response:
    """Look at what a Sonarr or Radarr has; by itself it happens every hour."""
    with transaction() as db:
        integration = rows.get(db, viewer(), path.integration_id)
        viewer().require_change(integration.owner_id)
        if Kind(integration.kind) not in syncs.KINDS:
            raise InputError({"integration_id": "This is neither a Sonarr nor a Radarr."})
        begun = syncs.begin(db, integration.id, trigger=Trigger.API, full=body.full)
        made = ArrSync.of(begun, syncs.total_wanted(db, integration.id))
    enqueue.send_sync(begun.id)
    return reply(made, 202, location=url_for(".read", sync_id=begun.id))


@api.get("/arr-syncs", responses={200: ArrSyncPage, **answers(422)})
def index(query: PageQuery) -> Response:
    """List looks, the newest first."""
    with transaction() as db:
        page = syncs.page(db, viewer(), query.window())
        totals = {
            integration_id: syncs.total_wanted(db, integration_id)
            for integration_id in {row.integration_id for row in page.rows}
        }
    found = [ArrSync.of(row, totals[row.integration_id]) for row in page.rows]
    return reply(ArrSyncPage.of(page, query, found))


@api.get("/arr-syncs/<sync_id>", responses={200: ArrSync, **answers(404, 422)})
def read(path: SyncPath) -> Response:
    """Read how far a look is, and what came of it."""
    with transaction() as db:
        row = syncs.get(db, viewer(), path.sync_id)
        return reply(ArrSync.of(row, syncs.total_wanted(db, row.integration_id)))


@api.post("/arr-syncs/<sync_id>/cancel", responses={200: ArrSync, **answers(404, 409, 422)})
def cancel(path: SyncPath) -> Response:
    """Stop a look; what was read stays."""
    with transaction() as db:
        row = syncs.cancel(db, viewer(), path.sync_id)
        return reply(ArrSync.of(row, syncs.total_wanted(db, row.integration_id)))

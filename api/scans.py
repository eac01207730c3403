"""Scans: asked for, followed, cancelled, taken up again."""

from typing import Annotated, Literal

import structlog
from flask import Response, url_for
from pydantic import Field

from api.auth import viewer
from api.fields import (
    Answer,
    Body,
    Flag,
    GivenId,
    Id,
    OptionalBody,
    PathInput,
    Whole,
    absent,
    reply,
)
from api.libraries import LibraryPath
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.scans import Accepted, Job, Scan, ScanPage, Unit, UnitPage
from sublarr_tasks import catalog, enqueue, progress, publications, scans
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Unavailable
from sublarr_tasks.fleet import bells
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.models import ScanStatus, Trigger, UnitState
from sublarr_tasks.profiles import EnrichmentMode, Profile, Publishing
from sublarr_tasks.viewers import require_library, require_scan

api = resource("scans", "One scan at a time for each library.")
log = structlog.get_logger()


class GivenOptions(Body):
    """Options that differ from the profile's."""

    enable_caching: Flag = Field(default_factory=absent)
    enable_enrichment: Flag = Field(default_factory=absent)
    skip_asset_discovery: Flag = Field(default_factory=absent)
    skip_ffprobe: Flag = Field(default_factory=absent)
    max_directories: Whole | None = Field(None, ge=1, description="stop discovery after so many")
    enrichment_mode: EnrichmentMode = Field(default_factory=absent)
    only_enrichment: Flag = Field(default_factory=absent, description="look at no file")
    refresh: Flag = Field(
        default_factory=absent, description="ask the services for all, whether due or not"
    )
    items: Annotated[list[GivenId], Field(max_length=scans.MOST_PATHS)] = Field(
        default_factory=absent, description="films and series to be enriched, and no others"
    )
    accept_losses: Flag = Field(
        default_factory=absent, description="go on though a third of the library is gone"
    )
    paths: Annotated[list[PathInput], Field(max_length=scans.MOST_PATHS)] = Field(
        default_factory=absent, description="directories of the library that go first"
    )
    only_paths: Flag = Field(default_factory=absent, description="read nothing but `paths`")


class ScanRequest(OptionalBody):
    """A scan to be done; without a body an ordinary one."""

    full: Flag = Field(default=False, description="read every directory again")
    profile: Profile = Profile.STANDARD
    options: GivenOptions = GivenOptions()


class ScanPath(Answer):
    """The scan that an address names."""

    scan_id: Id


class PublishRequest(Body):
    """What is to be done: `dry-run` says what `write` would do, in the details of the units."""

    mode: Literal[Publishing.DRY_RUN, Publishing.WRITE, Publishing.UNDO]


class ItemPath(Answer):
    """The item that an address names."""

    item_id: Id


class ScanQuery(PageQuery):
    """Which scans are listed."""

    library_id: Id | None = None
    status: ScanStatus | None = None


class UnitQuery(PageQuery):
    """Which units are listed."""

    state: UnitState | None = None
    phase: ScanStatus | None = None


@api.post(
    "/libraries/<library_id>/scans",
    responses={202: Accepted, **answers(400, 404, 409, 413, 415, 422)},
)
def request(path: LibraryPath, body: ScanRequest) -> Response:
    """Ask for a scan; it begins when a worker takes it up."""
    with transaction() as db:
        require_library(db, viewer(), path.library_id)
        asked = scans.request(
            db,
            path.library_id,
            trigger=Trigger.API,
            full=body.full,
            profile=body.profile,
            options=body.options.model_dump(exclude_unset=True),
        )
    return accepted(asked.scan_id, asked.job_id)


@api.post(
    "/libraries/<library_id>/publish",
    responses={202: Accepted, **answers(400, 404, 409, 413, 415, 422)},
)
def publish_library(path: LibraryPath, body: PublishRequest) -> Response:
    """Write NFO files and chosen artwork beside all that is in a library, or undo that."""
    with transaction() as db:
        asked = publications.of_library(db, viewer(), path.library_id, body.mode)
    return accepted(asked.scan_id, asked.job_id)


@api.post(
    "/items/<item_id>/publish",
    responses={202: Accepted, **answers(400, 404, 409, 413, 415, 422)},
)
def publish_item(path: ItemPath, body: PublishRequest) -> Response:
    """Write a film's or series' NFO and chosen artwork beside it, or undo that."""
    with transaction() as db:
        asked = publications.of_item(db, viewer(), path.item_id, body.mode)
    return accepted(asked.scan_id, asked.job_id)


@api.get("/scans", responses={200: ScanPage, **answers(422)})
def index(query: ScanQuery) -> Response:
    """List scans, the newest first."""
    with transaction() as db:
        page = catalog.scans(
            db, viewer(), query.window(), library_id=query.library_id, status=query.status
        )
    found = [Scan.of(progress.measure(row, row.library_name, row.now)) for row in page.rows]
    return reply(ScanPage.of(page, query, found))


@api.get("/scans/<scan_id>", responses={200: Scan, **answers(404, 422)})
def read(path: ScanPath) -> Response:
    """Read how far a scan is."""
    with transaction() as db:
        return reply(Scan.of(progress.of(db, viewer(), path.scan_id)))


@api.get("/scans/<scan_id>/units", responses={200: UnitPage, **answers(404, 422)})
def units(path: ScanPath, query: UnitQuery) -> Response:
    """List a scan's directories and files, what became of each, and why."""
    with transaction() as db:
        page = catalog.units(
            db, viewer(), path.scan_id, query.window(), state=query.state, phase=query.phase
        )
    return reply(UnitPage.of(page, query, [Unit.model_validate(row) for row in page.rows]))


@api.post("/scans/<scan_id>/cancel", responses={200: Scan, **answers(400, 404, 409, 413, 415, 422)})
def cancel(path: ScanPath) -> Response:
    """Cancel a scan; what was found so far stays."""
    with transaction() as db:
        require_scan(db, viewer(), path.scan_id)
        scans.cancel(db, path.scan_id)
        cancelled = Scan.of(progress.of(db, viewer(), path.scan_id))
    bells.ring(Topic.SCAN, path.scan_id)
    return reply(cancelled)


@api.post(
    "/scans/<scan_id>/retry-failed",
    responses={202: Accepted, **answers(400, 404, 409, 413, 415, 422)},
)
def retry_failed(path: ScanPath) -> Response:
    """Try what failed in a scan once more."""
    with transaction() as db:
        require_scan(db, viewer(), path.scan_id)
        job_id = scans.retry_failed(db, path.scan_id)
    return accepted(path.scan_id, job_id)


def accepted(scan_id: int, job_id: int) -> Response:
    """Send the job's message and answer; the rows are committed, so nothing is lost without it."""
    try:
        enqueue.send_job(job_id)
    except Unavailable as error:
        log.warning("job_not_sent", job_id=job_id, error=str(error))
    bells.ring(Topic.SCAN, scan_id)
    with transaction() as db:
        body = Accepted(
            scan=Scan.of(progress.of(db, viewer(), scan_id)),
            job=Job.model_validate(catalog.job(db, viewer(), job_id)),
        )
    return reply(body, 202, location=url_for("scans.read", scan_id=scan_id))

"""Schedules: when libraries are scanned by themselves."""

from datetime import UTC, datetime
from typing import Annotated

from flask import Response, url_for
from pydantic import AwareDatetime, Field, StringConstraints

from api import scans as scan_routes
from api.auth import viewer
from api.fields import Answer, Body, Flag, GivenId, Id, Query, Text, Whole, absent, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from api.schemas.scans import Accepted
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Misfire, RunOutcome
from sublarr_tasks.profiles import Profile
from sublarr_tasks.schedules import rows

api = resource("schedules", "When libraries are scanned by themselves.")

Name = Annotated[Text, StringConstraints(max_length=1000)]
Cron = Annotated[
    Text,
    StringConstraints(max_length=1000),
    Field(description="minute, hour, day of the month, month, day of the week"),
]
Zone = Annotated[
    Text, StringConstraints(max_length=100), Field(description="such as Europe/Berlin")
]
ClockTime = Annotated[Text | None, Field(description="local time as HH:MM")]
FullEvery = Annotated[
    Whole | None, Field(ge=1, le=1000, description="every so many of its scans is full")
]
Jitter = Annotated[
    Whole, Field(ge=0, le=rows.MOST_JITTER, description="begin up to so many seconds later")
]
Grace = Annotated[
    Whole, Field(ge=0, le=7 * 86_400, description="with `skip`: how late is too late")
]


class Schedule(Answer):
    """When a library is scanned; `next_run_at` is null while there is nothing to come."""

    id: int
    library_id: int
    name: str
    cron: str
    timezone: str
    profile: Profile
    full_every: int | None
    quiet_from: str | None
    quiet_until: str | None
    jitter_seconds: int
    misfire: Misfire
    misfire_grace_seconds: int
    enabled: bool
    paused_until: datetime | None
    runs: int
    next_run_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SchedulePage(PageAnswer[Schedule]):
    """A page of schedules."""


class NewSchedule(Body):
    """A schedule to be added. Runs within the quiet hours are put off to their end."""

    library_id: GivenId
    cron: Cron
    name: Name = ""
    timezone: Zone = "UTC"
    profile: Profile = Profile.STANDARD
    full_every: FullEvery = None
    quiet_from: ClockTime = None
    quiet_until: ClockTime = None
    jitter_seconds: Jitter = 0
    misfire: Misfire = Field(
        Misfire.RUN_ONCE, description="what becomes of runs that no clock saw: one for all, or none"
    )
    misfire_grace_seconds: Grace = 300
    enabled: Flag = True


class ScheduleChanges(Body):
    """What is to change."""

    cron: Cron = Field(default_factory=absent)
    name: Name = Field(default_factory=absent)
    timezone: Zone = Field(default_factory=absent)
    profile: Profile = Field(default_factory=absent)
    full_every: FullEvery = Field(default_factory=absent)
    quiet_from: ClockTime = Field(default_factory=absent)
    quiet_until: ClockTime = Field(default_factory=absent)
    jitter_seconds: Jitter = Field(default_factory=absent)
    misfire: Misfire = Field(default_factory=absent)
    misfire_grace_seconds: Grace = Field(default_factory=absent)
    enabled: Flag = Field(default_factory=absent)


class Pause(Body):
    """How long a schedule rests."""

    until: AwareDatetime


class NextRuns(Answer):
    """The next moments, in UTC."""

    next_runs: list[datetime]


class Run(Answer):
    """What came of one moment of a schedule."""

    id: int
    schedule_id: int
    slot: datetime
    ran_at: datetime
    outcome: RunOutcome
    scan_id: int | None = Field(description="that it started, or that was running")


class RunPage(PageAnswer[Run]):
    """A page of runs."""


class SchedulePath(Answer):
    """The schedule that an address names."""

    schedule_id: Id


class ScheduleQuery(PageQuery):
    """Which schedules are listed."""

    library_id: Id | None = None


class CountQuery(Query):
    """How many moments are wanted."""

    count: int = Field(10, ge=1, le=rows.MOST_PREVIEWED)


@api.get("/schedules", responses={200: SchedulePage, **answers(422)})
def index(query: ScheduleQuery) -> Response:
    """List the schedules."""
    with transaction() as db:
        page = rows.page(db, viewer(), query.window(), query.library_id)
    return reply(SchedulePage.of(page, query, [Schedule.model_validate(row) for row in page.rows]))


@api.post("/schedules", responses={201: Schedule, **answers(400, 404, 413, 415, 422)})
def add(body: NewSchedule) -> Response:
    """Add a schedule."""
    with transaction() as db:
        made = rows.add(db, viewer(), rows.Draft(**dict(body)))
    location = url_for("schedules.read", schedule_id=made.id)
    return reply(Schedule.model_validate(made), 201, location=location)


@api.post("/schedule-previews", responses={200: NextRuns, **answers(400, 413, 415, 422)})
def preview(body: NewSchedule, query: CountQuery) -> Response:
    """Tell when a schedule would run, without adding it."""
    found = rows.preview(rows.Draft(**dict(body)), datetime.now(UTC), query.count)
    return reply(NextRuns(next_runs=found))


@api.get("/schedules/<schedule_id>", responses={200: Schedule, **answers(404, 422)})
def read(path: SchedulePath) -> Response:
    """Read a schedule."""
    with transaction() as db:
        return reply(Schedule.model_validate(rows.get(db, viewer(), path.schedule_id)))


@api.patch(
    "/schedules/<schedule_id>", responses={200: Schedule, **answers(400, 404, 413, 415, 422)}
)
def change(path: SchedulePath, body: ScheduleChanges) -> Response:
    """Change some of a schedule's fields."""
    changes = body.model_dump(exclude_unset=True)
    with transaction() as db:
        changed = rows.change(db, viewer(), path.schedule_id, changes)
    return reply(Schedule.model_validate(changed))


@api.delete("/schedules/<schedule_id>", responses={204: None, **answers(404, 422)})
def remove(path: SchedulePath) -> Response:
    """Delete a schedule; scans that it started stay."""
    with transaction() as db:
        rows.remove(db, viewer(), path.schedule_id)
    return Response(status=204)


@api.get("/schedules/<schedule_id>/next-runs", responses={200: NextRuns, **answers(404, 422)})
def next_runs(path: SchedulePath, query: CountQuery) -> Response:
    """Tell when a schedule runs next."""
    with transaction() as db:
        row = rows.get(db, viewer(), path.schedule_id)
    found = rows.next_runs(row, datetime.now(UTC), query.count) if row.enabled else []
    return reply(NextRuns(next_runs=found))


@api.get("/schedules/<schedule_id>/runs", responses={200: RunPage, **answers(404, 422)})
def runs(path: SchedulePath, query: PageQuery) -> Response:
    """List what came of a schedule, the newest first."""
    with transaction() as db:
        page = rows.runs(db, viewer(), path.schedule_id, query.window())
    return reply(RunPage.of(page, query, [Run.model_validate(row) for row in page.rows]))


@api.post(
    "/schedules/<schedule_id>/run",
    responses={202: Accepted, **answers(400, 404, 409, 413, 415, 422)},
)
def run(path: SchedulePath) -> Response:
    """Start the schedule's scan now."""
    with transaction() as db:
        asked = rows.run_now(db, viewer(), path.schedule_id)
    return scan_routes.accepted(asked.scan_id, asked.job_id)


@api.post(
    "/schedules/<schedule_id>/pause",
    responses={200: Schedule, **answers(400, 404, 413, 415, 422)},
)
def pause(path: SchedulePath, body: Pause) -> Response:
    """Let a schedule rest until a moment."""
    with transaction() as db:
        changed = rows.pause(db, viewer(), path.schedule_id, body.until)
    return reply(Schedule.model_validate(changed))


@api.post(
    "/schedules/<schedule_id>/resume",
    responses={200: Schedule, **answers(400, 404, 413, 415, 422)},
)
def resume(path: SchedulePath) -> Response:
    """Let a schedule go on that rests."""
    with transaction() as db:
        changed = rows.pause(db, viewer(), path.schedule_id, None)
    return reply(Schedule.model_validate(changed))

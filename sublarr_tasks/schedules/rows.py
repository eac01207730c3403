"""Schedules as rows: written, previewed, paused, and run when they are due.

A due row is locked, its slot is written down under a unique key, and its next moment is set, all in
one transaction with the scan that comes of it. So any number of clocks, early, late or twice, start
a slot once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging, scans
from sublarr_tasks.errors import InputError, NotFound, ScanRunning
from sublarr_tasks.models import (
    Misfire,
    RunOutcome,
    Schedule,
    ScheduleRun,
    Trigger,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.profiles import Profile
from sublarr_tasks.schedules.times import Timing, clock_time
from sublarr_tasks.viewers import Viewer, in_libraries, require_change_in, require_library

LONGEST_NAME = 100
LONGEST_CRON = 200
MOST_JITTER = 86_400
MOST_PREVIEWED = 100
RUNS_KEPT = timedelta(days=90)

_COLUMNS = tuple(Schedule.__table__.c)
_BY_ID = Order("schedules", (Schedule.__table__.c.id,), (int,))
_NEWEST_RUN = Order("runs", (ScheduleRun.__table__.c.id,), (int,), descending=True)
_TIMING = ("cron", "timezone", "quiet_from", "quiet_until", "jitter_seconds")


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule to be added; `full_every` makes every so many of its scans full."""

    library_id: int
    cron: str
    name: str = ""
    timezone: str = "UTC"
    profile: Profile = Profile.STANDARD
    full_every: int | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None
    jitter_seconds: int = 0
    misfire: Misfire = Misfire.RUN_ONCE
    misfire_grace_seconds: int = 300
    enabled: bool = True


def page(db: Connection, viewer: Viewer, window: Window, library_id: int | None = None) -> Page:
    """List the schedules of the libraries that a viewer sees."""
    matching = select(Schedule.id).where(in_libraries(viewer, Schedule.library_id))
    if library_id is not None:
        matching = matching.where(Schedule.library_id == library_id)
    return paging.fetch(db, matching, select(*_COLUMNS), _BY_ID, window)


def get(db: Connection, viewer: Viewer, schedule_id: int) -> Row[Any]:
    """Return a schedule; raises NotFound."""
    return _one(db, viewer, schedule_id, lock=False)


def add(db: Connection, viewer: Viewer, draft: Draft) -> Row[Any]:
    """Write a schedule; raises InputError that names each field, NotFound and Forbidden."""
    values = _checked(asdict(draft))
    _require_change(db, viewer, draft.library_id)
    made = db.execute(insert(Schedule).values(values).returning(*_COLUMNS)).one()
    return _planned(db, made)


def change(
    db: Connection, viewer: Viewer, schedule_id: int, changes: Mapping[str, Any]
) -> Row[Any]:
    """Change some of a Draft's fields; raises NotFound, Forbidden and InputError."""
    row = _owned(db, viewer, schedule_id)
    values = row._asdict() | dict(changes)
    checked = _checked({name: values[name] for name in Draft.__slots__})
    db.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values(updated_at=func.now(), **{name: checked[name] for name in changes})
    )
    return _planned(db, _one(db, viewer, schedule_id, lock=True))


def remove(db: Connection, viewer: Viewer, schedule_id: int) -> None:
    """Delete a schedule and the record of its runs; raises NotFound and Forbidden."""
    _owned(db, viewer, schedule_id)
    db.execute(delete(Schedule).where(Schedule.id == schedule_id))


def pause(db: Connection, viewer: Viewer, schedule_id: int, until: datetime | None) -> Row[Any]:
    """Let a schedule rest until a moment, or go on again with None."""
    _owned(db, viewer, schedule_id)
    db.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values(paused_until=until, updated_at=func.now())
    )
    return _planned(db, _one(db, viewer, schedule_id, lock=True))


def run_now(db: Connection, viewer: Viewer, schedule_id: int) -> scans.Requested:
    """Ask for the schedule's scan at once; raises NotFound and ScanRunning."""
    row = get(db, viewer, schedule_id)
    return _request(db, row, Trigger.API)


def next_runs(row: Any, moment: datetime, count: int) -> list[datetime]:  # noqa: ANN401 - a schedule's row
    """Return the next moments of a schedule, as many as there are."""
    begin = max(moment, row.paused_until) if row.paused_until else moment
    return list(islice(timing(row).after(begin), min(count, MOST_PREVIEWED)))


def preview(draft: Draft, moment: datetime, count: int) -> list[datetime]:
    """Return the moments of a schedule that nobody has written yet; raises InputError."""
    values = _checked(asdict(draft))
    given = Timing(**{name: values[name] for name in _TIMING})
    return list(islice(given.after(moment), min(count, MOST_PREVIEWED)))


def runs(db: Connection, viewer: Viewer, schedule_id: int, window: Window) -> Page:
    """List what came of a schedule, the newest first; raises NotFound."""
    get(db, viewer, schedule_id)
    matching = select(ScheduleRun.id).where(ScheduleRun.schedule_id == schedule_id)
    return paging.fetch(db, matching, select(*ScheduleRun.__table__.c), _NEWEST_RUN, window)


def due(db: Connection) -> Sequence[int]:
    """Return the ids of the schedules whose moment has come."""
    return db.scalars(
        select(Schedule.id)
        .where(Schedule.enabled, Schedule.next_run_at <= func.now())
        .order_by(Schedule.next_run_at, Schedule.id)
    ).all()


def dispatch(db: Connection, schedule_id: int) -> int | None:
    """Start what is due of a schedule, once; returns the job to send, None where there is none."""
    row = db.execute(
        select(*_COLUMNS, func.now().label("now"))
        .where(Schedule.id == schedule_id, Schedule.enabled, Schedule.next_run_at <= func.now())
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    slot = db.scalar(
        upsert(ScheduleRun)
        .values(schedule_id=schedule_id, slot=row.next_run_at, outcome=RunOutcome.STARTED)
        .on_conflict_do_nothing()
        .returning(ScheduleRun.id)
    )
    # What was missed in between is one run, not many: the next moment is one that is to come.
    db.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values(next_run_at=timing(row).first_after(row.now))
    )
    return None if slot is None else _run(db, row, slot)


def forget_old(db: Connection) -> None:
    """Delete the record of runs of long ago."""
    db.execute(delete(ScheduleRun).where(ScheduleRun.ran_at < func.now() - RUNS_KEPT))


def timing(row: Any) -> Timing:  # noqa: ANN401 - a schedule's row
    return Timing(**{name: getattr(row, name) for name in _TIMING}, seed=row.id)


def _run(db: Connection, row: Any, slot: int) -> int | None:  # noqa: ANN401 - a schedule's row and the present moment
    outcome: dict[str, Any] = {}
    job_id = None
    late = (row.now - row.next_run_at).total_seconds()
    if row.misfire == Misfire.SKIP and late > row.misfire_grace_seconds:
        outcome = {"outcome": RunOutcome.MISFIRED}
    else:
        try:
            with db.begin_nested():
                asked = _request(db, row, Trigger.CLOCK)
            outcome = {"scan_id": asked.scan_id}
            job_id = asked.job_id
        except ScanRunning as running:
            outcome = {"outcome": RunOutcome.SCAN_RUNNING, "scan_id": running.scan_id}
    db.execute(update(ScheduleRun).where(ScheduleRun.id == slot).values(outcome))
    return job_id


def _request(db: Connection, row: Any, trigger: Trigger) -> scans.Requested:  # noqa: ANN401 - a schedule's row
    """Ask for a scan; every `full_every`th of those that began is full."""
    full = row.full_every is not None and (row.runs + 1) % row.full_every == 0
    asked = scans.request(
        db, row.library_id, trigger=trigger, full=full, profile=Profile(row.profile)
    )
    db.execute(update(Schedule).where(Schedule.id == row.id).values(runs=Schedule.runs + 1))
    return asked


def _planned(db: Connection, row: Row[Any]) -> Row[Any]:
    """Set a schedule's next moment anew."""
    now = db.execute(select(func.now())).scalar_one()
    coming = next_runs(row, now, 1) if row.enabled else []
    statement = update(Schedule).where(Schedule.id == row.id)
    following = coming[0] if coming else None
    return db.execute(statement.values(next_run_at=following).returning(*_COLUMNS)).one()


def _one(db: Connection, viewer: Viewer, schedule_id: int, *, lock: bool) -> Row[Any]:
    statement = select(*_COLUMNS).where(
        Schedule.id == schedule_id, in_libraries(viewer, Schedule.library_id)
    )
    found = db.execute(statement.with_for_update() if lock else statement).one_or_none()
    if found is None:
        raise NotFound(f"There is no schedule {schedule_id}.")
    return found


def _owned(db: Connection, viewer: Viewer, schedule_id: int) -> Row[Any]:
    row = _one(db, viewer, schedule_id, lock=True)
    _require_change(db, viewer, row.library_id)
    return row


def _require_change(db: Connection, viewer: Viewer, library_id: int) -> None:
    require_library(db, viewer, library_id)
    require_change_in(db, viewer, library_id)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to store, all of them good; raises InputError."""
    values = dict(given) | {"name": given["name"].strip()}
    wrong = {}
    if len(values["name"]) > LONGEST_NAME:
        wrong["name"] = f"A name has at most {LONGEST_NAME} characters."
    if sentence := _cron_complaint(values["cron"]):
        wrong["cron"] = sentence
    if values["timezone"] not in _zones():
        wrong["timezone"] = 'Give a name of the time zone database, such as "Europe/Berlin".'
    wrong |= _quiet_complaints(values["quiet_from"], values["quiet_until"])
    numbers = {
        "full_every": (1, 1000),
        "jitter_seconds": (0, MOST_JITTER),
        "misfire_grace_seconds": (0, 7 * 86_400),
    }
    for name, (least, most) in numbers.items():
        if values[name] is not None and not least <= values[name] <= most:
            wrong[name] = f"Give a number from {least} to {most}."
    if wrong:
        raise InputError(wrong)
    return values


def _cron_complaint(cron: str) -> str | None:
    if len(cron) > LONGEST_CRON or len(cron.split()) != 5:  # noqa: PLR2004 - cron's fields
        return "Give five fields: minute, hour, day of the month, month, day of the week."
    try:
        next(CronSim(cron, datetime(2024, 1, 1)))  # noqa: DTZ001 - only whether there is a day
    except (CronSimError, StopIteration) as error:
        return f"This is no cron text, or there is no such day: {error or cron}."
    return None


def _quiet_complaints(begin: str | None, end: str | None) -> dict[str, str]:
    if begin is None and end is None:
        return {}
    wrong = {}
    for name, text in (("quiet_from", begin), ("quiet_until", end)):
        try:
            clock_time(text or "")
        except ValueError:
            wrong[name] = 'Give both times as "HH:MM".'
    if not wrong and begin == end:
        wrong["quiet_until"] = "This would be quiet for ever; disable the schedule instead."
    return wrong


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())

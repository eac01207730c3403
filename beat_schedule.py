"""The clock: what runs when. `celery -A beat_schedule beat`.

Each entry's period can be set: `SUBLARR_BEAT_SCAN_SWEEP=30` in seconds, or `disable`. A message
expires before the next of its kind is due, so that workers that come back find one of each and not
a thousand. What people schedule is rows; `scan.dispatch-due` looks for those whose moment has come.
"""

import os
from typing import Any

import structlog
from celery.signals import after_task_publish
from redis.exceptions import RedisError

from sublarr_tasks import heartbeat
from sublarr_tasks.celery_app import app
from sublarr_tasks.errors import StartError
from sublarr_tasks.fleet import connection, signs

SECONDS = {
    "scan.sweep": 10.0,
    "scan.resend": 10.0,
    "scan.dispatch-due": 10.0,
    "scan.work-inbox": 5.0,
    "scan.enrich-due": 60.0,
    "wanted-search.dispatch": 5.0,
    "enrich-metadata.note-changes": 6 * 3600.0,
    "upkeep.poll-history": 300.0,
    "upkeep.probe-services": 300.0,
    "upkeep.prune": 3600.0,
    "upkeep.collect": 86_400.0,
}
DISABLE = "disable"

log = structlog.get_logger()


def variable(task: str) -> str:
    """Name the environment variable of an entry: `scan.dispatch-due` has SCAN_DISPATCH_DUE."""
    return "SUBLARR_BEAT_" + task.replace(".", "_").replace("-", "_").upper()


def entries() -> dict[str, dict[str, Any]]:
    """Return beat's table as the environment has it; raises StartError that names a variable."""
    periods = {task: _period(task, seconds) for task, seconds in SECONDS.items()}
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds * 0.9}}
        for task, seconds in periods.items()
        if seconds is not None
    }


def _period(task: str, usual: float) -> float | None:
    given = os.environ.get(variable(task), "").strip().lower()
    if not given:
        return usual
    if given == DISABLE:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 366 * 86_400:
        raise StartError(f'{variable(task)}: give a number of seconds from 1 on, or "{DISABLE}".')
    return seconds


app.conf.beat_schedule = entries()
# The rows are the record, so beat needs no file to remember.
app.conf.beat_scheduler = "celery.beat:Scheduler"


@after_task_publish.connect
def show_life(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    heartbeat.beat()
    try:
        signs.note_clock(connection.quick())
    except RedisError as error:
        log.debug("sign_not_given", error=str(error))

"""Queue scan, the conductor: start scans, move them on, repair what was lost on the way."""

import structlog

from sublarr_tasks import conductor, enqueue, jobs, refreshing, scans
from sublarr_tasks.celery_app import app
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import bells, connection, queues
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.inbox import events
from sublarr_tasks.models import STEPS, ScanKind, ScanStatus
from sublarr_tasks.schedules import rows as schedules

# More messages than this on one queue: nobody takes them, so none of them is lost.
MOST_WAITING = 1000

log = structlog.get_logger()


@app.task(name="scan.start")
def start(scan_id: int) -> None:
    with transaction() as db:
        kind = scans.begin(db, scan_id)
        waves = conductor.advance(db, scan_id)
    enqueue.send_waves(waves)
    bells.ring(Topic.SCAN, scan_id)
    if kind is not None:
        enqueue.send_upkeep(full=kind is ScanKind.FULL)


@app.task(name="scan.advance")
def advance(scan_id: int, queue: str | None = None) -> None:
    """Send the next wave, or move the scan to its next phase; the callback of every chord.

    `queue` is where the chord's parts waited: when nothing else waits there, more may be sent.
    """
    dry = queue is not None and queues.depth(connection.client(), queue) == 0
    with transaction() as db:
        waves = conductor.advance(db, scan_id, dry=dry)
    enqueue.send_waves(waves)
    bells.ring(Topic.SCAN, scan_id)


@app.task(name="scan.sweep")
def sweep() -> None:
    """Repair every unfinished scan, each for itself; from beat."""
    redis = connection.client()
    flushed = queues.lost_data(redis)
    with transaction() as db:
        unfinished = scans.unfinished(db)
    failed = []
    for scan in unfinished:
        try:
            _sweep(scan.id, _depth(scan.status, scan.worker_group), flushed=flushed)
        except Exception as error:
            log.exception("scan_not_swept", scan_id=scan.id)
            failed.append(error)
    if failed:
        raise failed[0]
    queues.note_repaired(redis)


def _sweep(scan_id: int, depth: int, *, flushed: bool) -> None:
    with transaction() as db:
        waves = conductor.sweep(
            db, scan_id, dry=depth == 0, crowded=depth > MOST_WAITING, flushed=flushed
        )
    enqueue.send_waves(waves)
    bells.ring(Topic.SCAN, scan_id)


@app.task(name="scan.resend")
def resend() -> None:
    """Send the jobs whose message never arrived; from beat."""
    with transaction() as db:
        waiting = [job.id for job in jobs.unsent(db)]
    for job_id in waiting:
        enqueue.send_job(job_id)


@app.task(name="scan.dispatch-due")
def dispatch_due() -> None:
    """Start what people scheduled for now; from beat."""
    with transaction() as db:
        waiting = schedules.due(db)
    for schedule_id in waiting:
        with transaction() as db:
            job_id = schedules.dispatch(db, schedule_id)
        if job_id is not None:
            enqueue.send_job(job_id)


@app.task(name="scan.enrich-due")
def enrich_due() -> None:
    """Ask the metadata services for what was put off until now; from beat."""
    with transaction() as db:
        waiting = refreshing.request_due(db)
    for job_id in waiting:
        enqueue.send_job(job_id)


@app.task(name="scan.work-inbox")
def work_inbox() -> None:
    """Scan what Sonarr and Radarr told of; from beat."""
    with transaction() as db:
        waiting = events.work(db)
    for job_id in waiting:
        enqueue.send_job(job_id)


def _depth(status: str, worker_group: str | None) -> int:
    """Count what waits on the queues of a phase."""
    redis = connection.client()
    names = {enqueue.queue_of(step, worker_group) for step in STEPS[ScanStatus(status)]}
    return sum(queues.depth(redis, name) for name in names)

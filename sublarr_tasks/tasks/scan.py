"""Queue scan, the conductor: start scans, move them on, repair what was lost on the way."""

from sublarr_tasks import enqueue, jobs, scans
from sublarr_tasks.celery_app import app
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import connection, queues
from sublarr_tasks.models import ScanStatus


@app.task(name="scan.start")
def start(scan_id: int) -> None:
    with transaction() as db:
        scans.begin(db, scan_id)
        waves = scans.advance(db, scan_id)
    enqueue.send_waves(waves)


@app.task(name="scan.advance")
def advance(scan_id: int, queue: str | None = None) -> None:
    """Send the next wave, or move the scan to its next phase; the callback of every chord.

    `queue` is where the chord's parts waited: when nothing else waits there, more may be sent.
    """
    dry = queue is not None and queues.depth(connection.client(), queue) == 0
    with transaction() as db:
        waves = scans.advance(db, scan_id, dry=dry)
    enqueue.send_waves(waves)


@app.task(name="scan.sweep")
def sweep() -> None:
    """Repair every unfinished scan; from beat."""
    flushed = queues.lost_data(connection.client())
    with transaction() as db:
        unfinished = scans.unfinished(db)
    for scan in unfinished:
        dry = _dry(scan.status, scan.worker_group)
        with transaction() as db:
            waves = scans.sweep(db, scan.id, dry=dry, flushed=flushed)
        enqueue.send_waves(waves)


@app.task(name="scan.resend")
def resend() -> None:
    """Send the jobs whose message never arrived; from beat."""
    with transaction() as db:
        waiting = [job.id for job in jobs.unsent(db)]
    for job_id in waiting:
        enqueue.send_job(job_id)


def _dry(status: str, worker_group: str | None) -> bool:
    """Tell whether nothing waits on the queue of a phase."""
    phase = ScanStatus(status)
    if phase not in enqueue.TASK_OF_PHASE:
        return False
    return queues.depth(connection.client(), enqueue.queue_of(phase, worker_group)) == 0

"""Messages, after the commit of the rows that they speak of; by name, so that no task is imported.

Nothing here is a promise. A message that cannot be sent leaves its row as it was, and the sweep
or the resend finds it there.
"""

from collections.abc import Iterable

import structlog
from celery import chord
from celery.canvas import Signature
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from sublarr_tasks import jobs
from sublarr_tasks.celery_app import QUEUES, app, declare, queue_name
from sublarr_tasks.conductor import Wave
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Step, Trigger
from sublarr_tasks.units import Part

TASKS = {
    Step.DISCOVER: "directory-scan.discover",
    Step.READ: "directory-scan.read",
    Step.STORE: "cache-asset.store",
    Step.COMPLETE: "enrich-metadata.complete",
    Step.COLLECT: "fetch-assets.collect",
    Step.CHOOSE: "select-assets.choose",
    Step.FETCH: "cache-asset.fetch",
    Step.PUBLISH: "publish-item.write",
}
# The steps that touch a library's files, which not every host may see.
NEAR = frozenset({Step.DISCOVER, Step.READ, Step.STORE, Step.PUBLISH})
BROKER_ERRORS = (OperationalError, RedisError, ConnectionError, OSError)
# What somebody waits for goes ahead of the clock's on the same queue.
AHEAD = 3
SHOWN_SUBJECTS = 3
# Messages for wanted subtitles on a queue: enough for a large fleet, soon gone where nothing waits.
SEARCHES_AT_ONCE = 64

log = structlog.get_logger()


def send_waves(waves: Iterable[Wave]) -> None:
    """Send each wave as a chord whose callback moves the scan on."""
    for wave in waves:
        header = [_part(wave, part) for part in wave.parts]
        body = app.signature(
            "scan.advance",
            args=(wave.scan_id, queue_of(wave.step, wave.worker_group)),
            immutable=True,
            options={"argsrepr": f"scan {wave.scan_id}", "ignore_result": True},
        )
        try:
            chord(header, body).apply_async(ignore_result=True)
        except BROKER_ERRORS as error:
            log.warning("wave_not_sent", scan_id=wave.scan_id, error=str(error))
            return


def send_job(job_id: int) -> bool:
    """Send a job's message once, without waiting for a broker that is away."""
    with transaction() as db:
        job = jobs.get(db, job_id)
    if job is None:
        return False
    try:
        app.send_task(job.task, kwargs=job.args, retry=False, ignore_result=True)
    except BROKER_ERRORS as error:
        log.warning("job_not_sent", job_id=job_id, error=str(error))
        return False
    with transaction() as db:
        jobs.sent(db, [job_id])
    return True


def send_searches(worker_group: str | None, how_many: int) -> None:
    """Ask workers to take up wanted subtitles, so many at once; which, the rows say."""
    queue = _known(queue_name("wanted-search", worker_group))
    try:
        with app.producer_or_acquire() as producer:
            for _ in range(how_many):
                app.send_task(
                    "wanted-search.search",
                    (worker_group,),
                    queue=queue,
                    producer=producer,
                    retry=False,
                    ignore_result=True,
                )
    except BROKER_ERRORS as error:
        log.warning("searches_not_sent", error=str(error))


def send_sync(sync_id: int) -> None:
    """Ask a worker to look at a Sonarr or Radarr; the clock asks again where this is lost."""
    _ask_for("wanted-search.sync", sync_id)


def send_judging(library_id: int) -> None:
    """Ask for a library's videos to be judged anew; the clock asks again where this is lost."""
    _ask_for("wanted-search.judge", library_id)


def send_amending(worker_group: str | None) -> None:
    """Ask for what people want done with our subtitles; the clock asks again where this is lost."""
    queue = _known(queue_name("wanted-search", worker_group))
    _ask_for("wanted-search.amend", worker_group, queue=queue)


def send_upkeep(*, full: bool) -> None:
    """Ask for the tidying up that goes with each scan, and with a full one.

    A stack that runs only for the time of a command never sees the clock reach its hour.
    """
    _ask_for("upkeep.prune")
    if full:
        _ask_for("upkeep.collect")


def queue_of(step: Step, worker_group: str | None) -> str:
    """Name the queue that a step's parts travel on."""
    return queue_name(TASKS[step].partition(".")[0], worker_group if step in NEAR else None)


def _ask_for(task: str, *args: int | str | None, queue: str | None = None) -> None:
    """Send what somebody sends again, should this be lost."""
    try:
        app.send_task(task, args, queue=queue, retry=False, ignore_result=True)
    except BROKER_ERRORS as error:
        log.warning("not_asked_for", task=task, args=args, error=str(error))


def _known(queue: str) -> str:
    """Declare a worker group's queue to this process, which may publish before any consumes."""
    if queue not in app.amqp.queues:
        app.amqp.queues.add(declare([queue])[0])
    return queue


def _part(wave: Wave, part: Part) -> Signature:
    task = TASKS[wave.step]
    ahead = AHEAD * (wave.trigger is not Trigger.CLOCK)
    return app.signature(
        task,
        args=(wave.scan_id, list(part.unit_ids)),
        immutable=True,
        options={
            "queue": _known(queue_of(wave.step, wave.worker_group)),
            "priority": QUEUES[task.partition(".")[0]] - ahead,
            "argsrepr": _shown(wave.scan_id, part.subjects),
            "ignore_result": True,
        },
    )


def _shown(scan_id: int, subjects: tuple[str, ...]) -> str:
    """Say in Flower which directories or files a part is about."""
    shown = ", ".join(subject or "(the library's root)" for subject in subjects[:SHOWN_SUBJECTS])
    more = len(subjects) - SHOWN_SUBJECTS
    return f"scan {scan_id}: {shown}" + (f" and {more} more" if more > 0 else "")

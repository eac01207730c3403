"""Queue wanted-search: what is lacking is worked out anew, and searched for."""

import time

from sublarr_tasks import adopting, enqueue
from sublarr_tasks.arr import syncs, work
from sublarr_tasks.celery_app import app, queue_name
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import connection, queues
from sublarr_tasks.wanted import asking, noting, recycling, searches, searching

# A message must be short enough to be shared.
MOST_SECONDS = 20.0


@app.task(name="wanted-search.search")
def search(worker_group: str | None = None) -> None:
    """Search for what one video lacks, and ask for the next; which one, the rows say."""
    if searching.run(worker_group):
        enqueue.send_searches(worker_group, 1)


@app.task(name="wanted-search.amend")
def amend(worker_group: str | None = None) -> None:
    """Take away subtitles of ours, or bring them back, as people asked for."""
    while recycling.run(worker_group):
        pass


@app.task(name="wanted-search.judge")
def judge(library_id: int) -> None:
    """Judge a library's videos anew; whoever comes second leaves it to the first."""
    ends = time.monotonic() + MOST_SECONDS
    while time.monotonic() < ends:
        with transaction() as db:
            more = noting.walk(db, library_id)
        if not more:
            return
    enqueue.send_judging(library_id)


@app.task(name="wanted-search.sync")
def sync(sync_id: int) -> None:
    """Look at what a Sonarr or Radarr has; several workers may read at once.

    What lies in no library gets one.
    """

    def share(how_many: int) -> None:
        for _ in range(how_many):
            enqueue.send_sync(sync_id)

    if work.run(sync_id, MOST_SECONDS, share):
        share(1)
        return
    with transaction() as db:
        requested = adopting.adopt(db, sync_id)
    for job_id in requested:
        enqueue.send_job(job_id)


@app.task(name="wanted-search.dispatch")
def dispatch() -> None:
    """Begin what is due and send what waits; from beat."""
    with transaction() as db:
        libraries = noting.to_walk(db)
        if asking.is_of_use(db):
            searches.begin_due(db)
        searches.complete_all(db)
        waiting = searches.waiting(db, enqueue.SEARCHES_AT_ONCE)
        syncs.begin_due(db)
        looks = syncs.unfinished(db)
        asked = recycling.waiting(db)
    for library_id in libraries:
        enqueue.send_judging(library_id)
    for sync_id in looks:
        enqueue.send_sync(sync_id)
    for worker_group in asked:
        enqueue.send_amending(worker_group)
    for worker_group, videos in waiting.items():
        queue = queue_name("wanted-search", worker_group)
        queued = queues.depth(connection.client(), queue)
        enqueue.send_searches(worker_group, videos - queued)

"""Queue wanted-search: what is lacking is worked out anew, and searched for."""

import time

from sublarr_tasks import enqueue
from sublarr_tasks.celery_app import app
from sublarr_tasks.db import transaction
from sublarr_tasks.wanted import noting

# A message must be short enough to be shared.
MOST_SECONDS = 20.0


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


@app.task(name="wanted-search.dispatch")
def dispatch() -> None:
    """Send what waits; from beat."""
    with transaction() as db:
        libraries = noting.to_walk(db)
    for library_id in libraries:
        enqueue.send_judging(library_id)

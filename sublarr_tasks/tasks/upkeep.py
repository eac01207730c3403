"""Queue upkeep: forget what is old."""

from sublarr_tasks import upkeep
from sublarr_tasks.arr import syncs
from sublarr_tasks.celery_app import app
from sublarr_tasks.db import transaction
from sublarr_tasks.inbox import events, history
from sublarr_tasks.integrations import probing
from sublarr_tasks.schedules import rows as schedules
from sublarr_tasks.wanted import answers, searches


@app.task(name="upkeep.prune")
def prune() -> None:
    upkeep.prune()
    with transaction() as db:
        schedules.forget_old(db)
        events.forget_old(db)
        answers.prune(db)
        searches.forget_old(db)
        syncs.forget_old(db)


@app.task(name="upkeep.poll-history")
def poll_history() -> None:
    history.poll()


@app.task(name="upkeep.probe-services")
def probe_services() -> None:
    probing.probe()


@app.task(name="upkeep.collect")
def collect() -> None:
    upkeep.collect()

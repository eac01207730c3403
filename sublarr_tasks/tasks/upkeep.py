"""Queue upkeep: forget what is old."""

from sublarr_tasks import upkeep
from sublarr_tasks.celery_app import app


@app.task(name="upkeep.prune")
def prune() -> None:
    upkeep.prune()


@app.task(name="upkeep.collect")
def collect() -> None:
    upkeep.collect()

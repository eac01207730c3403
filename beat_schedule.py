"""The clock: what runs when. `celery -A beat_schedule beat`.

Each message expires before the next of its kind is due, so that workers that come back find one
of each and not a thousand.
"""

from typing import Any

from celery.signals import after_task_publish

from sublarr_tasks import heartbeat
from sublarr_tasks.celery_app import app

SECONDS = {
    "scan.sweep": 10,
    "scan.resend": 10,
    "upkeep.prune": 3600,
    "upkeep.collect": 86_400,
}

app.conf.beat_schedule = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds * 0.9}}
    for task, seconds in SECONDS.items()
}
# Every entry is fixed, so beat needs no file to remember; the rows are the record.
app.conf.beat_scheduler = "celery.beat:Scheduler"


@after_task_publish.connect
def show_life(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    heartbeat.beat()

"""Queue select-assets: choose the best of the pictures on offer."""

from sublarr_tasks import parts
from sublarr_tasks.celery_app import app
from sublarr_tasks.claims import Delivery
from sublarr_tasks.parts import Outcome
from sublarr_tasks.tasks.chord_part import chord_part


@app.task(name="select-assets.choose", bind=True)
@chord_part
def choose(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)

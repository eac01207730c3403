"""Queue cache-asset: bring the bytes of assets and of chosen pictures into the cache."""

from sublarr_tasks import parts
from sublarr_tasks.celery_app import app
from sublarr_tasks.claims import Delivery
from sublarr_tasks.parts import Outcome
from sublarr_tasks.tasks.chord_part import chord_part


@app.task(name="cache-asset.store", bind=True)
@chord_part
def store(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)


@app.task(name="cache-asset.fetch", bind=True)
@chord_part
def fetch(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)

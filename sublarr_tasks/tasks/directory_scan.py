"""Queue directory-scan: find directories and read them."""

from sublarr_tasks import parts
from sublarr_tasks.celery_app import app
from sublarr_tasks.claims import Delivery
from sublarr_tasks.parts import Outcome
from sublarr_tasks.tasks.chord_part import chord_part


@app.task(name="directory-scan.discover", bind=True)
@chord_part
def discover(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)


@app.task(name="directory-scan.read", bind=True)
@chord_part
def read(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)

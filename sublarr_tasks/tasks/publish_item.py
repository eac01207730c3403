"""Queue publish-item: write NFO files and chosen artwork beside films and series."""

from sublarr_tasks import parts
from sublarr_tasks.celery_app import app
from sublarr_tasks.claims import Delivery
from sublarr_tasks.parts import Outcome
from sublarr_tasks.tasks.chord_part import chord_part


@app.task(name="publish-item.write", bind=True)
@chord_part
def write(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)

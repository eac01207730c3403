"""Queue enrich-metadata: ask the metadata services what they know of films and series."""

from sublarr_tasks import parts, refreshing
from sublarr_tasks.celery_app import app
from sublarr_tasks.claims import Delivery
from sublarr_tasks.parts import Outcome
from sublarr_tasks.tasks.chord_part import chord_part


@app.task(name="enrich-metadata.complete", bind=True)
@chord_part
def complete(scan_id: int, unit_ids: list[int], delivery: Delivery) -> Outcome:
    return parts.run(scan_id, unit_ids, delivery)


@app.task(name="enrich-metadata.note-changes")
def note_changes() -> None:
    """Hear from the services what has changed; from beat."""
    refreshing.note_changes()

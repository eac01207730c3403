"""Enriching: films and series as the metadata services know them.

A unit is a film, or a series with its seasons and episodes. Which of them are due is in their own
rows: a scan that ends early leaves them due, for the next one or for the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import preferences, units
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import asking, providers, writing
from sublarr_tasks.enrichment.asking import Answered, Subject
from sublarr_tasks.enrichment.providers import Providers
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.models import STEPS, Item, Library, ScanStatus, ScanUnit, Step, UnitState
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.profiles import ScanOptions
from sublarr_tasks.waits import Wait

# Units made in one statement, which holds the scan's row.
SLICE = 50_000
# Spelt out, or the partial index could not be used.
DUE = (
    Item.enrich_due_at <= func.now(),
    Item.kind.in_([literal_column(f"'{kind}'") for kind in ("movie", "series")]),
    Item.missing_since.is_(None),
)


@dataclass(frozen=True, slots=True)
class Enriching:
    """Whom to ask, and what for, by item id."""

    providers: Providers | None
    subjects: Mapping[int, Subject]


def withheld(db: Connection, scan: Row[Any]) -> str | None:
    """Return why nobody is asked for a library at present, None where they are."""
    if not db.scalar(select(Library.enrich).where(Library.id == scan.library_id)):
        return "switched_off"
    return preferences.enrichment(db).withheld(scan.now)


def queue(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of the library's next items that are due, a slice at a time."""
    wanted = ScanOptions.from_json(scan.options).enriches
    if not wanted or not providers.known(db, scan.library_id) or withheld(db, scan):
        return {}
    last = db.scalar(
        select(func.max(ScanUnit.subject_id)).where(
            ScanUnit.scan_id == scan.id,
            ScanUnit.phase == ScanStatus.ENRICHING,
            ScanUnit.step == Step.COMPLETE,
        )
    )
    due = (
        select(
            literal(scan.id),
            literal(ScanStatus.ENRICHING.value),
            literal(Step.COMPLETE.value),
            Item.title,
            Item.id,
            literal(UnitState.PENDING.value),
        )
        .where(Item.library_id == scan.library_id, *DUE, Item.id > (last or 0))
        .order_by(Item.id)
        .limit(SLICE)
    )
    added = db.execute(
        upsert(ScanUnit)
        .from_select(["scan_id", "phase", "step", "subject", "subject_id", "state"], due)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    return {"enrichment_queued": added.rowcount}


def prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Enriching:
    ids = [unit.subject_id for unit in claimed if unit.subject_id]
    return Enriching(providers.of(db, scan.library_id), asking.subjects(db, ids))


def work(context: Enriching, unit: Unit) -> Answered:
    """Ask for one item; raises UnitError with the reason, Postponed where a service is away."""
    subject = context.subjects.get(unit.subject_id or 0)
    if subject is None:
        raise UnitSkipped("vanished", "the item was removed during the scan")
    if context.providers is None:
        raise UnitSkipped("no_service", "the metadata service was taken away during the scan")
    return asking.ask(context.providers, subject)


def settle(db: Connection, _: Enriching, results: Sequence[tuple[Unit, Answered]]) -> Settlement:
    """Write what was said."""
    writing.enriched(db, [answered for _, answered in results])
    verdicts = [Verdict(unit.id, UnitState.DONE) for unit, _ in results]
    return Settlement(verdicts, {"enrichment_completed": len(results)})


def refuse(
    db: Connection, _: Enriching, refused: Sequence[tuple[Unit, UnitError]]
) -> dict[str, int]:
    """Write why items are not enriched; what was skipped is as it was."""
    failed = {
        unit.subject_id: error.reason
        for unit, error in refused
        if unit.subject_id and not isinstance(error, UnitSkipped)
    }
    writing.failed(db, failed)
    return {"enrichment_skipped": len(refused) - len(failed)}


def give_up(db: Connection, lost: Sequence[Verdict]) -> None:
    """Write why items are not enriched whose units failed without having come to an end."""
    reasons = {verdict.id: verdict.reason or "lost" for verdict in lost}
    rows = db.execute(
        select(ScanUnit.id, ScanUnit.subject_id).where(among(ScanUnit.id, [*reasons]))
    )
    writing.failed(db, {row.subject_id: reasons[row.id] for row in rows})


def abandon(db: Connection, scan: Row[Any], step: Step, wait: Wait) -> dict[str, int]:
    """Fail what waits for a service that has been away for too long; it is tried again later."""
    waiting = units.waiting(scan.id, ScanStatus.ENRICHING, [step])
    ended = _end(db, waiting, UnitState.FAILED, wait.reason, wait.detail)
    writing.failed(db, dict.fromkeys(ended, wait.reason), wait.until)
    return {"enriching_failed": len(ended)}


def withdraw(db: Connection, scan: Row[Any], reason: str) -> dict[str, int]:
    """Skip what nobody has begun; it stays due."""
    waiting = units.waiting(scan.id, ScanStatus.ENRICHING, STEPS[ScanStatus.ENRICHING])
    ended = _end(db, waiting, UnitState.SKIPPED, reason)
    return {"enrichment_skipped": len(ended)}


PROCEDURE = Procedure(prepare, work, settle, refuse, remote=True)


def _end(db: Connection, which: ColumnElement[bool], state: UnitState, *why: str) -> list[int]:
    """End units for one reason, and perhaps a detail of it; returns their items' ids."""
    reason, detail = (*why, None)[:2]
    ended = db.scalars(
        update(ScanUnit)
        .where(which)
        .values(state=state, reason=reason, detail=detail, finished_at=func.now())
        .returning(ScanUnit.subject_id)
    )
    return [subject_id for subject_id in ended if subject_id is not None]

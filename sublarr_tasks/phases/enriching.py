"""Enriching: films and series as the metadata services know them.

A unit is a film, or a series with its seasons and episodes. Which of them are due is in their own
rows: a scan that ends early leaves them due, for the next one or for the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    exists,
    func,
    literal,
    literal_column,
    select,
    update,
)

from sublarr_tasks import preferences, units
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import artwork, asking, providers, writing
from sublarr_tasks.enrichment.asking import Answered, Subject
from sublarr_tasks.enrichment.providers import Providers
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.models import STEPS, Item, Library, ScanStatus, ScanUnit, Step, UnitState
from sublarr_tasks.phases import artwork as phase_artwork
from sublarr_tasks.phases import publishing
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.profiles import EnrichmentMode, Publishing, ScanOptions
from sublarr_tasks.waits import Wait

# Units made in one statement, which holds the scan's row.
SLICE = 50_000
# Spelt out, or the partial index could not be used.
_HERE = (
    Item.kind.in_([literal_column(f"'{kind}'") for kind in ("movie", "series")]),
    Item.missing_since.is_(None),
)
DUE = (Item.enrich_due_at <= func.now(), *_HERE)
ARTWORK_DUE = (Item.artwork_due_at <= func.now(), *_HERE)


@dataclass(frozen=True, slots=True)
class Enriching:
    """Whom to ask, and what for, by item id; with `artwork` for pictures too."""

    scan_id: int
    providers: Providers | None
    subjects: Mapping[int, Subject]
    artwork: bool


def withheld(db: Connection, scan: Row[Any]) -> str | None:
    """Return why nobody is asked for a library at present, None where they are."""
    if ScanOptions.from_json(scan.options).publishing != Publishing.AS_LIBRARY:
        return None  # a person asked, and nobody outside is
    if not db.scalar(select(Library.enrich).where(Library.id == scan.library_id)):
        return "switched_off"
    return preferences.enrichment(db).withheld(scan.now)


def queue(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of the library's next items that are due, a slice at a time."""
    if withheld(db, scan):
        return {}
    options = ScanOptions.from_json(scan.options)
    added: dict[str, int] = {}
    if options.enriches and providers.known(db, scan.library_id):
        added = _queue_due(db, scan, options) or _queue_artwork(db, scan)
    return added if any(added.values()) else _queue_publishing(db, scan)


def _queue_due(db: Connection, scan: Row[Any], options: ScanOptions) -> dict[str, int]:
    last = db.scalar(
        select(func.max(ScanUnit.subject_id)).where(
            ScanUnit.scan_id == scan.id,
            ScanUnit.phase == ScanStatus.ENRICHING,
            ScanUnit.step == Step.COMPLETE,
        )
    )
    which = [*(_HERE if options.refresh else DUE), Item.id > (last or 0)]
    if options.items:
        which.append(among(Item.id, options.items))
    added = _add(db, scan, Step.COMPLETE, *which)
    return {"enrichment_queued": added} if added else {}


def _queue_artwork(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of items that lack artwork, or whose artwork a person had a word on.

    Of those that were never given any, what is on offer must be asked for first.
    """
    options = ScanOptions.from_json(scan.options)
    unit = exists().where(
        ScanUnit.scan_id == scan.id,
        ScanUnit.phase == ScanStatus.ENRICHING,
        ScanUnit.subject_id == Item.id,
        ScanUnit.step.in_([Step.COMPLETE, Step.CHOOSE]),
    )
    due = [*ARTWORK_DUE, ~unit]
    if options.items:
        due.append(among(Item.id, options.items))
    lacking = (Item.artwork_at.is_(None), Item.enriched_at.is_not(None))
    full = options.enrichment_mode == EnrichmentMode.FULL
    asked = _add(db, scan, Step.COMPLETE, *due, *lacking) if full else 0
    seen = Item.artwork_at.is_not(None)
    again = _add(db, scan, Step.CHOOSE, *due, seen)
    return {"enrichment_queued": asked, "artwork_queued": again}


def _queue_publishing(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of what is to be written beside the films, once nothing is to be asked."""
    which = publishing.due(db, scan)
    return {
        "publish_queued": _add(db, scan, Step.PUBLISH, *which, publishing.not_yet(scan))
        if which
        else 0
    }


def _add(db: Connection, scan: Row[Any], step: Step, *which: ColumnElement[bool]) -> int:
    """Make units of a step, a slice at most; returns how many."""
    chosen = (
        select(literal(step.value), Item.title, Item.id)
        .where(Item.library_id == scan.library_id, *which)
        .order_by(Item.id)
        .limit(SLICE)
    )
    return units.add_selected(db, scan.id, ScanStatus.ENRICHING, chosen)


def prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Enriching:
    ids = [unit.subject_id for unit in claimed if unit.subject_id]
    mode = ScanOptions.from_json(scan.options).enrichment_mode
    return Enriching(
        scan.id,
        providers.of(db, scan.library_id),
        asking.subjects(db, ids),
        artwork=mode == EnrichmentMode.FULL,
    )


def work(context: Enriching, unit: Unit) -> Answered:
    """Ask for one item; raises UnitError with the reason, Postponed where a service is away."""
    subject = context.subjects.get(unit.subject_id or 0)
    if subject is None:
        raise UnitSkipped("vanished", "the item was removed during the scan")
    if context.providers is None:
        raise UnitSkipped("no_service", "the metadata service was taken away during the scan")
    return asking.ask(context.providers, subject)


def settle(
    db: Connection, context: Enriching, results: Sequence[tuple[Unit, Answered]]
) -> Settlement:
    """Write what was said, and let the pictures be chosen."""
    writing.enriched(db, [answered for _, answered in results])
    verdicts = [Verdict(unit.id, UnitState.DONE) for unit, _ in results]
    counters = {"enrichment_completed": len(results)}
    if context.artwork and context.providers is not None:
        done = [unit for unit, _ in results]
        for _, answered in results:
            offered = {i: facts.pictures for i, facts in answered.by_item.items()}
            artwork.offer(db, answered.provider, offered, context.providers.chosen)
        more = context.providers.offers_more
        adding = phase_artwork.add_collecting if more else phase_artwork.add_choosing
        counters |= adding(db, context.scan_id, done)
    return Settlement(verdicts, counters)


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
    """Write why items are not enriched whose units failed without having come to an end.

    What was not done of their artwork is due already.
    """
    reasons = {verdict.id: verdict.reason or "lost" for verdict in lost}
    rows = db.execute(
        select(ScanUnit.id, ScanUnit.subject_id).where(
            among(ScanUnit.id, [*reasons]), ScanUnit.step == Step.COMPLETE
        )
    )
    writing.failed(db, {row.subject_id: reasons[row.id] for row in rows})


def abandon(db: Connection, scan: Row[Any], step: Step, wait: Wait) -> dict[str, int]:
    """Fail what waits for a service that has been away for too long; it is tried again later.

    Where one that offers pictures is away, others' may be chosen.
    """
    waiting = units.waiting(scan.id, ScanStatus.ENRICHING, [step])
    ended = _end(db, waiting, UnitState.FAILED, wait.reason, wait.detail)
    counters = {"enriching_failed": len(ended)}
    if step is Step.COMPLETE:
        writing.failed(
            db, dict.fromkeys((each.subject_id for each in ended), wait.reason), wait.until
        )
    if step is Step.COLLECT:
        counters |= phase_artwork.add_choosing(db, scan.id, ended)
    return counters


def withdraw(db: Connection, scan: Row[Any], reason: str) -> dict[str, int]:
    """Skip what nobody has begun; it stays due."""
    waiting = units.waiting(scan.id, ScanStatus.ENRICHING, STEPS[ScanStatus.ENRICHING])
    ended = _end(db, waiting, UnitState.SKIPPED, reason)
    return {"enrichment_skipped": len(ended)}


PROCEDURE = Procedure(prepare, work, settle, refuse, remote=True)


def _end(db: Connection, which: ColumnElement[bool], state: UnitState, *why: str) -> Sequence[Any]:
    """End units for one reason, and perhaps a detail of it; returns (subject_id, subject)."""
    reason, detail = (*why, None)[:2]
    return db.execute(
        update(ScanUnit)
        .where(which)
        .values(state=state, reason=reason, detail=detail, finished_at=func.now())
        .returning(ScanUnit.subject_id, ScanUnit.subject)
    ).all()

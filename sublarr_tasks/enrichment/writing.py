"""What services said, and why they did not, in the rows of items."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from sublarr_tasks.clients.metadata.facts import Facts
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import fields
from sublarr_tasks.enrichment.asking import Answered
from sublarr_tasks.library import facets, layers
from sublarr_tasks.models import EnrichmentState, Item

# In seconds after a failure: a quarter of an hour, then four times as long, up to three days.
FIRST_RETRY = 900
LONGEST_RETRY = 3 * 86_400
# So that what failed together is not tried again at one moment.
SPREAD = 0.2


def enriched(db: Connection, answers: Sequence[Answered]) -> None:
    """Write what was said of items and their parts.

    One that has become due again since it was read stays due.
    """
    said = {answer.subject.id: answer for answer in answers}
    wanted = {item_id: facts for answer in answers for item_id, facts in answer.by_item.items()}
    without = {part.id for each in answers for part in each.subject.parts} - wanted.keys()
    rows = db.execute(
        select(*layers.NEEDED)
        .where(among(Item.id, [*wanted, *without]))
        .order_by(Item.id)
        .with_for_update()
    ).all()
    for row in rows:
        if row.id in wanted:
            values = _known(row, wanted[row.id], said.get(row.id))
        else:  # a part that its series' services have nothing of, as yet
            values = _without_answer("not_found")
        db.execute(update(Item).where(Item.id == row.id).values(values))
    facets.refresh(db, [row.id for row in rows if row.id in wanted])


def failed(db: Connection, reasons: Mapping[int, str], not_before: datetime | None = None) -> None:
    """Write why items are not enriched, and when they are tried again; by id."""
    by_reason: dict[str, list[int]] = {}
    for item_id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(item_id)
    for reason, item_ids in sorted(by_reason.items()):
        db.execute(
            update(Item).where(among(Item.id, item_ids)).values(_failure(reason, not_before))
        )


def _failure(reason: str, not_before: datetime | None = None) -> dict[str, Any]:
    """Return what the columns of an item become that nobody could be asked for."""
    again: ColumnElement[Any] = func.now() + _backoff()
    return _without_answer(reason) | {
        "enrich_attempts": func.least(Item.enrich_attempts + 1, 30),
        "enrich_due_at": again if not_before is None else func.greatest(again, not_before),
    }


def _known(row: Any, facts: Facts, answer: Answered | None) -> dict[str, Any]:  # noqa: ANN401 - an item's row
    remote = fields.of(facts)
    values = layers.columns(row, row.edits, remote) | {
        "remote": remote,
        "enrichment": EnrichmentState.ENRICHED,
        "enrichment_reason": None,
        "enriched_at": func.now(),
        "updated_at": func.now(),
    }
    if answer is None:
        return values
    choice = answer.choice
    return values | {
        "enrich_attempts": 0,
        "enrich_due_at": case(
            (Item.enrich_due_at == answer.subject.due_at, None), else_=Item.enrich_due_at
        ),
        "match_confidence": None if choice is None else choice.confidence,
        "match_reason": None if choice is None else choice.reason,
    }


def _without_answer(reason: str) -> dict[str, Any]:
    """Keep what was said before, and that it was."""
    before = Item.enriched_at.is_not(None)
    return {
        "enrichment": case((before, EnrichmentState.ENRICHED), else_=EnrichmentState.FAILED),
        "enrichment_reason": reason,
    }


def _backoff() -> ColumnElement[Any]:
    grown = FIRST_RETRY * func.power(4, func.least(Item.enrich_attempts, 10))
    seconds = func.least(grown, LONGEST_RETRY) * (1 + SPREAD * func.random())
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)

"""What holds a scan's steps up: a service that is away, throttles us or refuses our key.

A held step sends nothing until its moment; its units wait in their rows. Whatever is done of it
meanwhile shows that the service is back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Float, String, cast, func, literal, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB

from sublarr_tasks.errors import Postponed
from sublarr_tasks.models import ScanJob, Step

# Nobody holds a library's scan open for longer; what was not asked for then is tried again later,
# without one.
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a step is held up, since when and until when."""

    reason: str
    detail: str
    since: datetime
    until: datetime

    @property
    def hopeless(self) -> bool:
        return self.until - self.since > PATIENCE


def of(scan: Any) -> dict[Step, Wait]:  # noqa: ANN401 - a scan's row
    """Return the steps of a scan that are, or were a moment ago, held up."""
    return {Step(step): _wait(kept) for step, kept in scan.waits.items()}


def hold(db: Connection, scan_id: int, step: Step, postponed: Postponed) -> None:
    """Hold a step up for as long as a postponed unit says."""
    now = func.extract("epoch", func.clock_timestamp())
    since = func.coalesce(cast(ScanJob.waits[step.value]["since"].astext, Float), now)
    kept = func.jsonb_build_object(
        *_pair("reason", literal(postponed.reason, String)),
        *_pair("detail", literal(postponed.detail, String)),
        *_pair("since", cast(since, Float)),
        *_pair("until", cast(now + postponed.seconds, Float)),
    )
    entry = type_coerce(func.jsonb_build_object(literal(step.value, String), kept), JSONB)
    db.execute(
        update(ScanJob)
        .where(ScanJob.id == scan_id)
        .values(waits=ScanJob.waits.op("||", return_type=JSONB())(entry))
    )


def clear(db: Connection, scan_id: int, step: Step) -> None:
    """Note that a step goes on."""
    db.execute(
        update(ScanJob)
        .where(ScanJob.id == scan_id, ScanJob.waits.has_key(step.value))
        .values(waits=ScanJob.waits.op("-", return_type=JSONB())(literal(step.value, String)))
    )


def _pair(name: str, value: Any) -> tuple[Any, Any]:  # noqa: ANN401 - an SQL expression
    return literal(name, String), value


def _wait(kept: Mapping[str, Any]) -> Wait:
    since, until = (datetime.fromtimestamp(kept[name], UTC) for name in ("since", "until"))
    return Wait(kept["reason"], kept["detail"], since, until)

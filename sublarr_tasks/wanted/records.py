"""How providers do: counted with each search and download, and what stands in their way."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks.clients.providers import Download
from sublarr_tasks.errors import ServiceError
from sublarr_tasks.models import Integration, ProviderRecord
from sublarr_tasks.wanted.asking import Asked

# What a provider names a time for; of its other troubles the breaker takes care.
BLOCKING = frozenset({"throttled", "quota", "auth"})
IMAGINED = 10
_Table = ProviderRecord.__table__.c


def note(db: Connection, asked: Sequence[Asked]) -> None:
    """Count searches; what was kept from before counts nothing."""
    for each in sorted(asked, key=lambda each: each.integration_id):
        if not each.kept:
            _count(db, each.integration_id, _search(each), ok=each.answered, why=_why(each))


def note_download(
    db: Connection,
    integration_id: int,
    download: Download | None,
    error: Exception | None = None,
) -> None:
    """Count a download, and what the account has left after it."""
    values: dict[str, Any] = {"downloads": 1} if error is None else {"downloads_failed": 1}
    if download is not None and download.left is not None:
        values["quota_left"] = download.left
        values["quota_reset_at"] = _moment(download.reset_at)
    why = None
    if isinstance(error, ServiceError):
        why = (error.code, str(error), error.seconds)
    _count(db, integration_id, values, ok=error is None, why=why)


def note_landed(db: Connection, integration_id: int, percent: int) -> None:
    """Count a subtitle that was good enough to be kept."""
    _count(db, integration_id, {"landed": 1, "score_sum": percent}, ok=True, why=None)


def success(db: Connection) -> Mapping[str, float]:
    """Return how often what a kind of provider gave was kept, from 0 to 1; 0.5 says nothing.

    Few downloads say little: some that were never made, of which every other was kept, are added.
    """
    tried = func.sum(_Table.downloads + _Table.downloads_failed)
    rows = db.execute(
        select(Integration.kind, func.sum(_Table.landed).label("kept"), tried.label("tried"))
        .join(Integration, Integration.id == _Table.integration_id)
        .group_by(Integration.kind)
    )
    return {
        row.kind: min(1.0, (int(row.kept) + IMAGINED / 2) / (int(row.tried) + IMAGINED))
        for row in rows
    }


def blocks(db: Connection) -> Mapping[int, Any]:
    """Return until when and why providers are left alone, by integration."""
    rows = db.execute(
        select(
            _Table.integration_id,
            _Table.blocked_reason,
            func.extract("epoch", _Table.blocked_until - func.now()).label("seconds"),
        ).where(_Table.blocked_until > func.now())
    )
    return {row.integration_id: row for row in rows}


def _search(asked: Asked) -> dict[str, Any]:
    return {
        "searches": 1,
        "searches_failed": int(not asked.answered),
        "candidates": len(asked.candidates),
        "seconds_sum": asked.seconds,
    }


def _why(asked: Asked) -> tuple[str, str, float | None] | None:
    return None if asked.answered else (asked.outcome, asked.detail or "", asked.seconds_left)


def _count(
    db: Connection,
    integration_id: int,
    values: Mapping[str, Any],
    *,
    ok: bool,
    why: tuple[str, str, float | None] | None,
) -> None:
    now = datetime.now(UTC)
    given: dict[str, Any] = dict(values)
    if ok:
        given |= {"failures_in_a_row": 0, "last_success_at": now}
        given |= {"blocked_until": None, "blocked_reason": None}
    else:
        given |= {"failures_in_a_row": 1, "last_failure_at": now}
    if why is not None:
        code, detail, seconds = why
        given["last_failure"] = f"{code}: {detail}"
        if seconds is not None and code in BLOCKING:
            given |= {"blocked_until": now + timedelta(seconds=seconds), "blocked_reason": code}
            if code == "quota":
                given |= {"quota_left": 0, "quota_reset_at": now + timedelta(seconds=seconds)}
    written = upsert(ProviderRecord).values(integration_id=integration_id, **given)
    changes: dict[str, Any] = {
        name: _Table[name] + written.excluded[name] if name in _ADDED else written.excluded[name]
        for name in given
    }
    if "failures_in_a_row" in given and not ok:
        changes["failures_in_a_row"] = _Table.failures_in_a_row + 1
    if given.get("blocked_until") is not None:
        # A longer block stays.
        longer = func.coalesce(_Table.blocked_until > written.excluded.blocked_until, False)
        for name in ("blocked_until", "blocked_reason"):
            changes[name] = case((longer, _Table[name]), else_=written.excluded[name])
    db.execute(written.on_conflict_do_update(index_elements=["integration_id"], set_=changes))


_ADDED = frozenset(
    "searches searches_failed candidates downloads downloads_failed landed score_sum"
    " seconds_sum".split()
)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

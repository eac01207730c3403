"""What landed and what never shall: the history, and the blacklist."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import paging
from sublarr_tasks.errors import NotFound
from sublarr_tasks.models import (
    BlacklistEntry,
    Integration,
    LandedState,
    LandedSubtitle,
    ProviderAnswer,
    ProviderRecord,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer, in_libraries

_NEWEST = Order("landed", (LandedSubtitle.__table__.c.id,), (int,), descending=True)
_NEWEST_ENTRY = Order("blacklist", (BlacklistEntry.__table__.c.id,), (int,), descending=True)
_ENTRY = tuple(BlacklistEntry.__table__.c)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which landed subtitles are listed."""

    library_id: int | None = None
    item_id: int | None = None
    language: str | None = None
    provider: str | None = None
    state: LandedState | None = None


def page(db: Connection, viewer: Viewer, wanted: HistoryFilter, window: Window) -> Page:
    """List what landed, the newest first."""
    conditions = [in_libraries(viewer, LandedSubtitle.library_id)]
    for name in ("library_id", "item_id", "language", "provider", "state"):
        given = getattr(wanted, name)
        if given is not None:
            conditions.append(LandedSubtitle.__table__.c[name] == given)
    matching = select(LandedSubtitle.id).where(*conditions)
    return paging.fetch(db, matching, select(*LandedSubtitle.__table__.c), _NEWEST, window)


def get(db: Connection, viewer: Viewer, landed_id: int) -> Row[Any]:
    """Return a subtitle that landed; raises NotFound."""
    row = db.execute(
        select(*LandedSubtitle.__table__.c).where(
            LandedSubtitle.id == landed_id, in_libraries(viewer, LandedSubtitle.library_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no subtitle {landed_id} of ours.")
    return row


def blacklist(db: Connection, window: Window) -> Page:
    """List what is never taken again, the newest first."""
    return paging.fetch(db, select(BlacklistEntry.id), select(*_ENTRY), _NEWEST_ENTRY, window)


def ban(db: Connection, viewer: Viewer, entry: dict[str, Any]) -> Row[Any]:
    """Never take a provider's subtitle again; raises Forbidden."""
    viewer.require_admin()
    return _banned(db, entry)


def never_again(db: Connection, landed: Row[Any]) -> None:
    """Never take again what landed once."""
    _banned(
        db,
        {
            "provider": landed.provider,
            "subtitle_id": landed.subtitle_id,
            "language": landed.language,
            "title": landed.title,
            "reason": "taken away by a person",
        },
    )


def _banned(db: Connection, entry: dict[str, Any]) -> Row[Any]:
    written = upsert(BlacklistEntry).values(entry)
    return db.execute(
        written.on_conflict_do_update(
            index_elements=["provider", "subtitle_id"],
            set_={"reason": written.excluded.reason},
        ).returning(*_ENTRY)
    ).one()


def allow(db: Connection, viewer: Viewer, entry_id: int) -> None:
    """Let a subtitle be taken again; raises Forbidden and NotFound."""
    viewer.require_admin()
    if not db.execute(delete(BlacklistEntry).where(BlacklistEntry.id == entry_id)).rowcount:
        raise NotFound(f"There is no blacklist entry {entry_id}.")


def providers(db: Connection, viewer: Viewer, kinds: tuple[str, ...]) -> list[Row[Any]]:
    """Return the providers with how they have done and what stands in their way."""
    table = ProviderRecord.__table__.c
    counted = [column for column in table if column.name != "integration_id"]
    answers = (
        select(func.count())
        .where(
            ProviderAnswer.integration_id == Integration.id,
            ProviderAnswer.expires_at > func.now(),
        )
        .correlate(Integration)
        .scalar_subquery()
    )
    zero: ColumnElement[Any] = literal_column("0")
    return list(
        db.execute(
            select(
                Integration.id,
                Integration.kind,
                Integration.name,
                Integration.enabled,
                answers.label("cached_answers"),
                *(
                    func.coalesce(column, zero).label(column.name)
                    if column.name in _COUNTS
                    else column
                    for column in counted
                ),
            )
            .outerjoin(ProviderRecord, ProviderRecord.integration_id == Integration.id)
            .where(Integration.kind.in_(kinds), viewer.sees(Integration.owner_id))
            .order_by(Integration.id)
        )
    )


_COUNTS = frozenset(
    "searches searches_failed candidates downloads downloads_failed landed score_sum seconds_sum"
    " failures_in_a_row".split()
)

"""How long a name and an address must wait after failures; the rows outlive every restart.

An attempt is counted before it is judged, so that many at once are no way around it. Only a whole
login takes a name's failures away: a right password without the second factor does not. An
address's failures go with time alone.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks.errors import Limited
from sublarr_tasks.models import LoginFailure

FORGET_AFTER = timedelta(hours=24)
# From so many failures on, so long a wait; the first that holds counts.
_WAITS = ((20, 30), (15, 15), (10, 5), (5, 1))
ADDRESS_FACTOR = 4


def of_name(name: str) -> str:
    return f"name:{name.strip().lower()}"


def of_address(address: str | None) -> str:
    """Name an address; the 64 bits that one IPv6 subscriber has count as one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"address:{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return f"address:{getattr(parsed, 'ipv4_mapped', None) or parsed}"


def attempt(db: Connection, name: str, address: str | None) -> None:
    """Count an attempt for a name and an address; raises Limited where either must wait."""
    for subject, factor in ((of_name(name), 1), (of_address(address), ADDRESS_FACTOR)):
        if not _counted(db, subject, factor):
            raise Limited(_seconds_left(db, subject))


def succeeded(db: Connection, name: str, address: str | None) -> None:
    """Forget a name's failures, after a whole login; of an address's take back this attempt."""
    db.execute(delete(LoginFailure).where(LoginFailure.subject == of_name(name)))
    _take_back(db, of_address(address), ADDRESS_FACTOR)


def was_right(db: Connection, name: str, address: str | None) -> None:
    """Take back this attempt alone: it was right, but it was no whole login."""
    _take_back(db, of_name(name), 1)
    _take_back(db, of_address(address), ADDRESS_FACTOR)


def _take_back(db: Connection, subject: str, factor: int) -> None:
    left = LoginFailure.failures - 1
    first_wait, _ = _WAITS[-1]
    db.execute(
        update(LoginFailure)
        .where(LoginFailure.subject == subject)
        .values(
            failures=left,
            locked_until=case((left < first_wait * factor, None), else_=LoginFailure.locked_until),
        )
    )


def unlock(db: Connection, name: str) -> None:
    """Forget a name's failures, at an admin's word."""
    db.execute(delete(LoginFailure).where(LoginFailure.subject == of_name(name)))


def forget_old(db: Connection) -> None:
    """Delete what no longer counts."""
    db.execute(delete(LoginFailure).where(LoginFailure.last_failed_at < func.now() - FORGET_AFTER))


def _seconds_left(db: Connection, subject: str) -> float:
    left = LoginFailure.locked_until - func.clock_timestamp()
    found = db.scalar(select(func.extract("epoch", left)).where(LoginFailure.subject == subject))
    return float(found or 0)


def _counted(db: Connection, subject: str, factor: int) -> bool:
    """Add one failure, unless it is not time for another; those before a quiet day are forgotten.

    Attempts at once wait for each other on the row, and each sees what the one before it wrote.
    """
    now = func.clock_timestamp()
    known = case((LoginFailure.last_failed_at < now - FORGET_AFTER, 0), else_=LoginFailure.failures)
    failures: ColumnElement[int] = known + 1
    wait = case(
        *(
            (failures >= most * factor, literal(timedelta(minutes=minutes)))
            for most, minutes in _WAITS
        ),
        else_=None,
    )
    counted = db.scalar(
        upsert(LoginFailure)
        .values(subject=subject, failures=1)
        .on_conflict_do_update(
            index_elements=[LoginFailure.subject],
            set_={"failures": failures, "last_failed_at": now, "locked_until": now + wait},
            where=or_(LoginFailure.locked_until.is_(None), LoginFailure.locked_until <= now),
        )
        .returning(LoginFailure.failures)
    )
    return counted is not None

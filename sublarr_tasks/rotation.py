"""Changing the keys that protect stored secrets, without losing one."""

from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import InstrumentedAttribute

from sublarr_tasks import encryption
from sublarr_tasks.models import Integration, SigningKey, User

# Every column that holds something encrypted; a test compares.
SECRETS: tuple[tuple[Any, InstrumentedAttribute[Any]], ...] = (
    (User, User.totp_secret),
    (SigningKey, SigningKey.secret),
    (Integration, Integration.secrets),
)


def reencrypt(db: Connection) -> int:
    """Encrypt every stored secret under the newest key; returns how many there are."""
    return sum(_column(db, table, column) for table, column in SECRETS)


def _column(db: Connection, table: Any, column: InstrumentedAttribute[Any]) -> int:  # noqa: ANN401 - a model
    rows = db.execute(select(table.id, column).where(column.is_not(None)).with_for_update()).all()
    for row_id, stored in rows:
        db.execute(
            update(table).where(table.id == row_id).values({column.key: encryption.anew(stored)})
        )
    return len(rows)

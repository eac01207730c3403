"""PostgreSQL: one lazy engine in each process, and the transaction that everything runs in."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    SQLColumnExpression,
    any_,
    create_engine,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import InterfaceError, OperationalError

from sublarr_tasks import settings
from sublarr_tasks.errors import StartError, Unavailable

# A worker child runs one task at a time; the API's threads share the same small pool.
POOL_SIZE = 2
POOL_OVERFLOW = 8

CONNECT_ARGS = {
    "connect_timeout": 3,
    "application_name": "sublarr",
    # A peer that went away without a word is noticed in about half a minute.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c statement_timeout=240s -c lock_timeout=30s"
    " -c idle_in_transaction_session_timeout=240s -c timezone=UTC",
}


@cache
def engine() -> Engine:
    """Return this process's engine; nothing connects before it is used."""
    current = settings.current()
    if current.database_url is None:
        raise StartError(
            "SUBLARR_DATABASE_URL is not set and no running stack was found;"
            " `sublarr up` starts one."
        )
    prepare = {} if current.database_prepare else {"prepare_threshold": None}
    return create_engine(
        current.database_url.get_secret_value(),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=900,
        connect_args=CONNECT_ARGS | prepare,
    )


def forget_inherited() -> None:
    """Drop the connections that a fork copied, without closing the parent's sockets."""
    engine().dispose(close=False)


@contextmanager
def transaction(*, durable: bool = True) -> Iterator[Connection]:
    """Run a block in one transaction; raises Unavailable when the database does not answer.

    One that is not durable does not wait for the disk. Should the server crash within the next
    moment it never happened, whole, with all that came after it: right for work that is then
    found undone and done again, wrong for what somebody was told.
    """
    try:
        with engine().begin() as connection:
            if not durable:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection
    except (OperationalError, InterfaceError) as error:
        if getattr(error, "connection_invalidated", False) or not _is_query_error(error):
            raise Unavailable(f"PostgreSQL does not answer: {error.orig}") from error
        raise


def among(
    column: SQLColumnExpression[int] | SQLColumnExpression[int | None], ids: Collection[int]
) -> ColumnElement[bool]:
    """Match a column against ids sent as one array: one statement text for any number of them."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def _is_query_error(error: OperationalError | InterfaceError) -> bool:
    """Tell a refused statement (it has an SQLSTATE outside class 08 and 57) from a lost server."""
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and not state.startswith(("08", "57P"))

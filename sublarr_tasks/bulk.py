"""Many rows at once, with statements whose text does not depend on how many.

Rows go in by COPY, with ids taken from the sequence before; lists of values come along as one
array for each column. (A VALUES list is compiled and parsed anew for every length: measured, it
cost as much as the files' own work.)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, column, func, literal, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from sublarr_tasks import filenames
from sublarr_tasks.models import Base, FileName


def reserve_ids(db: Connection, table: type[Base], how_many: int) -> list[int]:
    """Take ids from a table's sequence; what is not used of them is a gap, which is no harm."""
    statement = text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)"
    )
    return list(db.scalars(statement, {"name": table.__tablename__, "n": how_many}))


def copy(db: Connection, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that all have the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    adapt = {name: _adapter(table.__table__.c[name].type) for name in names}
    raw = db.connection.driver_connection
    assert raw is not None
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.__tablename__), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as stream:
            for row in rows:
                stream.write_row([_adapted(adapt[name], row[name]) for name in names])
    except psycopg.Error as error:  # SQLAlchemy was not asked, so its class of error is missing
        shown = f"COPY {table.__tablename__}"
        raise DBAPIError.instance(
            shown, {}, error, psycopg.Error, connection_invalidated=raw.closed, dialect=db.dialect
        ) from error


def arrays(**columns: tuple[TypeEngine[Any], Sequence[Any]]) -> TableValuedAlias:
    """Make a table of equally long lists, each given with the type of its elements."""
    given = func.unnest(*(literal(list(held), ARRAY(kind)) for kind, held in columns.values()))
    named = (column(name, kind) for name, (kind, _) in columns.items())
    return given.table_valued(*named).render_derived()


def _adapter(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, FileName):
        return filenames.to_text
    return Jsonb if isinstance(kind, JSONB) else None


def _adapted(adapt: Callable[[Any], Any] | None, held: Any) -> Any:  # noqa: ANN401 - any column's value
    return held if adapt is None or held is None else adapt(held)

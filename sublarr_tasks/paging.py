"""Lists a page at a time: by a cursor, fast at any depth, or by an offset, slower with each page.

The total is counted up to EXACT_TOTAL. A longer list is not counted at all: its total is the
planner's estimate, which costs the same for a million rows as for ten thousand.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Row,
    Select,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from sublarr_tasks.errors import InputError

EXACT_TOTAL = 10_000
MOST_ON_A_PAGE = 500
# Beyond this an offset reads more rows than a list should; the cursor has no such limit.
DEEPEST_OFFSET = 100_000
LARGEST_ID = (1 << 63) - 1

_FOREIGN_CURSOR = "This cursor was not given by this list in this order."


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by; the last key is unique. `kinds` are the keys' Python types.

    The keys together must be an index, and none may be NULL.
    """

    name: str
    keys: tuple[ColumnElement[Any], ...]
    kinds: tuple[type[int] | type[str] | type[datetime], ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Which page of a list is asked for."""

    limit: int = 50
    offset: int = 0
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page's rows; without `next_cursor` it is the last one."""

    rows: Sequence[Row[Any]]
    total: int
    total_is_exact: bool
    next_cursor: str | None


def fetch(db: Connection, listed: Select[Any], order: Order, window: Window) -> Page:
    """Read one page of a statement; raises InputError for a cursor of another list.

    What the statement joins only to show should be joined LEFT on a unique key: PostgreSQL then
    counts without it.
    """
    page = listed.add_columns(*(key.label(f"key_{n}") for n, key in enumerate(order.keys)))
    if window.cursor is not None:
        page = page.where(_beyond(order, _decode(order, window.cursor)))
    directed = [key.desc() if order.descending else key.asc() for key in order.keys]
    # One more than asked for tells whether another page follows.
    page = page.order_by(*directed).limit(window.limit + 1).offset(window.offset or None)
    rows = db.execute(page).all()
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    last = tuple(rows[-1])[-len(order.keys) :] if more else None
    if window.cursor is None and not window.offset and not more:
        total, exact = len(rows), True
    else:
        total, exact = _total(db, listed)
    return Page(rows, total, exact, None if last is None else _encode(order, last))


def _total(db: Connection, listed: Select[Any]) -> tuple[int, bool]:
    matching: Select[Any] = listed.with_only_columns(
        literal_column("1"), maintain_column_froms=True
    )
    few = matching.limit(EXACT_TOTAL + 1).subquery()
    counted = db.execute(select(func.count()).select_from(few)).scalar_one()
    if counted <= EXACT_TOTAL:
        return counted, True
    plan = db.execute(_Explain(matching)).scalar_one()
    return max(counted, int(plan[0]["Plan"]["Plan Rows"])), False


def _beyond(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Match what comes after these values; one comparison of rows, as an index can serve it."""
    here = tuple_(*order.keys)
    there = tuple_(
        *(literal(value, key.type) for value, key in zip(values, order.keys, strict=True))
    )
    return here < there if order.descending else here > there


def _encode(order: Order, values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    raw = json.dumps([_kind(order), *plain], separators=(",", ":"))
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(order: Order, cursor: str) -> list[Any]:
    kinds = (str, *order.kinds)
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = json.loads(urlsafe_b64decode(padded.encode("ascii")))
        kind, *values = [_value(kind, each) for kind, each in zip(kinds, plain, strict=True)]
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError({"cursor": _FOREIGN_CURSOR}) from error
    if kind != _kind(order):
        raise InputError({"cursor": _FOREIGN_CURSOR})
    return values


def _kind(order: Order) -> str:
    return f"{order.name} {'desc' if order.descending else 'asc'}"


def _value(kind: type, plain: object) -> int | str | datetime:
    """Read a cursor's value; raises ValueError for what PostgreSQL would not take."""
    if kind is datetime and isinstance(plain, str):
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is not None:
            return moment
    elif kind is str and isinstance(plain, str) and "\0" not in plain:
        plain.encode()
        return plain
    elif kind is int and type(plain) is int and abs(plain) <= LARGEST_ID:
        return plain
    raise ValueError(plain)


class _Explain(Executable, ClauseElement):
    """EXPLAIN of a statement, as JSON."""

    inherit_cache = False

    def __init__(self, explained: Select[Any]) -> None:
        self.explained = explained


@compiles(_Explain)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _compile_explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the compiler's options
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.explained, **options)}"

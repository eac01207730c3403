"""Lists a page at a time: by a cursor, fast at any depth, or by an offset, slower with each page.

The total is counted up to EXACT_TOTAL; of a longer list it is the planner's estimate, which costs
the same for a million rows as for ten thousand. The count also decides how the page is read.
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
    Subquery,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from sublarr_tasks.errors import InputError

EXACT_TOTAL = 10_000
MOST_ON_A_PAGE = 500
# Beyond this an offset reads more rows than a list should; the cursor has no such limit.
DEEPEST_OFFSET = 20_000
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


def fetch(
    db: Connection, matching: Select[Any], shown: Select[Any], order: Order, window: Window
) -> Page:
    """Read one page; raises InputError for a cursor of another list.

    `matching` has the conditions and nothing else, `shown` the columns and the joins for them:
    they are made for the rows of the page alone.
    """
    start = None if window.cursor is None else _decode(order, window.cursor)
    # With a LIMIT the planner is fond of reading the whole table, hoping for early matches.
    db.execute(text("SET LOCAL enable_seqscan = off"))
    narrow = matching.with_only_columns(
        *(key.label(f"key_{n}") for n, key in enumerate(order.keys))
    )
    total, exact = _total(db, narrow)
    if not total:
        return Page((), 0, total_is_exact=True, next_cursor=None)
    page = _page(narrow, order, start, window, few=exact)
    keys = list(page.c)
    directed = [key.desc() if order.descending else key for key in keys]
    whole = shown.add_columns(*keys).join(page, order.keys[-1] == keys[-1])
    rows = db.execute(whole.order_by(*directed)).all()
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    last = tuple(rows[-1])[-len(order.keys) :] if more else None
    return Page(rows, total, exact, None if last is None else _encode(order, last))


def _page(
    narrow: Select[Any], order: Order, start: list[Any] | None, window: Window, *, few: bool
) -> Subquery:
    """Choose the page's keys, and one more that tells whether another page follows.

    A few matches are collected by whatever index finds them, then sorted. Of many, the index of
    the order meets enough on its way; for a few it could be read to its end.
    """
    keys: Sequence[ColumnElement[Any]] = order.keys
    if few:
        collected = narrow.cte("matching").prefix_with("MATERIALIZED", dialect="postgresql")
        keys = list(collected.c)
        narrow = select(*keys)
    if start is not None:
        here, there = tuple_(*keys), tuple_(*_typed(start, keys))
        narrow = narrow.where(here < there if order.descending else here > there)
    directed = [key.desc() if order.descending else key for key in keys]
    return (
        narrow.order_by(*directed).limit(window.limit + 1).offset(window.offset or None).subquery()
    )


def _typed(values: Sequence[Any], keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [literal(value, key.type) for value, key in zip(values, keys, strict=True)]


def _total(db: Connection, matching: Select[Any]) -> tuple[int, bool]:
    few = matching.limit(EXACT_TOTAL + 1).subquery()
    counted = db.execute(select(func.count()).select_from(few)).scalar_one()
    if counted <= EXACT_TOTAL:
        return counted, True
    plan = db.execute(_Explain(matching)).scalar_one()
    return max(counted, int(plan[0]["Plan"]["Plan Rows"])), False


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

"""The shape that every step of a phase has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row

from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.errors import UnitError

ContextT = TypeVar("ContextT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a batch of results came to: one verdict a unit, and what to add to the counters."""

    verdicts: Sequence[Verdict]
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Procedure(Generic[ContextT, ResultT]):
    """The functions of a step; `work` raises UnitError for a unit that failed.

    `refuse` writes what a failed or skipped unit means for its subject, and returns counters.
    `secure` makes a result last before its row is written, once a whole batch was worked on; it
    raises UnitError too. Where `remote`, the work is to wait for other hosts, and several units
    are worked on at once.
    """

    prepare: Callable[[Connection, Row[Any], Sequence[Unit]], ContextT]
    work: Callable[[ContextT, Unit], ResultT]
    settle: Callable[[Connection, ContextT, Sequence[tuple[Unit, ResultT]]], Settlement]
    refuse: Callable[[Connection, ContextT, Sequence[tuple[Unit, UnitError]]], Mapping[str, int]]
    secure: Callable[[ContextT, ResultT], None] | None = None
    remote: bool = False

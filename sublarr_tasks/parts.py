"""A part of a phase: claim its units, do them, settle them; whatever happens, no unit is lost.

The work runs without a transaction. Results, unit states and counters are then written in one,
about once a second, for as many units as were done by then.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypedDict

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sublarr_tasks import claims, leases, scans, settings, units, waits
from sublarr_tasks.claims import Delivery, Unit, Verdict
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import (
    MountLost,
    NotFound,
    Postponed,
    Unavailable,
    UnitError,
    UnitSkipped,
)
from sublarr_tasks.fleet import bells
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.models import ScanStatus, Step, UnitState
from sublarr_tasks.phases import artwork, caching, discovering, enriching, publishing, scanning
from sublarr_tasks.phases.steps import Procedure

SETTLE_EVERY = 1.0
# What a part has not begun by then goes back: a message must be short enough to be shared.
MOST_SECONDS = 20.0
# Requests that wait behind each thread's own, so that none idles while results are written.
BEHIND_EACH = 4

PROCEDURES: dict[Step, Procedure[Any, Any]] = {
    Step.DISCOVER: discovering.PROCEDURE,
    Step.READ: scanning.PROCEDURE,
    Step.STORE: caching.PROCEDURE,
    Step.COMPLETE: enriching.PROCEDURE,
    Step.COLLECT: artwork.COLLECTING,
    Step.CHOOSE: artwork.CHOOSING,
    Step.FETCH: artwork.FETCHING,
    Step.PUBLISH: publishing.PROCEDURE,
}

log = structlog.get_logger()


class Outcome(TypedDict):
    """What a part tells the broker: small, and the same whenever it is told again."""

    done: int


@dataclass(slots=True)
class Batch:
    """Units that were worked on since the last settlement; once some were postponed, no more."""

    done: list[tuple[Unit, Any]] = field(default_factory=list)
    refused: list[tuple[Unit, UnitError]] = field(default_factory=list)
    postponed: list[tuple[Unit, Postponed]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def units(self) -> list[Unit]:
        return [unit for unit, _ in (*self.done, *self.refused, *self.postponed)]

    @contextmanager
    def refusing(self, unit: Unit) -> Iterator[None]:
        """Take an error for the unit's own, but for the loss of the library."""
        try:
            yield
        except MountLost:
            raise
        except Postponed as error:
            self.postponed.append((unit, error))
        except UnitError as error:
            self.refused.append((unit, error))
        except Exception as error:
            log.exception("unit_failed", unit_id=unit.id, subject=unit.subject)
            self.refused.append((unit, _internal(error)))

    def keep(self, mine: set[int]) -> None:
        """Drop the units that have been taken over or cancelled meanwhile."""
        self.done = [(unit, result) for unit, result in self.done if unit.id in mine]
        self.refused = [(unit, error) for unit, error in self.refused if unit.id in mine]
        self.postponed = [(unit, error) for unit, error in self.postponed if unit.id in mine]


def run(scan_id: int, unit_ids: Sequence[int], delivery: Delivery) -> Outcome:
    """Do what is still to be done of some units; raises Unavailable without the database."""
    try:
        return Outcome(done=_run(scan_id, unit_ids, delivery))
    except MountLost as lost:
        with transaction() as db:
            scans.fail(db, scan_id, lost.reason, lost.detail)
        bells.ring(Topic.SCAN, scan_id)
    except NotFound:
        log.info("scan_deleted", scan_id=scan_id)
    return Outcome(done=0)


def _run(scan_id: int, unit_ids: Sequence[int], delivery: Delivery) -> int:
    claimed, part = _claim(scan_id, unit_ids, delivery)
    if part is None:
        return 0
    left = deque(claimed)
    done = 0
    started = time.monotonic()
    renewing = leases.renewing(
        lambda db: claims.renew(db, claimed), claims.RENEW_AFTER.total_seconds()
    )
    with renewing:
        while (left or part.going) and time.monotonic() - started < MOST_SECONDS:
            batch = part.work(left)
            with transaction(durable=False) as db:
                settled = part.settle(db, batch)
            bells.ring(Topic.SCAN, scan_id)
            if not settled:  # cancelled, or taken over by others
                return done
            done += settled
            if batch.postponed:
                break
    part.call_off(left)
    rest = [*left, *part.going.values()]
    if rest:
        with transaction(durable=False) as db:
            units.release(db, claims.hold(db, rest))
    return done


def _claim(
    scan_id: int, unit_ids: Sequence[int], delivery: Delivery
) -> tuple[list[Unit], "Share | None"]:
    """Claim units and prepare them; where that fails, so do they, or nobody would ever know."""
    try:
        with transaction(durable=False) as db:
            scans.shared_lock(db, scan_id)
            claimed = claims.claim(db, scan_id, unit_ids, delivery)
            return claimed, Share.of(db, scan_id, claimed) if claimed else None
    except (Unavailable, NotFound):
        raise
    except Exception as error:
        log.exception("part_not_prepared", scan_id=scan_id)
        with transaction() as db:
            scans.shared_lock(db, scan_id)
            claimed = claims.claim(db, scan_id, unit_ids, delivery)
            failed = [_verdict(unit, _internal(error)) for unit in claimed]
            claims.finish(db, failed)
            if claimed:
                counter = scans.FAILED_COUNTER[claimed[0].phase]
                scans.count(db, scan_id, {counter: len(failed)}, last_error=failed[-1].detail)
        return [], None


@dataclass(frozen=True, slots=True)
class Share:
    """Claimed units of one step, with what the step prepared for them.

    `going` are those that other threads are working on.
    """

    scan_id: int
    phase: ScanStatus
    step: Step
    procedure: Procedure[Any, Any]
    context: Any
    going: dict[Future[Any], Unit] = field(default_factory=dict)

    @classmethod
    def of(cls, db: Connection, scan_id: int, claimed: Sequence[Unit]) -> "Share":
        phase, step = claimed[0].phase, claimed[0].step
        procedure = PROCEDURES[step]
        context = procedure.prepare(db, scans.get(db, scan_id), claimed)
        return cls(scan_id, phase, step, procedure, context)

    def work(self, left: deque[Unit]) -> Batch:
        """Take units off and do them until it is time to settle; raises MountLost."""
        batch = Batch()
        started = time.monotonic()
        try:
            working = self._work_at_once if self.procedure.remote else self._work_in_turn
            working(batch, left, started + SETTLE_EVERY)
        finally:
            self._secure(batch)
        batch.seconds = time.monotonic() - started
        return batch

    def _work_in_turn(self, batch: Batch, left: deque[Unit], until: float) -> None:
        while left:
            unit = left.popleft()
            with batch.refusing(unit):
                batch.done.append((unit, self.procedure.work(self.context, unit)))
            if time.monotonic() >= until:
                return

    def _work_at_once(self, batch: Batch, left: deque[Unit], until: float) -> None:
        """Keep as many units going as a process may, each taken up as another ends.

        They go on while what was done until now is being settled.
        """
        most = settings.current().requests_at_once * (1 + BEHIND_EACH)
        while True:
            while left and len(self.going) < most and not batch.postponed:
                unit = left.popleft()
                self.going[_threads().submit(self.procedure.work, self.context, unit)] = unit
            if not self.going or (batch.units and time.monotonic() >= until):
                return
            for ended in wait(self.going, return_when=FIRST_COMPLETED).done:
                unit = self.going.pop(ended)
                with batch.refusing(unit):
                    batch.done.append((unit, ended.result()))
            if batch.postponed:
                self.call_off(left)

    def call_off(self, left: deque[Unit]) -> None:
        """Put back what no thread has begun."""
        for waiting in [each for each in self.going if each.cancel()]:
            left.append(self.going.pop(waiting))

    def _secure(self, batch: Batch) -> None:
        if self.procedure.secure is not None:
            results, batch.done = batch.done, []
            for unit, result in results:
                with batch.refusing(unit):
                    self.procedure.secure(self.context, result)
                    batch.done.append((unit, result))

    def settle(self, db: Connection, batch: Batch) -> int:
        """Write a batch's results and count them; returns how many units were still ours."""
        scans.shared_lock(db, self.scan_id)
        batch.keep(claims.hold(db, batch.units))
        if not batch.units:
            return 0
        counters = Counter[str]()
        verdicts = self._write(db, batch, counters)
        counters.update(self.procedure.refuse(db, self.context, batch.refused))
        refusals = [_verdict(unit, error) for unit, error in batch.refused]
        failed = [verdict for verdict in refusals if verdict.state is UnitState.FAILED]
        counters[scans.FAILED_COUNTER[self.phase]] += len(failed)
        claims.finish(db, [*verdicts, *refusals])
        self._wait(db, batch)
        scans.count(
            db,
            self.scan_id,
            counters,
            operation=f"{self.phase}: {batch.units[-1].subject}",
            last_error=failed[-1].detail or failed[-1].reason if failed else None,
            unit_seconds=batch.seconds / len(batch.units),
        )
        return len(batch.units)

    def _wait(self, db: Connection, batch: Batch) -> None:
        """Hold the step up where a service thwarted a unit; let it go on where others went well."""
        if batch.done or batch.refused:
            waits.clear(db, self.scan_id, self.step)
        if batch.postponed:
            claims.postpone(db, [unit.id for unit, _ in batch.postponed])
            longest = max((error for _, error in batch.postponed), key=lambda error: error.seconds)
            waits.hold(db, self.scan_id, self.step, longest)

    def _write(self, db: Connection, batch: Batch, counters: Counter[str]) -> list[Verdict]:
        """Settle all results with one set of statements, or singly if one of them cannot be."""
        try:
            return self._write_together(db, batch.done, counters)
        except Exception as error:
            if _is_lost_connection(error):
                raise
            log.warning("written_singly", error=str(error))
        verdicts: list[Verdict] = []
        for unit, result in tuple(batch.done):
            try:
                verdicts += self._write_together(db, [(unit, result)], counters)
            except Exception as error:
                if _is_lost_connection(error):
                    raise
                log.exception("unit_not_written", unit_id=unit.id, subject=unit.subject)
                batch.done.remove((unit, result))
                batch.refused.append((unit, _refused(error)))
        return verdicts

    def _write_together(
        self, db: Connection, results: Sequence[tuple[Unit, Any]], counters: Counter[str]
    ) -> list[Verdict]:
        if not results:
            return []
        with db.begin_nested():
            settled = self.procedure.settle(db, self.context, results)
        counters.update(settled.counters)
        return list(settled.verdicts)


@cache
def _threads() -> ThreadPoolExecutor:
    """Return this process's threads for what waits for other hosts; made after any fork."""
    return ThreadPoolExecutor(settings.current().requests_at_once, thread_name_prefix="remote")


def _verdict(unit: Unit, error: UnitError) -> Verdict:
    state = UnitState.SKIPPED if isinstance(error, UnitSkipped) else UnitState.FAILED
    return Verdict(unit.id, state, str(error.reason), error.detail or None)


def _is_lost_connection(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _refused(error: Exception) -> UnitError:
    """Name what keeps a result out of the database: its content, or a mistake of ours."""
    if isinstance(error, DBAPIError):
        return UnitError("database_refused", str(error.orig))
    return _internal(error)


def _internal(error: Exception) -> UnitError:
    return UnitError("internal_error", f"{type(error).__name__}: {error}")

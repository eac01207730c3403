"""Units through any order of deliveries, deaths, lapses and repairs: each ends exactly once."""

from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Row, update

from libraries import Library, rows
from scanning import advance, begin, state, sweep
from sublarr_tasks import claims, scans, units
from sublarr_tasks.claims import Delivery, Unit, Verdict
from sublarr_tasks.conductor import Wave
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ENDED, OPEN, ScanJob, ScanStatus, ScanUnit, UnitState
from sublarr_tasks.units import Draft

PHASE = ScanStatus.SCANNING
PASSED = "2020-01-01T00:00:00Z"
_libraries = count(1)
workers = st.sampled_from(["one", "two"])


class Disorder(RuleBasedStateMachine):
    """Two workers, a broker that may deliver anything again, and a sweeper."""

    folder: Path

    @initialize(how_many=st.integers(1, 6))
    def begin(self, how_many: int) -> None:
        number = next(_libraries)
        library = Library.register(self.folder / str(number), f"Library {number}")
        self.scan_id = begin(library.id)
        with transaction() as db:
            units.add(db, self.scan_id, PHASE, [Draft(str(n)) for n in range(how_many)])
            root = update(ScanUnit).where(ScanUnit.scan_id == self.scan_id)
            db.execute(
                root.where(ScanUnit.phase == ScanStatus.DISCOVERING).values(state=UnitState.DONE)
            )
            db.execute(update(ScanJob).where(ScanJob.id == self.scan_id).values(status=PHASE))
        self.messages: list[tuple[int, ...]] = []
        self.taken: dict[str, list[Unit]] = {"one": [], "two": []}
        self.ended: dict[int, str] = {}
        self.send(advance(self.scan_id))

    def send(self, waves: list[Wave]) -> None:
        self.messages += [part.unit_ids for wave in waves for part in wave.parts]

    @rule()
    def advance(self) -> None:
        self.send(advance(self.scan_id, dry=True))

    @rule(dry=st.booleans(), flushed=st.booleans())
    def sweep(self, dry: bool, flushed: bool) -> None:
        self.send(sweep(self.scan_id, dry=dry, flushed=flushed))

    @precondition(lambda self: self.messages)
    @rule(worker=workers, again=st.sampled_from(["", "redelivered", "retried"]), data=st.data())
    def deliver(self, worker: str, again: str, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.messages) - 1))
        delivery = Delivery(
            f"message {number}", redelivered=again == "redelivered", retried=again == "retried"
        )
        with transaction() as db:
            claimed = claims.claim(db, self.scan_id, self.messages[number], delivery)
        assert not {unit.id for unit in claimed} & self.ended.keys()
        self.taken[worker] = claimed

    @rule(worker=workers, failed=st.booleans())
    def settle(self, worker: str, failed: bool) -> None:
        if self.taken[worker]:
            unit = self.taken[worker].pop(0)
            verdict = UnitState.FAILED if failed else UnitState.DONE
            with transaction() as db:
                scans.shared_lock(db, self.scan_id)
                mine = claims.hold(db, [unit])
                claims.finish(db, [Verdict(unit_id, verdict) for unit_id in mine])
                counter = "scanning_failed" if failed else "directories_scanned"
                scans.count(db, self.scan_id, {counter: len(mine)})

    @rule(worker=workers)
    def die(self, worker: str) -> None:
        self.taken[worker] = []

    @rule()
    def lapse(self) -> None:
        with transaction() as db:
            leased = update(ScanUnit).where(
                ScanUnit.scan_id == self.scan_id, ScanUnit.lease_until.is_not(None)
            )
            db.execute(leased.values(lease_until=PASSED))

    @rule(chance=st.integers(0, 9))
    def cancel(self, chance: int) -> None:
        if not chance and state(self.scan_id).status == PHASE:
            with transaction() as db:
                scans.cancel(db, self.scan_id)

    @invariant()
    def what_has_ended_stays_as_it_ended(self) -> None:
        now = {row.id: row.state for row in self.rows()}
        assert {unit_id: now[unit_id] for unit_id in self.ended} == self.ended
        self.ended = {unit_id: what for unit_id, what in now.items() if what not in OPEN}

    @invariant()
    def counters_equal_the_rows(self) -> None:
        scan = state(self.scan_id)
        states = [row.state for row in self.rows()]
        assert scan.directories_scanned == states.count(UnitState.DONE)
        assert scan.scanning_failed == states.count(UnitState.FAILED)
        assert scan.errors_count == scan.scanning_failed

    def rows(self) -> list[Row[Any]]:
        return rows(ScanUnit, scan_id=self.scan_id, phase=PHASE)

    def teardown(self) -> None:
        """Let everybody die, and see that the sweeper alone brings the scan to its end."""
        if not hasattr(self, "scan_id"):
            return
        for _ in range(units.MAX_ATTEMPTS * 8):
            if state(self.scan_id).status in ENDED:
                break
            self.lapse()
            self.messages = []
            self.sweep(dry=True, flushed=True)
            for number in range(len(self.messages)):
                with transaction() as db:
                    delivery = Delivery(f"last {number}")
                    self.taken["one"] = claims.claim(
                        db, self.scan_id, self.messages[number], delivery
                    )
                while self.taken["one"]:
                    self.settle("one", failed=False)
        assert not [row for row in self.rows() if row.state in OPEN]
        assert state(self.scan_id).status in (ScanStatus.COMPLETED, ScanStatus.CANCELLED)
        self.counters_equal_the_rows()


def test_every_unit_ends_once_and_is_counted_once(database: str, tmp_path: Path) -> None:
    Disorder.folder = tmp_path
    run_state_machine_as_test(
        Disorder,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

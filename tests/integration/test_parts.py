"""A part does its units and settles them; whatever happens, no unit is lost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from libraries import Library, one, rows, set_columns
from scanning import begin, finish, run, state, until
from sublarr_tasks import claims, parts, scans
from sublarr_tasks.claims import Delivery, Unit
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import MountLost, Unavailable, UnitError, UnitSkipped
from sublarr_tasks.models import ScanStatus, ScanUnit, Step
from sublarr_tasks.phases.steps import Settlement
from sublarr_tasks.units import Part

SCANNING = ScanStatus.SCANNING
FILMS = ("Alpha (2001)", "Beta (2002)", "Gamma (2003)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A scan that is about to read three directories in one part."""

    library: Library
    scan_id: int
    part: Part
    monkeypatch: pytest.MonkeyPatch

    def run(self) -> int:
        return run(self.scan_id, self.part)

    def states(self) -> dict[str, str]:
        return {row.subject: row.state for row in rows(ScanUnit, phase=SCANNING)}

    def around_work(self, before: Callable[[Unit], None]) -> None:
        """Let something happen just before a directory is read."""
        steps = parts.PROCEDURES[Step.READ]

        def work(context: Any, unit: Unit) -> Any:  # noqa: ANN401 - the phase's own
            before(unit)
            return steps.work(context, unit)

        self.monkeypatch.setitem(parts.PROCEDURES, Step.READ, replace(steps, work=work))

    def around_settle(self, before: Callable[[Sequence[Unit]], None]) -> None:
        """Let something happen just before results are written."""
        steps = parts.PROCEDURES[Step.READ]

        def settle(db: Connection, context: Any, results: Sequence[Any]) -> Settlement:  # noqa: ANN401
            before([unit for unit, _ in results])
            return steps.settle(db, context, results)

        self.monkeypatch.setitem(parts.PROCEDURES, Step.READ, replace(steps, settle=settle))


@pytest.fixture
def reading(library: Library, monkeypatch: pytest.MonkeyPatch) -> Reading:
    library.films(*FILMS)
    scan_id = begin(library.id)
    waves = until(scan_id, SCANNING)
    ids = sorted(unit for wave in waves for part in wave.parts for unit in part.unit_ids)
    return Reading(library, scan_id, Part(tuple(ids), FILMS, Step.READ), monkeypatch)


def fail_on(name: str, error: Exception) -> Callable[[Unit], None]:
    def fail(unit: Unit) -> None:
        if unit.subject == name:
            raise error

    return fail


def test_a_part_tells_how_many_units_it_did(reading: Reading) -> None:
    assert reading.run() == 3
    assert set(reading.states().values()) == {"done"}
    assert reading.run() == 0


def test_a_part_says_what_it_was_last_about(reading: Reading) -> None:
    reading.run()
    assert state(reading.scan_id).current_operation == "scanning: Gamma (2003)"


def test_a_part_measures_its_units(reading: Reading) -> None:
    reading.run()
    seconds = state(reading.scan_id).unit_seconds
    assert seconds is not None
    assert 0 < seconds < 10


def test_units_that_do_not_exist_are_nothing_to_do(reading: Reading) -> None:
    assert parts.run(reading.scan_id, [10_000], Delivery("x")) == {"done": 0}
    assert parts.run(10_000, list(reading.part.unit_ids), Delivery("x")) == {"done": 0}


def test_a_failed_unit_leaves_the_others_done(reading: Reading) -> None:
    reading.around_work(fail_on("Beta (2002)", UnitError("io_error", "the disk said no")))
    assert reading.run() == 3
    unit = one(ScanUnit, subject="Beta (2002)", phase=SCANNING)
    assert (unit.state, unit.reason, unit.detail) == ("failed", "io_error", "the disk said no")
    scan = state(reading.scan_id)
    assert (scan.directories_scanned, scan.scanning_failed, scan.errors_count) == (2, 1, 1)
    assert scan.last_error == "the disk said no"


def test_a_skipped_unit_is_no_error(reading: Reading) -> None:
    reading.around_work(fail_on("Beta (2002)", UnitSkipped("vanished")))
    reading.run()
    scan = state(reading.scan_id)
    assert (scan.directories_scanned, scan.directories_skipped, scan.errors_count) == (2, 1, 0)


def test_a_mistake_of_ours_fails_its_unit_alone(reading: Reading) -> None:
    reading.around_work(fail_on("Beta (2002)", KeyError("oops")))
    assert reading.run() == 3
    unit = one(ScanUnit, subject="Beta (2002)", phase=SCANNING)
    assert (unit.state, unit.reason, unit.detail) == (
        "failed",
        "internal_error",
        "KeyError: 'oops'",
    )
    assert reading.library.titles() == {"Alpha", "Gamma"}


def test_a_result_that_cannot_be_written_fails_its_unit_alone(reading: Reading) -> None:
    def refuse(settled: Sequence[Unit]) -> None:
        if "Beta (2002)" in [unit.subject for unit in settled]:
            raise ValueError("not for a database")

    reading.around_settle(refuse)
    assert reading.run() == 3
    assert reading.states() == {
        "Alpha (2001)": "done",
        "Beta (2002)": "failed",
        "Gamma (2003)": "done",
    }
    scan = state(reading.scan_id)
    assert (scan.movies_found, scan.directories_scanned, scan.scanning_failed) == (2, 2, 1)


def test_a_lost_library_ends_the_scan(reading: Reading) -> None:
    reading.around_work(fail_on("Beta (2002)", MountLost("the mount went away")))
    assert reading.run() == 0
    scan = state(reading.scan_id)
    assert (scan.status, scan.reason, scan.last_error) == (
        "failed",
        "mount_lost",
        "the mount went away",
    )
    assert set(reading.states().values()) == {"cancelled"}


def test_without_the_database_the_units_stay_taken_until_their_leases_pass(
    reading: Reading,
) -> None:
    def cut(_: Sequence[Unit]) -> None:
        with transaction() as db:
            db.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    reading.around_settle(cut)
    with pytest.raises(Unavailable):
        reading.run()
    reading.monkeypatch.undo()
    assert set(reading.states().values()) == {"running"}
    assert state(reading.scan_id).directories_scanned == 0


def test_a_unit_that_another_worker_took_over_is_not_written_twice(reading: Reading) -> None:
    def take_over(unit: Unit) -> None:
        if unit.subject == "Beta (2002)":
            set_columns(ScanUnit, unit.id, attempts=unit.attempts + 1, claim="another")

    reading.around_work(take_over)
    assert reading.run() == 2
    assert reading.states()["Beta (2002)"] == "running"
    assert state(reading.scan_id).directories_scanned == 2


def test_results_are_written_while_others_are_still_to_do(reading: Reading) -> None:
    reading.monkeypatch.setattr(parts, "SETTLE_EVERY", 1e-9)
    seen: list[int] = []
    reading.around_work(lambda _: seen.append(state(reading.scan_id).directories_scanned))
    assert reading.run() == 3
    assert seen == [0, 1, 2]


def test_a_part_stops_once_its_scan_is_cancelled(reading: Reading) -> None:
    reading.monkeypatch.setattr(parts, "SETTLE_EVERY", 1e-9)
    begun: list[str] = []

    def cancel_at_second(unit: Unit) -> None:
        begun.append(unit.subject)
        if len(begun) == 2:
            with transaction() as db:
                scans.cancel(db, reading.scan_id)

    reading.around_work(cancel_at_second)
    assert reading.run() == 1
    assert begun == ["Alpha (2001)", "Beta (2002)"]
    assert list(reading.states().values()) == ["done", "cancelled", "cancelled"]


def test_a_long_part_renews_what_it_has_yet_to_do(reading: Reading) -> None:
    reading.monkeypatch.setattr(parts, "SETTLE_EVERY", 1e-9)
    reading.monkeypatch.setattr(claims, "RENEW_AFTER", claims.RENEW_AFTER * 0)
    last = reading.part.unit_ids[-1]
    leases = [one(ScanUnit, id=last).lease_until]

    def await_renewal(_: Unit) -> None:
        deadline = time.monotonic() + 30
        while (lease := one(ScanUnit, id=last).lease_until) <= leases[-1]:
            assert time.monotonic() < deadline, "the lease is not renewed"
        leases.append(lease)

    reading.around_work(await_renewal)
    assert reading.run() == 3
    assert len(leases) == 4


def test_the_scan_goes_on_after_what_failed(reading: Reading) -> None:
    reading.around_work(fail_on("Beta (2002)", UnitError("io_error")))
    reading.run()
    scan = finish(reading.scan_id)
    assert (scan.status, scan.assets_cached, scan.last_error) == ("completed", 6, "io_error")

"""Units of work: each is claimed by one worker at a time and ends once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from libraries import Library, one, rows, set_columns
from scanning import begin
from sublarr_tasks import claims, conductor, scans, units
from sublarr_tasks.claims import Delivery, Unit, Verdict
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ScanStatus, ScanUnit, UnitState
from sublarr_tasks.units import Draft, Part

PHASE = ScanStatus.DISCOVERING
PAST = datetime(2020, 1, 1, tzinfo=UTC)
FIRST, SECOND = Delivery("first"), Delivery("second")
FIRST_AGAIN = Delivery("first", redelivered=True)


@dataclass(frozen=True, slots=True)
class Work:
    """A scan in its first phase with some units, and what may happen to them."""

    scan_id: int
    ids: list[int]

    def claim(self, delivery: Delivery, *ids: int) -> list[int]:
        return [unit.id for unit in self.claimed(delivery, *ids)]

    def claimed(self, delivery: Delivery, *ids: int) -> list[Unit]:
        with transaction() as db:
            return claims.claim(db, self.scan_id, ids or self.ids, delivery)

    def hold(self, claimed: Sequence[Unit]) -> set[int]:
        with transaction() as db:
            return claims.hold(db, claimed)

    def finish(self, claimed: Sequence[Unit], state: UnitState = UnitState.DONE) -> None:
        with transaction() as db:
            mine = claims.hold(db, claimed)
            claims.finish(db, [Verdict(unit_id, state) for unit_id in mine])

    def queue(self, most: int = 100, chunk: int = 100) -> list[Part]:
        with transaction() as db:
            return units.queue(db, self.scan_id, PHASE, most, chunk)

    def sweep(self) -> None:
        with transaction() as db:
            conductor.sweep(db, self.scan_id, dry=True, flushed=False)

    def lapse(self, *ids: int) -> None:
        for unit_id in ids or self.ids:
            set_columns(ScanUnit, unit_id, lease_until=PAST)

    def unit(self, unit_id: int | None = None) -> Row[Any]:
        return one(ScanUnit, id=unit_id or self.ids[0])

    def states(self) -> list[str]:
        return [row.state for row in rows(ScanUnit, scan_id=self.scan_id)]


@pytest.fixture
def work(library: Library) -> Work:
    return make(library, 3)


@pytest.fixture
def single(library: Library) -> Work:
    return make(library, 1)


def make(library: Library, how_many: int) -> Work:
    scan_id = begin(library.id)
    drafts = [Draft(f"{n:03}", payload={"starts": [f"{n:03}"]}) for n in range(1, how_many)]
    with transaction() as db:
        units.add(db, scan_id, PHASE, drafts)
    return Work(scan_id, [row.id for row in rows(ScanUnit, scan_id=scan_id)])


def kill_twice(work: Work, unit_id: int) -> None:
    """Let two workers die on a unit that they took alone, from one message."""
    assert work.claim(Delivery("killer"), unit_id) == [unit_id]
    assert work.claim(Delivery("killer", redelivered=True), unit_id) == [unit_id]
    assert work.claim(Delivery("killer", redelivered=True), unit_id) == []
    work.sweep()


# claiming


def test_a_claim_takes_pending_units_in_the_order_of_their_ids(work: Work) -> None:
    taken = work.claimed(FIRST, *reversed(work.ids))
    assert [unit.id for unit in taken] == work.ids
    assert [unit.subject for unit in taken] == ["", "001", "002"]
    assert taken[1].payload == {"starts": ["001"]}
    assert work.states() == ["running"] * 3


def test_a_second_claim_of_running_units_gets_nothing(work: Work) -> None:
    work.claim(FIRST)
    assert work.claim(SECOND) == []


def test_the_same_message_sent_twice_gets_nothing_the_second_time(work: Work) -> None:
    work.claim(FIRST)
    assert work.claim(FIRST) == []


def test_what_another_worker_is_just_claiming_is_left_to_it(work: Work) -> None:
    with transaction() as db:
        claims.claim(db, work.scan_id, work.ids[:2], FIRST)
        assert work.claim(SECOND) == work.ids[2:]


def test_ended_units_are_never_claimed_again(work: Work) -> None:
    work.finish(work.claimed(FIRST))
    assert work.claim(SECOND) == []
    assert work.claim(FIRST_AGAIN) == []


def test_units_of_a_phase_that_the_scan_is_not_in_are_not_claimed(work: Work) -> None:
    for unit_id in work.ids:
        set_columns(ScanUnit, unit_id, phase=ScanStatus.SCANNING)
    assert work.claim(FIRST) == []


def test_units_of_another_scan_are_not_claimed(work: Work, library: Library) -> None:
    with transaction() as db:
        assert claims.claim(db, work.scan_id + 1, work.ids, FIRST) == []


def test_a_unit_whose_lease_passed_may_be_taken_by_anybody(single: Work) -> None:
    single.claim(FIRST)
    single.lapse()
    assert single.claim(SECOND) == single.ids
    assert single.unit().claim == "second"


def test_a_message_that_comes_again_takes_its_own_unit_back(single: Work) -> None:
    single.claim(FIRST)
    assert single.claim(FIRST_AGAIN) == single.ids
    assert single.unit().attempts == 2


def test_a_message_that_comes_again_does_not_take_what_another_has(single: Work) -> None:
    single.claim(SECOND)
    assert single.claim(FIRST_AGAIN) == []


def test_several_units_whose_message_comes_again_are_released_to_go_alone(work: Work) -> None:
    work.claim(FIRST)
    assert work.claim(FIRST_AGAIN) == []
    assert work.states() == ["pending"] * 3
    assert [part.unit_ids for part in work.queue()] == [(unit_id,) for unit_id in work.ids]


def test_what_was_done_before_the_worker_died_is_not_done_again(work: Work) -> None:
    done, *left = work.claimed(FIRST)
    work.finish([done])
    assert work.claim(FIRST_AGAIN) == []
    parts = [part.unit_ids for part in work.queue()]
    assert parts == [(unit.id,) for unit in left]


# holding, renewing and ending


def test_a_worker_holds_only_what_nobody_took_over(work: Work) -> None:
    mine = work.claimed(FIRST)
    work.lapse(work.ids[0])
    assert work.claim(SECOND, work.ids[0]) == [work.ids[0]]
    assert work.hold(mine) == set(work.ids[1:])


def test_a_unit_taken_over_by_the_same_message_is_not_held_by_its_first_delivery(
    single: Work,
) -> None:
    before = single.claimed(FIRST)
    after = single.claimed(FIRST_AGAIN)
    assert single.hold(before) == set()
    assert single.hold(after) == set(single.ids)


def test_nothing_is_held_after_a_release(work: Work) -> None:
    mine = work.claimed(FIRST)
    with transaction() as db:
        units.release(db, work.ids)
    assert work.hold(mine) == set()


def test_renewing_keeps_a_unit_from_lapsing(work: Work) -> None:
    mine = work.claimed(FIRST)
    work.lapse()
    with transaction() as db:
        claims.renew(db, mine)
    with transaction() as db:
        assert units.lapsed(db, work.scan_id, PHASE, dry=True) == ([], [])


def test_renewing_does_not_give_a_lost_unit_back(single: Work) -> None:
    mine = single.claimed(FIRST)
    with transaction() as db:
        units.release(db, single.ids)
        claims.renew(db, mine)
    assert single.unit().lease_until is None


def test_an_ended_unit_says_when_and_why_and_is_nobodys(single: Work) -> None:
    single.claim(FIRST)
    with transaction() as db:
        claims.finish(db, [Verdict(single.ids[0], UnitState.FAILED, "io_error", "it broke")])
    unit = single.unit()
    assert (unit.state, unit.reason, unit.detail) == ("failed", "io_error", "it broke")
    assert (unit.claim, unit.lease_until) == (None, None)
    assert datetime.now(UTC) - unit.finished_at < timedelta(minutes=1)


def test_a_unit_that_is_added_ended_has_its_time_and_a_waiting_one_has_none(work: Work) -> None:
    ended = Draft("x", state=UnitState.SKIPPED, reason="unchanged")
    with transaction() as db:
        units.add(db, work.scan_id, PHASE, [ended, Draft("y")])
    assert one(ScanUnit, subject="x").finished_at is not None
    assert one(ScanUnit, subject="y").finished_at is None


# crashes and attempts


def test_a_unit_that_killed_its_worker_twice_alone_fails_as_crashed_worker(single: Work) -> None:
    kill_twice(single, single.ids[0])
    assert (single.unit().state, single.unit().reason) == ("failed", "crashed_worker")


def test_a_redelivered_message_counts_as_a_crash_of_its_one_unit(single: Work) -> None:
    single.claim(FIRST)
    single.claim(FIRST_AGAIN)
    assert single.unit().crashes == 1
    assert single.claim(FIRST_AGAIN) == []
    single.sweep()
    assert single.unit().reason == "crashed_worker"


def test_a_lease_that_passed_is_no_crash(single: Work) -> None:
    single.claim(FIRST)
    single.lapse()
    single.sweep()
    assert (single.unit().state, single.unit().crashes) == ("pending", 0)


def test_a_message_that_was_sent_again_alive_takes_its_units_back_together(work: Work) -> None:
    work.claim(FIRST)
    assert work.claim(Delivery("first", retried=True)) == work.ids
    assert {work.unit(unit_id).crashes for unit_id in work.ids} == {0}


def test_dying_on_several_units_is_no_mark_against_any_of_them(work: Work) -> None:
    for _ in range(2):
        work.claim(FIRST)
        work.lapse()
        work.sweep()
    assert [row.crashes for row in rows(ScanUnit)] == [0, 0, 0]


def test_a_crash_of_one_unit_leaves_its_former_companions_free_of_blame(work: Work) -> None:
    work.claim(FIRST)
    work.claim(FIRST_AGAIN)
    culprit, *others = work.ids
    kill_twice(work, culprit)
    assert work.claim(SECOND, *others) == others
    assert work.unit(culprit).reason == "crashed_worker"


def test_a_unit_that_nobody_finishes_is_given_up_as_lost(work: Work) -> None:
    for attempt in range(units.MAX_ATTEMPTS):
        assert work.claim(Delivery(str(attempt))) == work.ids
        work.lapse()
        work.sweep()
    assert {(row.state, row.reason) for row in rows(ScanUnit)} == {("failed", "lost")}
    assert scan_of(work).discovering_failed == 3


def test_a_hopeless_unit_is_not_queued_again_before_the_sweep_ends_it(single: Work) -> None:
    set_columns(ScanUnit, single.ids[0], crashes=units.MAX_CRASHES, attempts=2)
    assert single.queue() == []
    set_columns(ScanUnit, single.ids[0], crashes=0, attempts=units.MAX_ATTEMPTS)
    assert single.queue() == []


# queueing


def test_queued_units_are_not_queued_twice(work: Work) -> None:
    assert [part.unit_ids for part in work.queue()] == [tuple(work.ids)]
    assert work.queue() == []


def test_units_are_queued_in_parts_of_a_chunk_with_their_subjects(work: Work) -> None:
    first, second = work.queue(chunk=2)
    assert (first.unit_ids, first.subjects) == (tuple(work.ids[:2]), ("", "001"))
    assert (second.unit_ids, second.subjects) == (tuple(work.ids[2:]), ("002",))


def test_no_more_units_are_queued_than_asked_for(work: Work) -> None:
    assert [part.unit_ids for part in work.queue(most=2)] == [tuple(work.ids[:2])]
    assert [part.unit_ids for part in work.queue(most=2)] == [tuple(work.ids[2:])]


def test_two_who_queue_at_once_share_the_units(work: Work) -> None:
    with transaction() as db:
        mine = units.queue(db, work.scan_id, PHASE, 2, 10)
        assert [part.unit_ids for part in work.queue()] == [tuple(work.ids[2:])]
    assert [part.unit_ids for part in mine] == [tuple(work.ids[:2])]


def test_a_unit_that_was_tried_before_travels_alone(work: Work) -> None:
    work.claim(FIRST, work.ids[0])
    with transaction() as db:
        units.release(db, work.ids[:1])
    assert [part.unit_ids for part in work.queue()] == [tuple(work.ids[1:]), (work.ids[0],)]


def test_counts_tell_what_is_on_its_way_from_what_waits(work: Work) -> None:
    work.queue(most=2)
    work.claim(FIRST, work.ids[0])
    with transaction() as db:
        assert units.open_counts(db, work.scan_id, PHASE, 10) == (2, 1)


# cancelling


def test_after_a_cancel_nothing_is_claimed_held_or_queued(work: Work) -> None:
    mine = work.claimed(FIRST, *work.ids[:2])
    with transaction() as db:
        scans.cancel(db, work.scan_id)
    assert work.hold(mine) == set()
    assert work.claim(SECOND) == []
    assert work.claim(FIRST_AGAIN) == []
    assert work.queue() == []
    assert {(row.state, row.reason) for row in rows(ScanUnit)} == {("cancelled", "scan_cancelled")}


def test_a_cancel_leaves_ended_units_as_they_are(work: Work) -> None:
    work.finish(work.claimed(FIRST, work.ids[0]))
    with transaction() as db:
        scans.cancel(db, work.scan_id)
    assert work.states() == ["done", "cancelled", "cancelled"]


def scan_of(work: Work) -> Row[Any]:
    with transaction() as db:
        return scans.get(db, work.scan_id)

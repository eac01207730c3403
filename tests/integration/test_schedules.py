"""Schedules run once each, whatever the clocks do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from contract import Client
from libraries import Library, one, rows
from scanning import begin
from sublarr_tasks import scans
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ScanJob, Schedule, ScheduleRun
from sublarr_tasks.schedules import rows as schedules


def daily(library: Library, **changes: object) -> dict[str, object]:
    return {"library_id": library.id, "cron": "0 4 * * *", "name": "Nightly"} | changes


@pytest.fixture
def made(client: Client, library: Library) -> int:
    return int(client.post("/schedules", daily(library)).get_json()["id"])


def overdue(schedule_id: int, seconds: float = 5) -> datetime:
    """Make a schedule due since some seconds ago; returns the slot."""
    slot = datetime.now(UTC) - timedelta(seconds=seconds)
    with transaction() as db:
        db.execute(update(Schedule).where(Schedule.id == schedule_id).values(next_run_at=slot))
    return slot


def tick() -> list[int]:
    """Do what the clock's task does; returns the jobs that it would send."""
    with transaction() as db:
        due = schedules.due(db)
    jobs = []
    for schedule_id in due:
        with transaction() as db:
            jobs.append(schedules.dispatch(db, schedule_id))
    return [job for job in jobs if job is not None]


def end_scan() -> None:
    with transaction() as db:
        scans.cancel(db, rows(ScanJob)[-1].id)


def test_a_schedule_knows_its_next_moment(client: Client, library: Library) -> None:
    made = client.post("/schedules", daily(library, timezone="Europe/Berlin"))

    assert made.status_code == 201
    coming = datetime.fromisoformat(made.get_json()["next_run_at"])
    assert timedelta(0) < coming - datetime.now(UTC) <= timedelta(days=1, hours=1)
    assert client.get(f"/schedules/{made.get_json()['id']}").get_json() == made.get_json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cron": "every day"}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_from": "22:00", "quiet_until": "25:00"}, "quiet_until"),
        ({"quiet_from": "6:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "06:00", "quiet_until": "06:00"}, "quiet_until"),
        ({"full_every": 0}, "full_every"),
        ({"jitter_seconds": -1}, "jitter_seconds"),
        ({"misfire": "perhaps"}, "misfire"),
    ],
)
def test_what_cannot_be_is_named(
    client: Client, library: Library, changes: dict[str, object], field: str
) -> None:
    answer = client.post("/schedules", daily(library, **changes))

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_a_schedule_of_no_library_is_not_found(client: Client, library: Library) -> None:
    assert client.post("/schedules", daily(library, library_id=99)).status_code == 404


def test_what_is_due_starts_a_scan_and_is_due_no_more(made: int) -> None:
    slot = overdue(made)

    assert len(tick()) == 1

    assert one(ScanJob).trigger == "clock"
    run = one(ScheduleRun)
    assert (run.slot, run.outcome, run.scan_id) == (slot, "started", one(ScanJob).id)
    assert one(Schedule).next_run_at > datetime.now(UTC)
    assert tick() == []


def test_many_clocks_at_once_start_it_once(made: int) -> None:
    overdue(made)

    with ThreadPoolExecutor(8) as pool:
        sent = sum(len(jobs) for jobs in pool.map(lambda _: tick(), range(16)))

    assert sent == 1
    assert len(rows(ScanJob)) == len(rows(ScheduleRun)) == 1


def test_a_slot_that_ran_is_not_run_again_by_a_clock_that_is_behind(made: int) -> None:
    slot = overdue(made)
    tick()
    end_scan()
    with transaction() as db:
        db.execute(update(Schedule).values(next_run_at=slot))

    assert tick() == []
    assert one(Schedule).next_run_at > datetime.now(UTC)


def test_what_a_late_clock_missed_is_one_run(client: Client, library: Library) -> None:
    hourly = client.post("/schedules", daily(library, cron="* * * * *")).get_json()["id"]
    overdue(hourly, 3 * 3600)

    assert len(tick()) == 1
    assert len(rows(ScheduleRun)) == 1


@pytest.mark.parametrize(("late", "outcome"), [(299, "started"), (400, "misfired")])
def test_a_late_run_may_be_left_out(
    client: Client, library: Library, late: float, outcome: str
) -> None:
    made = client.post("/schedules", daily(library, misfire="skip")).get_json()["id"]
    overdue(made, late)

    tick()

    assert one(ScheduleRun).outcome == outcome
    assert len(rows(ScanJob)) == (outcome == "started")


def test_a_scan_that_runs_is_left_alone(made: int, library: Library) -> None:
    running = begin(library.id)
    overdue(made)

    assert tick() == []

    run = one(ScheduleRun)
    assert (run.outcome, run.scan_id) == ("scan_running", running)


def test_every_so_many_of_its_scans_is_full(client: Client, library: Library) -> None:
    library.film()
    library.scan()
    made = client.post("/schedules", daily(library, full_every=3)).get_json()["id"]
    for _ in range(6):
        overdue(made)
        tick()
        end_scan()

    kinds = [scan.kind for scan in rows(ScanJob)[1:]]
    assert kinds == ["incremental", "incremental", "full"] * 2


@pytest.mark.parametrize("change", [{"enabled": False}, None])
def test_a_schedule_that_rests_is_not_run(
    client: Client, made: int, change: dict[str, object] | None
) -> None:
    later = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    if change is not None:
        rested = client.patch(f"/schedules/{made}", change).get_json()
        assert rested["next_run_at"] is None
    else:
        rested = client.post(f"/schedules/{made}/pause", {"until": later}).get_json()
        assert rested["next_run_at"] > later[:10]

    assert tick() == []


def test_a_schedule_goes_on_after_its_rest(client: Client, made: int) -> None:
    before = client.get(f"/schedules/{made}").get_json()["next_run_at"]
    later = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    client.post(f"/schedules/{made}/pause", {"until": later})

    resumed = client.post(f"/schedules/{made}/resume").get_json()

    assert (resumed["paused_until"], resumed["next_run_at"]) == (None, before)


def test_a_change_of_time_is_a_change_of_the_next_moment(client: Client, made: int) -> None:
    changed = client.patch(f"/schedules/{made}", {"cron": "30 5 * * *"}).get_json()

    assert changed["next_run_at"][11:16] == "05:30"


def test_a_schedule_is_run_at_once(client: Client, made: int) -> None:
    answer = client.post(f"/schedules/{made}/run")

    assert answer.status_code == 202
    assert answer.get_json()["scan"]["trigger"] == "api"
    assert client.post(f"/schedules/{made}/run").status_code == 409


def test_the_next_moments_are_shown(client: Client, library: Library, made: int) -> None:
    shown = client.get(f"/schedules/{made}/next-runs?count=3").get_json()["next_runs"]
    previewed = client.post("/schedule-previews?count=3", daily(library)).get_json()["next_runs"]

    assert len(shown) == 3
    assert shown == previewed
    assert len(rows(Schedule)) == 1


def test_what_came_of_a_schedule_is_listed(client: Client, made: int) -> None:
    overdue(made)
    tick()

    listed: dict[str, Any] = client.get(f"/schedules/{made}/runs").get_json()

    assert [run["outcome"] for run in listed["results"]] == ["started"]


def test_a_schedule_goes_with_its_library(client: Client, made: int, library: Library) -> None:
    assert client.delete(f"/libraries/{library.id}").status_code == 204
    assert rows(Schedule) == []


def test_old_runs_are_forgotten(made: int) -> None:
    overdue(made)
    tick()
    with transaction() as db:
        db.execute(update(ScheduleRun).values(ran_at=datetime(2020, 1, 1, tzinfo=UTC)))
        schedules.forget_old(db)

    assert rows(ScheduleRun) == []

"""Jobs: a row for what was asked, sent until somebody has begun it."""

from datetime import UTC, datetime, timedelta

import pytest

from libraries import one, set_columns
from sublarr_tasks import jobs
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Job, JobState, Trigger


@pytest.fixture
def job_id(database: str) -> int:
    with transaction() as db:
        return jobs.add(db, "scan.start", {"scan_id": 7}, Trigger.API)


def unsent() -> list[int]:
    with transaction() as db:
        return [job.id for job in jobs.unsent(db)]


def test_a_job_is_queued_and_unsent_at_first(job_id: int) -> None:
    job = one(Job)
    assert (job.task, job.args, job.state, job.trigger) == (
        "scan.start",
        {"scan_id": 7},
        "queued",
        "api",
    )
    assert unsent() == [job_id]


def test_a_job_is_found_by_its_id(job_id: int) -> None:
    with transaction() as db:
        found = jobs.get(db, job_id)
        assert found is not None
        assert (found.task, found.args) == ("scan.start", {"scan_id": 7})
        assert jobs.get(db, job_id + 1) is None


def test_a_sent_job_is_given_time_to_begin(job_id: int) -> None:
    with transaction() as db:
        jobs.sent(db, [job_id])
    assert unsent() == []


def test_a_message_that_began_nothing_is_sent_again(job_id: int) -> None:
    before = datetime.now(UTC) - jobs.RESEND_AFTER - timedelta(seconds=1)
    set_columns(Job, job_id, sent_at=before)
    assert unsent() == [job_id]


def test_a_job_that_has_begun_is_not_sent_again(job_id: int) -> None:
    with transaction() as db:
        jobs.start(db, job_id)
    assert unsent() == []


def test_a_job_that_has_ended_does_not_begin_again(job_id: int) -> None:
    with transaction() as db:
        jobs.finish(db, job_id, JobState.FAILED, "mount_lost")
        jobs.start(db, job_id)
    job = one(Job)
    assert (job.state, job.reason) == ("failed", "mount_lost")
    assert job.finished_at is not None


def test_two_who_resend_at_once_do_not_send_the_same_job(job_id: int) -> None:
    with transaction() as db:
        assert [job.id for job in jobs.unsent(db)] == [job_id]
        assert unsent() == []


def test_jobs_are_sent_again_oldest_first_and_a_few_at_a_time(job_id: int) -> None:
    with transaction() as db:
        more = [jobs.add(db, "scan.start", {}, Trigger.CLOCK) for _ in range(3)]
        assert [job.id for job in jobs.unsent(db, most=3)] == [job_id, *more[:2]]

"""What a person or the clock asked for: a row first, a message after, sent again if need be."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from sublarr_tasks.db import among
from sublarr_tasks.models import Job, JobState, Trigger

# A message that has not started its job after this long is taken for lost.
RESEND_AFTER = timedelta(seconds=20)


def add(db: Connection, task: str, args: dict[str, Any], trigger: Trigger) -> int:
    """Write a job down and return its id."""
    return db.execute(
        insert(Job).values(task=task, args=args, trigger=trigger).returning(Job.id)
    ).scalar_one()


def unsent(db: Connection, most: int = 100) -> Sequence[Row[Any]]:
    """Lock and return (id, task, args, trigger) of jobs that no message on its way stands for."""
    return db.execute(
        select(Job.id, Job.task, Job.args, Job.trigger)
        .where(
            Job.state == JobState.QUEUED,
            or_(Job.sent_at.is_(None), Job.sent_at < func.now() - RESEND_AFTER),
        )
        .order_by(Job.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def get(db: Connection, job_id: int) -> Row[Any] | None:
    """Return a job's (id, task, args, trigger), or None."""
    return db.execute(
        select(Job.id, Job.task, Job.args, Job.trigger).where(Job.id == job_id)
    ).one_or_none()


def sent(db: Connection, job_ids: Sequence[int]) -> None:
    """Note that the broker has taken these jobs' messages."""
    db.execute(update(Job).where(among(Job.id, job_ids)).values(sent_at=func.now()))


def start(db: Connection, job_id: int) -> None:
    """Note that a worker has begun."""
    db.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED)
        .values(state=JobState.RUNNING)
    )


def finish(db: Connection, job_id: int, state: JobState, reason: str | None = None) -> None:
    """Note how a job ended."""
    db.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(state=state, reason=reason, finished_at=func.now())
    )

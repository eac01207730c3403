"""What a worker process owns: its own connections, its log, its signs of life, its figures."""

import os
import time
from typing import Any

import structlog
from celery.signals import (
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_shutdown,
)
from redis.exceptions import RedisError

from sublarr_tasks import db, heartbeat, logs, settings, tracing
from sublarr_tasks.celery_app import app
from sublarr_tasks.fleet import connection, meters, signs
from sublarr_tasks.integrations import building

# A sign is good for a minute; one for each heartbeat would be thirty times too many.
SIGN_EVERY = 10.0

log = structlog.get_logger()
_signed = {"at": 0.0}
_began: dict[str, float] = {}


@setup_logging.connect
def configure_logging(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    logs.configure()


@worker_process_init.connect
def own_connections(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    """Two processes on one inherited socket read each other's answers."""
    db.forget_inherited()
    connection.forget()
    building.forget()
    tracing.of_worker()


@heartbeat_sent.connect
def show_life(sender: Any, **_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    """Come by every two seconds, in the main process, while the broker takes its heartbeats."""
    heartbeat.beat()
    if time.monotonic() - _signed["at"] < SIGN_EVERY:
        return
    _signed["at"] = time.monotonic()
    name = str(getattr(getattr(sender, "eventer", None), "hostname", None) or "worker")
    try:
        consumed = sorted(app.amqp.queues.consume_from)
        processes = settings.current().concurrency or os.cpu_count() or 1
        signs.note_worker(connection.quick(), name, consumed, processes)
    except RedisError as error:
        log.debug("sign_not_given", error=str(error))


@worker_shutdown.connect
def leave(sender: Any, **_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    try:
        signs.remove_worker(connection.quick(), str(sender.hostname))
    except RedisError as error:
        log.debug("sign_not_taken_away", error=str(error))


@task_prerun.connect
def begin(task_id: str, **_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    _began[task_id] = time.monotonic()


@task_postrun.connect
def count(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    began = _began.pop(task_id, None)
    if began is None:
        return
    try:
        seconds = time.monotonic() - began
        meters.count_task(connection.quick(), task.name, seconds, failed=state == "FAILURE")
    except RedisError as error:
        log.debug("task_not_counted", error=str(error))

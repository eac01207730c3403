"""What a worker process owns: its own connections, its log, and its sign of life."""

from typing import Any

from celery.signals import heartbeat_sent, setup_logging, worker_process_init

from sublarr_tasks import db, heartbeat, logs
from sublarr_tasks.fleet import connection


@setup_logging.connect
def configure_logging(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    logs.configure()


@worker_process_init.connect
def own_connections(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    """Two processes on one inherited socket read each other's answers."""
    db.forget_inherited()
    connection.forget()


@heartbeat_sent.connect
def show_life(**_: Any) -> None:  # noqa: ANN401 - the signal's arguments
    """Come by every two seconds, in the main process, while the broker takes its heartbeats."""
    heartbeat.beat()

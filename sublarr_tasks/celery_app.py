"""The Celery application: its queues, routes and wire settings. It registers no task.

The table of settings and why each has its value is in docs/architecture.md.
"""

import time
from contextlib import suppress

import structlog
from celery import Celery
from celery.signals import before_task_publish
from kombu import Exchange, Queue

from sublarr_tasks.errors import StartError
from sublarr_tasks.fleet import connection, queues

# Queue names in the order of their urgency, and the priority of their messages (Redis: 0 first).
QUEUES = {
    "scan": 0,
    "wanted-search": 5,
    "directory-scan": 6,
    "cache-asset": 7,
    "enrich-metadata": 8,
    "fetch-assets": 8,
    "select-assets": 8,
    "publish-item": 8,
    "upkeep": 9,
}

VISIBILITY_TIMEOUT = 300  # beyond the hard limit: what is unacknowledged longer comes again
SOFT_TIME_LIMIT, HARD_TIME_LIMIT = 240, 270


def queue_name(queue: str, worker_group: str | None) -> str:
    """Name the queue of the hosts that alone see a library's storage: `directory-scan@nas`."""
    return f"{queue}@{worker_group}" if worker_group else queue


def declare(names: list[str]) -> list[Queue]:
    """Declare queues; each needs an exchange of its own, or one message runs once a queue."""
    return [Queue(name, Exchange(name, type="direct"), routing_key=name) for name in names]


def _route(name: str, *_: object, **__: object) -> dict[str, object]:
    """Send a task to the queue that its name begins with; `queue=` at the call goes before."""
    queue = name.partition(".")[0]
    return {"queue": queue, "priority": QUEUES[queue]}


TRANSPORT = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "queue_order_strategy": "priority",
    "priority_steps": list(queues.PRIORITY_STEPS),
    "sep": queues.SEPARATOR,
    "socket_timeout": connection.SOCKET_TIMEOUT,
    "socket_connect_timeout": connection.CONNECT_TIMEOUT,
    "socket_keepalive": True,
    "health_check_interval": connection.HEALTH_CHECK_INTERVAL,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "global_keyprefix": connection.KEY_PREFIX,
}

app = Celery("sublarr")
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    result_accept_content=["json"],
    task_ignore_result=True,
    result_expires=86_400,
    task_queues=declare(list(QUEUES)),
    task_routes=(_route,),
    task_default_queue="upkeep",
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=False,
    task_send_sent_event=True,
    task_soft_time_limit=SOFT_TIME_LIMIT,
    task_time_limit=HARD_TIME_LIMIT,
    task_publish_retry_policy={
        "max_retries": 3,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 1,
    },
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=2000,
    worker_send_task_events=True,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_proc_alive_timeout=30,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=TRANSPORT,
    result_backend_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "retry_policy": {"timeout": 5.0},
        "global_keyprefix": connection.KEY_PREFIX,
    },
    visibility_timeout=VISIBILITY_TIMEOUT,
    redis_socket_timeout=connection.SOCKET_TIMEOUT,
    redis_socket_connect_timeout=connection.CONNECT_TIMEOUT,
    redis_backend_health_check_interval=connection.HEALTH_CHECK_INTERVAL,
    enable_utc=True,
    timezone="UTC",
)


@before_task_publish.connect
def mark(headers: dict[str, object], **_: object) -> None:
    """Let a message say when it was sent, and for which request."""
    headers[queues.SENT_AT] = time.time()
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id is not None:
        headers.setdefault("request_id", request_id)


def hurry() -> None:
    """Give up soon on a broker that hangs: for a process that somebody waits for."""
    quick = {
        "socket_timeout": connection.QUICK_TIMEOUT,
        "socket_connect_timeout": connection.QUICK_TIMEOUT,
        "health_check_interval": 0,
        # kombu's own attempts to connect; it waits between them.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    app.conf.update(broker_transport_options=TRANSPORT | quick)


def connect() -> None:
    """Give the application the address of the settings' Redis; raises StartError without one."""
    address = connection.celery_url(connection.url())
    app.conf.update(broker_url=address, result_backend=address)


# A worker, beat or the API has it in its environment; a command may find it later. Importing a
# task needs no server, and whoever comes to use one is told what is wrong with the settings.
with suppress(StartError):
    connect()

"""Run a worker: `python -m workers disk --group nas`."""

import argparse
import os
from collections.abc import Sequence

from sublarr_tasks import settings
from sublarr_tasks.celery_app import declare
from workers.app import app
from workers.pools import Pool, queues


def arguments(pool: Pool, worker_group: str | None, concurrency: int) -> list[str]:
    """Return the arguments of `celery worker` for a pool."""
    names = queues(pool, worker_group)
    return [
        "--quiet",
        "worker",
        "--pool=prefork",
        f"--concurrency={concurrency or os.cpu_count() or 1}",
        f"--queues={','.join(names)}",
        # Several workers of one kind may share a host; Flower tells them apart by this.
        f"--hostname={pool}-{os.getpid()}@%h",
        f"--loglevel={settings.current().log_level}",
        "--task-events",
        "--without-gossip",
        "--without-mingle",
    ]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="workers")
    parser.add_argument("pool", type=Pool, choices=list(Pool))
    parser.add_argument("--group", help="name of the hosts that alone see a library's storage")
    chosen = parser.parse_args(argv)
    known = set(app.amqp.queues)
    missing = [name for name in queues(chosen.pool, chosen.group) if name not in known]
    app.conf.task_queues = [*app.conf.task_queues, *declare(missing)]
    app.worker_main(arguments(chosen.pool, chosen.group, settings.current().concurrency))


if __name__ == "__main__":
    main()

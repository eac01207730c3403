"""What workers know how to do."""

import pkgutil

import beat_schedule
from sublarr_tasks import enqueue, tasks
from sublarr_tasks.celery_app import QUEUES
from workers.app import app
from workers.pools import Pool, queues

NO_TASKS = {"chord_part"}


def ours() -> set[str]:
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_task_that_is_sent_is_one_that_workers_know() -> None:
    assert {*beat_schedule.SECONDS, *enqueue.TASKS.values()} <= ours()


def test_every_queue_has_its_module_and_every_module_its_queue() -> None:
    modules = {found.name for found in pkgutil.iter_modules(tasks.__path__)} - NO_TASKS
    assert {name.replace("_", "-") for name in modules} == {*QUEUES}
    assert {name.partition(".")[0] for name in ours()} == {*QUEUES}


def test_every_queue_is_served_by_the_pools_together() -> None:
    served = {queue for pool in Pool if pool is not Pool.ALL for queue in queues(pool, None)}
    assert served == {*QUEUES} == {*queues(Pool.ALL, None)}

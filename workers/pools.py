"""Pools: which queues a worker serves."""

from enum import StrEnum

from sublarr_tasks.celery_app import QUEUES, queue_name


class Pool(StrEnum):
    """A kind of worker, by what its work waits for."""

    ALL = "all"
    CONTROL = "control"
    DISK = "disk"
    NET = "net"


# The order is the order of consumption: a finished phase never waits behind another's backlog.
QUEUES_OF = {
    Pool.ALL: tuple(QUEUES),
    Pool.CONTROL: ("scan", "upkeep"),
    Pool.DISK: ("directory-scan", "cache-asset", "publish-item"),
    Pool.NET: ("wanted-search", "enrich-metadata", "fetch-assets", "select-assets"),
}
# Those whose work touches a library's files, which not every host may see.
NEAR = frozenset({*QUEUES_OF[Pool.DISK], "wanted-search"})


def queues(pool: Pool, worker_group: str | None) -> list[str]:
    """Name a pool's queues; a group's workers serve its files, and no other group's."""
    if worker_group is None:
        return list(QUEUES_OF[pool])
    return [queue_name(name, worker_group) if name in NEAR else name for name in QUEUES_OF[pool]]

"""The broker's queues as Redis holds them: how much waits, and whether Redis lost its data."""

from redis import Redis

from sublarr_tasks.fleet.connection import KEY_PREFIX

# kombu keeps one list for each priority step of a queue: `name`, `name\x06\x163`, ...
PRIORITY_STEPS = (0, 3, 6, 9)
SEPARATOR = "\x06\x16"
# Gone when Redis came up empty or was flushed: then no message is on its way any more.
MARKER = f"{KEY_PREFIX}marker"


def depth(redis: Redis, queue: str) -> int:
    """Count the messages that wait in a queue, over all its priorities."""
    lists = [queue, *(f"{queue}{SEPARATOR}{step}" for step in PRIORITY_STEPS[1:])]
    pipeline = redis.pipeline(transaction=False)
    for name in lists:
        pipeline.llen(f"{KEY_PREFIX}{name}")
    return sum(pipeline.execute())


def lost_data(redis: Redis) -> bool:
    """Tell whether Redis lost its data since `note_repaired`."""
    return not redis.exists(MARKER)


def note_repaired(redis: Redis) -> None:
    """Note that what a loss of data took has been sent again."""
    redis.set(MARKER, "1")

"""The broker's queues as Redis holds them: how much waits, and whether Redis lost its data."""

import json
import time

from redis import Redis

from sublarr_tasks.fleet.connection import KEY_PREFIX

# kombu keeps one list for each priority step of a queue: `name`, `name\x06\x163`, ...
PRIORITY_STEPS = (0, 3, 6, 9)
SEPARATOR = "\x06\x16"
# The header in which a message says when it was sent, in seconds since 1970.
SENT_AT = "sent_at"
# Gone when Redis came up empty or was flushed: then no message is on its way any more.
MARKER = f"{KEY_PREFIX}marker"


def depth(redis: Redis, queue: str) -> int:
    """Count the messages that wait in a queue, over all its priorities."""
    pipeline = redis.pipeline(transaction=False)
    for name in _lists(queue):
        pipeline.llen(name)
    return sum(pipeline.execute())


def waiting(redis: Redis, queue: str) -> tuple[int, float | None]:
    """Count the messages that wait in a queue, and tell the age of the oldest in seconds.

    kombu puts messages in at the head of a list and takes them from its tail.
    """
    tails = redis.pipeline(transaction=False)
    for name in _lists(queue):
        tails.llen(name)
        tails.lindex(name, -1)
    found = tails.execute()
    ages = [_age(message) for message in found[1::2] if message is not None]
    known = [age for age in ages if age is not None]
    return sum(found[::2]), max(known, default=None)


def _age(message: str) -> float | None:
    sent = json.loads(message).get("headers", {}).get(SENT_AT)
    return None if sent is None else max(0.0, time.time() - sent)


def _lists(queue: str) -> list[str]:
    steps = ("", *(f"{SEPARATOR}{step}" for step in PRIORITY_STEPS[1:]))
    return [f"{KEY_PREFIX}{queue}{step}" for step in steps]


def lost_data(redis: Redis) -> bool:
    """Tell whether Redis lost its data since `note_repaired`."""
    return not redis.exists(MARKER)


def note_repaired(redis: Redis) -> None:
    """Note that what a loss of data took has been sent again."""
    redis.set(MARKER, "1")

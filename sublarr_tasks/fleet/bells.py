"""A bell that rings whenever a row has changed that people follow; whoever hears it reads the row.

A ring that is lost costs a moment, for listeners look at the rows now and then in any case.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError

from sublarr_tasks.errors import StartError
from sublarr_tasks.fleet import connection
from sublarr_tasks.fleet.connection import KEY_PREFIX

log = structlog.get_logger()


class Topic(StrEnum):
    """What is followed."""

    SCAN = "scan"
    SEARCH = "search"


class Bell(NamedTuple):
    """The row that has changed."""

    topic: Topic
    id: int


def ring(topic: Topic, row_id: int) -> None:
    """Say that a row has changed, after the commit; while Redis is away nobody hears it."""
    try:
        redis = connection.quick()
        redis.publish(_channel(redis), f"{topic} {row_id}")
    except (RedisError, StartError) as error:
        log.debug("bell_not_rung", topic=topic, id=row_id, error=str(error))


def listen(redis: Redis, seconds: float) -> Iterator[Bell | None]:
    """Give bells as they ring, and None after so long a silence; raises RedisError."""
    with redis.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
        heard.subscribe(_channel(redis))
        while True:
            message = heard.get_message(timeout=seconds)
            yield None if message is None else _read(message["data"])


def _read(said: str) -> Bell:
    topic, row_id = said.split()
    return Bell(Topic(topic), int(row_id))


def _channel(redis: Redis) -> str:
    """Name the channel; Redis does not tell databases apart here."""
    number = redis.connection_pool.connection_kwargs.get("db") or 0
    return f"{KEY_PREFIX}{number}:changes"

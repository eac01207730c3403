"""Answers that are asked for again soon; without Redis there are none, and nobody minds."""

import hashlib

import structlog
from redis import Redis
from redis.exceptions import RedisError

from sublarr_tasks.fleet.connection import KEY_PREFIX

LARGEST = 1 << 20

log = structlog.get_logger()


def get(redis: Redis, key: str) -> str | None:
    try:
        kept = redis.get(_name(key))
    except RedisError as error:
        log.debug("cache_not_read", error=str(error))
        return None
    return kept if isinstance(kept, str) else None


def put(redis: Redis, key: str, text: str, seconds: int) -> None:
    """Keep a text for so long; a very long one is not kept."""
    if len(text) > LARGEST:
        return
    try:
        redis.set(_name(key), text, ex=seconds)
    except RedisError as error:
        log.debug("cache_not_written", error=str(error))


def forget(redis: Redis, key: str) -> None:
    """Drop a text before its time; one that Redis keeps because it is away ends by itself."""
    try:
        redis.delete(_name(key))
    except RedisError as error:
        log.warning("cache_not_cleared", error=str(error))


def _name(key: str) -> str:
    return f"{KEY_PREFIX}cache:{hashlib.sha256(key.encode()).hexdigest()}"

"""A circuit breaker for the whole fleet: a service that failed too often is left alone for a while.

After that one caller tries; the others wait until it is known how that went. Without Redis the
breaker is closed: it spares time, and it guards nothing. (The libraries for this hold a lock over
the call, or let every process try at once.)
"""

from enum import StrEnum
from typing import cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

from sublarr_tasks.fleet.connection import KEY_PREFIX

FAILURES = 5
COOL_DOWN = 60.0
# Longer than any call: whoever tries and dies blocks the others no longer than this.
TRIAL = 60.0
# Failures further apart than this are not one outage.
FORGET_AFTER = 600

_ADMIT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local opened = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
if opened == 0 then return 0 end
if opened > now then return math.ceil(opened - now) end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[1])), 'trial', 1)
return 0
"""
_FAILED = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
if failures >= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])), 'trial', 0)
end
"""

log = structlog.get_logger()


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


def admit(redis: Redis, name: str) -> float:
    """Return 0 where a call may be made, else the seconds until another look is worth it."""
    try:
        script = redis.register_script(_ADMIT)
        return float(script(keys=[_key(name)], args=[TRIAL * 1000])) / 1000
    except RedisError as error:
        log.warning("breaker_not_asked", service=name, error=str(error))
        return 0.0


def succeeded(redis: Redis, name: str) -> None:
    """Close the breaker."""
    try:
        redis.delete(_key(name))
    except RedisError as error:
        log.warning("breaker_not_told", service=name, error=str(error))


def failed(redis: Redis, name: str) -> None:
    """Count a failure; the fifth in a row, and one while trying, opens the breaker."""
    try:
        script = redis.register_script(_FAILED)
        script(keys=[_key(name)], args=[FAILURES, COOL_DOWN * 1000, FORGET_AFTER])
    except RedisError as error:
        log.warning("breaker_not_told", service=name, error=str(error))


def state(redis: Redis, name: str) -> tuple[State, int]:
    """Return a breaker's state and its failures; raises RedisError."""
    kept = cast("dict[str, str]", redis.hgetall(_key(name)))
    failures = int(kept.get("failures", 0))
    if "until" not in kept:
        return State.CLOSED, failures
    seconds, microseconds = cast("tuple[int, int]", redis.time())
    waiting = float(kept["until"]) > seconds * 1000 + microseconds / 1000
    if kept.get("trial") == "1" or not waiting:
        return State.HALF_OPEN, failures
    return State.OPEN, failures


def _key(name: str) -> str:
    return f"{KEY_PREFIX}breaker:{name}"

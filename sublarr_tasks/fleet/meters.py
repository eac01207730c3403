"""Counters that every process adds to: how long tasks take, how long calls wait for their slots.

They live in Redis, so that any process can tell the whole fleet's.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from redis import Redis

from sublarr_tasks.fleet.connection import KEY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

# Upper bounds in seconds; a part is half a second, the hard time limit 270.
BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 270.0)
_TASK, _TASKS = f"{KEY_PREFIX}meter:task:", f"{KEY_PREFIX}meter:tasks"
_WAITS = f"{KEY_PREFIX}meter:waits"


@dataclass(frozen=True, slots=True)
class Durations:
    """How often a task took how long: cumulative counts by bound, all, failures, and the sum."""

    buckets: tuple[tuple[float, int], ...]
    count: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Waits:
    """How often calls of a service waited for a slot or were refused one, and for how long."""

    waited: int
    refused: int
    seconds: float


def count_task(redis: Redis, name: str, seconds: float, *, failed: bool) -> None:
    """Count one run of a task; raises RedisError."""
    bound = next((str(bound) for bound in BOUNDS if seconds <= bound), "inf")
    pipeline = redis.pipeline(transaction=False)
    pipeline.sadd(_TASKS, name)
    pipeline.hincrby(f"{_TASK}{name}", bound, 1)
    pipeline.hincrbyfloat(f"{_TASK}{name}", "seconds", seconds)
    if failed:
        pipeline.hincrby(f"{_TASK}{name}", "failed", 1)
    pipeline.execute()


def count_wait(redis: Redis, service: str, seconds: float, *, refused: bool) -> None:
    """Count a call that could not be made at once; raises RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.hincrby(_WAITS, f"{service} {'refused' if refused else 'waited'}", 1)
    pipeline.hincrbyfloat(_WAITS, f"{service} seconds", 0 if refused else seconds)
    pipeline.execute()


def tasks(redis: Redis) -> dict[str, Durations]:
    """Read every task's counts; raises RedisError."""
    names = cast("set[str]", redis.smembers(_TASKS))
    return {name: _durations(redis, name) for name in sorted(names)}


def waits(redis: Redis) -> dict[str, Waits]:
    """Read every service's counts; raises RedisError."""
    kept = cast("Mapping[str, str]", redis.hgetall(_WAITS))
    services = sorted({field.rpartition(" ")[0] for field in kept})
    return {
        service: Waits(
            int(kept.get(f"{service} waited", 0)),
            int(kept.get(f"{service} refused", 0)),
            float(kept.get(f"{service} seconds", 0)),
        )
        for service in services
    }


def _durations(redis: Redis, name: str) -> Durations:
    kept = cast("Mapping[str, str]", redis.hgetall(f"{_TASK}{name}"))
    buckets, total = [], 0
    for bound in BOUNDS:
        total += int(kept.get(str(bound), 0))
        buckets.append((bound, total))
    total += int(kept.get("inf", 0))
    return Durations(
        tuple(buckets), total, int(kept.get("failed", 0)), float(kept.get("seconds", 0))
    )

"""Signs of life that workers and the clock leave in Redis, for whoever asks how the fleet is."""

import json
import time
from dataclasses import dataclass

from redis import Redis

from sublarr_tasks.fleet.connection import KEY_PREFIX

# A worker beats every two seconds, the clock sends every ten.
WORKER_SECONDS = 60
CLOCK_SECONDS = 3600
_WORKERS, _CLOCK = f"{KEY_PREFIX}worker:", f"{KEY_PREFIX}clock"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's main process; `seen` in seconds ago."""

    name: str
    queues: tuple[str, ...]
    processes: int
    seen: float


def note_worker(redis: Redis, name: str, queues: list[str], processes: int) -> None:
    said = json.dumps({"queues": queues, "processes": processes, "at": time.time()})
    redis.set(f"{_WORKERS}{name}", said, ex=WORKER_SECONDS)


def remove_worker(redis: Redis, name: str) -> None:
    """Forget a worker that has stopped in order."""
    redis.delete(f"{_WORKERS}{name}")


def note_clock(redis: Redis) -> None:
    redis.set(_CLOCK, time.time(), ex=CLOCK_SECONDS)


def workers(redis: Redis) -> list[Worker]:
    """List the workers that gave a sign within the last minute."""
    found = []
    for key in sorted(redis.scan_iter(f"{_WORKERS}*", count=1000)):
        said = redis.get(key)
        if isinstance(said, str):
            kept = json.loads(said)
            seen = max(0.0, time.time() - kept["at"])
            found.append(
                Worker(key.removeprefix(_WORKERS), tuple(kept["queues"]), kept["processes"], seen)
            )
    return found


def clock_age(redis: Redis) -> float | None:
    """Return the seconds since the clock last sent something, None where it never did."""
    at = redis.get(_CLOCK)
    return max(0.0, time.time() - float(at)) if isinstance(at, str) else None

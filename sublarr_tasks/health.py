"""Whether everything is well: eleven subsystems, asked side by side, each within five seconds.

The required ones decide. What nobody set up is healthy, and says so.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sublarr_tasks import migrations, settings
from sublarr_tasks.celery_app import QUEUES
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import SublarrError
from sublarr_tasks.fleet import breaker, connection, queues, signs
from sublarr_tasks.integrations import building, rows, testing
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Category, Kind
from sublarr_tasks.integrations.testing import Outcome

DEADLINE = 5.0
FULL_PERCENT = 95.0
CLOCK_LATE = 60.0
NOT_CONFIGURED = "not configured"

Facts = dict[str, Any]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Report:
    """How everything is; `subsystems` each have `healthy` and what else is known of them."""

    healthy: bool
    subsystems: Mapping[str, Facts]


def report() -> Report:
    """Ask every subsystem at once; one that takes too long is unhealthy."""
    pool = ThreadPoolExecutor(len(CHECKS), thread_name_prefix="health")
    asked = {name: pool.submit(_checked, name, check) for name, check in CHECKS.items()}
    wait(asked.values(), DEADLINE)
    late = {"healthy": False, "message": f"No answer within {DEADLINE:g} s."}
    found = {name: each.result() if each.done() else late for name, each in asked.items()}
    pool.shutdown(wait=False, cancel_futures=True)
    return Report(all(found[name]["healthy"] for name in REQUIRED), found)


def is_healthy() -> bool:
    """Tell whether the database answers and has this version's schema."""
    return bool(_checked("database", _database)["healthy"])


def _checked(name: str, check: Callable[[], Facts]) -> Facts:
    try:
        return check()
    except (SublarrError, SQLAlchemyError, RedisError, OSError) as error:
        log.warning("unhealthy", subsystem=name, error=str(error))
        return {"healthy": False, "message": _sentence(error)}


def _sentence(error: Exception) -> str:
    """Say what is wrong without an address or a password that may stand in the error."""
    if isinstance(error, RedisError):
        return "Redis does not answer."
    return "PostgreSQL does not answer." if isinstance(error, SQLAlchemyError) else str(error)


def _database() -> Facts:
    with transaction() as db:
        size = db.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        current = migrations.is_current(db)
    return {
        "healthy": current,
        "backend": "postgresql",
        "message": "OK" if current else "The schema is another version's; run `sublarr migrate`.",
        "size_bytes": size,
        "wal_mode": True,
    }


def _disk(paths: Iterable[Path]) -> Facts:
    """Look at the fullest of some folders' file systems."""
    there = [path for path in paths if path.exists()]
    if not there:
        return {"healthy": True, "message": "path not found"}
    used = max((psutil.disk_usage(str(path)) for path in there), key=lambda disk: disk.percent)
    return {
        "healthy": used.percent < FULL_PERCENT,
        "message": "OK" if used.percent < FULL_PERCENT else "The disk is nearly full.",
        "percent": used.percent,
        "free_bytes": used.free,
    }


def _disk_config() -> Facts:
    current = settings.current()
    return _disk([current.home, current.cache_root])


def _disk_media() -> Facts:
    with transaction() as db:
        paths = db.execute(text("SELECT path FROM libraries")).scalars().all()
    return _disk(Path(path) for path in paths)


def _memory() -> Facts:
    used = psutil.Process(os.getpid()).memory_info()
    return {"healthy": True, "message": "OK", "rss_bytes": used.rss, "vms_bytes": used.vms}


def _providers() -> Facts:
    """Say how the subtitle providers' breakers stand; nobody is called for it."""
    redis = connection.quick()
    details = []
    for row in _enabled(Category.SUBTITLES):
        state, failures = breaker.state(redis, building.service_name(row))
        details.append({"name": row.name, "circuit_breaker": str(state), "failure_count": failures})
    message = "OK" if details else NOT_CONFIGURED
    return {"healthy": True, "message": message, "details": details}


def _ollama() -> Facts:
    asked = _asked([row for row in _enabled(Category.TRANSLATION) if row.kind == Kind.OLLAMA])
    if not asked:
        return {"healthy": True, "message": NOT_CONFIGURED}
    return {"healthy": all(ok for _, ok, _ in asked), "message": asked[0][2]}


def _translation_backends() -> Facts:
    asked = _asked(_enabled(Category.TRANSLATION))
    backends = {row.name: {"healthy": ok, "message": said} for row, ok, said in asked}
    healthy = not asked or any(ok for _, ok, _ in asked)
    return {"healthy": healthy, "message": _summary(asked), "backends": backends}


def _media_servers() -> Facts:
    asked = _asked(_enabled(Category.MEDIA_SERVER))
    instances = [
        {"type": row.kind, "name": row.name, "healthy": ok, "message": said}
        for row, ok, said in asked
    ]
    healthy = all(ok for _, ok, _ in asked)
    return {"healthy": healthy, "message": _summary(asked), "instances": instances}


def _whisper_backends() -> Facts:
    asked = _asked(_enabled(Category.WHISPER))
    return {
        "healthy": all(ok for _, ok, _ in asked),
        "message": _summary(asked),
        "active_backend": asked[0][0].name if asked else None,
    }


def _arr_connectivity() -> Facts:
    asked = _asked(_enabled(Category.ARR))

    def of(kind: Kind) -> list[Facts]:
        return [
            {"instance_name": row.name, "healthy": ok, "message": said}
            for row, ok, said in asked
            if row.kind == kind
        ]

    return {
        "healthy": all(ok for _, ok, _ in asked),
        "message": _summary(asked),
        "sonarr": of(Kind.SONARR),
        "radarr": of(Kind.RADARR),
    }


def _scheduler() -> Facts:
    """Say how the clock, the broker, the workers and the queues are."""
    redis = connection.quick()
    began = time.monotonic()
    redis.ping()
    milliseconds = round((time.monotonic() - began) * 1000, 1)
    age = signs.clock_age(redis)
    there = signs.workers(redis)
    waiting = {name: queues.waiting(redis, name) for name in QUEUES}
    clock = age is not None and age < CLOCK_LATE
    # A library's own hosts serve `directory-scan@nas`.
    served = {queue.partition("@")[0] for worker in there for queue in worker.queues}
    unserved = sorted(name for name in QUEUES if name not in served)
    wrong = [] if clock else ["The clock does not run."]
    wrong += [f"Nobody serves {', '.join(unserved)}."] if unserved else []
    return {
        "healthy": not wrong,
        "message": " ".join(wrong) or "OK",
        "clock": {"healthy": clock, "seconds_since_last": None if age is None else round(age, 1)},
        "broker": {"healthy": True, "milliseconds": milliseconds},
        "workers": [
            {"name": worker.name, "queues": list(worker.queues), "processes": worker.processes}
            for worker in there
        ],
        "queues": {
            name: {"depth": depth, "oldest_seconds": None if oldest is None else round(oldest, 1)}
            for name, (depth, oldest) in waiting.items()
        },
    }


CHECKS: Mapping[str, Callable[[], Facts]] = {
    "database": _database,
    "ollama": _ollama,
    "providers": _providers,
    "disk_config": _disk_config,
    "disk_media": _disk_media,
    "memory": _memory,
    "translation_backends": _translation_backends,
    "media_servers": _media_servers,
    "whisper_backends": _whisper_backends,
    "arr_connectivity": _arr_connectivity,
    "scheduler": _scheduler,
}
# A provider that rests and a machine that transcribes are no reason to call all of it ill.
REQUIRED = tuple(
    name for name in CHECKS if name not in ("providers", "memory", "ollama", "whisper_backends")
)


def _enabled(category: Category) -> list[Any]:
    kinds = [kind for kind, needs in REQUIREMENTS.items() if needs.category is category]
    with transaction() as db:
        return list(rows.enabled(db, *kinds))


def _asked(services: list[Any]) -> list[tuple[Any, bool, str]]:
    """Ask services side by side; returns each with whether it is well and what it said."""
    if not services:
        return []
    with ThreadPoolExecutor(min(len(services), 8), thread_name_prefix="health") as pool:
        results = pool.map(_tried, services)
        return [
            (row, said.outcome is Outcome.OK, said.detail)
            for row, said in zip(services, results, strict=True)
        ]


def _tried(row: Any) -> testing.Tested:  # noqa: ANN401 - an integration's row
    try:
        return testing.tried(building.connected(row, testing=True, seconds=DEADLINE - 0.5))
    except SublarrError as error:
        return testing.Tested(Outcome.UNAVAILABLE, str(error))


def _summary(asked: list[tuple[Any, bool, str]]) -> str:
    if not asked:
        return NOT_CONFIGURED
    ill = [row.name for row, ok, _ in asked if not ok]
    return "OK" if not ill else f"Not well: {', '.join(ill)}."

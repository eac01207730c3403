"""Figures for Prometheus, read from counters in Redis and in the scans' own rows.

No process keeps any of them to itself, so whichever answers tells of the whole fleet; and none is
counted by walking over the library.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from sublarr_tasks import __version__, progress
from sublarr_tasks.celery_app import QUEUES
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import SublarrError
from sublarr_tasks.fleet import breaker, connection, meters, queues, signs
from sublarr_tasks.fleet.breaker import State
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import PHASES
from sublarr_tasks.progress import Progress

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BREAKER_VALUES = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}

log = structlog.get_logger()


def exposition() -> bytes:
    """Return all figures as Prometheus reads them, without those of a server that is away."""
    registry = CollectorRegistry()
    registry.register(_Fleet())
    return generate_latest(registry)


class _Fleet(Collector):
    """Reads the figures when it is asked for them."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("sublarr_up", "Whether a server answers", labels=["server"])
        info = GaugeMetricFamily("sublarr_info", "The version", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        found: list[Metric] = []
        for server, read in (("redis", _from_redis), ("postgresql", _from_rows)):
            try:
                found += read()
            except (SublarrError, SQLAlchemyError, RedisError) as error:
                log.warning("figures_not_read", server=server, error=str(error))
                up.add_metric([server], 0)
            else:
                up.add_metric([server], 1)
        yield up
        yield from found


def _from_redis() -> list[Metric]:
    redis = connection.quick()
    return [*_queues(redis), *_tasks(redis), *_waits(redis), *_workers(redis)]


def _queues(redis: Redis) -> list[Metric]:
    depth = GaugeMetricFamily("sublarr_queue_depth", "Messages that wait", labels=["queue"])
    oldest = GaugeMetricFamily(
        "sublarr_queue_oldest_seconds", "Age of the oldest message that waits", labels=["queue"]
    )
    for name in QUEUES:
        count, seconds = queues.waiting(redis, name)
        depth.add_metric([name], count)
        oldest.add_metric([name], seconds or 0.0)
    return [depth, oldest]


def _tasks(redis: Redis) -> list[Metric]:
    histogram = HistogramMetricFamily(
        "sublarr_task_duration_seconds", "How long tasks took", labels=["task"]
    )
    failures = CounterMetricFamily("sublarr_task_failures", "Tasks that raised", labels=["task"])
    for name, durations in meters.tasks(redis).items():
        buckets = [(str(bound), float(count)) for bound, count in durations.buckets]
        buckets.append(("+Inf", float(durations.count)))
        histogram.add_metric([name], buckets, sum_value=durations.seconds)
        failures.add_metric([name], durations.failed)
    return [histogram, failures]


def _waits(redis: Redis) -> list[Metric]:
    waited = CounterMetricFamily(
        "sublarr_limiter_waits", "Calls that waited for a slot", labels=["service"]
    )
    refused = CounterMetricFamily(
        "sublarr_limiter_refusals", "Calls put off for want of a slot", labels=["service"]
    )
    seconds = CounterMetricFamily(
        "sublarr_limiter_wait_seconds", "Time waited for slots", labels=["service"]
    )
    for service, waits in meters.waits(redis).items():
        waited.add_metric([service], waits.waited)
        refused.add_metric([service], waits.refused)
        seconds.add_metric([service], waits.seconds)
    return [waited, refused, seconds]


def _workers(redis: Redis) -> list[Metric]:
    there = GaugeMetricFamily("sublarr_workers", "Workers that gave a sign of life")
    there.add_metric([], len(signs.workers(redis)))
    age = signs.clock_age(redis)
    clock = GaugeMetricFamily("sublarr_clock_age_seconds", "Since the clock last sent something")
    if age is not None:
        clock.add_metric([], age)
    return [there, clock]


def _from_rows() -> list[Metric]:
    with transaction() as db:
        going_on = progress.live(db)
        services = list(rows.enabled(db, *Kind))
    return [*_scans(going_on), _breakers(services)]


def _scans(going_on: list[Progress]) -> list[Metric]:
    labels = ["library", "phase"]
    units = GaugeMetricFamily(
        "sublarr_scan_units", "Units of the scans that go on", labels=[*labels, "state"]
    )
    rate = GaugeMetricFamily(
        "sublarr_scan_rate", "Units a second of the present phase", labels=labels
    )
    running = GaugeMetricFamily("sublarr_scans_running", "Scans that go on")
    running.add_metric([], len(going_on))
    for scan in going_on:
        for phase in PHASES:
            count = scan.phases[phase]
            for state in ("done", "skipped", "failed", "left"):
                units.add_metric([scan.library_name, phase, state], getattr(count, state))
        if scan.rate is not None:
            rate.add_metric([scan.library_name, scan.scan.status], scan.rate)
    return [running, units, rate]


def _breakers(services: Sequence[Row[Any]]) -> Metric:
    state = GaugeMetricFamily(
        "sublarr_breaker_state",
        "Breaker of a service: 0 closed, 1 half open, 2 open",
        labels=["service", "name"],
    )
    redis = connection.quick()
    for row in services:
        now, _ = breaker.state(redis, building.service_name(row))
        state.add_metric([row.kind, row.name], BREAKER_VALUES[now])
    return state

"""Whether all is well, as the API and Prometheus are told."""

import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from api import system
from arr_stub import KEY, ArrStub
from broker import connect
from contract import Client
from libraries import Library
from scanning import begin
from stub import Said, serving_stub
from sublarr_tasks import enqueue, health, scans, settings
from sublarr_tasks.celery_app import QUEUES, app
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import breaker, connection, limiter, meters, signs
from sublarr_tasks.fleet.limiter import Rate
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import Trigger
from sublarr_tasks.viewers import INSTALLATION

SUBSYSTEMS = {
    "database",
    "ollama",
    "providers",
    "disk_config",
    "disk_media",
    "memory",
    "translation_backends",
    "media_servers",
    "whisper_backends",
    "arr_connectivity",
    "scheduler",
}


@pytest.fixture
def fleet(database: str, redis: Redis) -> Redis:
    """Leave the signs of life of a worker and a clock."""
    signs.note_worker(redis, "all-1@here", list(QUEUES), 2)
    signs.note_clock(redis)
    return redis


def detailed(client: Client) -> tuple[int, dict[str, dict[str, object]]]:
    answer = client.get("/health/detailed")
    return answer.status_code, answer.get_json()["subsystems"]


def add(kind: Kind, name: str, url: str) -> int:
    draft = rows.Draft(kind, name, url, secrets={"api_key": KEY} if kind is not Kind.OLLAMA else {})
    with transaction() as db:
        return int(rows.add(db, INSTALLATION, draft).id)


def test_all_is_well_where_everything_runs(client: Client, fleet: Redis) -> None:
    status, found = detailed(client)

    assert status == 200
    assert found.keys() == SUBSYSTEMS
    assert all(each["healthy"] for each in found.values())
    for name in ("ollama", "providers", "media_servers", "whisper_backends", "arr_connectivity"):
        assert found[name]["message"] == "not configured"
    assert found["database"]["backend"] == "postgresql"
    assert found["scheduler"]["queues"].keys() == QUEUES.keys()  # type: ignore[attr-defined]


def test_no_clock_and_no_worker_is_not_well(client: Client) -> None:
    status, found = detailed(client)

    assert status == 503
    assert "clock does not run" in str(found["scheduler"]["message"])
    assert "Nobody serves" in str(found["scheduler"]["message"])


def test_an_arr_that_answers_is_named_as_well(client: Client, fleet: Redis) -> None:
    with serving_stub(ArrStub("Sonarr")) as stub:
        add(Kind.SONARR, "Main", stub.url)
        status, found = detailed(client)

    assert status == 200
    assert found["arr_connectivity"]["sonarr"] == [
        {
            "instance_name": "Main",
            "healthy": True,
            "message": "It answers and takes our credentials.",
        }
    ]


def test_services_that_hang_are_asked_side_by_side_and_not_waited_for(
    client: Client, fleet: Redis
) -> None:
    with serving_stub(lambda _: Said({}, latency=7)) as stub:
        for number in range(3):
            add(Kind.SONARR, f"S{number}", stub.url)
            add(Kind.JELLYFIN, f"J{number}", stub.url)
        began = time.monotonic()
        status, found = detailed(client)

    assert time.monotonic() - began < 6.5
    assert status == 503
    assert not found["arr_connectivity"]["healthy"]
    assert not found["media_servers"]["healthy"]
    assert found["database"]["healthy"]


def test_a_resting_provider_is_told_and_no_illness(client: Client, fleet: Redis) -> None:
    number = add(Kind.SUBDL, "SubDL", "http://127.0.0.1:1")
    for _ in range(5):
        breaker.failed(fleet, f"subdl:{number}")

    status, found = detailed(client)

    assert status == 200
    assert found["providers"]["details"] == [
        {"name": "SubDL", "circuit_breaker": "open", "failure_count": 5}
    ]


@pytest.fixture
def without_redis(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_REDIS_URL", "redis://:hush@127.0.0.1:1/0")
    settings.current.cache_clear()
    connection.forget()


@pytest.mark.usefixtures("without_redis")
def test_without_redis_the_scheduler_says_so(client: Client) -> None:
    status, found = detailed(client)

    assert status == 503
    assert found["scheduler"] == {"healthy": False, "message": "Redis does not answer."}
    assert "hush" not in str(found)


def test_the_open_check_says_nothing_but_whether_all_is_well(client: Client) -> None:
    answer = client.call("GET", "/health", key=None)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "healthy"})


def test_the_open_check_is_503_without_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.app.extensions, system.HEALTH, system.Heartbeat(lambda: False))

    answer = client.call("GET", "/health", key=None)

    assert (answer.status_code, answer.get_json()) == (503, {"status": "unhealthy"})


def test_a_check_that_hangs_is_unhealthy_and_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch, fleet: Redis
) -> None:
    monkeypatch.setattr(health, "DEADLINE", 0.3)
    slow = dict(health.CHECKS) | {"memory": lambda: time.sleep(2) or {"healthy": True}}
    monkeypatch.setattr(health, "CHECKS", slow)

    found = health.report()

    assert not found.subsystems["memory"]["healthy"]
    assert found.subsystems["database"]["healthy"]


# Figures


@pytest.fixture
def figures(client: Client, fleet: Redis) -> Iterator[Client]:
    connect()
    yield client
    app._after_fork()


def samples(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(client: Client, sample: str, /, **labels: str) -> float:
    return samples(client)[sample, frozenset(labels.items())]


def test_the_figures_ask_for_a_key(client: Client) -> None:
    assert client.call("GET", "/metrics", key=None).status_code == 401


def test_what_waits_in_a_queue_is_counted_with_its_age(figures: Client, library: Library) -> None:
    with transaction() as db:
        job = scans.request(db, library.id, trigger=Trigger.API).job_id
    enqueue.send_job(job)
    time.sleep(0.3)

    assert value(figures, "sublarr_queue_depth", queue="scan") == 1
    assert 0.2 < value(figures, "sublarr_queue_oldest_seconds", queue="scan") < 30


def test_how_long_tasks_take_is_a_histogram(figures: Client, redis: Redis) -> None:
    for seconds in (0.02, 0.3, 0.3, 1000):
        meters.count_task(redis, "scan.sweep", seconds, failed=seconds > 100)

    name, task = "sublarr_task_duration_seconds", "scan.sweep"
    assert value(figures, f"{name}_bucket", task=task, le="0.05") == 1
    assert value(figures, f"{name}_bucket", task=task, le="0.5") == 3
    assert value(figures, f"{name}_bucket", task=task, le="+Inf") == 4
    assert value(figures, f"{name}_sum", task=task) == pytest.approx(1000.62)
    assert value(figures, "sublarr_task_failures_total", task=task) == 1


def test_the_units_of_a_scan_are_counted_by_state(figures: Client, library: Library) -> None:
    scan_id = begin(library.id)
    with transaction() as db:
        scans.count(db, scan_id, {"directories_total": 5, "directories_skipped": 2})

    labels = {"library": "Films", "phase": "scanning"}
    assert value(figures, "sublarr_scan_units", state="skipped", **labels) == 2
    assert value(figures, "sublarr_scan_units", state="left", **labels) == 3


def test_breakers_and_waits_are_told(figures: Client, redis: Redis) -> None:
    number = add(Kind.SUBDL, "SubDL", "http://127.0.0.1:1")
    for _ in range(5):
        breaker.failed(redis, f"subdl:{number}")
    limiter.take(redis, "x", Rate(1, 1), 5)
    meters.count_wait(redis, "subdl:1", 0.5, refused=False)
    meters.count_wait(redis, "subdl:1", 9, refused=True)

    assert value(figures, "sublarr_breaker_state", service="subdl", name="SubDL") == 2
    assert value(figures, "sublarr_limiter_waits_total", service="subdl:1") == 1
    assert value(figures, "sublarr_limiter_refusals_total", service="subdl:1") == 1
    assert value(figures, "sublarr_limiter_wait_seconds_total", service="subdl:1") == 0.5


@pytest.mark.usefixtures("without_redis")
def test_without_redis_the_figures_of_the_rows_are_told(client: Client) -> None:
    assert value(client, "sublarr_up", server="redis") == 0
    assert value(client, "sublarr_up", server="postgresql") == 1

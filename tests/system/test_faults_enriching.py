"""Enriching while services go away, brokers forget and workers die."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from exactness import assert_counted
from fleet import Fleet, state
from libraries import Library, rows, video
from stub import Said, Stub, serving_stub
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import rows as integrations
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import Item, ScanStatus, Step
from sublarr_tasks.viewers import INSTALLATION
from tmdb_stub import KEY, TmdbStub, movie

FILMS = 160
ENRICHING = ScanStatus.ENRICHING
# A breaker's cool-down, and the sweep after it.
AFTER_AN_OUTAGE = 120.0


@pytest.fixture
def known() -> TmdbStub:
    return TmdbStub(movies=[movie(n, f"Film {n}", 2001) for n in range(1, FILMS + 1)])


@pytest.fixture
def tmdb(fleet: Fleet, known: TmdbStub) -> Iterator[Stub]:
    with serving_stub(known) as stub:
        draft = integrations.Draft(
            Kind.TMDB, "TMDB", stub.url, secrets={"api_key": KEY}, calls_per_second=60.0
        )
        with transaction() as db:
            integrations.add(db, INSTALLATION, draft)
        yield stub


@pytest.fixture
def films(fleet: Fleet, tmp_path: Path) -> Library:
    films = Library.register(tmp_path / "films")
    for n in range(1, FILMS + 1):
        video(films.root / f"Film {n} (2001)" / f"Film {n} (2001).mkv")
    return films


def assert_all_enriched(scan_id: int) -> None:
    scan = assert_counted(scan_id)
    assert (scan.status, scan.enrichment_completed) == (ScanStatus.COMPLETED, FILMS)
    assert {row.tmdb_id for row in rows(Item)} == {str(n) for n in range(1, FILMS + 1)}
    assert {(row.enrichment, row.enrich_due_at) for row in rows(Item)} == {("enriched", None)}


def test_a_service_that_dies_is_waited_for_though_a_worker_dies_too(
    fleet: Fleet, films: Library, tmdb: Stub, known: TmdbStub
) -> None:
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(films.id)
    fleet.reach(scan_id, ENRICHING, 40)
    tmdb.answer = lambda _: Said(status=503)
    fleet.await_that(lambda: Step.COMPLETE in state(scan_id).waits, "nothing waits")
    fleet.kill("worker-1")
    before = state(scan_id)
    held = Counter(row.enrichment for row in rows(Item))
    # What was answered just before lifts the hold for a moment.
    fleet.await_that(lambda: Step.COMPLETE in state(scan_id).waits, "nothing waits any more")
    time.sleep(1)
    scan = state(scan_id)
    assert (scan.status, scan.waits["complete"]["reason"]) == (ENRICHING, "unavailable")
    assert before.enrichment_completed <= held["enriched"] <= scan.enrichment_completed < FILMS
    assert held["enrichment_failed"] == 0
    tmdb.answer = known

    fleet.finish(scan_id, within=AFTER_AN_OUTAGE)

    assert_all_enriched(scan_id)
    assert state(scan_id).errors_count == 0


def test_workers_and_messages_that_are_lost_lose_no_film(
    fleet: Fleet, films: Library, tmdb: Stub
) -> None:
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(films.id)
    fleet.reach(scan_id, ENRICHING, 20)
    os.kill(fleet.children("worker-1")[0], signal.SIGKILL)
    fleet.redis.flushall()
    fleet.kill("worker-2")
    fleet.start("worker-3")
    fleet.finish(scan_id)

    assert_all_enriched(scan_id)

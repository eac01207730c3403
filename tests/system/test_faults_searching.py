"""Searching while workers die: each subtitle lands once, whole, and none is forgotten."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import Fleet
from libraries import Library, rows, video
from provider_stubs import KEY, Offer, OpenSubtitlesStub
from stub import Stub, serving_stub
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import rows as integrations
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import LandedSubtitle, Search, SearchKind, Trigger, WantedItem
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing, searches

ROUNDS = int(os.environ.get("SUBLARR_TEST_ROUNDS", "12"))
# More than the eight find before the last round.
FILMS = 60 + ROUNDS * 7


@pytest.fixture
def known() -> OpenSubtitlesStub:
    offers = [
        Offer(n, release=f"Film {n}.2001.1080p.BluRay-GROUP", title=f"Film {n}")
        for n in range(1, FILMS + 1)
    ]
    return OpenSubtitlesStub(offers, latency=0.05)


@pytest.fixture
def service(fleet: Fleet, known: OpenSubtitlesStub) -> Iterator[Stub]:
    with serving_stub(known) as stub:
        draft = integrations.Draft(
            Kind.OPENSUBTITLES,
            "OpenSubtitles",
            stub.url,
            secrets={"api_key": KEY},
            calls_per_second=1000.0,
        )
        with transaction() as db:
            integrations.add(db, INSTALLATION, draft)
        yield stub


@pytest.fixture
def films(fleet: Fleet, tmp_path: Path) -> Library:
    films = Library.register(tmp_path / "films")
    for n in range(1, FILMS + 1):
        folder = films.root / f"Film {n} (2001)"
        video(folder / f"Film {n} (2001).mkv")
        folder.chmod(0o777)
    with transaction() as db:
        wishes = [{"language": "de"}]
        choosing.add(db, INSTALLATION, {"name": "German", "wishes": wishes})
    films.scan()
    return films


def begin() -> int:
    with transaction() as db:
        begun = searches.begin(db, SearchKind.PERSON, (), trigger=Trigger.API)
    assert begun is not None
    return int(begun.id)


def all_found() -> bool:
    return {row.status for row in rows(WantedItem)} == {"found"}


def test_workers_that_die_at_any_moment_lose_and_double_nothing(
    fleet: Fleet,
    films: Library,
    service: Stub,
    known: OpenSubtitlesStub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight processes, of which all are killed again and again while messages come twice."""
    monkeypatch.setenv("SUBLARR_CONCURRENCY", "4")
    chance = random.Random(7)
    search_id = begin()
    fleet.start("worker-1", "worker-2", "beat")
    killed = 0
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.1, 0.8))
        fleet.repeat_messages()
        for worker in ("worker-1", "worker-2"):
            for child in fleet.children(worker):
                killed += 1
                os.kill(child, signal.SIGKILL)
        if all_found():
            break
        _let_leases_pass()
    fleet.await_that(all_found, "some are not found", within=240)

    landed = rows(LandedSubtitle)
    assert Counter(row.state for row in landed) == {"landed": FILMS}
    assert len({row.media_file_id for row in landed}) == FILMS
    for row in landed:
        offer = next(each for each in known.offers if str(each.id) == row.subtitle_id)
        assert (films.root / f"{offer.title} (2001)" / row.name).read_bytes() == offer.bytes
    assert not [*films.root.rglob("*.sublarr-tmp")]
    assert len(known.downloaded) <= FILMS + killed
    assert max(Counter(known.downloaded).values()) <= 1 + ROUNDS
    (search,) = [row for row in rows(Search) if row.id == search_id]
    fleet.await_that(
        lambda: all(row.status == "completed" for row in rows(Search)), "a search does not end"
    )
    assert search.total == FILMS


def _let_leases_pass() -> None:
    """Spare the test the half minute for which the claims of the dead hold."""
    with transaction() as db:
        db.exec_driver_sql(
            "UPDATE wanted_items SET lease_until = now(), crashes = 0 WHERE claim IS NOT NULL"
        )

"""What is forgotten: units of old scans, old jobs, and the rows of bytes that nobody has."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from libraries import Library, one, picture, rows, set_columns
from scanning import begin
from sublarr_tasks import jobs, upkeep
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Asset, CacheFile, Job, JobState, ScanJob, ScanUnit, Trigger

LONG_AGO = datetime.now(UTC) - upkeep.JOBS_KEPT - timedelta(days=1)


def scans_with_units() -> set[int]:
    return {row.scan_id for row in rows(ScanUnit)}


def test_each_library_keeps_the_units_of_its_newest_scans(library: Library) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    other.film("Beta (2002)")
    kept = other.scan().id
    library.film()
    ids = [library.scan().id for _ in range(upkeep.SCANS_WITH_UNITS + 2)]
    upkeep.prune()
    assert scans_with_units() == {kept, *ids[2:]}


def test_scans_that_only_enrich_push_out_no_others_units(library: Library) -> None:
    library.film()
    first = library.scan().id
    for _ in range(upkeep.SCANS_WITH_UNITS + 1):
        library.scan(options={"only_enrichment": True})

    upkeep.prune()

    assert rows(ScanUnit, scan_id=first) != []


def test_only_scans_that_only_enriched_are_forgotten_after_a_week(library: Library) -> None:
    library.film()
    kept = library.scan().id
    gone = library.scan(options={"only_enrichment": True}).id
    for scan_id in (kept, gone):
        set_columns(ScanJob, scan_id, completed_at=datetime.now(UTC) - timedelta(days=8))

    upkeep.prune()

    assert [row.id for row in rows(ScanJob)] == [kept]


def test_a_pruned_scan_keeps_its_counts(library: Library) -> None:
    library.film()
    first = library.scan()
    for _ in range(upkeep.SCANS_WITH_UNITS):
        library.scan()
    upkeep.prune()
    assert one(ScanJob, id=first.id).movies_found == 1


def test_an_unfinished_scan_keeps_its_units(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id = begin(library.id)
    monkeypatch.setattr(upkeep, "SCANS_WITH_UNITS", 0)
    upkeep.prune()
    assert scans_with_units() == {scan_id}


def test_units_go_in_batches_until_none_is_left(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.film()
    library.scan()
    monkeypatch.setattr(upkeep, "SCANS_WITH_UNITS", 0)
    monkeypatch.setattr(upkeep, "BATCH", 2)
    upkeep.prune()
    assert rows(ScanUnit) == []


@pytest.mark.parametrize("state", JobState)
def test_only_old_jobs_that_ended_go(database: str, state: JobState) -> None:
    with transaction() as db:
        old = jobs.add(db, "scan.start", {}, Trigger.API)
        new = jobs.add(db, "scan.start", {}, Trigger.API)
    set_columns(Job, old, state=state, finished_at=LONG_AGO)
    set_columns(Job, new, state=state, finished_at=datetime.now(UTC))
    upkeep.prune()
    left = {row.id for row in rows(Job)}
    assert left == ({old, new} if state in (JobState.QUEUED, JobState.RUNNING) else {new})


def test_a_scan_outlives_its_job(library: Library) -> None:
    library.film()
    scan = library.scan()
    set_columns(Job, scan.job_id, finished_at=LONG_AGO)
    upkeep.prune()
    assert one(ScanJob).job_id is None


def test_collecting_an_empty_cache_is_no_error(database: str) -> None:
    upkeep.collect()


def test_the_collector_goes_through_all_batches(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    with transaction() as db:
        db.execute(update(Asset).values(cache_sha256=None))
    monkeypatch.setattr(upkeep, "BATCH", 2)
    monkeypatch.setattr(upkeep, "GRACE_SECONDS", -10.0)
    upkeep.collect()
    assert rows(CacheFile) == []


def test_a_row_that_an_asset_takes_up_at_this_moment_stays(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster = library.film() / "poster.jpg"
    library.scan()
    before = library.assets()["poster.jpg"]
    picture(poster)
    library.scan()
    monkeypatch.setattr(upkeep, "GRACE_SECONDS", -10.0)
    with ThreadPoolExecutor(1) as thread, transaction() as db:
        db.execute(
            update(Asset).where(Asset.id == before.id).values(cache_sha256=before.cache_sha256)
        )
        thread.submit(upkeep.collect).result(timeout=20)
    assert one(CacheFile, sha256=before.cache_sha256)

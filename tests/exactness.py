"""What must be true of a scan's rows, its library and the cache, however it came about."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from libraries import Library, rows
from sublarr_tasks import settings
from sublarr_tasks.library.kinds import VIDEO_EXTENSIONS, extension
from sublarr_tasks.models import (
    OPEN,
    Asset,
    CacheFile,
    CacheState,
    Directory,
    Item,
    MediaFile,
    ProbeState,
    ScanJob,
    ScanStatus,
    ScanUnit,
    Stream,
    UnitState,
)

States = Counter[tuple[str, str]]
Where = tuple[str, str]  # a directory's path and a file's name in it


def assert_counted(scan_id: int) -> Row[Any]:
    """Assert that a scan has ended with no unit open and that it counted each unit once."""
    (scan,) = rows(ScanJob, id=scan_id)
    states = _states(scan_id)
    assert not {key: n for key, n in states.items() if key[1] in OPEN}, "units are still open"
    assert not _leased(scan_id), "units that ended are still leased"
    assert _counters(scan) == _counted(states)
    return scan


def assert_exact(
    library: Library,
    scan_id: int,
    *,
    failed: Mapping[str, str] | None = None,
    killed: bool = True,
) -> None:
    """Assert that a scan completed and that the rows and the cache are what is in the library.

    `failed` names the directories that must have failed in reading, with the reason. `killed`
    says that processes were, whose unfinished files may lie in the cache's folder.
    """
    failed = failed or {}
    scan = assert_counted(scan_id)
    assert (scan.status, scan.reason) == (ScanStatus.COMPLETED, None)
    videos, others = _on_disk(library.root)
    _assert_read(library, scan, videos, failed)
    assert scan.errors_count == len(failed)
    expected = {where for where in others if where[0] not in failed}
    _assert_cached(library, scan, expected)
    if not killed:
        assert not list((settings.current().cache_root / "tmp").iterdir())


def assert_nothing_removed(library: Library) -> None:
    for table in (Directory, Item, MediaFile, Asset):
        assert not [row for row in rows(table) if row.missing_since], table.__tablename__


def assert_cache_whole() -> None:
    """Assert that whatever has a name in the cache holds the bytes of that name."""
    for path in _cache():
        assert sha256(path.read_bytes()).hexdigest() == path.stem


def _assert_read(
    library: Library, scan: Row[Any], videos: set[Where], failed: Mapping[str, str]
) -> None:
    """Assert that each directory is in one unit, and each that did not fail has its film."""
    paths = {row.id: row.path for row in rows(Directory, library_id=library.id)}
    units = rows(ScanUnit, scan_id=scan.id, phase=ScanStatus.SCANNING)
    found = [paths[directory_id] for unit in units for directory_id in _directories(unit)]
    assert sorted(found) == sorted({d for d, _ in videos})
    assert scan.directories_total == len(found)
    assert {
        paths[unit.subject_id]: unit.reason for unit in units if unit.state == UnitState.FAILED
    } == failed
    good = {where for where in videos if where[0] not in failed}
    files = rows(MediaFile)
    assert sorted((paths[row.directory_id], row.name) for row in files) == sorted(good)
    assert {row.probe_state for row in files} == {ProbeState.PROBED}
    assert {row.media_file_id for row in rows(Stream)} == {row.id for row in files}
    items = library.items()
    assert sorted(paths[row.directory_id] for row in items) == sorted({d for d, _ in good})
    assert {row.item_id for row in files} == {row.id for row in items}
    assert scan.movies_removed == 0
    assert_nothing_removed(library)


def _assert_cached(library: Library, scan: Row[Any], expected: set[Where]) -> None:
    """Assert that each asset is cached with the bytes that it has in the library."""
    paths = {row.id: row.path for row in rows(Directory, library_id=library.id)}
    assets = rows(Asset)
    assert sorted((paths[row.directory_id], row.name) for row in assets) == sorted(expected)
    units = rows(ScanUnit, scan_id=scan.id, phase=ScanStatus.CACHING)
    assert scan.assets_queued == len(units) == scan.assets_cached
    assert {unit.subject_id for unit in units} <= {asset.id for asset in assets}
    assert {asset.cache_state for asset in assets} == {CacheState.CACHED}
    files = {row.sha256: row for row in rows(CacheFile)}
    for asset in assets:
        content = Path(library.root, paths[asset.directory_id], asset.name).read_bytes()
        assert sha256(content).digest() == asset.cache_sha256
        assert files[asset.cache_sha256].size == len(content)
    named = {f"{digest.hex()}.{row.extension}" for digest, row in files.items()}
    assert {path.name for path in _cache()} == named
    assert_cache_whole()


def _directories(unit: Row[Any]) -> list[int]:
    """Return the directory of a reading unit, or those that an unchanged walk's unit lists."""
    return unit.payload["unchanged"] if unit.payload else [unit.subject_id]


def _states(scan_id: int) -> States:
    """Count a scan's units by phase and state; one of many directories as so many."""
    counted: States = Counter()
    for unit in rows(ScanUnit, scan_id=scan_id):
        reading = unit.phase == ScanStatus.SCANNING
        counted[unit.phase, unit.state] += len(_directories(unit)) if reading else 1
    return counted


def _leased(scan_id: int) -> list[int]:
    units = rows(ScanUnit, scan_id=scan_id)
    return [unit.id for unit in units if unit.lease_until or unit.claim]


def _counted(states: States) -> dict[str, int]:
    """Return what a scan's counters must be by the states of its units."""
    read, stored, asked = ScanStatus.SCANNING, ScanStatus.CACHING, ScanStatus.ENRICHING
    total = sum(n for (phase, _), n in states.items() if phase == read)
    counted = {
        "directories_total": total,
        "directories_scanned": states[read, UnitState.DONE],
        "directories_skipped": states[read, UnitState.SKIPPED],
        "assets_queued": sum(n for (phase, _), n in states.items() if phase == stored),
        "assets_cached": states[stored, UnitState.DONE],
        "assets_skipped": states[stored, UnitState.SKIPPED],
        "enrichment_skipped": states[asked, UnitState.SKIPPED],
    }
    phases = (ScanStatus.DISCOVERING, read, stored, asked)
    failures = {f"{phase}_failed": states[phase, UnitState.FAILED] for phase in phases}
    return counted | failures | {"errors_count": sum(failures.values())}


def _counters(scan: Row[Any]) -> dict[str, int]:
    return {name: getattr(scan, name) for name in _counted(Counter())}


def _on_disk(root: Path) -> tuple[set[Where], set[Where]]:
    """Return a library's videos and its other files."""
    found = {
        (str(folder.relative_to(root)), file.name)
        for folder in root.iterdir()
        for file in folder.iterdir()
    }
    videos = {where for where in found if extension(where[1]) in VIDEO_EXTENSIONS}
    return videos, found - videos


def _cache() -> list[Path]:
    """Return the files of the cache that have their names."""
    root = settings.current().cache_root
    return [path for path in root.glob("??/*") if path.is_file()]

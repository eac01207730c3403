"""Caching: every asset's bytes in the content-addressed cache, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Row,
    Text,
    case,
    exists,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import LargeBinary

from sublarr_tasks import assets, bulk, settings
from sublarr_tasks.db import among
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.models import (
    Asset,
    CacheFile,
    CacheState,
    Directory,
    ScanStatus,
    ScanUnit,
    UnitState,
)
from sublarr_tasks.phases.roots import Root, reading
from sublarr_tasks.phases.steps import Settlement, Steps
from sublarr_tasks.profiles import ScanOptions
from sublarr_tasks.units import Unit, Verdict

# Units made in one statement, which holds the scan's row.
SLICE = 50_000


@dataclass(frozen=True, slots=True)
class Caching:
    """Where the assets of the claimed units lie, by asset id, and where their bytes go."""

    root: Root
    sources: Mapping[int, str]
    store: assets.Store


def queue(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of the library's next assets that are not in the cache, a slice at a time."""
    if not ScanOptions.from_json(scan.options).enable_caching:
        return {}
    subject = case((Directory.path == "", Asset.name), else_=Directory.path + "/" + Asset.name)
    uncached = (
        select(
            literal(scan.id),
            literal(ScanStatus.CACHING.value),
            subject,
            Asset.id,
            literal(UnitState.PENDING.value),
        )
        .join(Directory, Directory.id == Asset.directory_id)
        .where(
            Asset.library_id == scan.library_id,
            Asset.cache_state == CacheState.PENDING,
            Asset.missing_since.is_(None),
            Directory.missing_since.is_(None),
            ~exists().where(
                ScanUnit.scan_id == scan.id,
                ScanUnit.phase == ScanStatus.CACHING,
                ScanUnit.subject_id == Asset.id,
            ),
        )
        .order_by(Asset.id)
        .limit(SLICE)
    )
    added = db.execute(
        upsert(ScanUnit)
        .from_select(["scan_id", "phase", "subject", "subject_id", "state"], uncached)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    return {"assets_queued": added.rowcount}


def prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Caching:
    rows = db.execute(
        select(Asset.id, Directory.path, Asset.name)
        .join(Directory, Directory.id == Asset.directory_id)
        .where(among(Asset.id, [unit.subject_id for unit in claimed if unit.subject_id]))
    )
    current = settings.current()
    return Caching(
        reading(db, scan).root,
        {row.id: f"{row.path}/{row.name}" if row.path else row.name for row in rows},
        assets.Store(current.cache_root, current.cache_link, current.cache_max_bytes),
    )


def work(context: Caching, unit: Unit) -> assets.Stored:
    """Store one asset; raises UnitError with the reason, MountLost where the library is gone."""
    source = context.sources.get(unit.subject_id or 0)
    if source is None:
        raise UnitError(assets.Reason.VANISHED, "the asset was removed during the scan")
    try:
        return context.store.take(Path(context.root.path, source))
    except UnitError as error:
        if error.reason in (assets.Reason.VANISHED, assets.Reason.IO_ERROR):
            context.root.check()
        raise


def settle(db: Connection, _: Caching, results: Sequence[tuple[Unit, assets.Stored]]) -> Settlement:
    """Write the cache's files and the assets that refer to them."""
    _keep(db, {result.sha256: result for _, result in results})
    cached = bulk.arrays(
        id=(BigInteger(), [unit.subject_id for unit, _ in results]),
        sha256=(LargeBinary(), [result.sha256 for _, result in results]),
    )
    db.execute(
        update(Asset)
        .where(Asset.id == cached.c.id)
        .values(cache_state=CacheState.CACHED, cache_reason=None, cache_sha256=cached.c.sha256)
    )
    verdicts = [Verdict(unit.id, UnitState.DONE) for unit, _ in results]
    return Settlement(verdicts, {"assets_cached": len(results)})


def refuse(db: Connection, _: Caching, refused: Sequence[tuple[Unit, UnitError]]) -> dict[str, int]:
    """Write why assets are not in the cache; what may be better next time stays pending."""
    for unit, error in refused:
        if isinstance(error, UnitSkipped):
            state = CacheState.SKIPPED
        else:
            state = CacheState.PENDING if error.reason in assets.PASSING else CacheState.FAILED
        db.execute(
            update(Asset)
            .where(Asset.id == unit.subject_id)
            .values(cache_state=state, cache_reason=error.reason)
        )
    return {"assets_skipped": sum(isinstance(error, UnitSkipped) for _, error in refused)}


STEPS = Steps(prepare, work, settle, refuse)


def _keep(db: Connection, stored: Mapping[bytes, assets.Stored]) -> None:
    """Write the rows of the cache's files.

    In one order everywhere: parts that store the same bytes wait for each other, never crosswise.
    """
    files = [stored[digest] for digest in sorted(stored)]
    given = bulk.arrays(
        sha256=(LargeBinary(), [file.sha256 for file in files]),
        extension=(Text(), [file.extension for file in files]),
        size=(BigInteger(), [file.size for file in files]),
        content_type=(Text(), [file.content_type for file in files]),
        width=(Integer(), [file.width for file in files]),
        height=(Integer(), [file.height for file in files]),
    )
    names = [column.name for column in given.c]
    db.execute(upsert(CacheFile).from_select(names, select(*given.c)).on_conflict_do_nothing())

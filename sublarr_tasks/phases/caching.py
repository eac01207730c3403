"""Caching: every asset's bytes in the content-addressed cache, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Text,
    any_,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from sublarr_tasks import assets, bulk, cache_rows, units
from sublarr_tasks.assets import Received
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.db import among
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.models import (
    Asset,
    CacheFile,
    CacheState,
    Directory,
    ScanKind,
    ScanStatus,
    ScanUnit,
    Step,
    UnitState,
)
from sublarr_tasks.phases.roots import Root, reading
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.profiles import ScanOptions

# Units made in one statement, which holds the scan's row.
SLICE = 50_000
# A file that kills its worker does so again.
LASTING = assets.LASTING | {"crashed_worker"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caching:
    """Where the assets of the claimed units lie, by asset id, and where their bytes go."""

    root: Root
    sources: Mapping[int, str]
    store: assets.Store


def queue(db: Connection, scan: Row[Any]) -> dict[str, int]:
    """Make units of the library's next assets that are not in the cache, a slice at a time.

    A full scan that has none left looks for files that the cache has lost.
    """
    if not ScanOptions.from_json(scan.options).enable_caching:
        return {}
    # A slice goes on after the last: to compare with the units that there are would be quadratic.
    last = db.scalar(
        select(func.max(ScanUnit.subject_id)).where(
            ScanUnit.scan_id == scan.id, ScanUnit.phase == ScanStatus.CACHING
        )
    )
    added = _add_units(db, scan, Asset.id > (last or 0), SLICE)
    if not added and scan.kind == ScanKind.FULL:
        lost = _reopen_lost(db, scan.library_id)
        added = _add_units(db, scan, among(Asset.id, lost), len(lost))
    return {"assets_queued": added}


def _add_units(db: Connection, scan: Row[Any], chosen: ColumnElement[bool], most: int) -> int:
    subject = case((Directory.path == "", Asset.name), else_=Directory.path + "/" + Asset.name)
    uncached = (
        select(literal(Step.STORE.value), subject, Asset.id)
        .join(Directory, Directory.id == Asset.directory_id)
        .where(
            Asset.library_id == scan.library_id,
            Asset.cache_state == CacheState.PENDING,
            Asset.missing_since.is_(None),
            Directory.missing_since.is_(None),
            chosen,
        )
        .order_by(Asset.id)
        .limit(most)
    )
    return units.add_selected(db, scan.id, ScanStatus.CACHING, uncached)


def _reopen_lost(db: Connection, library_id: int) -> list[int]:
    """Make assets pending whose file the cache does not have; returns some ids, if any are left.

    The folders are listed rather than each file asked for: a million files take some seconds, in
    the transaction that holds the scan's row, as tombstones do. Rows come first and their folder
    after them: a file has its name before it has its row.
    """
    store = assets.current()
    reopened: list[int] = []
    after = b""
    while not reopened:
        files = db.execute(
            select(CacheFile.sha256, CacheFile.extension)
            .where(CacheFile.sha256 > after)
            .order_by(CacheFile.sha256)
            .limit(SLICE)
        ).all()
        if not files:
            break
        after = files[-1].sha256
        reopened += db.scalars(
            update(Asset)
            .where(
                Asset.library_id == library_id,
                Asset.cache_state == CacheState.CACHED,
                Asset.cache_sha256 == any_(literal(_lost(store, files), ARRAY(LargeBinary))),
            )
            .values(cache_state=CacheState.PENDING)
            .returning(Asset.id)
        )
    return reopened


def _lost(store: assets.Store, files: Sequence[Any]) -> list[bytes]:
    """Return the digests of what is not in its folder; of a folder that can be listed."""
    lost: list[bytes] = []
    for folder, named in groupby(files, key=lambda file: file.sha256[0]):
        try:
            held = store.held(folder)
        except OSError as error:
            log.warning("cache_not_listed", folder=f"{folder:02x}", error=str(error))
            continue
        lost += [file.sha256 for file in named if (file.sha256, file.extension) not in held]
    return lost


def prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Caching:
    rows = db.execute(
        select(Asset.id, Directory.path, Asset.name)
        .join(Directory, Directory.id == Asset.directory_id)
        .where(among(Asset.id, [unit.subject_id for unit in claimed if unit.subject_id]))
    )
    return Caching(
        reading(db, scan).root,
        {row.id: f"{row.path}/{row.name}" if row.path else row.name for row in rows},
        assets.current(),
    )


def work(context: Caching, unit: Unit) -> Received:
    """Receive one asset; raises UnitError with the reason, MountLost where the library is gone."""
    source = context.sources.get(unit.subject_id or 0)
    if source is None:
        raise UnitError(assets.Reason.VANISHED, "the asset was removed during the scan")
    try:
        return context.store.receive(Path(context.root.path, source))
    except UnitError as error:
        if error.reason in (assets.Reason.VANISHED, assets.Reason.IO_ERROR):
            context.root.check()
        raise


def secure(context: Caching, result: Received) -> None:
    """Keep one asset; raises UnitError with the reason."""
    context.store.keep(result)


def settle(
    db: Connection, context: Caching, results: Sequence[tuple[Unit, Received]]
) -> Settlement:
    """Write the cache's files and the assets that refer to them."""
    cache_rows.keep(db, context.store, {result.stored for _, result in results})
    cached = bulk.arrays(
        id=(BigInteger(), [unit.subject_id for unit, _ in results]),
        sha256=(LargeBinary(), [result.stored.sha256 for _, result in results]),
    )
    db.execute(
        update(Asset)
        .where(Asset.id == cached.c.id)
        .values(cache_state=CacheState.CACHED, cache_reason=None, cache_sha256=cached.c.sha256)
    )
    verdicts = [Verdict(unit.id, UnitState.DONE) for unit, _ in results]
    return Settlement(verdicts, {"assets_cached": len(results)})


def refuse(db: Connection, _: Caching, refused: Sequence[tuple[Unit, UnitError]]) -> dict[str, int]:
    """Write why assets are not in the cache."""
    _mark(db, [(unit.subject_id, error) for unit, error in refused])
    return {"assets_skipped": sum(isinstance(error, UnitSkipped) for _, error in refused)}


def give_up(db: Connection, lost: Sequence[Verdict]) -> None:
    """Write why assets are not in the cache whose units failed without having come to an end."""
    errors = {verdict.id: UnitError(verdict.reason or "lost") for verdict in lost}
    rows = db.execute(select(ScanUnit.id, ScanUnit.subject_id).where(among(ScanUnit.id, [*errors])))
    _mark(db, [(row.subject_id, errors[row.id]) for row in rows])


PROCEDURE = Procedure(prepare, work, settle, refuse, secure)


def _mark(db: Connection, refused: Sequence[tuple[int | None, UnitError]]) -> None:
    """Write what errors mean for the assets of these ids."""
    given = bulk.arrays(
        id=(BigInteger(), [asset_id for asset_id, _ in refused]),
        state=(Text(), [_state(error) for _, error in refused]),
        reason=(Text(), [error.reason for _, error in refused]),
    )
    # The bytes that a pending asset had before may be found to be the same.
    kept = case((given.c.state == CacheState.PENDING, Asset.cache_sha256))
    db.execute(
        update(Asset)
        .where(Asset.id == given.c.id)
        .values(cache_state=given.c.state, cache_reason=given.c.reason, cache_sha256=kept)
    )


def _state(error: UnitError) -> CacheState:
    """Tell what an error means for the next scan: what it may find better stays pending."""
    if isinstance(error, UnitSkipped):
        return CacheState.SKIPPED
    return CacheState.FAILED if error.reason in LASTING else CacheState.PENDING

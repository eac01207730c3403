"""Libraries for what Sonarr and Radarr hold and none of ours has: their root folders, each once."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from sublarr_tasks import libraries, scans
from sublarr_tasks.arr import syncs
from sublarr_tasks.errors import InputError, ScanRunning
from sublarr_tasks.integrations import paths
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import (
    ArrFile,
    ArrSync,
    ArrTitle,
    Integration,
    Library,
    LibraryKind,
    SyncStatus,
    Trigger,
)

_KINDS = {Kind.SONARR: LibraryKind.SERIES, Kind.RADARR: LibraryKind.MOVIES}


def adopt(db: Connection, sync_id: int) -> list[int]:
    """Add the libraries that a look found to be lacking, and ask for their scans; returns the jobs.

    A folder that cannot be one, since it is not here or is not permitted, is told with the look.
    """
    service = db.execute(
        select(*Integration.__table__.c)
        .join(ArrSync, ArrSync.integration_id == Integration.id)
        .where(
            ArrSync.id == sync_id,
            ArrSync.status == SyncStatus.COMPLETED,
            Integration.add_libraries,
        )
        .with_for_update(of=Integration)
    ).one_or_none()
    if service is None:
        return []
    jobs: list[int] = []
    added: list[str] = []
    refused: list[str] = []
    for root, local in _uncovered(db, service):
        if not local.startswith("/"):
            refused.append(f"{root} is nowhere here without a path mapping.")
            continue
        try:
            with db.begin_nested():
                library_id = libraries.at(
                    db, local, kind=_KINDS[Kind(service.kind)], owner_id=service.owner_id
                )
                jobs.append(scans.request(db, library_id, trigger=Trigger.CLOCK).job_id)
        except InputError as error:
            refused.append("; ".join(error.fields.values()))
        except ScanRunning:  # by another name it is a library already
            continue
        else:
            added.append(root)
    _note(db, service, sync_id, added, refused)
    return jobs


def _uncovered(db: Connection, service: Row[Any]) -> Iterable[tuple[str, str]]:
    """Yield the root folders whose files are in no library, as the service names them and here."""
    roots = db.scalars(
        select(ArrTitle.root)
        .join(ArrFile, ArrFile.arr_title_id == ArrTitle.id)
        .where(
            ArrTitle.integration_id == service.id,
            ArrTitle.root != "",
            ArrFile.media_file_id.is_(None),
            ArrFile.missing_since.is_(None),
        )
        .distinct()
        .order_by(ArrTitle.root)
    ).all()
    known = db.scalars(select(Library.path)).all()
    mappings = paths.parsed(service.path_mappings)
    for root in roots:
        local = paths.to_local(mappings, root)
        if root not in service.added_roots and not any(_overlap(local, each) for each in known):
            yield root, local


def _overlap(one: str, other: str) -> bool:
    return subtrees.holds(one, other) or subtrees.holds(other, one)


def _note(
    db: Connection, service: Row[Any], sync_id: int, added: Sequence[str], refused: Sequence[str]
) -> None:
    if added:
        remembered = [*service.added_roots, *added]
        db.execute(
            update(Integration).where(Integration.id == service.id).values(added_roots=remembered)
        )
    if added or refused:
        syncs.note_libraries(db, sync_id, len(added), " ".join(refused) or None)

"""Files of Sonarr and Radarr as rows, each linked to the same file in a library of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    Row,
    Text,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import bulk, filenames
from sublarr_tasks.db import among
from sublarr_tasks.integrations import paths
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import ArrFile, ArrTitle, Directory, Library, MediaFile
from sublarr_tasks.wanted import noting


@dataclass(frozen=True, slots=True)
class Found:
    """A file as the service has it; `path` is as the service names it."""

    arr_id: int
    path: str
    size: int
    date_added: datetime | None = None
    scene_name: str | None = None
    release_group: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A title's row, and all the files that it has."""

    title: Row[Any]
    found: Sequence[Found]


def take(db: Connection, integration: Row[Any], read: Sequence[Read]) -> dict[str, int]:
    """Write the files of some titles, link them, judge what is new; returns a look's counters."""
    if not read:
        return {}
    mappings = paths.parsed(integration.path_mappings)
    rows = [
        (each.title.id, file, paths.to_local(mappings, file.path))
        for each in read
        for file in each.found
    ]
    linked = _linked(db, [local for _, _, local in rows])
    known = _known(db, read)
    _write(db, rows, linked)
    _mark_gone(db, read)
    db.execute(
        update(ArrTitle)
        .where(among(ArrTitle.id, [each.title.id for each in read]))
        .values(
            read_signature=ArrTitle.signature,
            read_at=func.now(),
            sync_id=None,
            claim=None,
            lease_until=None,
            attempts=0,
            reason=None,
        )
    )
    # What was linked before and is as it was then has been judged.
    changed = {each.title.id for each in read if each.title.read_at is None}
    fresh = [
        file_id
        for (title_id, _, _), file_id in zip(rows, linked, strict=True)
        if file_id is not None and (file_id not in known or title_id in changed)
    ]
    noted = noting.of_files(db, fresh) if fresh else {}
    return {
        "files_found": len(rows),
        "files_linked": sum(file_id is not None for file_id in linked),
        **{name: n for name, n in noted.items() if n},
    }


def _known(db: Connection, read: Sequence[Read]) -> set[int]:
    ids = [each.title.id for each in read]
    return set(
        db.scalars(
            select(ArrFile.media_file_id).where(
                among(ArrFile.arr_title_id, ids), ArrFile.media_file_id.is_not(None)
            )
        )
    )


def _write(
    db: Connection, rows: Sequence[tuple[int, Found, str]], linked: Sequence[int | None]
) -> None:
    if not rows:
        return
    given = bulk.arrays(
        arr_title_id=(BigInteger(), [title_id for title_id, _, _ in rows]),
        arr_id=(BigInteger(), [file.arr_id for _, file, _ in rows]),
        path=(Text(), [file.path for _, file, _ in rows]),
        local_path=(Text(), [filenames.to_text(local) for _, _, local in rows]),
        size=(BigInteger(), [file.size for _, file, _ in rows]),
        date_added=(DateTime(timezone=True), [file.date_added for _, file, _ in rows]),
        scene_name=(Text(), [file.scene_name for _, file, _ in rows]),
        release_group=(Text(), [file.release_group for _, file, _ in rows]),
        media_file_id=(BigInteger(), list(linked)),
    )
    names = [column.name for column in given.c]
    written = upsert(ArrFile).from_select(names, select(*given.c))
    db.execute(
        written.on_conflict_do_update(
            index_elements=["arr_title_id", "arr_id"],
            set_={name: written.excluded[name] for name in names[2:]} | {"missing_since": None},
        )
    )


def _mark_gone(db: Connection, read: Sequence[Read]) -> None:
    """Mark the files that these titles no longer have; a full look deletes them later."""
    given = bulk.arrays(
        title_id=(BigInteger(), [each.title.id for each in read for _ in each.found]),
        arr_id=(BigInteger(), [file.arr_id for each in read for file in each.found]),
    )
    there = (
        select(given.c.arr_id)
        .where(given.c.title_id == ArrFile.arr_title_id, given.c.arr_id == ArrFile.arr_id)
        .exists()
    )
    db.execute(
        update(ArrFile)
        .where(
            among(ArrFile.arr_title_id, [each.title.id for each in read]),
            ArrFile.missing_since.is_(None),
            ~there,
        )
        .values(missing_since=func.now())
    )


def _linked(db: Connection, local: Sequence[str]) -> list[int | None]:
    """Find the media files at some places here; one statement for all of them."""
    libraries = db.execute(select(Library.id, Library.path)).all()
    tried: list[tuple[int, int, bytes, str]] = []
    for n, path in enumerate(local):
        for library in libraries:
            try:
                below = subtrees.relative(library.path, path)
            except ValueError:
                continue
            if path.startswith("/") and below:
                names = below.split("/")
                tried += [
                    (n, library.id, subtrees.key("/".join(names[:cut])), "/".join(names[cut:]))
                    for cut in range(len(names))
                ]
    found: list[int | None] = [None] * len(local)
    if not tried:
        return found
    given = bulk.arrays(
        n=(Integer(), [each[0] for each in tried]),
        library_id=(BigInteger(), [each[1] for each in tried]),
        path_key=(LargeBinary(), [each[2] for each in tried]),
        name=(Text(), [filenames.to_text(each[3]) for each in tried]),
    )
    rows = db.execute(
        select(given.c.n, MediaFile.id)
        .select_from(given)
        .join(
            Directory,
            (Directory.library_id == given.c.library_id) & (Directory.path_key == given.c.path_key),
        )
        .join(
            MediaFile,
            (MediaFile.directory_id == Directory.id)
            & (func.md5(MediaFile.name) == func.md5(given.c.name)),
        )
    )
    for n, file_id in rows:
        found[n] = file_id
    return found

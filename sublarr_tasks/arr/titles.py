"""Series and films of a Sonarr or Radarr as rows: which there are, and which to read anew."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Text, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import bulk
from sublarr_tasks.arr.files import Found, Read
from sublarr_tasks.models import ArrFile, ArrTitle, ScanKind


@dataclass(frozen=True, slots=True)
class Listed:
    """A title as it was listed; of a film the files come along, of a series they must be asked for.

    `root` is the folder that the service keeps it in, among others. `changed` says that something
    happened to it since the last look.
    """

    arr_id: int
    title: str
    path: str
    root: str
    tags: tuple[str, ...]
    signature: str
    files: tuple[Found, ...] | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The titles whose files are to be asked for, and those whose files were listed with them."""

    count: int
    read: Sequence[Read]


def signature(*facts: object) -> str:
    """Stand for what a list tells of a title's files."""
    return json.dumps(facts, default=str)


def take(db: Connection, sync: Row[Any], listed: Sequence[Listed]) -> Due:
    """Write down what was listed; returns what is to be read.

    A title is due where its files may have changed since they were read, and in a full look always.
    """
    given = bulk.arrays(
        arr_id=(BigInteger(), [each.arr_id for each in listed]),
        title=(Text(), [each.title for each in listed]),
        path=(Text(), [each.path for each in listed]),
        root=(Text(), [each.root for each in listed]),
        tags=(Text(), [json.dumps(sorted(each.tags)) for each in listed]),
        signature=(Text(), [each.signature for each in listed]),
    )
    written = upsert(ArrTitle).from_select(
        ["integration_id", "arr_id", "title", "path", "root", "tags", "signature", "seen_at"],
        select(
            func.cast(sync.integration_id, BigInteger()),
            given.c.arr_id,
            given.c.title,
            given.c.path,
            given.c.root,
            given.c.tags.cast(JSONB),
            given.c.signature,
            func.now(),
        ),
    )
    names = ("title", "path", "root", "tags", "signature", "seen_at")
    rows = db.execute(
        written.on_conflict_do_update(
            index_elements=["integration_id", "arr_id"],
            set_={name: written.excluded[name] for name in names} | {"missing_since": None},
        ).returning(*ArrTitle.__table__.c)
    ).all()
    by_id = {each.arr_id: each for each in listed}
    full = sync.scan_type == ScanKind.FULL
    due = [
        row
        for row in rows
        if full or row.read_signature != row.signature or by_id[row.arr_id].changed
    ]
    read = [Read(row, found) for row in due if (found := by_id[row.arr_id].files) is not None]
    asked = [row.id for row in due if by_id[row.arr_id].files is None]
    if asked:
        ids = bulk.arrays(id=(BigInteger(), asked))
        db.execute(
            update(ArrTitle)
            .where(ArrTitle.id == ids.c.id)
            .values(sync_id=sync.id, claim=None, lease_until=None, attempts=0)
        )
    return Due(len(due), read)


def remove_unseen(db: Connection, sync: Row[Any]) -> int:
    """Mark what a full look did not see, and delete what an earlier one had marked already.

    Returns how many files are gone for good.
    """
    mine = ArrTitle.integration_id == sync.integration_id
    before = ArrTitle.missing_since < sync.started_at
    of_mine = ArrFile.arr_title_id.in_(select(ArrTitle.id).where(mine))
    gone = or_(
        ArrFile.missing_since < sync.started_at,
        ArrFile.arr_title_id.in_(select(ArrTitle.id).where(mine, before)),
    )
    removed = db.execute(delete(ArrFile).where(of_mine, gone)).rowcount
    db.execute(delete(ArrTitle).where(mine, before))
    db.execute(
        update(ArrTitle)
        .where(mine, ArrTitle.seen_at < sync.started_at)
        .values(missing_since=func.coalesce(ArrTitle.missing_since, func.now()))
    )
    return int(removed)

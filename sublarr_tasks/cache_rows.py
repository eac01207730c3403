"""The rows of the cache's files."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Connection, Integer, Text, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import LargeBinary

from sublarr_tasks import assets, bulk
from sublarr_tasks.models import CacheFile


def keep(db: Connection, store: assets.Store, stored: Collection[assets.Stored]) -> None:
    """Write the rows of the cache's files; a file is named as its first row says.

    In one order everywhere: parts that store the same bytes wait for each other, never crosswise.
    """
    files = sorted(stored, key=lambda file: (file.sha256, file.extension))
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
    misnamed = db.execute(
        select(given.c.sha256, given.c.extension, CacheFile.extension.label("first"))
        .join(CacheFile, CacheFile.sha256 == given.c.sha256)
        .where(CacheFile.extension != given.c.extension)
    )
    for row in misnamed:
        store.rename(row.sha256, row.extension, row.first)

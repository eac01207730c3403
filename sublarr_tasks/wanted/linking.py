"""What Sonarr and Radarr told of a file before we saw it holds from the moment that we do."""

from collections.abc import Collection

from sqlalchemy import Connection, func, update

from sublarr_tasks import catalog
from sublarr_tasks.db import among
from sublarr_tasks.models import ArrFile, Directory, Library, MediaFile


def in_directories(db: Connection, ids: Collection[int]) -> int:
    """Link the files of Sonarr and Radarr that are in some directories; returns how many."""
    return db.execute(
        update(ArrFile)
        .where(
            MediaFile.directory_id == Directory.id,
            Library.id == Directory.library_id,
            among(Directory.id, ids),
            ArrFile.media_file_id.is_(None),
            func.md5(ArrFile.local_path) == func.md5(catalog.path_of(MediaFile.name)),
        )
        .values(media_file_id=MediaFile.id)
    ).rowcount

"""What a Connect webhook of Sonarr or Radarr says, and a record of their history.

Field names and events are theirs (Sonarr 4 and 5, Radarr 3 to 6). A null field is absent; what they
add in newer versions is passed over; an event that we do not know is no error.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sublarr_tasks.clients.arr.resources import HistoryRecord

TEST = "Test"
# A folder's content has changed: an upgrade is a Download too, as is the end of a season's import.
CHANGED = frozenset({"Download", "Rename", "EpisodeFileDelete", "MovieFileDelete"})
DELETED = frozenset({"SeriesDelete", "MovieDelete"})
# In their history, by the name in `eventType`.
CHANGED_BEFORE = frozenset(
    "downloadFolderImported seriesFolderImported movieFolderImported episodeFileDeleted"
    " movieFileDeleted episodeFileRenamed movieFileRenamed".split()
)
MOST_PATHS = 100
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one series or film; `paths` are the folders where it did.

    Without a reason to `ignore` it, it is worked on. `gone`: the folders were deleted.
    """

    event_type: str
    subject: str
    title: str | None
    paths: tuple[str, ...]
    digest: bytes
    gone: bool = False
    ignore: str | None = None


def from_webhook(payload: Mapping[str, Any]) -> Event:
    """Read a webhook's body, whatever is in it."""
    event_type = _text(payload.get("eventType")) or "unknown"
    subject, about = _subject(payload)
    folder = _text(about.get("path")) or _text(about.get("folderPath"))
    paths = _unique([folder, *_former_folders(payload)])
    gone = event_type in DELETED
    ignore = None
    if event_type == TEST:
        ignore = "test"
    elif event_type not in CHANGED | DELETED:
        ignore = "not_about_files"
    elif gone and payload.get("deletedFiles") is not True:
        ignore = "files_stay"
    elif not paths:
        ignore = "no_path"
    return Event(
        event_type[:100], subject, _text(about.get("title")), paths, _digest(payload), gone, ignore
    )


def from_history(record: HistoryRecord) -> Event:
    """Read a record of the history; a file's folder stands for it."""
    subject = (
        f"movie:{record.movie_id}" if record.movie_id is not None else f"series:{record.series_id}"
    )
    named = (_text(record.data.get(name)) for name in ("importedPath", "path", "sourcePath"))
    paths = _unique(_folder_of(path) for path in named if path)
    ignore = None
    if record.event_type not in CHANGED_BEFORE:
        ignore = "not_about_files"
    elif not paths:
        ignore = "no_path"
    digest = hashlib.sha256(f"history:{record.id}".encode()).digest()
    return Event(
        record.event_type[:100], subject, _text(record.source_title), paths, digest, ignore=ignore
    )


def _subject(payload: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for kind in ("series", "movie"):
        about = payload.get(kind)
        if isinstance(about, Mapping):
            return f"{kind}:{about.get('id')}"[:100], about
    return "none", {}


def _former_folders(payload: Mapping[str, Any]) -> Iterable[str | None]:
    """Name the folders that renamed files were in before."""
    for field in ("renamedEpisodeFiles", "renamedMovieFiles"):
        files = payload.get(field)
        for file in files if isinstance(files, list) else ():
            if isinstance(file, Mapping) and (before := _text(file.get("previousPath"))):
                yield _folder_of(before)


def _folder_of(path: str) -> str:
    cut = max(path.rfind("/"), path.rfind("\\"))
    return path[:cut] if cut > 0 else ""


def _unique(paths: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for path in paths if path))[:MOST_PATHS]


def _text(value: object) -> str | None:
    """Take a text that PostgreSQL can keep; anything else is none."""
    if not isinstance(value, str) or "\0" in value:
        return None
    return value.encode(errors="replace").decode()[:LONGEST] or None


def _digest(payload: Mapping[str, Any]) -> bytes:
    """Know a delivery again; Sonarr and Radarr send nothing twice, proxies may."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).digest()

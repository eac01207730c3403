"""A folder of subtitles as a provider: what people keep, or another program puts there.

Names say what a file is for, its own and those of the folders above it.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from sublarr_tasks import filenames
from sublarr_tasks.clients.providers import Candidate, Download, Media, Query
from sublarr_tasks.errors import AnswerMalformed, RequestRefused, ServiceUnavailable
from sublarr_tasks.library import subtitle_files
from sublarr_tasks.library.names import squeeze
from sublarr_tasks.subtitles import formats

SCHEME = "file"
MOST_FILES = 200_000
# A search for a season looks at the folder once.
LISTED_SECONDS = 30.0
_listed: dict[str, tuple[float, list[str]]] = {}


class Folder:
    """The files of a folder, at a `file:` URL, and of the folders below it."""

    name: ClassVar[str] = "folder"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, url: str) -> None:
        self._root = unquote(urlsplit(url).path)

    def search(self, query: Query) -> list[Candidate]:
        """Return the files whose names hold the title; raises ServiceError."""
        wanted = squeeze(query.title)
        return [
            candidate
            for path in self._files()
            if wanted in squeeze(path) and (candidate := _candidate(path)) is not None
        ]

    def download(self, candidate: Candidate) -> Download:
        """Read a file; raises ServiceError."""
        relative = filenames.from_text(str(candidate.download["path"]))
        path = Path(self._root, relative)
        try:
            if not path.resolve().is_relative_to(Path(self._root).resolve()):
                raise RequestRefused("It lies outside of the folder.")
            with path.open("rb") as opened:
                return Download(opened.read(formats.MOST_BYTES + 1), path.name)
        except OSError as error:
            raise RequestRefused(f"It cannot be read: {error.strerror}.") from error

    def _files(self) -> Sequence[str]:
        """List the subtitles below the folder, relative to it."""
        try:
            Path(self._root).stat()
        except OSError as error:
            _refuse(error)
        kept = _listed.get(self._root)
        if kept is not None and time.monotonic() - kept[0] < LISTED_SECONDS:
            return kept[1]
        found = [*self._walk()]
        _listed[self._root] = time.monotonic(), found
        return found

    def _walk(self) -> Iterator[str]:
        count = 0
        for folder, _, names in os.walk(self._root, onerror=_refuse):
            for name in names:
                if PurePosixPath(name).suffix.lower().removeprefix(".") not in formats.EXTENSIONS:
                    continue
                count += 1
                if count > MOST_FILES:
                    raise AnswerMalformed(f"More than {MOST_FILES} subtitles are in the folder.")
                yield os.path.relpath(os.path.join(folder, name), self._root)  # noqa: PTH118 - any bytes


def _refuse(error: OSError) -> None:
    raise ServiceUnavailable(f"The folder cannot be read: {error.strerror}.") from error


def _candidate(path: str) -> Candidate | None:
    """Read what a file is for; None where its name tells no language."""
    file = PurePosixPath(path)
    said, rest = subtitle_files.read_name(file.stem)
    if said.language is None:
        return None
    above = file.parts[:-1]
    text = filenames.to_text(path)
    return Candidate(
        provider=Folder.name,
        id=text,
        language=said.language,
        releases=tuple(filenames.to_text(name) for name in (rest, *reversed(above)) if name),
        forced=said.forced,
        hearing_impaired=said.hearing_impaired,
        title=filenames.to_text(above[0]) if above else None,
        format=file.suffix.lower().removeprefix("."),
        trusted=True,
        download={"path": text},
    )

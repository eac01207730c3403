"""The cache: assets' bytes under the SHA-256 of their content, each stored once.

`<root>/<first two hex digits>/<sha256>.<extension>`. A file gets its name only when it is whole
and on the disk, so whatever has a name may be served. Nothing here knows the database.
"""

import errno
import fcntl
import mimetypes
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.library import kinds, pictures
from sublarr_tasks.settings import CacheLink

PIECE = 1 << 20
# Linux <linux/fs.h>: make one file share another's blocks, copy on write.
FICLONE = 0x40049409
PICTURES = kinds.IMAGE_EXTENSIONS


class Reason(StrEnum):
    """Why an asset is not in the cache."""

    VANISHED = "vanished"
    PERMISSION_DENIED = "permission_denied"
    IO_ERROR = "io_error"
    DISK_FULL = "disk_full"
    CACHE_UNWRITABLE = "cache_unwritable"
    CHANGED = "changed_while_reading"
    NOT_A_FILE = "not_a_file"
    EMPTY = "empty_file"
    TOO_LARGE = "too_large"


# What the next scan may find better.
PASSING = frozenset(
    {
        Reason.VANISHED,
        Reason.PERMISSION_DENIED,
        Reason.IO_ERROR,
        Reason.DISK_FULL,
        Reason.CACHE_UNWRITABLE,
        Reason.CHANGED,
    }
)

_SOURCE_REASONS = {
    errno.ENOENT: Reason.VANISHED,
    errno.ENOTDIR: Reason.VANISHED,
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EISDIR: Reason.NOT_A_FILE,
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the cache; sizes in bytes and pixels."""

    sha256: bytes
    extension: str
    size: int
    content_type: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Store:
    """The cache under one root."""

    root: Path
    link: CacheLink
    most_bytes: int

    def path(self, digest: bytes, extension: str) -> Path:
        name = digest.hex()
        return self.root / name[:2] / f"{name}.{extension}"

    def take(self, source: Path) -> Stored:
        """Bring a file's bytes into the cache; raises UnitError, UnitSkipped where too large."""
        extension = kinds.extension(source.name) or "bin"
        with _reading(source) as opened:
            size = self._checked(opened)
            with self._temporary() as temporary:
                digest = self._fill(opened, source, temporary)
                self._verify_unchanged(opened, size)
                stored = _describe(temporary, extension, digest, size)
                self._place(temporary, self.path(digest, stored.extension))
        return stored

    def drop(self, digest: bytes, extension: str, before: float) -> bool:
        """Delete a file that was last wanted before a time; false where it is wanted now.

        It is taken aside first: whoever wants it from then on finds it missing and stores it anew.
        """
        final = self.path(digest, extension)
        aside = self.root / "tmp" / f"{digest.hex()}.drop"
        try:
            if _wanted_at(final.stat()) >= before:
                return False
            aside.parent.mkdir(exist_ok=True)
            final.replace(aside)
        except FileNotFoundError:
            return True
        if aside.stat().st_mtime >= before:
            aside.replace(final)
            return False
        aside.unlink()
        return True

    def sweep_temporary(self, before: float) -> None:
        """Delete what killed processes left unfinished before a time."""
        for left in (self.root / "tmp").glob("*"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < before:
                    left.unlink()

    def _checked(self, opened: BinaryIO) -> int:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnitError(Reason.NOT_A_FILE)
        if not status.st_size:
            raise UnitError(Reason.EMPTY)
        if status.st_size > self.most_bytes:
            raise UnitSkipped(Reason.TOO_LARGE, f"{status.st_size} of {self.most_bytes} bytes")
        return status.st_size

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """Give a name for a file that is not yet whole; whatever is left there is removed."""
        with _writing():
            folder = self.root / "tmp"
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / uuid4().hex
            temporary.touch(exist_ok=False)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _fill(self, opened: BinaryIO, source: Path, temporary: Path) -> bytes:
        """Give the temporary file the source's bytes and return their SHA-256."""
        if self.link is CacheLink.HARDLINK and _linked(source, opened, temporary):
            return _digest(opened)
        with _writing(), temporary.open("wb") as target:
            if self.link is CacheLink.COPY or not _cloned(opened, target):
                digest = _copy(opened, target)
            else:
                with temporary.open("rb") as cloned:
                    digest = _digest(cloned)
            target.flush()
            os.fsync(target.fileno())
        return digest

    @staticmethod
    def _verify_unchanged(opened: BinaryIO, size: int) -> None:
        if opened.tell() not in (0, size) or os.fstat(opened.fileno()).st_size != size:
            raise UnitError(Reason.CHANGED)

    @staticmethod
    def _place(temporary: Path, final: Path) -> None:
        """Give the whole file its name. One that is there already has the same content."""
        with _writing():
            try:
                if final.stat().st_nlink == 1:
                    # Touched, so that the collector of unused files sees that it is wanted.
                    os.utime(final)
                    return
            except FileNotFoundError:
                final.parent.mkdir(exist_ok=True)
            # Or it is a hard link, whose times are those of a file in a library: not ours to touch.
            temporary.replace(final)


def _wanted_at(status: os.stat_result) -> float:
    """Tell when a file of the cache was last stored; a hard link changed when it was made."""
    return status.st_ctime if status.st_nlink > 1 else status.st_mtime


def _describe(path: Path, extension: str, digest: bytes, size: int) -> Stored:
    """Tell what a whole file is; raises UnitError for a broken picture.

    A picture's extension follows its content: the same bytes may be poster.jpeg and movie.tbn.
    """
    if extension in PICTURES:
        seen = pictures.facts(path)
        extension = PICTURE_EXTENSIONS[seen.format]
        return Stored(digest, extension, size, seen.content_type, seen.width, seen.height)
    guessed, _ = mimetypes.guess_type(f"x.{extension}")
    content_type = CONTENT_TYPES.get(extension) or guessed or "application/octet-stream"
    return Stored(digest, extension, size, content_type, None, None)


# By Pillow's word for the format.
PICTURE_EXTENSIONS = {
    "AVIF": "avif",
    "BMP": "bmp",
    "GIF": "gif",
    "JPEG": "jpg",
    "PNG": "png",
    "SVG": "svg",
    "TIFF": "tif",
    "WEBP": "webp",
}
# Where the system's table knows nothing or something else.
CONTENT_TYPES = {
    "ass": "text/x-ssa",
    "ssa": "text/x-ssa",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "sub": "application/octet-stream",
    "idx": "text/plain",
    "sup": "application/octet-stream",
    "smi": "application/smil",
    "nfo": "text/xml",
    "mkv": "video/x-matroska",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
}


@contextmanager
def _reading(source: Path) -> Iterator[BinaryIO]:
    """Open a file that may be gone, or a folder or pipe by now."""
    try:
        with open(source, "rb", opener=_without_waiting) as opened:
            yield opened
    except UnitError:
        raise
    except OSError as error:
        reason = _SOURCE_REASONS.get(error.errno or 0, Reason.IO_ERROR)
        raise UnitError(reason, error.strerror or "") from error


def _without_waiting(path: str, flags: int) -> int:
    """Open a pipe without waiting for its other end."""
    return os.open(path, flags | os.O_NONBLOCK)


@contextmanager
def _writing() -> Iterator[None]:
    """Name what goes wrong in the cache's own folder apart from what does in the library."""
    try:
        yield
    except OSError as error:
        reason = Reason.DISK_FULL if error.errno in _FULL else Reason.CACHE_UNWRITABLE
        raise UnitError(reason, f"the cache: {error.strerror}") from error


def _copy(opened: BinaryIO, target: BinaryIO) -> bytes:
    digest = sha256()
    while piece := opened.read(PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.digest()


def _digest(opened: BinaryIO) -> bytes:
    digest = sha256()
    while piece := opened.read(PIECE):
        digest.update(piece)
    return digest.digest()


def _cloned(opened: BinaryIO, target: BinaryIO) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target.fileno(), FICLONE, opened.fileno())
    except OSError:
        return False
    return True


def _linked(source: Path, opened: BinaryIO, temporary: Path) -> bool:
    """Put a hard link in the temporary file's place, where both lie on one filesystem.

    Only one to the very file that was opened: the name may be a symbolic link, or another file's
    by now.
    """
    link = temporary.with_suffix(".link")
    try:
        os.link(source, link)
        if not os.path.samestat(link.lstat(), os.fstat(opened.fileno())):
            link.unlink()
            return False
        link.replace(temporary)
    except OSError:
        with suppress(FileNotFoundError):
            link.unlink()
        return False
    return True

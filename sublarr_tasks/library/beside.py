"""A file put beside a film: whole or not at all, and nobody else's file in its place."""

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from sublarr_tasks.errors import UnitError

REASONS = {
    errno.EROFS: "read_only",
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EEXIST: "not_ours",
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A file as it is now."""

    sha256: bytes
    size: int
    mtime_ns: int


def read(path: str, most: int) -> bytes | None:
    """Return a file's content, None where there is none; raises UnitError."""
    try:
        with open(path, "rb") as opened:  # noqa: PTH123 - the name may be any bytes
            content = opened.read(most + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(error) from error
    if len(content) > most:
        raise UnitError("too_large", "what is there is larger than anything that we write")
    return content


def write(path: str, content: bytes, *, new: bool = False) -> Placed:
    """Write a file under another name, wait until it is on the disk, and rename it.

    One that was there before gives it its permissions; where the file should be a `new` one it is
    left alone, and UnitError is raised.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:200]}.sublarr-tmp")  # noqa: PTH118 - any bytes
    try:
        with open(temporary, "wb") as opened:  # noqa: PTH123 - any bytes
            opened.write(content)
            opened.flush()
            with suppress(FileNotFoundError):
                os.fchmod(opened.fileno(), os.stat(path).st_mode & 0o7777)  # noqa: PTH116 - any bytes
            os.fsync(opened.fileno())
        if new:
            _take_name(temporary, path)
        else:
            os.replace(temporary, path)  # noqa: PTH105 - any bytes
        _sync(folder)
        status = os.stat(path)  # noqa: PTH116 - any bytes
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - any bytes
        raise _refused(error) from error
    return Placed(sha256(content).digest(), status.st_size, status.st_mtime_ns)


def move(path: str, to: str) -> None:
    """Move a file to another folder, which is made, perhaps on another disk; raises UnitError."""
    make_folder(os.path.dirname(to))  # noqa: PTH120 - any bytes
    try:
        shutil.move(path, to)
    except OSError as error:
        raise _refused(error) from error


def make_folder(path: str) -> None:
    """Make a folder and those above it; raises UnitError."""
    try:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - any bytes
    except OSError as error:
        raise _refused(error) from error


def remove(path: str) -> None:
    """Delete a file; raises UnitError."""
    try:
        os.unlink(path)  # noqa: PTH108 - any bytes
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(error) from error


def _take_name(temporary: str, path: str) -> None:
    """Give a file a name that nobody has: a link is made in one step, or not at all."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "File exists") from None
        os.replace(temporary, path)  # noqa: PTH105 - any bytes
    else:
        os.unlink(temporary)  # noqa: PTH108 - any bytes


def _sync(folder: str) -> None:
    """Wait until the folder's entries are on the disk, where its file system can."""
    opened = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(opened)


def _refused(error: OSError) -> UnitError:
    return UnitError(REASONS.get(error.errno or 0, "io_error"), error.strerror or "")

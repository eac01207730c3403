"""What providers pack subtitles into: read in memory, within limits, names never used as paths."""

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import formats

MOST_MEMBERS = 1000
MOST_BYTES = 64 << 20
# Text packs to a twentieth; more than this is made to harm.
MOST_RATIO = 200
SMALL = 1 << 20

_ZIP, _GZIP, _XZ = b"PK\x03\x04", b"\x1f\x8b", b"\xfd7zXZ\x00"
# What the libraries raise for bytes that make no sense.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    struct.error,
)
_EMPTY_ZIP = b"PK\x05\x06"
_FOREIGN = {b"Rar!\x1a\x07": "rar", b"7z\xbc\xaf\x27\x1c": "7z"}


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was packed; `name` is the last part of its path in the archive."""

    name: str
    content: bytes

    @property
    def extension(self) -> str:
        return _extension(self.name)


def unpack(content: bytes, name: str = "") -> list[Member]:
    """Return the subtitles in a download: itself, where it is no archive; raises UnitError."""
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            raise UnitError("archive_unsupported", f"it is packed as {kind}")
    if content.startswith((_ZIP, _EMPTY_ZIP)):
        return list(_zipped(content))
    if content.startswith((_GZIP, _XZ)):
        return [Member(PurePosixPath(name).stem or name, _unpacked(content))]
    return [Member(name, content)]


def _zipped(content: bytes) -> Iterator[Member]:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise UnitError("archive_too_large", f"more than {MOST_MEMBERS} files are in it")
            for info in members:
                name = PurePosixPath(info.filename.replace("\\", "/")).name
                # Of an entry without any name `is_dir` cannot be asked.
                if not _is_subtitle(name) or name.startswith(".") or info.is_dir():
                    continue
                if info.flag_bits & 1:
                    raise UnitError("archive_encrypted", "it takes a password")
                _require_sane(info, left)
                with archive.open(info) as opened:
                    # What it says of its size may be a lie.
                    unpacked = opened.read(min(left, formats.MOST_BYTES) + 1)
                if len(unpacked) > min(left, formats.MOST_BYTES):
                    raise UnitError("archive_too_large", "it unpacks to too much")
                left -= len(unpacked)
                yield Member(name, unpacked)
    except _BROKEN as error:
        raise UnitError("archive_broken", "it cannot be unpacked") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise UnitError(
            "archive_unsupported", "it is packed in a way that we do not know"
        ) from error


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def _is_subtitle(name: str) -> bool:
    return _extension(name) in formats.EXTENSIONS


def _require_sane(info: zipfile.ZipInfo, left: int) -> None:
    if info.file_size > left:
        raise UnitError("archive_too_large", "it unpacks to too much")
    if info.file_size > max(SMALL, info.compress_size * MOST_RATIO):
        raise UnitError("archive_too_large", "it is packed more than any text can be")


def _unpacked(content: bytes) -> bytes:
    opener = gzip.open if content.startswith(_GZIP) else lzma.open
    try:
        with opener(io.BytesIO(content), "rb") as opened:
            unpacked = opened.read(formats.MOST_BYTES + 1)
    except _BROKEN as error:
        raise UnitError("archive_broken", "it cannot be unpacked") from error
    if len(unpacked) > formats.MOST_BYTES:
        raise UnitError("archive_too_large", "it unpacks to too much")
    return unpacked

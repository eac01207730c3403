"""Format and size of a picture from its header; the extension is not asked.

A `.tbn` is whatever it holds, and an SVG is known by its root element and has no size in pixels.
"""

import os
import re
import stat
import struct
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from sublarr_tasks.errors import UnitError

BYTES_LIMIT = 64 * 2**20
"""Pillow reads a WebP to its end before it knows the size, so there is an end to what it gets."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "TIFF")
_SAME_AS = {"MPO": "JPEG"}  # a JPEG with further pictures behind the first
_HEAD = 4096
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*)?>)*+"
    rb"<(?:\w+:)?svg[\s/>]",
    re.DOTALL,
)


class PictureReason(StrEnum):
    """Why a file could not be read as a picture."""

    VANISHED = "vanished"
    UNREADABLE = "unreadable"
    EMPTY_FILE = "empty_file"
    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's format in Pillow's word ("JPEG") and its size in pixels, None for drawings."""

    format: str
    content_type: str
    width: int | None
    height: int | None


def facts(path: str | os.PathLike[str]) -> Picture:
    """Read a picture's header; raises UnitError whose reason is a `PictureReason`."""
    try:
        with _regular_file(Path(path)) as file:
            return _svg(file) or _raster(file)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnitError(PictureReason.VANISHED, error.strerror or "") from error
    except UnidentifiedImageError as error:
        raise UnitError(PictureReason.NOT_AN_IMAGE, "no known picture format") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnitError(PictureReason.TOO_LARGE, str(error)) from error
    except OSError as error:  # Pillow's own have no errno
        reason = PictureReason.UNREADABLE if error.errno else PictureReason.NOT_AN_IMAGE
        raise UnitError(reason, error.strerror or str(error)) from error
    except (
        ArithmeticError,
        LookupError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise UnitError(PictureReason.NOT_AN_IMAGE, str(error)) from error


def _regular_file(path: Path) -> BinaryIO:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnitError(PictureReason.NOT_AN_IMAGE, "not a regular file")
    if status.st_size == 0:
        raise UnitError(PictureReason.EMPTY_FILE)
    if status.st_size > BYTES_LIMIT:
        raise UnitError(PictureReason.TOO_LARGE, f"{status.st_size} bytes")
    # A name may come to be a FIFO between the two calls: opening one must not wait.
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")


def _svg(file: BinaryIO) -> Picture | None:
    head = file.read(_HEAD)
    file.seek(0)
    return Picture("SVG", "image/svg+xml", None, None) if _SVG.match(head) else None


def _raster(file: BinaryIO) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=_FORMATS) as image:
            name = _SAME_AS.get(image.format or "", image.format or "")
            return Picture(name, Image.MIME[name], image.width, image.height)

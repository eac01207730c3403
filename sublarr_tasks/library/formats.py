"""What a file's bytes are to whoever is given them: extension, content type, size in pixels."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from sublarr_tasks.library import kinds, pictures

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
    "lrc": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Format:
    """The extension that the bytes deserve, without its dot, and what they are."""

    extension: str
    content_type: str
    width: int | None = None
    height: int | None = None


def recognise(path: Path, extension: str) -> Format:
    """Tell what a whole file is; raises UnitError for a broken picture.

    A picture's extension follows its content: the same bytes may be poster.jpeg and movie.tbn.
    """
    if extension in kinds.IMAGE_EXTENSIONS:
        seen = pictures.facts(path)
        return Format(PICTURE_EXTENSIONS[seen.format], seen.content_type, seen.width, seen.height)
    guessed, _ = mimetypes.guess_type(f"x.{extension}")
    content_type = CONTENT_TYPES.get(extension) or guessed or "application/octet-stream"
    return Format(extension, content_type)

"""What is inside a subtitle file: its format, its lines; shown to be whole by reading it.

Its text stays as it came, byte for byte but for the character set. Only what players do not read
beside a video is converted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import pysubs2
from pysubs2.exceptions import Pysubs2Error
from pysubs2.formats import autodetect_format

from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import charsets

# What a file may hold, by pysubs2's name of it, and the extension that it is kept under.
KEPT: Mapping[str, str] = {"srt": "srt", "ass": "ass", "ssa": "ssa", "vtt": "vtt"}
CONVERTED = frozenset({"microdvd", "mpl2", "tmp", "ttml", "sami"})
EXTENSIONS = frozenset({*KEPT.values(), "sub", "txt", "smi", "sami", "ttml", "dfxp", "mpl"})
MOST_BYTES = 10 << 20

_HTML = re.compile(r"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_NEWLINES = re.compile(r"\r\n?")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A subtitle file as it will be written, in UTF-8; `extension` says its format.

    `lines` counts what is shown. Two files with one `text_sha256` show the same, whenever and in
    whatever style.
    """

    content: bytes
    extension: str
    charset: str
    lines: int
    text_sha256: bytes


def read(content: bytes, language: str | None = None, frame_rate: float | None = None) -> Subtitle:
    """Read a subtitle of a BCP 47 language; raises UnitError for what is none.

    Without its frame rate MicroDVD, which counts frames, cannot be understood.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise UnitError("empty_file", "it holds nothing")
    if len(content) > MOST_BYTES:
        raise UnitError("too_large", f"a subtitle has at most {MOST_BYTES} bytes")
    decoded = charsets.decode(content, language)
    text = decoded.text
    if _HTML.match(text):
        raise UnitError("not_a_subtitle", "it is a web page")
    parsed, kind = _parsed(text, frame_rate)
    shown = [event for event in parsed.events if not event.is_comment and event.plaintext.strip()]
    if not shown:
        raise UnitError("no_lines", "nothing in it is shown")
    if kind in CONVERTED:
        text, kind = parsed.to_string("srt"), "srt"
    return Subtitle(
        text.encode(),
        KEPT[kind],
        decoded.charset,
        len(shown),
        _digest([event.plaintext for event in shown]),
    )


def _parsed(text: str, frame_rate: float | None) -> tuple[pysubs2.SSAFile, str]:
    plain = _NEWLINES.sub("\n", text)
    try:
        kind = autodetect_format(plain)
        if kind not in KEPT and kind not in CONVERTED:
            raise UnitError("not_a_subtitle", f"it is {kind}, which is no subtitle")
        options = {"fps": frame_rate} if kind == "microdvd" and frame_rate else {}
        return pysubs2.SSAFile.from_string(plain, kind, **options), kind
    except (Pysubs2Error, ValueError, KeyError, IndexError, OverflowError) as error:
        raise UnitError("not_a_subtitle", "it is in no format of subtitles") from error


def _digest(lines: list[str]) -> bytes:
    words = _SPACES.sub(" ", " ".join(lines)).strip().casefold()
    return sha256(words.encode()).digest()

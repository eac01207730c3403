"""A library of any size: each file has bytes of its own, and nothing is encoded twice."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sublarr_tasks.samples.artwork import grainy_jpeg
from sublarr_tasks.samples.films import AudioTrack, SubtitleTrack, film
from sublarr_tasks.samples.texts import nfo_text, subtitle_text

_FIRST_YEAR, _YEARS = 1920, 100
_PICTURES = 4
_FILMS: tuple[tuple[str, str, AudioTrack, tuple[SubtitleTrack, ...]], ...] = (
    (".mkv", "h264", AudioTrack("eng"), (SubtitleTrack("eng"),)),
    (".mkv", "h264", AudioTrack("eng", codec="ac3", layout="5.1"), (SubtitleTrack("spa"),)),
    (".mkv", "hevc", AudioTrack("jpn", codec="flac"), (SubtitleTrack("en", codec="ass"),)),
    (".mkv", "mpeg4", AudioTrack("fra", codec="ac3"), ()),
    (".mp4", "h264", AudioTrack("deu"), (SubtitleTrack("deu"),)),
    (".mp4", "h264", AudioTrack("eng"), ()),
)


@dataclass(frozen=True, slots=True)
class _Stock:
    """What is encoded once: films with their suffix, and pictures."""

    films: tuple[tuple[str, bytes], ...]
    posters: tuple[bytes, ...]
    fanarts: tuple[bytes, ...]


def library(root: Path, directories: int, seed: int = 0) -> None:
    """Make `directories` folders of films, the same for the same seed.

    Each holds a video of about 10 KB, movie.nfo, poster.jpg and fanart.jpg of about 70 KB each,
    and a subtitle; no two files of the library have the same content.
    """
    root.mkdir(parents=True, exist_ok=True)
    stock = _stock(seed)
    rng = random.Random(seed)  # noqa: S311 - names, not secrets
    for number in range(1, directories + 1):
        year = _FIRST_YEAR + rng.randrange(_YEARS)
        _directory(root, stock, number, year, rng.randbytes(16))


def _directory(root: Path, stock: _Stock, number: int, year: int, mark: bytes) -> None:
    title = f"Title {number:04}"
    stem = f"{title} ({year})"
    folder = root / stem
    folder.mkdir(exist_ok=True)
    suffix, video = stock.films[number % len(stock.films)]
    (folder / f"{stem}{suffix}").write_bytes(video + _trailer(suffix, mark))
    poster = _commented(stock.posters[number % len(stock.posters)], mark)
    (folder / "poster.jpg").write_bytes(poster)
    fanart = _commented(stock.fanarts[number % len(stock.fanarts)], mark)
    (folder / "fanart.jpg").write_bytes(fanart)
    (folder / "movie.nfo").write_text(nfo_text(title, year, 900_000_000 + number), "utf-8")
    (folder / f"{stem}.en.srt").write_text(subtitle_text(number), "utf-8")


def _trailer(suffix: str, mark: bytes) -> bytes:
    """Bytes that a demuxer steps over: an EBML Void element, or a `free` box."""
    if suffix == ".mkv":
        return bytes((0xEC, 0x80 | len(mark))) + mark
    return (8 + len(mark)).to_bytes(4, "big") + b"free" + mark


def _commented(jpeg: bytes, mark: bytes) -> bytes:
    """Put a comment segment behind the start-of-image marker."""
    return jpeg[:2] + b"\xff\xfe" + (2 + len(mark)).to_bytes(2, "big") + mark + jpeg[2:]


def _stock(seed: int) -> _Stock:
    with TemporaryDirectory() as folder:
        return _Stock(
            films=tuple(_films(Path(folder))),
            posters=tuple(_jpegs(Path(folder), 400, 600, seed)),
            fanarts=tuple(_jpegs(Path(folder), 640, 360, seed + _PICTURES)),
        )


def _films(folder: Path) -> Iterator[tuple[str, bytes]]:
    for suffix, codec, audio, subtitles in _FILMS:
        path = folder / f"film{suffix}"
        film(path, codec=codec, audio=(audio,), subtitles=subtitles)
        yield suffix, path.read_bytes()


def _jpegs(folder: Path, width: int, height: int, seed: int) -> Iterator[bytes]:
    for number in range(_PICTURES):
        path = folder / "picture.jpg"
        grainy_jpeg(path, width, height, seed + number, quality=70)
        yield path.read_bytes()

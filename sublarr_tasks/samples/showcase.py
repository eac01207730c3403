"""A library of seventeen films that shows what a scan makes of real folders."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from av.stream import Disposition

from sublarr_tasks.library.hdr import HdrKind
from sublarr_tasks.samples.artwork import picture
from sublarr_tasks.samples.films import AudioTrack, ChapterMark, SubtitleTrack, film, sound
from sublarr_tasks.samples.texts import nfo_text, subtitle_text

_PICTURES = {
    "poster.jpg": (400, 600),
    "fanart.jpg": (640, 360),
    "banner.jpg": (500, 92),
    "clearlogo.png": (400, 155),
    "clearart.png": (500, 281),
    "disc.png": (300, 300),
    "landscape.jpg": (500, 281),
    "keyart.jpg": (400, 600),
    "extrafanart/fanart1.jpg": (640, 360),
    ".actors/Brigitte_Helm.jpg": (200, 300),
}
_VOBSUB_INDEX = """# VobSub index file, v7 (do not modify this line!)
size: 720x576
id: en, index: 0
timestamp: 00:00:00:100, filepos: 000000000
"""
_VOBSUB_PACK = bytes.fromhex("000001ba4400040004010189c3f8000001be") + b"\x07\xe8" + b"\xff" * 2024


def demo(root: Path) -> None:
    """Make the demo library; what is there already stays as it is."""
    for folder in (
        _complete,
        _descriptions,
        _several_files,
        _placed_elsewhere,
        _subtitles,
        _broken,
    ):
        folder(root)
    for name in (".hidden/Hidden (2001).mkv", "@eaDir/Metropolis (1927).mkv/SYNOVIDEO.mkv"):
        _put(root / name, film)
    for name in (".DS_Store", "Thumbs.db"):
        _bytes(root / name, b"not for players\n")


def _complete(root: Path) -> None:
    """Make a film with all that a folder may hold."""
    folder, stem = root / "Metropolis (1927)", "Metropolis (1927)"
    comment = AudioTrack("eng", "Director's Commentary", marks=Disposition.comment)
    main = partial(
        film,
        audio=(AudioTrack("deu", "Orchestra", codec="ac3", layout="5.1"), comment),
        subtitles=(
            SubtitleTrack("eng", "SDH", marks=Disposition.hearing_impaired),
            SubtitleTrack("pt-BR", "Forced", marks=Disposition.forced),
        ),
        chapters=(ChapterMark(0, 0.5, "Prelude"), ChapterMark(0.5, 1, "Furioso")),
        attached_picture=True,
    )
    nfo = nfo_text("Metropolis", 1927, 19, imdb_id="tt0017136", genres=("Science Fiction",))
    _put(folder / f"{stem}.mkv", main)
    _put(folder / f"{stem}-trailer.mp4", _short)
    _put(folder / "theme.mp3", sound)
    _text(folder / "movie.nfo", nfo)
    for seed, (name, (width, height)) in enumerate(_PICTURES.items()):
        _picture(folder / name, width, height, seed)
    for seed, flags in enumerate(("en", "en.sdh", "es", "pt-BR.forced")):
        _text(folder / f"{stem}.{flags}.srt", subtitle_text(seed))


def _descriptions(root: Path) -> None:
    """Make films with a plain NFO, none, one that is an address, and one that is broken."""
    _simple(root, "Nosferatu", 1922, 653)
    none = root / "Charade (1963)"
    _put(none / "Charade (1963).mp4", film)
    _picture(none / "folder.jpg", 400, 600, 20)
    address = root / "A Trip to the Moon (1902)"
    _put(address / "A Trip to the Moon (1902).mkv", partial(film, codec="mpeg4"))
    _text(address / "movie.nfo", "https://www.themoviedb.org/movie/775\n")
    broken = root / "Tom & Jane (1931)"
    _put(broken / "Tom & Jane (1931).mkv", film)
    text = nfo_text("Tom & Jane", 1931, 900_000_031).replace("&amp;", "&")
    _text(broken / "movie.nfo", text.partition("<premiered>")[0])
    _simple(root, "The Last Trailer Park", 2019, 900_000_019)


def _several_files(root: Path) -> None:
    """Make a film in two parts, one in two versions, one with extras, one with a sample."""
    parts = root / "Battleship Potemkin (1925)"
    for part in (1, 2):
        name = f"Battleship Potemkin (1925)-cd{part}.mkv"
        _put(parts / name, partial(film, seconds=part / 2))
    _text(parts / "movie.nfo", nfo_text("Battleship Potemkin", 1925, 643))
    stem = "The Lighthouse Keeper (1958)"
    bright = partial(film, codec="hevc", hdr=HdrKind.DOLBY_VISION_HDR10)
    _put(root / stem / f"{stem} - 1080p.mkv", film)
    _put(root / stem / f"{stem} - 2160p.mkv", bright)
    _text(root / stem / "movie.nfo", nfo_text("The Lighthouse Keeper", 1958, 900_000_058))
    extras = _simple(root, "Night of the Living Dead", 1968, 10331)
    for name in ("Trailers/Teaser.mkv", "Behind The Scenes/In the House.mkv"):
        _put(extras / name, _short)
    sample = _simple(root, "Safety Last!", 1923, 22596)
    _put(sample / "safety.last.1923-sample.mkv", _short)


def _placed_elsewhere(root: Path) -> None:
    """Make a film without a folder, two in the folder of their set, one with a name in Latin-1."""
    _put(root / "His Girl Friday (1940).mp4", film)
    _text(root / "His Girl Friday (1940).en.srt", subtitle_text(40))
    collection = root / "Buster Keaton Collection"
    for title, year, tmdb_id in (("Sherlock Jr.", 1924, 992), ("The General", 1926, 961)):
        _simple(collection, title, year, tmdb_id, set_name="Buster Keaton Collection")
    if sys.platform != "darwin":  # whose file systems take no name that is not UTF-8
        stem = os.fsdecode("Café des Rêves (1934)".encode("latin-1"))
        _put(root / stem / f"{stem}.mkv", film)


def _subtitles(root: Path) -> None:
    """Make a film with a VobSub pair and a folder of subtitles."""
    stem = "The Phantom of the Opera (1925)"
    folder = _simple(root, "The Phantom of the Opera", 1925, 964)
    _text(folder / f"{stem}.idx", _VOBSUB_INDEX)
    _bytes(folder / f"{stem}.sub", _VOBSUB_PACK)
    _text(folder / "Subs" / f"{stem}.fr.srt", subtitle_text(25))


def _broken(root: Path) -> None:
    """Make two videos that nobody can play: one cut off in its header, one without a byte."""
    cut = root / "The Broken Reel (1932)"
    _put(cut / "The Broken Reel (1932).mkv", _cut_off)
    _bytes(root / "The Empty Can (1933)" / "The Empty Can (1933).mkv", b"")


def _short(path: Path) -> None:
    film(path, seconds=0.25, subtitles=())


def _cut_off(path: Path) -> None:
    film(path)
    path.write_bytes(path.read_bytes()[:300])


def _simple(root: Path, title: str, year: int, tmdb_id: int, *, set_name: str = "") -> Path:
    folder = root / f"{title} ({year})"
    _put(folder / f"{title} ({year}).mkv", partial(film, seed=tmdb_id))
    _text(folder / "movie.nfo", nfo_text(title, year, tmdb_id, set_name=set_name))
    _picture(folder / "poster.jpg", 400, 600, tmdb_id)
    return folder


def _picture(path: Path, width: int, height: int, seed: int) -> None:
    _put(path, partial(picture, width=width, height=height, seed=seed))


def _text(path: Path, text: str) -> None:
    _bytes(path, text.encode())


def _bytes(path: Path, content: bytes) -> None:
    _put(path, lambda at: at.write_bytes(content))


def _put(path: Path, make: Callable[[Path], object]) -> None:
    """Make a file under another name first, so that what is there is whole."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".unfinished{path.suffix}")
    make(unfinished)
    unfinished.rename(path)

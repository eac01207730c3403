"""Small real libraries for tests: videos are encoded once in a process and copied from then on."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Unpack

from sqlalchemy import Row, insert, select, text, update

from scanning import Asked, Hooks, scan
from sublarr_tasks import samples
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Asset, Base, Item, LibraryKind, MediaFile
from sublarr_tasks.models import Library as LibraryRow

CONTENT = ("directories", "items", "media_files", "streams", "assets", "cache_files")
_marks = count(1)


@cache
def _encoded(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"film{suffix}")
        samples.film(path, seconds=0.25, width=160, height=90)
        return path.read_bytes()


@cache
def _painted(width: int, height: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.jpg")
        samples.picture(path, width, height)
        return path.read_bytes()


def video(path: Path) -> Path:
    """Write a video; no two have the same bytes."""
    mark = next(_marks).to_bytes(8, "big")
    # An EBML Void element, or a `free` box: demuxers step over both.
    rest = b"\xec\x88" if path.suffix == ".mkv" else b"\0\0\0\x10free"
    return write(path, _encoded(path.suffix) + rest + mark)


def song(path: Path, **tags: str) -> Path:
    """Write a file of music with its tags; the extension chooses the container."""
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = {".mp3": "libmp3lame", ".flac": "flac", ".opus": "libopus", ".m4a": "aac"}
    samples.sound(path, seconds=0.2, codec=codec[path.suffix], tags=tags)
    return path


def picture(path: Path, width: int = 40, height: int = 60, *, seed: int | None = None) -> Path:
    """Write a JPEG; no two have the same bytes, but for those of one seed."""
    mark = (next(_marks) if seed is None else -seed).to_bytes(8, "big", signed=True)
    start, rest = _painted(width, height)[:2], _painted(width, height)[2:]
    return write(path, start + b"\xff\xfe\x00\x0a" + mark + rest)  # a comment segment


def nfo(path: Path, title: str, year: int = 2001, tmdb_id: int = 1, *, plot: str = "") -> Path:
    return write(path, samples.nfo_text(title, year, tmdb_id, plot=plot).encode())


def subtitle(path: Path) -> Path:
    return write(path, samples.subtitle_text(next(_marks)).encode())


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@dataclass(frozen=True, slots=True)
class Library:
    """A library's row and its folder."""

    id: int
    root: Path

    @classmethod
    def register(cls, root: Path, name: str = "Films", **columns: object) -> "Library":
        root.mkdir(exist_ok=True)
        values = {"name": name, "path": str(root), "kind": LibraryKind.MOVIES} | columns
        with transaction() as db:
            made = db.execute(insert(LibraryRow).values(values).returning(LibraryRow.id))
            return cls(made.scalar_one(), root)

    def film(self, name: str = "Alpha (2001)", *, suffix: str = ".mkv") -> Path:
        """Make a film's folder: a video, movie.nfo, poster.jpg and a subtitle."""
        folder = self.root / name
        stem = folder.name
        video(folder / f"{stem}{suffix}")
        title = os.fsencode(stem.partition(" (")[0]).decode(errors="replace")
        nfo(folder / "movie.nfo", title)
        picture(folder / "poster.jpg")
        subtitle(folder / f"{stem}.en.srt")
        return folder

    def films(self, *names: str) -> None:
        for name in names:
            self.film(name)

    def scan(self, *, before: Hooks | None = None, **asked: Unpack[Asked]) -> Row[Any]:
        return scan(self.id, before=before, **asked)

    def item(self, title: str | None = None) -> Row[Any]:
        """Return the one item, or the one of that title."""
        (only,) = [row for row in self.items() if title in (None, row.title)]
        return only

    def items(self) -> list[Row[Any]]:
        return rows(Item, library_id=self.id)

    def titles(self) -> set[str]:
        """Return the titles of the films that are not missing."""
        return {row.title for row in self.items() if row.missing_since is None}

    def assets(self) -> dict[str, Row[Any]]:
        """Return the assets that are not missing by their names."""
        return {row.name: row for row in rows(Asset) if row.missing_since is None}

    def files(self) -> dict[str, Row[Any]]:
        """Return the media files that are not missing by their names."""
        return {row.name: row for row in rows(MediaFile) if row.missing_since is None}


def rows(table: type[Base], **where: object) -> list[Row[Any]]:
    """Return a table's rows in the order of their ids."""
    columns = table.__table__.c
    with transaction() as db:
        statement = select(*columns).order_by(*table.__table__.primary_key)
        return list(db.execute(statement.filter_by(**where) if where else statement))


def one(table: type[Base], **where: object) -> Row[Any]:
    (only,) = rows(table, **where)
    return only


def set_columns(table: type[Base], row_id: int, **values: object) -> None:
    """Set some columns of one row."""
    with transaction() as db:
        db.execute(update(table).where(table.__table__.c.id == row_id).values(values))


def versions() -> Mapping[str, set[tuple[str, str]]]:
    """Return where PostgreSQL keeps each content row: any write of a row gives it a new place."""
    with transaction() as db:
        return {
            table: {
                (row.ctid, row.xmin)
                for row in db.execute(text(f"SELECT ctid::text, xmin::text FROM {table}"))
            }
            for table in CONTENT
        }

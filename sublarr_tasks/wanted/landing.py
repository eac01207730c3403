"""The only way a subtitle reaches the disk: whole, named as players read it, ours by its row.

A row says that a file is about to be written before it is. Whoever finds such a row later looks at
the disk: a file with the row's digest has landed, and nothing is fetched again.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from sublarr_tasks import filenames, settings
from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import beside
from sublarr_tasks.models import LandedState, LandedSubtitle, Notice
from sublarr_tasks.subtitles import formats
from sublarr_tasks.subtitles.formats import Subtitle
from sublarr_tasks.wanted.judging import Judged
from sublarr_tasks.wanted.queries import Subject

# What stands in our place is looked at up to here: ours may have grown when it became UTF-8.
MOST_READ = formats.MOST_BYTES * 2
LANDED_NOTICE = "subtitle_landed"
_OURS = (LandedState.LANDING, LandedState.LANDED)
# Of one whose successor is on its way.
_REPLACING, _REPLACED = "replacing", "better_one"
_COLUMNS = tuple(LandedSubtitle.__table__.c)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A subtitle that was chosen and read, and where it shall be: relative to its directory."""

    subject: Subject
    judged: Judged
    integration_id: int | None
    subtitle: Subtitle
    language: str
    forced: bool

    @property
    def name(self) -> str:
        flag = ".forced" if self.forced else ".sdh" if self._hearing_impaired else ""
        return f"{self.subject.stem}.{self.language}{flag}.{self.subtitle.extension}"

    @property
    def path(self) -> str:
        return self.subject.beside(self.name)

    @property
    def _hearing_impaired(self) -> bool:
        return self.judged.candidate.hearing_impaired

    def values(self) -> dict[str, Any]:
        """Return its row's columns."""
        candidate, subject = self.judged.candidate, self.subject
        return {
            "library_id": subject.library_id,
            "directory_id": subject.directory_id,
            "media_file_id": subject.file_id,
            "item_id": subject.item_id,
            "integration_id": self.integration_id,
            "title": subject.label,
            "name": self.name,
            "language": self.language,
            "forced": self.forced,
            "hearing_impaired": candidate.hearing_impaired,
            "format": self.subtitle.extension,
            "provisional": candidate.provisional,
            "provider": candidate.provider,
            "subtitle_id": candidate.id,
            "release": candidate.releases[0] if candidate.releases else None,
            "score": self.judged.score.percent,
            "breakdown": dict(self.judged.score.breakdown),
            "charset": self.subtitle.charset,
            "size": len(self.subtitle.content),
            "mtime_ns": 0,
            "sha256": sha256(self.subtitle.content).digest(),
            "text_sha256": self.subtitle.text_sha256,
            "state": LandedState.LANDING,
        }


def intend(db: Connection, parcel: Parcel) -> tuple[Row[Any], Row[Any] | None]:
    """Write down what is about to be written; returns that row, and that of ours it replaces.

    Raises UnitError where the name is somebody else's file, or ours that they have changed.
    """
    known = ours(db, parcel.subject.directory_id, parcel.name)
    there = beside.read(parcel.path, MOST_READ)
    if there is not None and (known is None or sha256(there).digest() != known.sha256):
        raise UnitError("not_ours", f"{parcel.name} is there already, and not of ours")
    if known is not None:
        # Two of one name are never `landed`; whether this one really went is seen by its reason.
        db.execute(
            update(LandedSubtitle)
            .where(LandedSubtitle.id == known.id)
            .values(state=LandedState.REPLACED, reason=_REPLACING, ended_at=func.now())
        )
    row = db.execute(insert(LandedSubtitle).values(parcel.values()).returning(*_COLUMNS)).one()
    return row, known


def write(parcel: Parcel, replaced: Row[Any] | None) -> tuple[beside.Placed, str | None]:
    """Put the file there; one of ours goes to the recycle folder first as a copy."""
    recycled = None
    if replaced is not None:
        old = beside.read(parcel.path, MOST_READ)
        if old is not None:
            recycled = recycle(replaced, parcel.path, old)
    placed = beside.write(parcel.path, parcel.subtitle.content, new=replaced is None)
    return placed, recycled


def landed(
    db: Connection, row: Row[Any], placed: beside.Placed, recycled: str | None = None
) -> None:
    """Write down that it is there, and tell those who wait for it."""
    db.execute(
        update(LandedSubtitle)
        .where(LandedSubtitle.id == row.id)
        .values(state=LandedState.LANDED, mtime_ns=placed.mtime_ns, landed_at=func.now())
    )
    db.execute(
        update(LandedSubtitle)
        .where(*_is_predecessor(row))
        .values(reason=_REPLACED, recycled=recycled)
    )
    db.execute(insert(Notice).values(notice(LANDED_NOTICE, row)))


def notice(kind: str, row: Row[Any]) -> dict[str, Any]:
    """Return what others are told of a subtitle."""
    return {
        "kind": kind,
        "library_id": row.library_id,
        "item_id": row.item_id,
        "path": row.name,
        "about": {"landed_id": row.id, "language": row.language, "forced": row.forced},
    }


def withdraw(db: Connection, row: Row[Any]) -> None:
    """Take back an intention that came to nothing; what was to be replaced is as it was."""
    db.execute(delete(LandedSubtitle).where(LandedSubtitle.id == row.id))
    db.execute(
        update(LandedSubtitle)
        .where(*_is_predecessor(row))
        .values(state=LandedState.LANDED, reason=None, ended_at=None)
    )


def _is_predecessor(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        LandedSubtitle.directory_id == row.directory_id,
        LandedSubtitle.name == row.name,
        LandedSubtitle.state == LandedState.REPLACED,
        LandedSubtitle.reason == _REPLACING,
    )


def unfinished(db: Connection, subject: Subject, language: str, *, forced: bool) -> Row[Any] | None:
    """Return what a worker that is gone was about to write of a subtitle."""
    return db.execute(
        select(*_COLUMNS).where(
            LandedSubtitle.media_file_id == subject.file_id,
            LandedSubtitle.language == language,
            LandedSubtitle.forced == forced,
            LandedSubtitle.state == LandedState.LANDING,
        )
    ).one_or_none()


def is_there(subject: Subject, row: Row[Any]) -> beside.Placed | None:
    """Look whether what was about to be written is on the disk."""
    path = subject.beside(row.name)
    content = beside.read(path, MOST_READ)
    if content is None or sha256(content).digest() != row.sha256:
        return None
    return beside.Placed(row.sha256, len(content), os.stat(path).st_mtime_ns)  # noqa: PTH116 - any bytes


def present(db: Connection, file_id: int) -> Sequence[Any]:
    """Return what landed beside a video, each with its age in `days`."""
    age = func.extract("epoch", func.now() - LandedSubtitle.landed_at) / 86_400
    return db.execute(
        select(*_COLUMNS, age.label("days")).where(
            LandedSubtitle.media_file_id == file_id,
            LandedSubtitle.state == LandedState.LANDED,
        )
    ).all()


def ours(db: Connection, directory_id: int, name: str) -> Row[Any] | None:
    """Lock and return the row of a file that we wrote, or are about to write."""
    return db.execute(
        select(*_COLUMNS)
        .where(
            LandedSubtitle.directory_id == directory_id,
            func.md5(LandedSubtitle.name) == func.md5(filenames.to_text(name)),
            LandedSubtitle.state.in_(_OURS),
        )
        .with_for_update()
    ).one_or_none()


def recycle(row: Row[Any], path: str, content: bytes) -> str:
    """Keep a copy of a file of ours; returns where, raises UnitError."""
    kept = kept_at(row, path)
    beside.make_folder(str(kept.parent))
    beside.write(str(kept), content)
    return str(kept)


def kept_at(row: Row[Any], path: str) -> Path:
    """Return where a copy of a file of ours is kept: always the same place."""
    folder: Path = settings.current().recycle / row.landed_at.strftime("%Y-%m-%d")
    return folder / f"{row.id}-{os.path.basename(path)}"  # noqa: PTH119 - any bytes

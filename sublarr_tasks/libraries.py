"""Libraries: the folders that people name, each checked before it is written.

A library may move: its path may be changed while no scan runs. What was found in it keeps its
identity, since directories are kept by their path relative to the library's root.
"""

import errno
import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from sublarr_tasks import filenames, paging, settings
from sublarr_tasks.errors import InputError, NotFound, ScanRunning
from sublarr_tasks.filenames import printable
from sublarr_tasks.library import subtrees
from sublarr_tasks.library.walk import SymlinkPolicy
from sublarr_tasks.models import ENDED, Library, LibraryKind, ScanJob, User
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import INSTALLATION, Viewer

LONGEST_NAME = 100
LONGEST_PATH = 4096
LONGEST_GROUP = 32
# One library is written at a time, so that two which overlap cannot both pass the check.
_LOCK = 5766 << 40
# What a running scan relies on.
_HELD_BY_SCANS = frozenset({"path", "symlinks", "worker_group"})

_GROUP = re.compile(rf"[a-z0-9-]{{1,{LONGEST_GROUP}}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BY_ID = Order("libraries", (Library.__table__.c.id,), (int,))


@dataclass(frozen=True, slots=True)
class Draft:
    """A library to be added; `path` as the os module takes it."""

    name: str
    path: str
    kind: LibraryKind = LibraryKind.MOVIES
    symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW
    full_every: int = 6
    worker_group: str | None = None
    owner_id: int | None = None
    watch: bool = False
    enrich: bool = True
    publish_nfo: bool = False
    publish_artwork: bool = False


def page(db: Connection, viewer: Viewer, window: Window) -> Page:
    """List the libraries that a viewer sees, each with `running_scan_id`."""
    matching = select(Library.id).where(viewer.sees(Library.owner_id))
    return paging.fetch(db, matching, _SELECT, _BY_ID, window)


def get(db: Connection, viewer: Viewer, library_id: int) -> Row[Any]:
    """Return a library with its `running_scan_id`; raises NotFound."""
    mine = viewer.sees(Library.owner_id)
    found = db.execute(_SELECT.where(Library.id == library_id, mine)).one_or_none()
    if found is None:
        raise NotFound(f"There is no library {library_id}.")
    return found


def add(db: Connection, viewer: Viewer, draft: Draft) -> Row[Any]:
    """Write a library; raises InputError that names each field.

    What somebody who is no admin adds is that person's own.
    """
    if not viewer.is_admin:
        draft = replace(draft, owner_id=viewer.user_id)
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    values = _checked(db, viewer, asdict(draft), draft.worker_group, besides=None)
    library_id = db.execute(insert(Library).values(values).returning(Library.id)).scalar_one()
    return get(db, viewer, library_id)


def at(
    db: Connection,
    path: str,
    name: str | None = None,
    kind: LibraryKind | None = None,
    owner_id: int | None = None,
) -> int:
    """Return the library of a folder, adding it if there is none; raises InputError.

    Without a kind a new one is of films, and an old one is what it is.
    """
    real = os.path.realpath(path)
    libraries = db.execute(select(Library.id, Library.name, Library.path, Library.kind)).all()
    for library in libraries:
        if os.path.realpath(library.path) == real:
            if kind not in (None, library.kind):
                raise InputError({"kind": f"This folder is a library of {library.kind} already."})
            return int(library.id)
    folder = filenames.readable(Path(real).name) or "Library"
    taken = {library.name for library in libraries}
    numbered = (f"{folder} {number}" for number in itertools.count(2))
    free = next(
        one for one in (folder, *itertools.islice(numbered, len(taken) + 1)) if one not in taken
    )
    draft = Draft(name or free, real, kind or LibraryKind.MOVIES, owner_id=owner_id)
    return int(add(db, INSTALLATION, draft).id)


def named(db: Connection, name: str) -> int:
    """Return the id of the library of a name; raises NotFound."""
    library_id = db.scalar(select(Library.id).where(Library.name == name))
    if library_id is None:
        raise NotFound(f'There is no library "{name}".')
    return int(library_id)


def overview(db: Connection) -> Sequence[Any]:
    """Return (name, path, scan id, status, directories, errors) of each library's newest scan."""
    newest = (
        select(ScanJob.id, ScanJob.status, ScanJob.directories_total, ScanJob.errors_count)
        .where(ScanJob.library_id == Library.id)
        .order_by(ScanJob.id.desc())
        .limit(1)
        .lateral()
    )
    rows = select(Library.name, Library.path, *newest.c).outerjoin_from(
        Library, newest, literal(value=True)
    )
    return db.execute(rows.order_by(Library.name)).all()


def change(db: Connection, viewer: Viewer, library_id: int, changes: Mapping[str, Any]) -> Row[Any]:
    """Change some of a Draft's fields; raises NotFound, Forbidden, InputError and ScanRunning."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    library = _locked(db, viewer, library_id)
    if "owner_id" in changes:
        viewer.require_admin()
    changes = {name: value for name, value in changes.items() if value != getattr(library, name)}
    if not changes:
        return get(db, viewer, library_id)
    group = changes.get("worker_group", library.worker_group)
    values = _checked(db, viewer, changes, group, besides=library_id)
    if changes.keys() & _HELD_BY_SCANS:
        _require_no_scan(db, library_id)
    statement = update(Library).where(Library.id == library_id)
    db.execute(statement.values(updated_at=func.now(), **values))
    return get(db, viewer, library_id)


def remove(db: Connection, viewer: Viewer, library_id: int) -> None:
    """Forget a library and all that was found in it; raises NotFound, Forbidden and ScanRunning.

    No file of the library is touched.
    """
    _locked(db, viewer, library_id)
    _require_no_scan(db, library_id)
    db.execute(delete(Library).where(Library.id == library_id))


_SELECT: Select[Any] = select(
    *Library.__table__.c, ScanJob.id.label("running_scan_id")
).outerjoin_from(
    Library, ScanJob, and_(ScanJob.library_id == Library.id, ScanJob.status.not_in(ENDED))
)


def _locked(db: Connection, viewer: Viewer, library_id: int) -> Row[Any]:
    """Lock a library to be changed; a scan cannot be requested until the transaction has ended."""
    found = db.execute(
        select(*Library.__table__.c)
        .where(Library.id == library_id, viewer.sees(Library.owner_id))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no library {library_id}.")
    viewer.require_change(found.owner_id)
    return found


def _require_no_scan(db: Connection, library_id: int) -> None:
    running = db.scalar(
        select(ScanJob.id).where(ScanJob.library_id == library_id, ScanJob.status.not_in(ENDED))
    )
    if running is not None:
        raise ScanRunning(running)


def _checked(
    db: Connection,
    viewer: Viewer,
    given: Mapping[str, Any],
    group: str | None,
    besides: int | None,
) -> dict[str, Any]:
    """Return the values to store, all of them good; raises InputError.

    A folder that only a group's hosts see cannot be looked at here; its first scan does that.
    """
    others = db.execute(
        select(Library.name, Library.path, viewer.sees(Library.owner_id).label("seen")).where(
            Library.id.is_distinct_from(besides)
        )
    ).all()
    # Of a stranger's library nobody learns more than that it is in the way.
    taken = {other.path: _shown(other) if other.seen else "another library" for other in others}
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda name: _name(name, {other.name for other in others}),
        "path": lambda path: _path(path, taken, here=group is None),
        "full_every": _full_every,
        "worker_group": _worker_group,
        "owner_id": lambda owner_id: _owner(db, owner_id),
    }
    values, wrong = dict(given), {}
    for field in given.keys() & checks.keys():
        try:
            values[field] = checks[field](given[field])
        except ValueError as error:
            wrong[field] = str(error)
    if wrong:
        raise InputError(dict(sorted(wrong.items())))
    return values


def _name(name: str, taken: set[str]) -> str:
    name = name.strip()
    if not name:
        raise ValueError("Give the library a name.")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters.")
    if _CONTROL.search(name):
        raise ValueError("A name holds no control characters.")
    if name in taken:
        raise ValueError(f'Another library is named "{name}".')
    return name


def _full_every(number: int) -> int:
    if not 1 <= number <= 1000:  # noqa: PLR2004 - said in the sentence
        raise ValueError("Give a number from 1 to 1000.")
    return number


def _worker_group(group: str | None) -> str | None:
    if group is not None and not _GROUP.fullmatch(group):
        raise ValueError(f"Give 1 to {LONGEST_GROUP} of the characters a-z, 0-9 and -.")
    return group


def _owner(db: Connection, owner_id: int | None) -> int | None:
    if owner_id is not None and db.scalar(select(User.id).where(User.id == owner_id)) is None:
        raise ValueError(f"There is no user {owner_id}.")
    return owner_id


def _path(path: str, taken: Mapping[str, str], *, here: bool) -> str:
    """Return the path as it is stored: as it was given, without what means nothing in it."""
    if "\0" in path:
        raise ValueError("A path holds no NUL character.")
    if not path.startswith("/"):
        raise ValueError("Give an absolute path, one that begins with a slash.")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise ValueError(f"A path has at most {LONGEST_PATH} bytes.")
    if ".." in path.split("/"):
        raise ValueError('Give the path without "..".')
    path = "/" + os.path.normpath(path).lstrip("/")
    real = os.path.realpath(path)
    # First of all: nobody may learn what there is outside of the permitted roots.
    _require_permitted(path, real, settings.current().library_roots)
    if here:
        _require_listable(path)
    for other, shown in taken.items():
        _require_apart(path, real, other, shown)
    return path


def _require_permitted(path: str, real: str, roots: Iterable[Path]) -> None:
    if not any(subtrees.holds(os.path.realpath(root), real) for root in roots):
        named = ", ".join(printable(str(root)) for root in roots)
        raise ValueError(f"{printable(path)} lies outside the permitted folders: {named}.")


def _require_listable(path: str) -> None:
    named = printable(path)
    try:
        with os.scandir(path):
            return
    except FileNotFoundError:
        sentence = f"{named} does not exist."
    except NotADirectoryError:
        sentence = f"{named} is not a directory."
    except OSError as error:
        sentence = f"{named} cannot be read: {os.strerror(error.errno or errno.EIO)}."
    raise ValueError(sentence)


def _shown(library: Any) -> str:  # noqa: ANN401 - a row with name and path
    return f'library "{library.name}", {printable(library.path)}'


def _require_apart(path: str, real: str, other: str, beside: str) -> None:
    named = printable(path)
    theirs = os.path.realpath(other)
    if real == theirs:
        raise ValueError(f"{named} is the same folder as {beside}.")
    if subtrees.holds(theirs, real):
        raise ValueError(f"{named} lies inside {beside}.")
    if subtrees.holds(real, theirs):
        raise ValueError(f"{named} contains {beside}.")

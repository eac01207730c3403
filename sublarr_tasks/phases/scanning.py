"""Scanning: read one directory at a time and bring what is in it into rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.library import examine, intake, isolated, mounts, shelves
from sublarr_tasks.library.examine import Facts, Reach
from sublarr_tasks.library.probe import Probe, probe
from sublarr_tasks.library.shelves import Shelf
from sublarr_tasks.library.walk import Reason
from sublarr_tasks.models import LibraryKind, SearchKind, Trigger, UnitState
from sublarr_tasks.phases.roots import Reading, reading
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.wanted import noting, searches

# What these scans find has just come, and somebody may be about to watch it.
IMPORTS = frozenset({Trigger.WEBHOOK, Trigger.WATCH})


@dataclass(frozen=True, slots=True)
class Scanning:
    """How to read the claimed directories, and what is known of each already."""

    reading: Reading
    reach: Reach
    shelves: Mapping[int, Shelf]
    trigger: Trigger


def prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Scanning:
    about = reading(db, scan)
    reach = Reach(
        about.root.path,
        about.root.ignore,
        about.root.symlinks,
        probes=about.depth.probes,
        kind=about.root.kind,
    )
    ids = [unit.subject_id for unit in claimed if unit.subject_id is not None]
    return Scanning(about, reach, shelves.load(db, ids), Trigger(scan.trigger))


def work(context: Scanning, unit: Unit) -> Facts:
    """Read a directory; raises UnitError, UnitSkipped where it went, MountLost where all did."""
    shelf = context.shelves.get(unit.subject_id or 0)
    if shelf is None:
        raise UnitSkipped(Reason.VANISHED, "the directory was removed during the scan")
    try:
        with _reader(unit) as read:
            reach = replace(context.reach, read=read)
            facts = examine.directory(
                reach, shelf.directory_id, shelf.path, shelf.probed, shelves.tags(shelf)
            )
    except (FileNotFoundError, NotADirectoryError) as error:
        context.reading.root.check()
        raise UnitSkipped(Reason.VANISHED, "it was gone when its turn came") from error
    except PermissionError as error:
        raise UnitError(Reason.PERMISSION_DENIED, error.strerror or "") from error
    except OSError as error:
        context.reading.root.check()
        raise UnitError(Reason.IO_ERROR, error.strerror or str(error)) from error
    if shelf.items:  # an empty mount point lists as well as any other folder
        context.reading.root.check()
        _require_mounts(context, shelf.path, facts)
    return facts


@contextmanager
def _reader(unit: Unit) -> Iterator[Callable[[str], Probe]]:
    """Give what reads the files: a process of its own where one of them killed a worker before."""
    if not unit.crashes:
        yield probe
        return
    with isolated.reading() as read:
        yield read


def _require_mounts(context: Scanning, path: str, facts: Facts) -> None:
    """Raise UnitError where what is gone may be behind a mount that is gone."""
    if context.reading.options.accept_losses:
        return
    root = context.reading.root
    inside = {each for each in root.mounts if each.startswith(f"{path}/")}
    whole = root.kind is not LibraryKind.MOVIES  # what is below belongs to it
    if (path in root.mounts and not facts.works) or (whole and mounts.emptied(root.path, inside)):
        raise UnitError(Reason.LOST_MOUNT, "a mount point that is empty since discovery")


def settle(db: Connection, context: Scanning, results: Sequence[tuple[Unit, Facts]]) -> Settlement:
    """Bring directories into rows, all of them with one set of statements."""
    about = context.reading
    scope = intake.Scope(about.library_id, about.root.path, about.depth, about.since)
    found = [(context.shelves[facts.directory_id], facts) for _, facts in results]
    taken = intake.take(db, scope, found)
    here = [facts.directory_id for _, facts in found]
    noted = noting.in_directories(db, here)
    if noted["wanted_added"] and context.trigger in IMPORTS:
        searches.begin(
            db, SearchKind.WEBHOOK, (searches.in_directories(here),), trigger=context.trigger
        )
    counters = {"directories_scanned": len(results), **taken, **noted}
    return Settlement([Verdict(unit.id, UnitState.DONE) for unit, _ in results], counters)


def refuse(
    _: Connection, __: Scanning, refused: Sequence[tuple[Unit, UnitError]]
) -> dict[str, int]:
    """Count; the directory keeps what is known of it and is read again by the next scan."""
    return {"directories_skipped": sum(isinstance(error, UnitSkipped) for _, error in refused)}


PROCEDURE = Procedure(prepare, work, settle, refuse)

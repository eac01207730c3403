"""Whole scans in this process, without a broker: the waves are run as they come."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row

from sublarr_tasks import conductor, parts, scans
from sublarr_tasks.claims import Delivery
from sublarr_tasks.conductor import Wave
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ENDED, ScanStatus, Trigger
from sublarr_tasks.profiles import Profile
from sublarr_tasks.units import Part

Hooks = Mapping[ScanStatus, Callable[[], object]]

_tokens = count(1)


class Asked(TypedDict, total=False):
    """What may be asked of a scan."""

    trigger: Trigger
    full: bool
    profile: Profile
    options: Mapping[str, object]


def scan(library_id: int, *, before: Hooks | None = None, **asked: Unpack[Asked]) -> Row[Any]:
    """Scan a library to the end; `before` is called when a phase's first wave is to be sent."""
    return finish(begin(library_id, **asked), before=before)


def begin(library_id: int, **asked: Unpack[Asked]) -> int:
    """Request a scan and start it; returns its id."""
    asked.setdefault("trigger", Trigger.CLI)
    with transaction() as db:
        requested = scans.request(db, library_id, **asked)
    with transaction() as db:
        scans.begin(db, requested.scan_id)
    return requested.scan_id


def finish(scan_id: int, *, before: Hooks | None = None) -> Row[Any]:
    """Run a scan that has begun to its end; returns its row."""
    left = dict(before or {})
    while waves := advance(scan_id):
        left.pop(waves[0].phase, _nothing)()
        for wave in waves:
            for part in wave.parts:
                run(scan_id, part)
    ended = state(scan_id)
    assert ended.status in ENDED, f"the scan stands still: {ended}"
    return ended


def until(scan_id: int, phase: ScanStatus) -> list[Wave]:
    """Run a scan up to a phase and return that phase's first waves, not run."""
    while (waves := advance(scan_id)) and waves[0].phase != phase:
        for wave in waves:
            for part in wave.parts:
                run(scan_id, part)
    assert waves, f"the scan never came to {phase}"
    return waves


def advance(scan_id: int, *, dry: bool = False) -> list[Wave]:
    with transaction() as db:
        return conductor.advance(db, scan_id, dry=dry)


def sweep(scan_id: int, *, dry: bool = True, flushed: bool = False) -> list[Wave]:
    with transaction() as db:
        return conductor.sweep(db, scan_id, dry=dry, flushed=flushed)


def run(scan_id: int, part: Part) -> int:
    """Do a part as a worker does; returns how many units were done."""
    return parts.run(scan_id, part.unit_ids, Delivery(f"part-{next(_tokens)}"))["done"]


def state(scan_id: int) -> Row[Any]:
    with transaction() as db:
        return scans.get(db, scan_id)


def _nothing() -> None:
    return None

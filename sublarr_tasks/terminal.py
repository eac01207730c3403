"""A scan in the terminal: bars where somebody looks, plain lines where a file or a pipe does."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from sublarr_tasks.models import PHASES, ScanStatus
from sublarr_tasks.progress import Progress as ScanProgress

LOOK_SECONDS = 0.25
LINE_SECONDS = 2.0
KINDS = {
    "movies": "Films",
    "series": "Series",
    "episodes": "Episodes",
    "albums": "Albums",
    "tracks": "Tracks",
}

Look = Callable[[], ScanProgress]


def follow(console: Console, look: Look, interrupted: Event) -> ScanProgress | None:
    """Show a scan until it ends; returns how it ended, or None where somebody interrupted."""
    show = _bars if console.is_terminal else _lines
    return show(console, look, interrupted)


def summary(console: Console, scan: ScanProgress) -> None:
    """Print what a scan came to."""
    row = scan.scan
    console.print(
        f"Scan {row.id} of {scan.library_name}: {row.status}{_why(scan)}", highlight=False
    )
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(scan):
        table.add_row(name, value)
    console.print(table, highlight=False)


def _facts(scan: ScanProgress) -> list[tuple[str, str]]:
    row = scan.scan
    rate = row.directories_total / scan.elapsed_seconds if scan.elapsed_seconds else 0
    directories = f"{row.directories_scanned} read, {row.directories_skipped} unchanged"
    facts = [
        *_items(row),
        ("Directories", directories),
        ("Assets", f"{row.assets_cached} cached, {row.assets_skipped} skipped"),
        *_enriched(row),
        ("Failed", str(row.errors_count)),
        ("Time", f"{scan.elapsed_seconds:.1f} s, {rate:.0f} directories/s, {row.kind} scan"),
    ]
    return facts if not row.last_error else [*facts, ("Last error", row.last_error)]


def _items(row: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a scan's row
    """Say what was found of each kind that there is; where nothing changed there is none."""
    counted = {
        kind: [getattr(row, f"{kind}_{what}") for what in ("found", "new", "updated", "removed")]
        for kind in KINDS
    }
    return [
        (KINDS[kind], "{} read: {} new, {} changed, {} gone".format(*counts))
        for kind, counts in counted.items()
        if any(counts)
    ]


def _enriched(row: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a scan's row
    if not row.enrichment_queued:
        return []
    later = row.enrichment_queued - row.enrichment_completed
    return [("Enriched", f"{row.enrichment_completed}, {later} to be tried again")]


def _why(scan: ScanProgress) -> str:
    return f" ({scan.scan.reason})" if scan.scan.reason else ""


def _bars(console: Console, look: Look, interrupted: Event) -> ScanProgress | None:
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[counts]:>16}"),
        TextColumn("{task.fields[pace]:>24}"),
    )
    with Progress(*columns, console=console, refresh_per_second=8, transient=True) as shown:
        bars: dict[ScanStatus, TaskID] = {}
        while True:
            scan = look()
            for phase in _reached(scan):
                if phase not in bars:
                    bars[phase] = shown.add_task(phase.value, total=None, counts="", pace="")
                _update(shown, bars[phase], scan, phase)
            if scan.ended:
                return scan
            if interrupted.wait(LOOK_SECONDS):
                return None


def _update(shown: Progress, bar: TaskID, scan: ScanProgress, phase: ScanStatus) -> None:
    count = scan.phases[phase]
    present = scan.scan.status == phase
    growing = present and phase is ScanStatus.DISCOVERING
    shown.update(
        bar,
        total=None if growing else count.total or 1,
        completed=count.total - count.left if count.total else int(not present),
        counts=_counts(scan, phase),
        pace=_pace(scan) if present else "",
    )


def _lines(console: Console, look: Look, interrupted: Event) -> ScanProgress | None:
    status, said = None, 0.0
    while True:
        scan = look()
        now = time.monotonic()
        due = scan.scan.status != status or now - said >= LINE_SECONDS
        if due and not scan.ended:
            status, said = scan.scan.status, now
            console.print(_line(scan), highlight=False, soft_wrap=True)
        if scan.ended:
            return scan
        if interrupted.wait(LOOK_SECONDS):
            return None


def _line(scan: ScanProgress) -> str:
    if scan.scan.status not in PHASES:
        return str(scan.scan.status)
    phase = ScanStatus(scan.scan.status)
    return f"{phase.value}: {_counts(scan, phase)} {_pace(scan)}".rstrip()


def _reached(scan: ScanProgress) -> list[ScanStatus]:
    """Name the phases that have begun; the empty ones that a scan passed through stay out."""
    if scan.scan.status in PHASES:
        begun = PHASES[: PHASES.index(ScanStatus(scan.scan.status)) + 1]
    else:
        begun = PHASES if scan.ended else ()
    return [phase for phase in begun if scan.phases[phase].total or phase == scan.scan.status]


def _counts(scan: ScanProgress, phase: ScanStatus) -> str:
    count = scan.phases[phase]
    done = count.total - count.left
    failed = f", {count.failed} failed" if count.failed else ""
    if phase is ScanStatus.DISCOVERING:
        return f"{done} found{failed}"
    return f"{done}/{count.total}{failed}"


def _pace(scan: ScanProgress) -> str:
    if scan.rate is None:
        return ""
    if scan.remaining_seconds is None:
        return f"{scan.rate:.0f}/s"
    left = timedelta(seconds=round(scan.remaining_seconds))
    return f"{scan.rate:.0f}/s, {left} left"

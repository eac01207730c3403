"""How fast a scan is, beside the bare limit of the same file work and beside `find`.

Everything is measured in one run on one machine: a library of its own making, a stack of its own
(embedded PostgreSQL and Redis, one worker with a child for each processor), then the limit: the
same reading, probing and storing in a pool of as many processes, without queue or database.
The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import Row

from sublarr_tasks import assets, db, enqueue, libraries, local, samples, scans, settings
from sublarr_tasks.library import examine, ignore
from sublarr_tasks.library.walk import SymlinkPolicy, Walk
from sublarr_tasks.models import ENDED, Trigger

CHUNK = 16
RESCANS = 5
POLL_SECONDS = 0.05


@dataclass(slots=True)
class Usage:
    """CPU seconds and peak memory of this process's children, by their kind."""

    peak_rss: dict[str, int] = field(default_factory=dict)

    def cpu(self) -> float:
        total = 0.0
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def look(self) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                name, rss = _kind(process), process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self.peak_rss[name] = max(self.peak_rss.get(name, 0), rss)

    @contextmanager
    def watching(self) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.5):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _kind(process: psutil.Process) -> str:
    line = process.cmdline()
    if "workers" in line:
        parent = process.parent()
        child = parent is not None and "workers" in parent.cmdline()
        return "worker child" if child else "worker main"
    if "beat_schedule" in line:
        return "beat"
    return Path(line[0]).name.split(":")[0] if line else process.name()


@dataclass(frozen=True, slots=True)
class Measured:
    """One scan: wall seconds from the request to the end, and CPU seconds of the whole stack."""

    seconds: float
    cpu: float
    row: Row[Any]


def scan(library_id: int, usage: Usage) -> Measured:
    before = usage.cpu()
    with db.transaction() as connection:
        asked = scans.request(connection, library_id, trigger=Trigger.CLI)
    enqueue.send_job(asked.job_id)
    while True:
        with db.transaction() as connection:
            row = scans.get(connection, asked.scan_id)
        if row.status in ENDED:
            break
        time.sleep(POLL_SECONDS)
    if row.status != "completed" or row.errors_count:
        sys.exit(f"the scan ended as {row.status}: {row.last_error}")
    return Measured((row.completed_at - row.created_at).total_seconds(), usage.cpu() - before, row)


def bare(root: str, directories: Sequence[str], cache: str) -> int:
    """Do a scan's file work for some directories, and nothing else."""
    reach = examine.Reach(root, ignore.Ignore(ignore.DEFAULTS), SymlinkPolicy.FOLLOW, probes=True)
    store = assets.Store(Path(cache), settings.current().cache_link, 1 << 40)
    received = []
    for number, path in enumerate(directories):
        facts = examine.directory(reach, number, path, {})
        files = [asset.entry.name for film in facts.films for asset in film.film.assets]
        received += [store.receive(Path(root, path, name)) for name in files]
    for file in received:
        store.keep(file)
    return len(directories)


def limit(root: Path, cache: Path) -> float:
    """Return the wall seconds of the bare file work in a warm pool, the walk included."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_warm, range(os.cpu_count() or 1)))
        began = time.monotonic()
        walk = Walk(str(root), ignore=ignore.Ignore(ignore.DEFAULTS))
        found = [seen.path for seen in walk if getattr(seen, "media", False)]
        chunks = [found[i : i + CHUNK] for i in range(0, len(found), CHUNK)]
        done = sum(pool.map(bare, [str(root)] * len(chunks), chunks, [str(cache)] * len(chunks)))
        assert done == len(found)
        return time.monotonic() - began


def _warm(_: int) -> None:
    time.sleep(0.2)


def find(root: Path) -> float:
    """Return the median wall seconds of listing every file with its facts."""
    return statistics.median(_timed(lambda: _find(root)) for _ in range(RESCANS))


def _find(root: Path) -> None:
    subprocess.run(
        ["find", str(root), "-printf", "%p %s %T@ %i\n"], stdout=subprocess.DEVNULL, check=True
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def measure(folder: Path, directories: int, console: Console) -> dict[str, float | int]:
    root = folder / "library"
    console.print(f"making {directories} directories ...")
    samples.library(root, directories)
    os.environ |= {"SUBLARR_HOME": str(folder / "home"), "SUBLARR_LOG_LEVEL": "WARNING"}
    for name in ("SUBLARR_DATABASE_URL", "SUBLARR_REDIS_URL"):
        os.environ.pop(name, None)
    settings.current.cache_clear()
    usage = Usage()
    with local.for_a_command(worker_needed=True), usage.watching():
        with db.transaction() as connection:
            library_id = libraries.at(connection, str(root), None)
        first = scan(library_id, usage)
        rescans = [scan(library_id, usage) for _ in range(RESCANS - 1)]
        usage.look()
    bare_seconds = limit(root, folder / "bare")
    found = find(root)
    rescan = statistics.median(one.seconds for one in rescans)
    rescan_cpu = statistics.median(one.cpu for one in rescans)
    _print(console, first, (rescan, rescan_cpu), (bare_seconds, found), usage)
    return {
        "n": directories,
        "dirs_per_s": round(directories / first.seconds, 1),
        "cpu_s_per_dir": round(first.cpu / directories, 5),
        "limit_dirs_per_s": round(directories / bare_seconds, 1),
        "vs_limit": round(bare_seconds / first.seconds, 3),
        "rescan_dirs_per_s": round(directories / rescan, 1),
        "rescan_vs_find": round(rescan / found, 2),
        "peak_rss_mb": round(max(usage.peak_rss.values()) / 2**20),
    }


def _print(
    console: Console,
    first: Measured,
    rescan: tuple[float, float],
    limits: tuple[float, float],
    usage: Usage,
) -> None:
    bare_seconds, found = limits
    directories = first.row.directories_total
    table = Table("measure", "seconds", "directories/s", "CPU ms/directory", "ratio", box=None)
    for name, seconds, cpu, ratio in (
        (
            "first scan and cache",
            first.seconds,
            first.cpu,
            f"{bare_seconds / first.seconds:.2f} of the limit",
        ),
        ("bare limit", bare_seconds, None, ""),
        ("unchanged rescan", *rescan, f"{rescan[0] / found:.1f} x find"),
        ("find -printf", found, None, ""),
    ):
        spent = "" if cpu is None else f"{cpu / directories * 1000:.2f}"
        table.add_row(name, f"{seconds:.3f}", f"{directories / seconds:.0f}", spent, ratio)
    console.print(table)
    shown = ", ".join(f"{name} {rss >> 20}" for name, rss in sorted(usage.peak_rss.items()))
    console.print(f"peak memory of each process, MB: {shown}", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directories", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="where to work; emptied afterwards")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sublarr-bench-", dir=chosen.folder))
    try:
        result = measure(folder, chosen.directories, Console())
    finally:
        shutil.rmtree(folder)
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""The watcher: turns what happens to files into scans of just the directories it happened in.

A directory is scanned once nothing has happened in it for a while, so that a film that is being
copied is read once, whole. What cannot be scanned now, because another scan runs or the database is
away, waits. A network file system tells of no changes that other hosts make: there, schedule scans.
"""

import os
import signal
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import FrameType

import structlog
from sqlalchemy import select
from watchfiles import watch

from sublarr_tasks import enqueue, heartbeat, logs, scans
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import ScanRunning, Unavailable
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import Library, Trigger

SETTLING_SECONDS = 10.0
# How often it looks whether other libraries are to be watched, and gives a sign of life.
LOOK_EVERY = 10.0
ROUND_MILLISECONDS = 1000

log = structlog.get_logger()


@dataclass(slots=True)
class Changes:
    """The directories of one library in which something happened, and when it last did."""

    root: str
    touched: dict[str, float] = field(default_factory=dict)

    def note(self, path: str, now: float) -> None:
        """Note that something happened to a file or directory; `path` is absolute."""
        directory = self._nearest(path)
        if directory is not None:
            self.touched[directory] = now

    def settled(self, now: float) -> list[str]:
        """Return the directories in which nothing has happened for a while."""
        quiet = [path for path, at in self.touched.items() if now - at >= SETTLING_SECONDS]
        return sorted(quiet)

    def done(self, paths: Iterable[str], began: float) -> None:
        """Forget directories, but for those in which something happened since."""
        for path in paths:
            if self.touched.get(path, began) <= began:
                self.touched.pop(path, None)

    def _nearest(self, path: str) -> str | None:
        """Name the directory of a file, or the nearest that is left of one that is gone.

        None where that is the library's root: to read it is to walk everything, and what is gone
        is a full scan's to take away.
        """
        gone = not os.path.lexists(path)  # names may be any bytes
        while not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            above = os.path.dirname(path)  # noqa: PTH120 - the same
            if above == path:
                return None
            path = above
        try:
            directory = subtrees.relative(self.root, path)
        except ValueError:
            return None  # the root itself is gone: that is no change of a directory
        return None if gone and not directory else directory


class Watcher:
    """Watches the libraries that say so, until it is stopped."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._changes: dict[int, Changes] = {}

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Watch until stopped; the libraries are looked up anew now and then."""
        while not self._stopping.is_set():
            heartbeat.beat()
            watched = self._watched()
            self._changes = {
                number: self._changes.get(number) or Changes(root)
                for number, root in watched.items()
            }
            if watched:
                self._follow(watched)
            else:
                self._stopping.wait(LOOK_EVERY)

    def _follow(self, watched: Mapping[int, str]) -> None:
        """Watch these libraries until others are to be watched."""
        looked = time.monotonic()
        log.info("watching", libraries=sorted(watched))
        for happened in watch(
            *watched.values(),
            watch_filter=None,
            step=200,
            rust_timeout=ROUND_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            ignore_permission_denied=True,
        ):
            now = time.monotonic()
            self._note((path for _, path in happened), watched, now)
            self._send(now)
            heartbeat.beat()
            if now - looked >= LOOK_EVERY:
                looked = now
                if self._watched() != watched:
                    return

    def _note(self, paths: Iterable[str], watched: Mapping[int, str], now: float) -> None:
        for path in paths:
            for number, root in watched.items():
                if path == root or path.startswith(root.rstrip("/") + "/"):
                    self._changes[number].note(path, now)

    def _send(self, now: float) -> None:
        for number, changes in self._changes.items():
            paths = changes.settled(now)
            if paths and _asked(number, paths):
                changes.done(paths, now)

    def _watched(self) -> dict[int, str]:
        """Return the folders to watch, of those that are there; by the library's id."""
        try:
            with transaction() as db:
                rows = db.execute(
                    select(Library.id, Library.path).where(Library.watch).order_by(Library.id)
                ).all()
        except Unavailable as error:
            log.warning("libraries_not_read", error=str(error))
            return {number: changes.root for number, changes in self._changes.items()}
        return {row.id: row.path for row in rows if os.path.isdir(row.path)}  # noqa: PTH112 - the same


def _asked(library_id: int, paths: Collection[str]) -> bool:
    """Ask for a scan of some directories, of all if they are many; false where it must wait."""
    try:
        with transaction() as db:
            asked = scans.request(db, library_id, trigger=Trigger.WATCH, options=scans.only(paths))
    except ScanRunning:
        return False
    except Unavailable as error:
        log.warning("scan_not_asked_for", library_id=library_id, error=str(error))
        return False
    log.info("scan_of_changes", library_id=library_id, directories=len(paths))
    enqueue.send_job(asked.job_id)
    return True


def main() -> None:
    logs.configure()
    watcher = Watcher()

    def stop(_: int, __: FrameType | None) -> None:
        watcher.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    watcher.run()


if __name__ == "__main__":
    main()

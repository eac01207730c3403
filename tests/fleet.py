"""A fleet of one test's own: PostgreSQL, Redis, workers and beat as real processes, to be killed.

Whatever happens to the test process, a warden ends what it leaves running.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import psutil
from redis import Redis as RedisClient
from sqlalchemy import Row, create_engine
from sqlalchemy.pool import NullPool

import stack
from sublarr_tasks import migrations, scans
from sublarr_tasks.celery_app import app
from sublarr_tasks.db import transaction
from sublarr_tasks.embedded.home import Home, folder_mode
from sublarr_tasks.embedded.lifeline import Lifeline
from sublarr_tasks.embedded.postgres import Postgres
from sublarr_tasks.embedded.processes import Process
from sublarr_tasks.embedded.redis import Redis
from sublarr_tasks.fleet import connection, signs
from sublarr_tasks.fleet.connection import KEY_PREFIX
from sublarr_tasks.models import ENDED, ScanStatus, Trigger

WORKER = Path(__file__).with_name("frail_worker.py")
PROJECT = Path(__file__).parent.parent
# What the product promises after a fault's end, and what a scan may take to a given point.
RECOVERY_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.1
LOG_TAIL = 40
# PostgreSQL: an immediate shutdown, after which the next start recovers as after a crash.
IMMEDIATE = signal.SIGQUIT

# The counter that tells how far a phase is.
PROGRESS = {
    ScanStatus.DISCOVERING: "directories_total",
    ScanStatus.SCANNING: "directories_scanned",
    ScanStatus.CACHING: "assets_cached",
    ScanStatus.ENRICHING: "enrichment_completed",
}


def _nothing() -> None:
    return None


def _always() -> bool:
    return True


class Fleet:
    """Processes by name: `postgres`, `redis`, `worker-1` ..., `beat`."""

    def __init__(self, home: Home) -> None:
        self.home = home
        sockets = home.new_sockets()
        self._postgres = Postgres(home, sockets)
        self._redis = Redis(home, sockets)
        self._lifeline = Lifeline(())
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._repeated: set[bytes] = set()
        self._began: dict[str, int] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        self.redis = RedisClient.from_url(self._redis.url)

    @property
    def database_url(self) -> str:
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        return self._redis.url

    def prepare(self) -> None:
        """Start the servers and make the tables."""
        self._lifeline.start()
        self._postgres.prepare()
        self._redis.prepare()
        if os.geteuid() == 0:
            # Its folder is another user's, and the workers obey permissions.
            self._socket_folder.chmod(0o711)
        self.start("postgres", "redis")
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.begin() as db:
            migrations.upgrade(db)

    def start(self, *names: str) -> None:
        """Start processes; returns when each that can say so is ready."""
        for name in names:
            process = self._process(name)
            self._began[name] = len(self.log(name))
            with self._log(name).open("ab") as log:
                self._running[name] = subprocess.Popen(
                    process.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=process.env,
                    cwd="/" if process.user else PROJECT,
                    user=process.user,
                    group=process.user,
                    extra_groups=[] if process.user else None,
                    start_new_session=True,
                )
            self._started.append(self._running[name])
            self._lifeline.tell([(started.pid, signal.SIGKILL, 0.0) for started in self._started])
            self.await_that(process.ready or _always, f"{name} is not ready")

    def kill(self, *names: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Signal processes, not what they started, and wait for their end."""
        for name in names:
            self._running[name].send_signal(how)
        for name in names:
            self._running.pop(name).wait()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a process where it is, for the time of the block."""
        self._running[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._running[name].send_signal(signal.SIGCONT)

    def children(self, name: str) -> list[int]:
        """Return the ids of a worker's prefork children."""
        return [child.pid for child in psutil.Process(self._running[name].pid).children()]

    def stop(self) -> None:
        """End everything; PostgreSQL in a way that gives its shared memory back."""
        if "postgres" in self._running:
            self.kill("postgres", how=IMMEDIATE)
        for started in reversed(self._started):
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
        self.redis.close()
        self._lifeline.dismiss()

    def ask(self, library_id: int) -> int:
        """Write a scan's request down, as with a broker that is away; returns the scan's id."""
        with transaction() as db:
            return scans.request(db, library_id, trigger=Trigger.CLI).scan_id

    def request(self, library_id: int) -> int:
        """Ask for a scan as the command line does; returns its id."""
        scan_id = self.ask(library_id)
        self.send("scan.start", scan_id)
        return scan_id

    def send(self, task: str, scan_id: int) -> None:
        with app.connection_for_write(connection.celery_url(self.redis_url)) as broker:
            app.send_task(task, kwargs={"scan_id": scan_id}, connection=broker)

    def reach(self, scan_id: int, phase: ScanStatus, done: int) -> None:
        """Wait until a phase has done so much, and fail where the scan is beyond it."""

        def there() -> bool:
            scan = state(scan_id)
            assert scan.status not in ENDED, f"the scan ended before the fault: {scan}"
            return bool(scan.status == phase and getattr(scan, PROGRESS[phase]) >= done)

        self.await_that(there, f"{phase} did not come to {done}")

    def await_steps(self, scan_id: int, steps: int) -> None:
        """Wait until so many more directories and assets are done with, or the scan has ended."""
        before = _steps(state(scan_id))

        def moved() -> bool:
            scan = state(scan_id)
            return scan.status in ENDED or _steps(scan) >= before + steps

        self.await_that(moved, f"scan {scan_id} stands still", RECOVERY_SECONDS)

    def repeat_messages(self) -> set[bytes]:
        """Put a copy of each waiting message where it is read next, and return the messages.

        A message that was repeated before is not repeated again.
        """
        for name in self.redis.scan_iter(match=f"{KEY_PREFIX}*", _type="list"):
            fresh = set(cast("list[bytes]", self.redis.lrange(name, 0, -1))) - self._repeated
            if fresh:
                self.redis.rpush(name, *fresh)
            self._repeated |= fresh
        return self._repeated

    def finish(
        self,
        scan_id: int,
        meanwhile: Callable[[], object] = _nothing,
        within: float = RECOVERY_SECONDS,
    ) -> None:
        """Wait for a scan's end, which may take a minute from a fault's end on."""

        def ended() -> bool:
            meanwhile()
            return state(scan_id).status in ENDED

        self.await_that(ended, f"scan {scan_id} has not ended", within)

    def await_that(
        self, met: Callable[[], bool], otherwise: str, within: float = PATIENCE_SECONDS
    ) -> None:
        """Wait until something is so, and fail with the processes' last words where it is not."""
        deadline = time.monotonic() + within
        while not met():
            if time.monotonic() > deadline:
                tails = (f"--- {n}\n{self._tail(n)}" for n in self._running if n != "redis")
                raise AssertionError("\n".join((otherwise, *tails)))
            time.sleep(POLL_SECONDS)

    def await_words(self, name: str, words: str) -> None:
        """Wait until a process has written some words to its log."""
        self.await_that(lambda: self._has_said(name, words), f"{name} did not say {words!r}")

    def await_workers(self, count: int) -> None:
        """Wait until so many workers are known to be alive."""
        self.await_that(
            lambda: len(signs.workers(connection.client())) == count, f"not {count} workers"
        )

    def log(self, name: str) -> str:
        """Return what the processes of that name have written."""
        log = self._log(name)
        return log.read_text(errors="replace") if log.exists() else ""

    def _log(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"

    def _has_said(self, name: str, words: str) -> bool:
        return words in self.log(name)[self._began[name] :]

    @property
    def _socket_folder(self) -> Path:
        return self.home.path / "run" / "postgres"

    def _process(self, name: str) -> Process:
        if name == "postgres":
            process = self._postgres.process()
            return replace(process, argv=(*process.argv, "-c", "unix_socket_permissions=0777"))
        if name == "redis":
            return self._redis.process()
        if name == "beat":
            return _python("-m", "celery", "-A", "beat_schedule", "beat", "--loglevel=INFO")
        return _python(str(WORKER), "all", ready=lambda: self._has_said(name, " ready."))

    def _tail(self, name: str) -> str:
        return "\n".join(self.log(name).splitlines()[-LOG_TAIL:])


@contextmanager
def running() -> Iterator[Fleet]:
    """Give a fleet whose servers run in a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="slf-", dir=_memory()))
    try:
        folder.chmod(folder_mode())
        home = Home(folder)
        home.prepare()
        fleet = Fleet(home)
        try:
            fleet.prepare()
            yield fleet
        finally:
            fleet.stop()
    finally:
        shutil.rmtree(folder)


def state(scan_id: int) -> Row[Any]:
    with transaction() as db:
        return scans.get(db, scan_id)


def _memory() -> Path | None:
    """Find a disk in memory, on which no server waits for another's writes to reach a platter."""
    usable = stack.MEMORY.is_dir() and os.access(stack.MEMORY, os.W_OK)
    roomy = usable and shutil.disk_usage(stack.MEMORY).free > stack.LEAST_FREE
    return stack.MEMORY if roomy else None


def _steps(scan: Row[Any]) -> int:
    return sum(getattr(scan, counter) for counter in PROGRESS.values())


def _python(*arguments: str, ready: Callable[[], bool] | None = None) -> Process:
    return Process(name=arguments[-1], argv=(sys.executable, *arguments), ready=ready)

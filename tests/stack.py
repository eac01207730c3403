"""One PostgreSQL and one Redis for all processes of a test run; stopped when the last has ended.

Every test process holds a shared lock for as long as it lives. The keeper, a process of its own,
waits for that lock and then stops the servers, so that a run that was killed leaves none behind.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from sublarr_tasks import migrations
from sublarr_tasks.embedded.home import Home, Stack, folder_mode
from sublarr_tasks.embedded.postgres import Postgres
from sublarr_tasks.embedded.processes import Process, Supervisor
from sublarr_tasks.embedded.redis import Redis

TEMPLATE = "sublarr"
# A new database is a copy of a thousand files: 12 ms in memory, 80 ms on a disk.
MEMORY = Path("/dev/shm")
LEAST_FREE = 2 << 30
# What a test run writes need not outlive a power failure.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
REDIS_DATABASES = 256


@dataclass(frozen=True)
class Servers:
    """The addresses of the run's servers, and new databases in them."""

    database_url: str
    redis_url: str

    @cached_property
    def _maintenance(self) -> Engine:
        url = make_url(self.database_url).set(database="postgres")
        return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    @contextmanager
    def database(self, name: str, *, template: str = TEMPLATE) -> Iterator[str]:
        """Make a database, give its URL, and drop it whoever is still connected."""
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield make_url(self.database_url).set(database=name).render_as_string()
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def redis_database(self, number: int) -> str:
        return self.redis_url.replace("db=0", f"db={number % REDIS_DATABASES}")

    def _run(self, statement: str) -> None:
        with self._maintenance.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def shared(folder: Path) -> Iterator[Servers]:
    """Use the servers of the run that has this folder, starting them for all if need be."""
    users, turn = folder / "servers.users", folder / "servers.turn"
    with users.open("a") as using:
        fcntl.flock(using, fcntl.LOCK_SH)
        with turn.open("a+") as mine:
            fcntl.flock(mine, fcntl.LOCK_EX)
            mine.seek(0)
            home = Home(Path(mine.read() or _start(users, mine.name)))
        stack = home.running()
        assert stack is not None, f"the servers of this run have ended; see {home.logs}"
        yield Servers(stack.database_url, stack.redis_url)


def _start(users: Path, turn: str) -> str:
    fast = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > LEAST_FREE
    fast = fast and os.access(MEMORY, os.W_OK)
    home = tempfile.mkdtemp(prefix="slt-", dir=MEMORY if fast else None)
    # In a session of its own: Ctrl-C ends the tests, and their end ends the keeper.
    keeper = subprocess.Popen(
        [sys.executable, __file__, home, str(users)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout as said:
        assert said.readline() == "ready\n", "PostgreSQL and Redis could not be started"
    keeper.returncode = 0  # it outlives this process; nobody waits for it
    Path(turn).write_text(home)
    return home


def keep(path: Path, users: Path) -> None:
    """Run the servers until no test process holds the lock."""
    path.chmod(folder_mode())
    home = Home(path)
    home.prepare()
    try:
        with home.held() as lock, Supervisor(home.logs, held=[lock]) as supervisor:
            sockets = home.new_sockets()
            postgres, redis = Postgres(home, sockets), Redis(home, sockets)
            postgres.prepare()
            redis.prepare()
            supervisor.start(_careless(postgres.process()))
            supervisor.start(_many_databases(redis.process()))
            _migrate(postgres.url)
            home.announce(Stack(os.getpid(), postgres.url, redis.url, datetime.now(UTC)))
            print("ready", flush=True)  # noqa: T201 - whoever started us reads it
            with users.open("a") as using:
                fcntl.flock(using, fcntl.LOCK_EX)
    finally:
        shutil.rmtree(path)


def _careless(process: Process) -> Process:
    options = [part for option in CARELESS for part in ("-c", option)]
    return replace(process, argv=(*process.argv, *options))


def _many_databases(process: Process) -> Process:
    return replace(process, argv=(*process.argv, "--databases", str(REDIS_DATABASES)))


def _migrate(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        migrations.upgrade(connection)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]))

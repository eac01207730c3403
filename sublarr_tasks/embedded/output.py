"""What a process of the stack writes: a log file that stays bounded and can be followed."""

import logging
import os
import shutil
from pathlib import Path
from typing import Final

from sublarr_tasks.embedded.home import explained

_log = logging.getLogger(__name__)

_LIMIT_BYTES: Final = 16 * 2**20
_ECHO_BYTES: Final = 2**20
_TAIL_BYTES: Final = 16 * 2**10
_COMPLAINTS: Final = ("PANIC", "FATAL", "Error", "ERROR", "error")


class Log:
    """One process's output.

    The process writes to the file itself: no thread of ours stands between, and it can go on
    writing when the supervisor is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = self._began = self._size()

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:  # a person may delete logs
            return 0

    def open(self) -> int:
        """Open for a new process; the caller closes the descriptor once it has been inherited."""
        with explained(self.path):
            descriptor = os.open(
                self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            self._began = os.fstat(descriptor).st_size
        return descriptor

    def fresh_lines(self) -> list[str]:
        """Give the whole lines written since the last call."""
        size = self._size()
        self._read = min(self._read, size)
        if self._read == size:
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            read = file.read(_ECHO_BYTES)
        end = read.rfind(b"\n") + 1
        whole = read[:end] if end or len(read) < _ECHO_BYTES else read
        self._read += len(whole)
        return whole.decode(errors="replace").splitlines()

    def complaint(self) -> str:
        """Give the line of the latest process that most likely says why it ended."""
        size = self._size()
        if not size:
            return "it wrote nothing"
        with self.path.open("rb") as file:
            file.seek(max(min(self._began, size), size - _TAIL_BYTES))
            lines = [x for x in file.read().decode(errors="replace").splitlines() if x.strip()]
        complaints = [line for line in lines if any(word in line for word in _COMPLAINTS)]
        return (complaints or lines or ["it wrote nothing"])[-1].strip()

    def bound(self) -> None:
        """Move a long file aside; the process appends, so that it needs not open it again."""
        if self._size() > _LIMIT_BYTES:
            try:
                shutil.copyfile(self.path, self.path.with_name(self.path.name + ".1"))
            except OSError as error:
                _log.warning("%s is emptied without a copy: %s", self.path, error)
            os.truncate(self.path, 0)

"""A machine with nothing on it but this product: a home, two ports, and its commands."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sublarr_tasks import settings

SUBLARR = Path(sys.executable).with_name("sublarr")


@dataclass(frozen=True)
class Machine:
    """A home and two free ports; nothing runs yet."""

    home: Path
    port: int
    flower_port: int

    @property
    def environment(self) -> dict[str, str]:
        bare = {k: v for k, v in os.environ.items() if not k.startswith(settings.PREFIX)}
        return bare | {
            "SUBLARR_HOME": str(self.home),
            "SUBLARR_PORT": str(self.port),
            "SUBLARR_FLOWER_PORT": str(self.flower_port),
            "SUBLARR_CONCURRENCY": "2",
        }

    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(SUBLARR), *map(str, words)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: object) -> tuple[int, str]:
        """Run a command to its end; returns its exit code and what it printed."""
        with self.start(*words) as process:
            output, _ = process.communicate(timeout=120)
        return process.returncode, output


@contextmanager
def bare() -> Iterator[Machine]:
    """Give a machine on which nothing runs, with a home short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="slc-") as folder:
        yield Machine(Path(folder) / "home", _free_port(), _free_port())


def processes_of(home: Path) -> list[str]:
    """Name the processes whose command line speaks of a home, once they had time to go."""
    deadline = time.monotonic() + 10
    while True:
        lines = [_command_line(entry) for entry in Path("/proc").glob("[0-9]*")]
        left = [line for line in lines if str(home) in line]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

"""Each service of compose.yaml as a plain process: its command, environment and health check.

What a container would find at a path lies below a temporary folder here, under the same name;
nothing of this machine's own environment is handed on.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from compose_file import OURS, SECRETS, Service, services
from stack import Servers
from sublarr_tasks import heartbeat, migrations

LONG_RUNNING = [name for name in OURS if name != "migrate"]
HEALTHY_WITHIN = 120.0
# Volumes, secrets and /tmp; the root itself is read-only in a container, and its first folder.
PLACES = ("/config", "/cache", "/media", "/tmp", "/run")
# Docker sets these two, and nothing else that is not in the file or in the image.
PROGRAMS = f"{Path(sys.executable).parent}:/usr/bin:/bin"


@dataclass(frozen=True)
class Machine:
    """A machine with the stack's servers; `root` stands for a container's `/`."""

    root: Path
    ports: Mapping[str, str]

    def path(self, inside: str) -> str:
        return f"{self.root}{inside}"

    def service(self, name: str) -> Service:
        return services({"MEDIA": self.path("/media"), "WORKER_CONCURRENCY": "1"})[name]

    def environment(self, name: str) -> dict[str, str]:
        """Return a service's environment, its paths moved below the root."""
        given = {**self.service(name).environment, **self.ports}
        moved = {key: self.path(v) if v.startswith("/") else v for key, v in given.items()}
        return moved | {"PATH": PROGRAMS, "HOME": self.path("/")}

    @contextmanager
    def running(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service for the time of a block; its output goes to `<name>.log`."""
        with Path(self.path(f"/{name}.log")).open("ab") as log:
            process = subprocess.Popen(
                self.service(name).command,
                executable=self._program(name),
                env=self.environment(name),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            # Children that a failed test leaves behind go with their group.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def is_healthy(self, name: str) -> bool:
        probe = self.service(name).probe
        assert probe is not None
        done = subprocess.run(
            probe,
            executable=f"{Path(sys.executable).parent}/{probe[0]}",
            env=self.environment(name),
            cwd=self.root,
            capture_output=True,
            timeout=5,
            check=False,
        )
        return done.returncode == 0

    def turns_healthy(self, name: str, process: subprocess.Popen[bytes]) -> bool:
        until = time.monotonic() + HEALTHY_WITHIN
        while process.poll() is None and time.monotonic() < until:
            if self.is_healthy(name):
                return True
            time.sleep(0.25)
        return False

    def written_elsewhere(self) -> set[str]:
        """Return what a read-only root would have refused."""
        given = {*PLACES, *(f"/{name}.log" for name in OURS)}
        return {f"/{path.name}" for path in self.root.iterdir()} - given

    def log(self, name: str) -> str:
        return Path(self.path(f"/{name}.log")).read_text(errors="replace")

    def _program(self, name: str) -> str:
        return f"{Path(sys.executable).parent}/{self.service(name).command[0]}"


@pytest.fixture
def machine(tmp_path: Path, database: str) -> Machine:
    """Give a machine whose database is migrated and whose Redis is empty."""
    root = tmp_path / "root"
    for folder in (*PLACES, SECRETS):
        Path(f"{root}{folder}").mkdir(parents=True)
    secrets = {"database_url": database, "redis_url": os.environ["SUBLARR_REDIS_URL"]}
    for name, value in secrets.items():
        # A last line that ends is what an editor and `echo` leave.
        Path(f"{root}{SECRETS}/{name}").write_text(f"{value}\n")
    ports = {name: str(_free_port()) for name in ("SUBLARR_PORT", "SUBLARR_FLOWER_PORT")}
    return Machine(root, ports)


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_service_turns_healthy_keeps_to_its_volumes_and_ends_at_sigterm(
    machine: Machine, name: str
) -> None:
    assert not machine.is_healthy(name)
    with machine.running(name) as process:
        assert machine.turns_healthy(name, process), machine.log(name)
        process.terminate()
        assert process.wait(machine.service(name).grace_seconds) == 0, machine.log(name)
    assert machine.written_elsewhere() == set()


def test_the_migration_makes_the_schema_and_ends(machine: Machine, servers: Servers) -> None:
    with servers.database(f"empty_{os.getpid()}", template="template0") as url:
        Path(machine.path(f"{SECRETS}/database_url")).write_text(url)
        with machine.running("migrate") as process:
            assert process.wait(60) == 0, machine.log("migrate")
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            assert migrations.is_current(connection)
            assert connection.scalar(text("SELECT count(*) FROM libraries")) == 0


def test_a_migration_that_was_done_before_is_no_error(machine: Machine) -> None:
    with machine.running("migrate") as process:
        assert process.wait(60) == 0, machine.log("migrate")


def test_a_worker_that_hangs_turns_unhealthy(machine: Machine) -> None:
    """Stopped, it still exists and holds its connections; only its sign of life grows old."""
    name = "worker-control"
    with machine.running(name) as process:
        assert machine.turns_healthy(name, process), machine.log(name)
        process.send_signal(signal.SIGSTOP)
        alive = machine.environment(name)[heartbeat.VARIABLE]
        then = time.time() - heartbeat.OLDEST - 1
        os.utime(alive, (then, then))
        time.sleep(5)  # two heartbeats, if it sent any
        assert not machine.is_healthy(name)
        process.send_signal(signal.SIGCONT)
        assert machine.turns_healthy(name, process), machine.log(name)


def test_a_service_without_its_secret_says_which_one(machine: Machine) -> None:
    Path(machine.path(f"{SECRETS}/database_url")).unlink()
    with machine.running("worker-disk") as process:
        assert process.wait(30) == 3
    assert "SUBLARR_DATABASE_URL_FILE" in machine.log("worker-disk")


def _free_port() -> int:
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        port: int = link.getsockname()[1]
    return port

"""The sign of life of workers and beat, and the health check that reads it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sublarr_tasks import heartbeat


def probe(path: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {} if path is None else {heartbeat.VARIABLE: str(path)}
    command = [sys.executable, "-m", "sublarr_tasks.heartbeat"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_process_that_beats_is_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(heartbeat.VARIABLE, str(tmp_path / "alive"))
    heartbeat.beat()
    assert probe(tmp_path / "alive").returncode == 0


def test_a_process_that_stopped_beating_is_not(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    alive.touch()
    then = time.time() - heartbeat.OLDEST - 5
    os.utime(alive, (then, then))
    found = probe(alive)
    assert found.returncode == 1
    assert "seconds old" in found.stderr


def test_a_process_that_never_beat_is_not(tmp_path: Path) -> None:
    found = probe(tmp_path / "alive")
    assert (found.returncode, found.stderr) == (1, "No sign of life yet.\n")


def test_a_check_without_a_file_says_which_variable_to_set() -> None:
    found = probe(None)
    assert found.returncode == 1
    assert heartbeat.VARIABLE in found.stderr


def test_beating_again_renews_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = tmp_path / "alive"
    monkeypatch.setenv(heartbeat.VARIABLE, str(alive))
    alive.touch()
    os.utime(alive, (0, 0))
    heartbeat.beat()
    assert (heartbeat.age(alive) or 0) < heartbeat.OLDEST


def test_a_clock_that_was_set_back_is_no_death(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    alive.touch()
    later = time.time() + 3600
    os.utime(alive, (later, later))
    assert heartbeat.age(alive) == 0


def test_where_no_file_is_named_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(heartbeat.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    heartbeat.beat()
    assert not list(tmp_path.iterdir())


def test_the_check_imports_nothing_that_is_slow() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "sublarr_tasks.heartbeat"]
    imported = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "sublarr_tasks" in imported
    for slow in ("celery", "pydantic", "sqlalchemy", "redis"):
        assert slow not in imported

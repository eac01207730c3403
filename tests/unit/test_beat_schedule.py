"""The clock: what it sends, and what it knows."""

import ast
from pathlib import Path

import pytest
from celery.signals import after_task_publish

import beat_schedule
from sublarr_tasks import heartbeat
from sublarr_tasks.celery_app import QUEUES, app
from sublarr_tasks.errors import StartError

ALLOWED = {
    "sublarr_tasks.celery_app",
    "sublarr_tasks.errors",
    "sublarr_tasks.fleet",
    "sublarr_tasks.heartbeat",
}


def test_the_clock_knows_the_application_and_no_task() -> None:
    tree = ast.parse(Path(beat_schedule.__file__).read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sublarr_tasks":
            imported |= {f"sublarr_tasks.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    ours = {name for name in imported if name.startswith(("sublarr_tasks", "workers", "api"))}
    assert ours <= ALLOWED


@pytest.mark.parametrize("task", beat_schedule.SECONDS)
def test_a_message_expires_before_the_next_of_its_kind(task: str) -> None:
    entry = app.conf.beat_schedule[task]
    assert entry["options"]["expires"] < entry["schedule"]


@pytest.mark.parametrize("task", beat_schedule.SECONDS)
def test_a_message_goes_to_a_queue_that_exists(task: str) -> None:
    assert task.partition(".")[0] in QUEUES


def test_it_beats_often_enough_for_its_health_check() -> None:
    assert min(beat_schedule.SECONDS.values()) * 3 <= heartbeat.OLDEST


def test_each_message_that_it_sent_is_a_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(heartbeat.VARIABLE, str(tmp_path / "alive"))
    after_task_publish.send(sender="scan.sweep")
    assert (tmp_path / "alive").exists()


def test_a_period_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_BEAT_SCAN_DISPATCH_DUE", "2.5")

    entry = beat_schedule.entries()["scan.dispatch-due"]

    assert entry["schedule"] == 2.5
    assert entry["options"]["expires"] < 2.5


def test_an_entry_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_BEAT_UPKEEP_COLLECT", " Disable ")

    assert beat_schedule.entries().keys() == beat_schedule.SECONDS.keys() - {"upkeep.collect"}


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan", "1e99"])
def test_a_period_that_is_none_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUBLARR_BEAT_SCAN_SWEEP", text)

    with pytest.raises(StartError, match="SUBLARR_BEAT_SCAN_SWEEP"):
        beat_schedule.entries()

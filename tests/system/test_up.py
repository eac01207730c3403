"""`sublarr up`: everything on one machine, and nothing of it afterwards."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from libraries import nfo, picture, video
from machine import Machine, bare, processes_of
from sublarr_tasks.celery_app import QUEUES

TITLE = "Alpha (2001)"


@dataclass(frozen=True)
class Up:
    """A running stack and the key that it said."""

    machine: Machine
    process: subprocess.Popen[str]
    key: str

    def api(self, path: str, /, **asked: object) -> requests.Response:
        url = f"http://127.0.0.1:{self.machine.port}/api/v1/{path}"
        method = "POST" if asked else "GET"
        headers = {"X-Api-Key": self.key}
        return requests.request(method, url, json=asked or None, headers=headers, timeout=10)

    def flower(self, path: str, password: str | None) -> requests.Response:
        auth = ("sublarr", password) if password else None
        url = f"http://127.0.0.1:{self.machine.flower_port}/{path}"
        return requests.get(url, auth=auth, timeout=10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


def start(machine: Machine) -> Up:
    process = machine.start("up")
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("API key"):
            return Up(machine, process, line.split()[-1])
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with bare() as machine:
        running = start(machine)
        yield running
        running.stop()


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    video(folder / TITLE / f"{TITLE}.mkv")
    nfo(folder / TITLE / "movie.nfo", "Alpha")
    picture(folder / TITLE / "poster.jpg")
    return folder


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def scan(up: Up, library_id: int) -> int:
    """Scan a library through the API, to the end."""
    answer = up.api(f"libraries/{library_id}/scans", full=True)
    assert answer.status_code == 202, answer.text
    scan_id: int = answer.json()["scan"]["id"]
    until(lambda: up.api(f"scans/{scan_id}").json()["status"] == "completed")
    return scan_id


@pytest.fixture(scope="module")
def scanned(up: Up, films: Path) -> Up:
    """Give a stack that has scanned the films."""
    scan(up, up.api("libraries", name="Films", path=str(films)).json()["id"])
    return up


def test_what_a_scan_found_is_listed(scanned: Up) -> None:
    assert [item["title"] for item in scanned.api("items").json()["results"]] == ["Alpha"]


def test_a_cached_picture_is_served_as_one(scanned: Up) -> None:
    item = scanned.api(f"items/{scanned.api('items').json()['results'][0]['id']}").json()
    poster = next(asset for asset in item["assets"] if asset["type"] == "poster")
    answer = scanned.api(f"assets/{poster['id']}/file")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")


def test_flower_asks_for_a_password(up: Up) -> None:
    assert up.flower("tasks", None).status_code == 401


def test_flower_shows_which_directories_a_task_is_about(scanned: Up) -> None:
    tasks = json.loads(scanned.flower("api/tasks", scanned.key).text)
    shown = {task["name"]: task["args"] for task in tasks.values()}
    assert shown["directory-scan.read"] == f"scan 1: {TITLE}"


def test_flower_shows_the_worker_and_every_queue(scanned: Up) -> None:
    workers = scanned.flower("api/workers?refresh=1", scanned.key).json()
    (worker,) = workers.values()
    queues = {queue["name"] for queue in worker["active_queues"]}
    assert queues == QUEUES.keys()


def test_a_second_one_in_the_same_home_says_so(up: Up) -> None:
    code, output = up.machine.run("up")
    assert code == 3
    assert "already in use" in output.splitlines()[-1]


def test_a_scan_command_uses_what_runs(scanned: Up, films: Path) -> None:
    code, output = scanned.machine.run("scan", films)
    assert code == 0, output
    assert "1 unchanged" in output


def test_the_units_of_old_scans_are_forgotten_before_the_clock_says_so(
    scanned: Up, tmp_path: Path
) -> None:
    video(tmp_path / TITLE / f"{TITLE}.mkv")
    library = scanned.api("libraries", name="Other", path=str(tmp_path)).json()
    first, *_ = [scan(scanned, library["id"]) for _ in range(5)]
    until(lambda: scanned.api(f"scans/{first}/units").json()["results"] == [])


def test_ctrl_c_ends_every_process(films: Path) -> None:
    with bare() as machine:
        running = start(machine)
        assert running.stop() == 0
        assert processes_of(machine.home) == []

"""Files read in a process of their own."""

import os
from pathlib import Path

import psutil
import pytest

from libraries import video
from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import isolated
from sublarr_tasks.library.probe import probe

# A reader that dies of one name and hangs at another.
FRAIL = """
import sys
from pathlib import Path
from sublarr_tasks.library import isolated
import os, signal, time
whole = isolated.probe
def frail(path):
    if "poison" in path: os.kill(os.getpid(), signal.SIGKILL)
    if "tar" in path: time.sleep(60)
    return whole(path)
isolated.probe = frail
isolated.serve(sys.stdin, sys.stdout)
"""


@pytest.fixture
def frail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "PROGRAM", ("-c", FRAIL))


def reason(read: object, path: Path) -> str:
    with pytest.raises(ProbeError) as caught:
        read(str(path))  # type: ignore[operator]
    return caught.value.reason


def test_a_file_is_read_as_in_ones_own_process(tmp_path: Path) -> None:
    path = video(tmp_path / os.fsdecode(b"caf\xe9.mkv"))
    with isolated.reading() as read:
        assert read(str(path)) == probe(path)


def test_what_is_no_media_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.mkv").write_bytes(b"text" * 99)
    with isolated.reading() as read:
        assert reason(read, tmp_path / "text.mkv") == "not_media"


def test_one_that_kills_its_reader_is_the_only_one_at_fault(tmp_path: Path, frail: None) -> None:
    good, bad = video(tmp_path / "good.mkv"), video(tmp_path / "poison.mkv")
    with isolated.reading() as read:
        assert read(str(good)).streams
        assert reason(read, bad) == "crashed_reader"
        assert read(str(good)).streams


def test_one_at_which_its_reader_hangs_is_given_up(
    tmp_path: Path, frail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "MOST_SECONDS", 2.0)
    with isolated.reading() as read:
        assert reason(read, video(tmp_path / "tar.mkv")) == "crashed_reader"


def test_no_process_is_left(tmp_path: Path) -> None:
    with isolated.reading() as read:
        read(str(video(tmp_path / "good.mkv")))
        (child,) = [c for c in psutil.Process().children() if "isolated" in str(c.cmdline())]
    assert not child.is_running()

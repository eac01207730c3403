"""The commands as a person calls them, each in a home of its own, from nothing."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import nfo, picture, video
from machine import Machine, bare

ESCAPE = "\x1b"


@pytest.fixture
def machine() -> Iterator[Machine]:
    with bare() as machine:
        yield machine


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "Movies"
    for title in ("Alpha (2001)", "Beta (2002)"):
        video(folder / title / f"{title}.mkv")
        nfo(folder / title / "movie.nfo", title)
        picture(folder / title / "poster.jpg")
    return folder


def test_a_scan_of_a_bare_home_prints_plain_lines_and_its_summary(
    machine: Machine, films: Path
) -> None:
    code, output = machine.run("scan", films)
    assert code == 0, output
    assert ESCAPE not in output
    assert "Scan 1 of Movies: completed" in output
    assert "2 read: 2 new" in output


def test_what_a_scan_found_is_there_for_the_next(machine: Machine, films: Path) -> None:
    machine.run("scan", films)
    _, output = machine.run("scan", films)
    assert "0 read, 2 unchanged" in output


def test_a_folder_that_does_not_exist_is_one_sentence_and_code_2(
    machine: Machine, tmp_path: Path
) -> None:
    code, output = machine.run("scan", tmp_path / "nowhere")
    assert code == 2
    assert output.splitlines()[-1] == f"path: {tmp_path / 'nowhere'} does not exist."


def test_a_lost_library_ends_with_its_reason_and_code_1(machine: Machine, films: Path) -> None:
    machine.run("scan", films)
    films.rename(films.with_name("away"))
    code, output = machine.run("scan", films)
    assert code == 1
    assert "failed (mount_lost)" in output


def test_a_scan_with_a_broken_file_ends_with_code_6(machine: Machine, films: Path) -> None:
    (films / "Alpha (2001)" / "poster.jpg").write_bytes(b"no picture")
    code, output = machine.run("scan", films)
    assert code == 6
    assert re.search(r"Failed +1\b", output)


def test_interrupted_a_scan_is_cancelled_and_code_is_130(machine: Machine, films: Path) -> None:
    code, output = _interrupted(machine, films, "scan", films)
    assert code == 130
    assert "cancelled (cancelled_by_request)" in output


def test_detached_a_scan_goes_on_with_the_next_command(machine: Machine, films: Path) -> None:
    code, _ = _interrupted(machine, films, "scan", films, "--on-interrupt", "detach")
    assert code == 0
    code, output = machine.run("scan", films)
    assert code == 0, output
    assert "Scan 1 of this library has not ended; following it." in output
    assert "Scan 1 of Movies: completed" in output


def test_a_port_in_use_is_one_sentence_that_names_the_setting(machine: Machine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", machine.port))
        taken.listen()
        code, output = machine.run("up")
    assert code == 3
    assert f"Port {machine.port}" in output.splitlines()[-1]
    assert "SUBLARR_PORT" in output.splitlines()[-1]


def test_a_home_that_is_a_file_is_one_sentence(machine: Machine) -> None:
    machine.home.write_text("")
    code, output = machine.run("up")
    assert code == 3
    assert str(machine.home) in output.splitlines()[-1]


def _interrupted(machine: Machine, films: Path, *words: object) -> tuple[int, str]:
    """Run a scan that is too long to end by itself, and press Ctrl-C once it reads."""
    for number in range(1500):
        folder = films / f"Film {number} (2003)"
        folder.mkdir()
        os.link(films / "Alpha (2001)" / "Alpha (2001).mkv", folder / f"Film {number}.mkv")
    process = machine.start(*words)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("scanning"):
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    return process.returncode, "".join(said) + rest


def test_what_films_lack_is_listed_and_searched_for(machine: Machine, films: Path) -> None:
    machine.run("scan", films)
    assert machine.run("subtitle", "want", "de", "pt-BR")[0] == 0
    _, listed = machine.run("subtitle", "list", "--language", "de")
    assert "4 lacking, 0 could be better." in listed
    code, said = machine.run("subtitle", "search", "--library", "Movies", "--language", "de")
    assert (code, said.splitlines()[-1]) == (6, "2 searched for: 0 found, 0 not, 2 put off.")
    assert "no provider is switched on" in machine.run("subtitle", "list")[1]


def test_what_is_no_language_is_refused(machine: Machine) -> None:
    code, said = machine.run("subtitle", "want", "klingonish")
    assert code == 2
    assert "wishes.0.language" in said

"""One directory as facts, from real files."""

import errno
import os
from pathlib import Path

import pytest

from libraries import nfo, video, write
from obstacles import refuse_to_list
from sublarr_tasks.library import examine
from sublarr_tasks.library.examine import Facts, Reach, Stamp
from sublarr_tasks.library.walk import SymlinkPolicy
from sublarr_tasks.library.walk import contents as list_directory
from walking import IGNORE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a film in a library at `tmp_path`."""
    video(tmp_path / "Alpha (2001)/Alpha (2001).mkv")
    nfo(tmp_path / "Alpha (2001)/movie.nfo", "Alpha")
    return tmp_path / "Alpha (2001)"


def read(folder: Path, known: dict[str, Stamp] | None = None, *, probes: bool = True) -> Facts:
    reach = Reach(str(folder.parent), IGNORE, SymlinkPolicy.FOLLOW, probes=probes)
    return examine.directory(reach, 7, folder.name, known or {})


def stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def test_a_directory_is_its_films_with_nfo_and_streams(folder: Path) -> None:
    facts = read(folder)
    (film,) = facts.works
    assert facts.directory_id == 7
    assert film.nfo is not None
    assert film.nfo.title == "Alpha"
    (file,) = film.files
    assert file.probe is not None
    assert len(file.probe.streams) == 3


def test_the_signature_is_the_walks(folder: Path) -> None:
    walked = list_directory(str(folder.parent), folder.name, ignore=IGNORE).signature
    assert read(folder).signature == walked


def test_a_file_of_a_known_stamp_is_not_opened(folder: Path) -> None:
    path = folder / "Alpha (2001).mkv"
    known = {path.name: stamp(path)}
    (film,) = read(folder, known).works
    assert [(file.known, file.probe) for file in film.files] == [(True, None)]


@pytest.mark.parametrize("change", ["size", "time", "inode"])
def test_a_file_of_another_stamp_is_probed_again(folder: Path, change: str) -> None:
    path = folder / "Alpha (2001).mkv"
    known = {path.name: stamp(path)}
    if change == "size":
        path.write_bytes(path.read_bytes() + b"\xec\x80")
    elif change == "time":
        os.utime(path, (1, 1))
    else:
        copy = write(folder / "copy", path.read_bytes())
        os.utime(copy, ns=(0, known[path.name].mtime_ns))
        copy.replace(path)
    (film,) = read(folder, known).works
    assert not film.files[0].known
    assert film.files[0].probe is not None


def test_without_probes_no_video_is_opened(folder: Path) -> None:
    (folder / "Alpha (2001).mkv").write_bytes(b"not a video")
    (film,) = read(folder, probes=False).works
    assert film.files[0].reason == "skip_ffprobe"


def test_a_broken_video_keeps_its_reason_and_the_directory_its_signature(folder: Path) -> None:
    (folder / "Alpha (2001).mkv").write_bytes(b"")
    facts = read(folder)
    assert facts.works[0].files[0].reason == "empty_file"
    assert facts.signature is not None


def test_a_video_that_cannot_be_read_now_leaves_the_directory_unsigned(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _: int) -> int:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refuse)
    facts = read(folder)
    assert facts.works[0].files[0].reason == "unreadable"
    assert facts.signature is None


def test_a_blocked_companion_folder_is_named_and_leaves_the_directory_unsigned(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "Subs/Alpha (2001).en.srt", b"x")
    refuse_to_list(monkeypatch, folder / "Subs")
    facts = read(folder)
    assert (facts.blocked, facts.signature) == (("Subs",), None)
    assert len(facts.works) == 1


def test_a_directory_that_cannot_be_listed_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_list(monkeypatch, folder)
    with pytest.raises(PermissionError):
        read(folder)
    with pytest.raises(FileNotFoundError):
        read(folder.with_name("nowhere"))


def test_a_broken_nfo_is_named_and_the_next_one_read(folder: Path) -> None:
    write(folder / "movie.nfo", b"\0\1\2 nothing to read")
    (film,) = read(folder).works
    assert film.nfo_reason is not None
    nfo(folder / "Alpha (2001).nfo", "From The Other")
    (film,) = read(folder).works
    assert film.nfo is not None
    assert film.nfo.title == "From The Other"


def test_an_nfo_larger_than_the_limit_is_not_read_whole(folder: Path) -> None:
    write(folder / "movie.nfo", b"<movie><title>Big</title>" + b" " * 50_000_000 + b"</movie>")
    (film,) = read(folder).works
    assert film.nfo_reason == "nfo_too_large"


def test_an_nfo_that_is_a_folder_is_no_nfo(folder: Path) -> None:
    (folder / "movie.nfo").unlink()
    (folder / "movie.nfo").mkdir()
    (film,) = read(folder).works
    assert (film.nfo, film.nfo_reason) == (None, None)


def test_a_root_is_read_as_one(tmp_path: Path) -> None:
    video(tmp_path / "Alpha (2001).mkv")
    video(tmp_path / "Beta (2002).mkv")
    reach = Reach(str(tmp_path), IGNORE, SymlinkPolicy.FOLLOW, probes=False)
    facts = examine.directory(reach, 1, "", {})
    assert [film.work.title for film in facts.works] == ["Alpha", "Beta"]

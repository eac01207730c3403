import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sublarr_tasks.library.walk import Reason, Seen, SymlinkPolicy, Unreadable, Walk, contents
from walking import IGNORE, make, names, problems, seen, signature, walk


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], None]:
    """Make the system refuse to list one directory, whoever asks (root may read everything)."""

    def refuse(path: Path, number: int) -> None:
        scandir = os.scandir

        def refusing(asked: str) -> Iterator[os.DirEntry[str]]:
            if Path(asked) == path:
                raise OSError(number, os.strerror(number), asked)
            return scandir(asked)

        monkeypatch.setattr(os, "scandir", refusing)

    return refuse


# symbolic links


def test_a_linked_directory_is_entered_or_not_by_policy(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/Film.mkv", "library/A/A.mkv")
    (tmp_path / "library/link").symlink_to(tmp_path / "elsewhere")
    root = tmp_path / "library"
    assert list(seen(root)) == ["", "A", "link"]
    assert list(seen(root, symlinks=SymlinkPolicy.SKIP)) == ["", "A"]


@pytest.mark.parametrize("policy", SymlinkPolicy)
def test_a_linked_file_counts_as_its_target(tmp_path: Path, policy: SymlinkPolicy) -> None:
    make(tmp_path, "target", "library/F/note.nfo")
    (tmp_path / "library/F/Film.mkv").symlink_to(tmp_path / "target")
    listing = contents(str(tmp_path / "library"), "F", ignore=IGNORE, symlinks=policy)
    assert listing.files[0].inode == (tmp_path / "target").stat().st_ino


def test_dangling_links_to_files_are_left_out_in_silence(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv")
    (tmp_path / "F/gone.mkv").symlink_to("nowhere")
    (tmp_path / "F/self.mkv").symlink_to("self.mkv")
    (tmp_path / "F/under a file.mkv").symlink_to("F.mkv/x")
    assert names(tmp_path, "F") == ["F.mkv"]
    assert problems(tmp_path) == []


def test_a_link_to_a_folder_that_is_gone_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv")
    (tmp_path / "Shelf").symlink_to("nowhere")
    (tmp_path / "F/Subs").symlink_to("nowhere")
    assert sorted(problems(tmp_path)) == [("F/Subs", Reason.LOST_LINK), ("Shelf", Reason.LOST_LINK)]
    assert list(seen(tmp_path)) == ["", "F"]


def test_a_link_to_an_empty_folder_is_reported_and_not_seen(tmp_path: Path) -> None:
    make(tmp_path, "library/F/F.mkv")
    (tmp_path / "empty").mkdir()
    for link in ("Shelf", "F/Subs"):
        (tmp_path / "library" / link).symlink_to(tmp_path / "empty")
    root = tmp_path / "library"
    assert problems(root) == [("F/Subs", Reason.LOST_LINK), ("Shelf", Reason.LOST_LINK)]
    assert list(seen(root)) == ["", "F"]


def test_an_empty_folder_below_a_linked_one_is_an_ordinary_one(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/a.mkv", "library/b.mkv")
    (tmp_path / "elsewhere/empty").mkdir()
    (tmp_path / "library/link").symlink_to(tmp_path / "elsewhere")
    assert problems(tmp_path / "library") == []
    assert list(seen(tmp_path / "library")) == ["", "link", "link/empty"]


def test_links_that_are_not_followed_are_not_missed_either(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv")
    (tmp_path / "Shelf").symlink_to("nowhere")
    found = Walk(str(tmp_path), ignore=IGNORE, symlinks=SymlinkPolicy.SKIP)
    assert [type(each) for each in found] == [Seen, Seen]


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_to_a_folder_above_it_is_a_loop(tmp_path: Path, target: str) -> None:
    make(tmp_path, "a/b/x.mkv")
    (tmp_path / "a/b/link").symlink_to(target)
    assert list(seen(tmp_path)) == ["", "a", "a/b"]
    assert problems(tmp_path) == [("a/b/link", Reason.LOOP)]


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    make(tmp_path, "a/x.mkv", "b/x.mkv")
    (tmp_path / "a/to b").symlink_to("../b")
    (tmp_path / "b/to a").symlink_to("../a")
    assert list(seen(tmp_path)) == ["", "a", "a/to b", "b", "b/to a"]
    assert problems(tmp_path) == [
        ("a/to b/to a", Reason.LOOP),
        ("b/to a/to b", Reason.LOOP),
    ]


def test_a_loop_through_the_folder_that_holds_the_root_ends(tmp_path: Path) -> None:
    make(tmp_path, "library/x.mkv")
    (tmp_path / "library/up").symlink_to("..")
    assert list(seen(tmp_path / "library")) == ["", "up"]
    assert problems(tmp_path / "library") == [("up/library", Reason.LOOP)]


def test_a_loop_is_found_when_the_walk_goes_on_below_a_link(tmp_path: Path) -> None:
    make(tmp_path, "library/x.mkv")
    (tmp_path / "library/up").symlink_to("..")
    found = list(walk(tmp_path / "library", "up/library"))
    assert [type(each) for each in found] == [Unreadable]


def test_a_companion_that_links_above_itself_is_a_loop(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv")
    (tmp_path / "F/Extras").symlink_to("..")
    assert names(tmp_path, "F") == ["F.mkv"]
    assert problems(tmp_path) == [("F/Extras", Reason.LOOP)]


def test_a_companion_below_a_link_that_is_above_itself_is_a_loop(tmp_path: Path) -> None:
    make(tmp_path, "F.mkv", "Extras/x.mkv")
    (tmp_path / "Extras/up").symlink_to("..")
    assert problems(tmp_path / "Extras") == [("up/Extras", Reason.LOOP)]


def test_a_folder_in_a_linked_companion_that_is_above_itself_is_a_loop(tmp_path: Path) -> None:
    make(tmp_path, "library/F/F.mkv")
    (tmp_path / "library/F/Extras").symlink_to("../..")
    assert problems(tmp_path / "library") == [("F/Extras/library", Reason.LOOP)]


def test_a_link_inside_a_companion_to_a_folder_above_it_is_a_loop(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv", "F/Extras/a.mkv")
    (tmp_path / "F/Extras/up").symlink_to("../..")
    assert names(tmp_path, "F") == ["Extras/a.mkv", "F.mkv"]
    assert problems(tmp_path) == [("F/Extras/up", Reason.LOOP)]


def test_two_links_to_one_directory_are_two_directories(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/Film.mkv", "library/x.mkv")
    for name in ("one", "two"):
        (tmp_path / "library" / name).symlink_to(tmp_path / "elsewhere")
    found = seen(tmp_path / "library")
    assert list(found) == ["", "one", "two"]
    assert found["one"].signature == found["two"].signature


# what cannot be read


def test_an_unreadable_companion_is_reported_before_its_directory_which_goes_on_without_it(
    tmp_path: Path, fail: Callable[[Path, int], None]
) -> None:
    make(tmp_path, "F/F.mkv")
    alone = signature(tmp_path, "F")
    make(tmp_path, "F/Subs/F.srt")
    fail(tmp_path / "F/Subs", errno.EACCES)
    _, problem, directory = walk(tmp_path)
    assert problem == Unreadable("F/Subs", Reason.PERMISSION_DENIED, "Permission denied")
    assert directory == Seen("F", alone, media=True)
    assert names(tmp_path, "F") == ["F.mkv"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, Reason.PERMISSION_DENIED),
        (errno.EPERM, Reason.PERMISSION_DENIED),
        (errno.EIO, Reason.IO_ERROR),
        (errno.ENOENT, Reason.VANISHED),
        (errno.ENOTDIR, Reason.VANISHED),
    ],
)
def test_a_directory_that_the_system_refuses_is_reported_and_the_walk_goes_on(
    tmp_path: Path, fail: Callable[[Path, int], None], number: int, reason: Reason
) -> None:
    make(tmp_path, "a/x.mkv", "b/x.mkv")
    fail(tmp_path / "a", number)
    assert list(walk(tmp_path))[1] == Unreadable("a", reason, os.strerror(number))
    assert list(seen(tmp_path)) == ["", "b"]
    with pytest.raises(OSError, match=os.strerror(number)):
        contents(str(tmp_path), "a", ignore=IGNORE)


def test_a_directory_that_vanishes_while_walking_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "a/x.mkv", "b/x.mkv")
    walking = iter(walk(tmp_path))
    next(walking)
    shutil.rmtree(tmp_path / "b")
    assert [(each.path, type(each)) for each in walking] == [("a", Seen), ("b", Unreadable)]


def test_a_directory_deeper_than_a_path_may_be_is_reported(tmp_path: Path) -> None:
    name = "n" * 250
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    ((path, reason),) = problems(tmp_path)
    shutil.rmtree(tmp_path / name)
    assert reason == Reason.TOO_DEEP
    assert len(f"{tmp_path}/{path}") - len(f"/{name}") < 4096
    assert len(f"{tmp_path}/{path}") >= 4096


def test_a_missing_root_raises_also_when_the_walk_goes_on(tmp_path: Path) -> None:
    for starts in ([""], ["a"], []):
        with pytest.raises(FileNotFoundError):
            list(Walk(str(tmp_path / "gone"), starts, ignore=IGNORE))


def test_an_unreadable_root_raises(tmp_path: Path, fail: Callable[[Path, int], None]) -> None:
    make(tmp_path, "a/x.mkv")
    fail(tmp_path, errno.EACCES)
    with pytest.raises(PermissionError):
        list(walk(tmp_path, "a"))


def test_a_root_that_vanishes_while_walking_raises(tmp_path: Path) -> None:
    make(tmp_path, "library/a/x.mkv")
    walking = iter(walk(tmp_path / "library"))
    next(walking)
    shutil.rmtree(tmp_path / "library")
    with pytest.raises(FileNotFoundError):
        next(walking)


def test_a_root_that_becomes_another_folder_while_walking_raises(tmp_path: Path) -> None:
    make(tmp_path, "library/a/x.mkv")
    walking = iter(walk(tmp_path / "library"))
    next(walking)
    (tmp_path / "library").rename(tmp_path / "unmounted")
    (tmp_path / "library").mkdir()
    with pytest.raises(OSError, match="another folder"):
        next(walking)


def test_a_root_that_is_replaced_while_companions_are_read_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "library/F/F.mkv", "library/F/Subs/F.srt")
    scandir = os.scandir

    def unmounting(asked: str) -> Any:  # noqa: ANN401 - the system's iterator
        if Path(asked) == tmp_path / "library/F/Subs":
            (tmp_path / "library").rename(tmp_path / "unmounted")
            (tmp_path / "library").mkdir()
        return scandir(asked)

    monkeypatch.setattr(os, "scandir", unmounting)
    with pytest.raises(OSError, match="another folder"):
        list(walk(tmp_path / "library"))


@pytest.mark.parametrize("folder", ["", "F", "F/Subs"])
def test_a_link_that_may_not_be_followed_is_reported_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    make(tmp_path, "F/F.mkv", "F/Subs/F.srt")
    entry = Refused("Secret", errno.EACCES, link=True)
    path = f"{folder}/Secret".lstrip("/")
    assert list_with(tmp_path / folder, entry, monkeypatch, tmp_path) == [
        (path, Reason.PERMISSION_DENIED)
    ]
    assert names(tmp_path, "F") == ["F.mkv", "Subs/F.srt"]


def test_a_file_without_facts_fails_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "F/F.mkv")
    entry = Refused("Film.mkv", errno.EACCES, link=False)
    assert list_with(tmp_path / "F", entry, monkeypatch, tmp_path) == [
        ("F", Reason.PERMISSION_DENIED)
    ]


class Refused:
    """An entry whose stat the system refuses, as in a folder that may be listed, not searched."""

    def __init__(self, name: str, number: int, *, link: bool) -> None:
        self.name = name
        self._number = number
        self._link = link

    def is_symlink(self) -> bool:
        return self._link

    def is_dir(self) -> bool:
        return False

    def stat(self) -> os.stat_result:
        raise OSError(self._number, os.strerror(self._number))


def list_with(
    path: Path, entry: Refused, monkeypatch: pytest.MonkeyPatch, root: Path
) -> list[tuple[str, Reason]]:
    scandir = os.scandir

    class More:
        def __init__(self, asked: str) -> None:
            with scandir(asked) as entries:
                self._entries: list[Any] = list(entries)
            if Path(asked) == path:
                self._entries.append(entry)

        def __enter__(self) -> Iterator[Any]:
            return iter(self._entries)

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(os, "scandir", More)
    return problems(root)


def test_a_file_that_vanishes_while_its_directory_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "F/F.mkv")
    entry = Refused("Film.mkv", errno.ENOENT, link=False)
    assert list_with(tmp_path / "F", entry, monkeypatch, tmp_path) == []
    assert names(tmp_path, "F") == ["F.mkv"]


def test_a_directory_whose_files_vanish_with_it_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "F/F.mkv")
    scandir = os.scandir

    def late(asked: str) -> Any:  # noqa: ANN401 - the system's iterator
        entries = scandir(asked)
        if Path(asked) == tmp_path / "F":
            (tmp_path / "F").rename(tmp_path / "G")
        return entries

    monkeypatch.setattr(os, "scandir", late)
    assert problems(tmp_path) == [("F", Reason.VANISHED)]

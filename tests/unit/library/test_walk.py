import os
import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sublarr_tasks.library.walk import Reason, Seen, SymlinkPolicy, Unreadable, Walk, contents
from walking import IGNORE, make, names, problems, seen, signature, walk

# order and shape


def test_directories_come_depth_first_in_the_order_of_names(tmp_path: Path) -> None:
    make(tmp_path, "b/x.mkv", "a/2/x.mkv", "a/10/x.mkv", "c/x.mkv")
    assert list(seen(tmp_path)) == ["", "a", "a/10", "a/2", "b", "c"]


def test_an_empty_root_is_one_directory_without_media(tmp_path: Path) -> None:
    (found,) = walk(tmp_path)
    assert found == Seen("", signature(tmp_path), media=False)
    assert len(found.signature) == 16


@pytest.mark.parametrize(
    ("file", "media"),
    [("Film.mkv", True), ("Film.MKV", True), ("Film.nfo", False), ("sample.mkv", False)],
)
def test_media_is_a_video_that_is_not_ignored(tmp_path: Path, file: str, media: bool) -> None:
    make(tmp_path, f"Film/{file}")
    assert seen(tmp_path)["Film"].media is media


def test_ignored_directories_are_not_entered(tmp_path: Path) -> None:
    make(tmp_path, "@eaDir/a.mkv", ".git/b.mkv", "Film/@eaDir/c.jpg", "Film/Film.mkv")
    assert list(seen(tmp_path)) == ["", "Film"]


def test_ignored_files_are_not_listed(tmp_path: Path) -> None:
    make(tmp_path, "Film/Film.mkv", "Film/._Film.mkv", "Film/Subs/.DS_Store", "Film/Subs/a.srt")
    assert names(tmp_path, "Film") == ["Film.mkv", "Subs/a.srt"]


def test_a_root_with_a_closing_slash_is_the_same_root(tmp_path: Path) -> None:
    make(tmp_path, "Film/Film.mkv")
    assert list(Walk(f"{tmp_path}/", [""], ignore=IGNORE)) == list(walk(tmp_path))


def test_a_listing_holds_size_time_and_inode_sorted_by_name(tmp_path: Path) -> None:
    make(tmp_path, "Film/b.mkv", "Film/a.nfo")
    listing = contents(str(tmp_path), "Film", ignore=IGNORE)
    status = (tmp_path / "Film/b.mkv").stat()
    assert listing.path == "Film"
    assert [file.name for file in listing.files] == ["a.nfo", "b.mkv"]
    assert listing.files[1].size == status.st_size
    assert listing.files[1].mtime_ns == status.st_mtime_ns
    assert listing.files[1].inode == status.st_ino


# companions


def test_companion_folders_belong_to_the_video_beside_them(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv", "F/SUBS/F/2_en.srt", "F/.actors/x.jpg", "F/Extras/making.mkv")
    assert list(seen(tmp_path)) == ["", "F"]
    assert names(tmp_path, "F") == [
        ".actors/x.jpg",
        "Extras/making.mkv",
        "F.mkv",
        "SUBS/F/2_en.srt",
    ]


def test_without_a_video_beside_it_a_companion_folder_is_a_directory(tmp_path: Path) -> None:
    make(tmp_path, "Genre/Shorts/Film/Film.mkv")
    assert list(seen(tmp_path)) == ["", "Genre", "Genre/Shorts", "Genre/Shorts/Film"]


def test_the_root_has_no_companions_though_a_video_lies_in_it(tmp_path: Path) -> None:
    make(tmp_path, "Loose.mkv", "Extras/Film.mkv", "Certificate/Film.mkv")
    assert list(seen(tmp_path)) == ["", "Certificate", "Extras"]
    assert names(tmp_path) == ["Loose.mkv"]


@pytest.mark.parametrize("disc", ["BDMV", "VIDEO_TS"])
def test_a_disc_folder_makes_its_directory_media(tmp_path: Path, disc: str) -> None:
    make(tmp_path, f"Film/{disc}/STREAM/00001.m2ts", "Film/CERTIFICATE/id.bdmv", "Film/Subs/a.srt")
    assert seen(tmp_path)["Film"].media
    assert list(seen(tmp_path)) == ["", "Film"]
    assert set(names(tmp_path, "Film")) == {
        f"{disc}/STREAM/00001.m2ts",
        "CERTIFICATE/id.bdmv",
        "Subs/a.srt",
    }


def test_a_certificate_alone_is_no_media(tmp_path: Path) -> None:
    make(tmp_path, "Film/CERTIFICATE/id.bdmv")
    assert not seen(tmp_path)["Film"].media


def test_a_disc_in_the_root_makes_the_root_media_and_takes_only_its_own_folders(
    tmp_path: Path,
) -> None:
    make(tmp_path, "BDMV/STREAM/1.m2ts", "CERTIFICATE/id.bdmv", "Extras/Film.mkv")
    assert seen(tmp_path)[""].media
    assert list(seen(tmp_path)) == ["", "Extras"]
    assert names(tmp_path) == ["BDMV/STREAM/1.m2ts", "CERTIFICATE/id.bdmv"]


def test_companion_folders_are_read_four_deep_and_what_lies_deeper_is_reported(
    tmp_path: Path,
) -> None:
    make(tmp_path, "F/F.mkv", "F/Extras/2/3/4/in.mkv")
    make(tmp_path, *(f"F/Extras/2/3/4/{deeper}/out.mkv" for deeper in "hgfedcba"))
    assert names(tmp_path, "F") == ["Extras/2/3/4/in.mkv", "F.mkv"]
    assert problems(tmp_path) == [(f"F/Extras/2/3/4/{d}", Reason.TOO_DEEP) for d in "abcdefgh"]


# the signature


@pytest.mark.parametrize("file", ["Film.mkv", "Subs/Film.srt"])
@pytest.mark.parametrize("change", ["size", "mtime", "name", "inode", "gone", "new"])
def test_the_signature_changes_with_any_fact_of_any_file(
    tmp_path: Path, file: str, change: str
) -> None:
    make(tmp_path, "F/Film.mkv", "F/Film.nfo", "F/Subs/Film.srt")
    path = tmp_path / "F" / file
    status = path.stat()
    before = signature(tmp_path, "F")
    if change == "size":
        path.write_text("another size")
        os.utime(path, ns=(0, status.st_mtime_ns))
    elif change == "mtime":
        os.utime(path, ns=(0, status.st_mtime_ns + 1))
    elif change == "name":
        path.rename(path.with_stem("Film 2"))
    elif change == "inode":
        shutil.copy2(path, path.with_name("copy"))
        path.with_name("copy").replace(path)
        os.utime(path, ns=(0, status.st_mtime_ns))
    elif change == "gone":
        path.unlink()
    else:
        path.with_name("new.txt").touch()
    assert signature(tmp_path, "F") != before
    assert seen(tmp_path)["F"].signature == signature(tmp_path, "F")


def test_the_signature_stays_when_only_directories_change(tmp_path: Path) -> None:
    make(tmp_path, "F/Film.mkv", "F/Season/x.mkv", "F/@eaDir/x")
    before = signature(tmp_path, "F")
    make(tmp_path, "F/Season/y.mkv", "F/@eaDir/y", "F/Another/z.mkv", "F/.DS_Store")
    os.utime(tmp_path / "F", ns=(1, 1))
    assert signature(tmp_path, "F") == before


def test_the_signature_of_the_same_files_elsewhere_is_the_same(tmp_path: Path) -> None:
    make(tmp_path, "F/Film.mkv")
    before = signature(tmp_path, "F")
    (tmp_path / "F").rename(tmp_path / "G")
    assert signature(tmp_path, "G") == before


# names and kinds of files


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9 \xff\n"
    os.mkdir(folder)  # noqa: PTH102 - a name of bytes
    with open(folder + b"/\xfe\x80.mkv", "wb"):  # noqa: PTH123 - a name of bytes
        pass
    path = os.fsdecode(b"caf\xe9 \xff\n")
    assert seen(tmp_path)[path] == Seen(path, signature(tmp_path, path), media=True)
    assert names(tmp_path, path) == [os.fsdecode(b"\xfe\x80.mkv")]


def test_sockets_and_pipes_are_no_files(tmp_path: Path) -> None:
    make(tmp_path, "F/F.mkv")
    os.mkfifo(tmp_path / "F/pipe.mkv")
    (tmp_path / "F/device.mkv").symlink_to(os.devnull)
    assert names(tmp_path, "F") == ["F.mkv"]


# stopping and going on

folder_names = st.sampled_from(["a", "B", "Subs", "extras", "BDMV", "\udcff", "é", ".git"])
file_names = st.sampled_from(["x.mkv", "y.srt", "\udcfe.mp4", "sample.mkv", "Thumbs.db"])
trees: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.just({}),
    lambda below: (
        st.dictionaries(folder_names, below, max_size=4)
        | st.dictionaries(file_names, st.none(), max_size=3).flatmap(
            lambda files: st.dictionaries(folder_names, below, max_size=3).map(lambda d: d | files)
        )
    ),
    max_leaves=12,
)


def plant(root: Path, tree: dict[str, Any]) -> None:
    for name, below in tree.items():
        if below is None:
            (root / name).touch()
        else:
            (root / name).mkdir()
            plant(root / name, below)


@settings(max_examples=60, deadline=None)
@given(trees, st.lists(st.integers(0, 4), max_size=10), st.sampled_from(SymlinkPolicy), st.data())
def test_a_walk_in_pieces_sees_what_one_walk_sees_and_contents_agrees(
    tree: dict[str, Any], pieces: list[int], policy: SymlinkPolicy, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, tree)
        folders = sorted(path for path in root.rglob("*") if path.is_dir())
        if folders:
            source, target = (data.draw(st.sampled_from(folders)) for _ in range(2))
            (source / "link").symlink_to(target)
        whole = list(walk(root, symlinks=policy))
        assert in_pieces(root, pieces, policy) == [each for each in whole if isinstance(each, Seen)]
        for each in whole:
            if isinstance(each, Seen):
                listing = contents(folder, each.path, ignore=IGNORE, symlinks=policy)
                assert listing.signature == each.signature


def in_pieces(root: Path, pieces: list[int], policy: SymlinkPolicy) -> list[Seen]:
    found: list[Seen | Unreadable] = []
    starts = [""]
    for length in pieces:
        part = Walk(str(root), starts, ignore=IGNORE, symlinks=policy)
        found += islice(part, length)
        starts = part.frontier()
    found += Walk(str(root), starts, ignore=IGNORE, symlinks=policy)
    return [each for each in found if isinstance(each, Seen)]


def test_the_frontier_is_what_was_found_and_not_yet_read(tmp_path: Path) -> None:
    make(tmp_path, "a/1/x.mkv", "a/2/x.mkv", "b/x.mkv")
    part = walk(tmp_path)
    assert part.frontier() == [""]
    assert [each.path for each in islice(part, 2)] == ["", "a"]
    assert part.frontier() == ["a/1", "a/2", "b"]
    assert [each.path for each in part] == ["a/1", "a/2", "b"]
    assert part.frontier() == []

"""The content-addressed cache on a real file system, without a database."""

import builtins
import errno
import fcntl
import hashlib
import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from libraries import picture
from sublarr_tasks.assets import FOLDERS, Reason, Store, Stored, span
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.settings import CacheLink

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'
LONG_AGO = 1_000_000_000.0


@pytest.fixture(params=CacheLink)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", request.param, 10_000_000)


@pytest.fixture
def copying(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", CacheLink.COPY, 10_000_000)


@pytest.fixture
def linking(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", CacheLink.HARDLINK, 10_000_000)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "library/Film.en.srt"
    path.parent.mkdir()
    path.write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    return path


def take(store: Store, source: Path) -> Stored:
    received = store.receive(source)
    store.keep(received)
    return received.stored


def place(store: Store, stored: Stored) -> Path:
    return store.path(stored.sha256, stored.extension)


def files(store: Store) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


def refused(store: Store, source: Path) -> str:
    with pytest.raises(UnitError) as refusal:
        take(store, source)
    assert [path for path in files(store) if path.parent.name == "tmp"] == []
    return str(refusal.value.reason)


# storing


def test_a_file_is_whole_under_its_sha256(store: Store, source: Path) -> None:
    stored = take(store, source)
    digest = hashlib.sha256(source.read_bytes())
    assert stored.sha256 == digest.digest()
    assert files(store) == [store.root / digest.hexdigest()[:2] / f"{digest.hexdigest()}.srt"]
    assert place(store, stored).read_bytes() == source.read_bytes()
    assert (stored.size, stored.content_type) == (len(source.read_bytes()), "application/x-subrip")


def test_a_file_of_several_pieces_is_whole(store: Store, source: Path) -> None:
    source.write_bytes(os.urandom(3_000_001))
    stored = take(store, source)
    assert place(store, stored).read_bytes() == source.read_bytes()
    assert stored.sha256 == hashlib.sha256(source.read_bytes()).digest()


def test_storing_twice_keeps_one_file(store: Store, source: Path) -> None:
    assert take(store, source) == take(store, source)
    assert len(files(store)) == 1


def test_the_same_bytes_from_two_places_are_one_file(store: Store, source: Path) -> None:
    twin = source.with_name("Twin.srt")
    twin.write_bytes(source.read_bytes())
    assert take(store, source) == take(store, twin)
    assert len(files(store)) == 1


def test_storing_never_touches_the_library(store: Store, source: Path) -> None:
    twin = source.with_name("Twin.srt")
    twin.write_bytes(source.read_bytes())
    for path in (source, twin):
        os.utime(path, (LONG_AGO, LONG_AGO))
    for path in (source, twin, source):
        take(store, path)
    assert [path.stat().st_mtime for path in (source, twin)] == [LONG_AGO, LONG_AGO]
    assert sorted(source.parent.iterdir()) == [source, twin]


def test_many_who_store_the_same_bytes_at_once_leave_one_whole_file(
    store: Store, source: Path
) -> None:
    with ThreadPoolExecutor(8) as threads:
        stored = set(threads.map(partial(take, store), [source] * 32))
    (only,) = stored
    assert [path.read_bytes() for path in files(store)] == [source.read_bytes()]
    assert files(store) == [place(store, only)]


def test_a_picture_has_its_type_and_its_size_in_pixels(store: Store, tmp_path: Path) -> None:
    stored = take(store, picture(tmp_path / "library/poster.jpg", 30, 45))
    assert (stored.content_type, stored.width, stored.height) == ("image/jpeg", 30, 45)


@pytest.mark.parametrize("name", ["poster.jpeg", "movie.tbn", "poster.JPG", "poster.png"])
def test_a_pictures_extension_follows_its_content(store: Store, tmp_path: Path, name: str) -> None:
    assert take(store, picture(tmp_path / "library" / name)).extension == "jpg"


def test_a_drawing_is_known_by_its_root_element(store: Store, source: Path) -> None:
    logo = source.with_name("logo.svg")
    logo.write_bytes(SVG)
    stored = take(store, logo)
    assert (stored.content_type, stored.width) == ("image/svg+xml", None)


def test_a_copy_shares_nothing_with_its_source(copying: Store, source: Path) -> None:
    stored = place(copying, take(copying, source))
    assert stored.stat().st_ino != source.stat().st_ino


def test_a_hard_link_is_the_same_file(linking: Store, source: Path) -> None:
    assert place(linking, take(linking, source)).stat().st_ino == source.stat().st_ino


def test_a_symbolic_link_is_hard_linked_to_the_file_that_it_leads_to(
    linking: Store, source: Path
) -> None:
    link = source.with_name("Link.srt")
    link.symlink_to(source.name)
    stored = place(linking, take(linking, link))
    assert not stored.is_symlink()
    assert stored.stat().st_ino == source.stat().st_ino


def test_a_hard_link_that_cannot_be_made_is_a_copy(
    linking: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_device(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", other_device)
    stored = place(linking, take(linking, source))
    assert stored.read_bytes() == source.read_bytes()
    assert stored.stat().st_nlink == 1


def test_a_reflink_that_cannot_be_made_is_a_copy(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_supported(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "ioctl", not_supported)
    store = Store(tmp_path / "cache", CacheLink.REFLINK, 10_000)
    assert place(store, take(store, source)).read_bytes() == source.read_bytes()


# refusals


def test_a_broken_picture_is_not_stored(store: Store, source: Path) -> None:
    broken = source.with_name("poster.jpg")
    broken.write_bytes(b"\xff\xd8 and no more")
    assert refused(store, broken) == "not_an_image"
    assert files(store) == []


def test_an_empty_file_is_not_stored(store: Store, source: Path) -> None:
    source.write_bytes(b"")
    assert refused(store, source) == Reason.EMPTY


def test_a_missing_file_has_vanished(store: Store, source: Path) -> None:
    assert refused(store, source.with_name("nowhere.srt")) == Reason.VANISHED
    assert refused(store, source / "below a file.srt") == Reason.VANISHED


def test_a_folder_is_not_a_file(store: Store, source: Path) -> None:
    assert refused(store, source.parent) == Reason.NOT_A_FILE


def test_a_pipe_is_refused_without_waiting_for_its_other_end(store: Store, source: Path) -> None:
    pipe = source.with_name("pipe.srt")
    os.mkfifo(pipe)
    assert refused(store, pipe) == Reason.NOT_A_FILE


def test_what_is_too_large_is_skipped_and_says_how_large(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "cache", CacheLink.COPY, 10)
    with pytest.raises(UnitSkipped) as refusal:
        take(store, source)
    assert refusal.value.reason == Reason.TOO_LARGE
    assert str(source.stat().st_size) in refusal.value.detail


def test_a_file_of_exactly_the_limit_is_stored(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "cache", CacheLink.COPY, source.stat().st_size)
    assert take(store, source).size == source.stat().st_size


def test_a_file_that_grows_while_it_is_read_is_not_stored(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(*_: int) -> None:
        with source.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(os, "posix_fadvise", grow)
    assert refused(copying, source) == Reason.CHANGED
    assert files(copying) == []


def test_a_file_that_is_written_while_it_is_read_is_not_stored(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overwrite(*_: int) -> None:
        source.write_bytes(bytes(source.stat().st_size))
        os.utime(source, ns=(0, source.stat().st_mtime_ns + 1))

    monkeypatch.setattr(os, "posix_fadvise", overwrite)
    assert refused(copying, source) == Reason.CHANGED
    assert files(copying) == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, Reason.PERMISSION_DENIED),
        (errno.EPERM, Reason.PERMISSION_DENIED),
        (errno.EIO, Reason.IO_ERROR),
        (errno.ESTALE, Reason.IO_ERROR),
    ],
)
def test_a_source_that_cannot_be_opened_says_why(
    store: Store, source: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: Reason
) -> None:
    monkeypatch.setattr(os, "open", failing(os.open, str(source), number))
    assert refused(store, source) == reason


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_source_that_fails_in_the_middle_is_not_the_caches_fault(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Failing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(number, os.strerror(number), size)

    monkeypatch.setattr(
        builtins, "open", lambda path, _, opener: Failing(path, "rb", opener=opener)
    )
    assert refused(copying, source) == Reason.IO_ERROR
    assert files(copying) == []


def test_a_source_that_opens_and_cannot_be_read_is_told_from_a_bad_cache(
    store: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = os.open

    def unreadable(path: str, flags: int, *more: int, **named: int) -> int:
        wrong = os.O_WRONLY if str(path) == str(source) else flags
        return opening(path, wrong, *more, **named)

    monkeypatch.setattr(os, "open", unreadable)
    assert refused(store, source) == Reason.IO_ERROR
    assert files(store) == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, Reason.DISK_FULL),
        (errno.EDQUOT, Reason.DISK_FULL),
        (errno.EROFS, "cache_unwritable"),
    ],
)
def test_a_cache_that_cannot_be_written_is_told_from_a_bad_source(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert refused(copying, source) == reason
    assert files(copying) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_named(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Path.open

    def on_a_full_disk(path: Path, mode: str = "r") -> object:
        return opening(Path("/dev/full") if path.parent.name == "tmp" else path, mode)

    source.write_bytes(bytes(100_000))
    monkeypatch.setattr(Path, "open", on_a_full_disk)
    with pytest.raises(UnitError) as refusal:
        take(copying, source)
    assert refusal.value.reason == Reason.DISK_FULL


def test_a_cache_that_cannot_be_tidied_is_told_from_a_bad_source(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UnitError) as refusal:
        take(copying, source)
    assert refusal.value.reason == Reason.CACHE_UNWRITABLE


# listing and renaming


def test_a_folder_lists_its_files_and_nothing_else(store: Store, source: Path) -> None:
    stored = take(store, source)
    for name in ("Thumbs.db", "0123.srt", f"{'g' * 64}.srt"):
        place(store, stored).with_name(name).touch()
    assert store.held(stored.sha256[0]) == {(stored.sha256, "srt")}


def test_a_folder_that_does_not_exist_holds_nothing(store: Store) -> None:
    assert store.held(7) == set()


def test_every_folder_spans_the_digests_that_begin_with_its_byte() -> None:
    spans = [span(folder) for folder in range(FOLDERS)]
    assert spans[0][0] == bytes(32)
    assert spans[-1][1] == b"\xff" * 32
    for (_, last), (first, _) in pairwise(spans):
        assert int.from_bytes(first) == int.from_bytes(last) + 1


def test_a_file_is_kept_under_the_extension_that_is_asked_for(store: Store, source: Path) -> None:
    stored = take(store, source)
    store.rename(stored.sha256, "srt", "vtt")
    assert files(store) == [store.path(stored.sha256, "vtt")]
    assert files(store)[0].read_bytes() == source.read_bytes()


def test_renaming_leaves_one_file_where_both_names_are_one_hard_link(
    store: Store, source: Path
) -> None:
    twin = source.with_name("Film.en.vtt")
    os.link(source, twin)
    stored = take(store, source)
    store.rename(take(store, twin).sha256, "vtt", "srt")
    assert files(store) == [place(store, stored)]


def test_renaming_what_somebody_else_has_renamed_is_no_error(store: Store, source: Path) -> None:
    stored = take(store, source)
    store.rename(stored.sha256, "srt", "vtt")
    store.rename(stored.sha256, "srt", "vtt")
    assert files(store) == [store.path(stored.sha256, "vtt")]


# dropping


def test_an_old_file_is_dropped(copying: Store, source: Path) -> None:
    stored = take(copying, source)
    os.utime(place(copying, stored), (LONG_AGO, LONG_AGO))
    assert copying.drop(stored.sha256, stored.extension, time.time() - 10)
    assert files(copying) == []


def test_a_file_that_was_just_stored_is_not_dropped(store: Store, source: Path) -> None:
    os.utime(source, (LONG_AGO, LONG_AGO))
    stored = take(store, source)
    assert not store.drop(stored.sha256, stored.extension, time.time() - 10)
    assert files(store) == [place(store, stored)]


def test_storing_an_old_file_again_keeps_it_from_being_dropped(
    copying: Store, source: Path
) -> None:
    stored = take(copying, source)
    os.utime(place(copying, stored), (LONG_AGO, LONG_AGO))
    take(copying, source)
    assert not copying.drop(stored.sha256, stored.extension, time.time() - 10)
    assert place(copying, stored).read_bytes() == source.read_bytes()


def test_a_file_that_is_wanted_while_it_is_dropped_is_put_back(
    copying: Store, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = take(copying, source)
    os.utime(place(copying, stored), (LONG_AGO, LONG_AGO))
    replacing = Path.replace

    def wanted_meanwhile(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replacing)
        take(copying, source)
        return replacing(path, target)

    monkeypatch.setattr(Path, "replace", wanted_meanwhile)
    assert not copying.drop(stored.sha256, stored.extension, time.time() - 10)
    assert files(copying) == [place(copying, stored)]


def test_a_file_that_is_gone_counts_as_dropped(copying: Store, source: Path) -> None:
    assert copying.drop(bytes(32), "srt", time.time())
    stored = take(copying, source)
    place(copying, stored).unlink()
    assert copying.drop(stored.sha256, stored.extension, time.time())


def test_dropping_a_hard_link_leaves_the_library_its_file(linking: Store, source: Path) -> None:
    stored = take(linking, source)
    assert linking.drop(stored.sha256, stored.extension, time.time() + 10)
    assert source.exists()
    assert files(linking) == []


def test_a_hard_link_is_dropped_whatever_time_its_file_has_in_the_library(
    linking: Store, source: Path
) -> None:
    stored = take(linking, source)
    os.utime(source, (time.time() + 1000, time.time() + 1000))
    assert linking.drop(stored.sha256, stored.extension, time.time() + 10)
    assert files(linking) == []


def test_an_unfinished_hard_link_is_as_old_as_the_link_is(copying: Store, source: Path) -> None:
    os.utime(source, (LONG_AGO, LONG_AGO))
    take(copying, source)
    unfinished = copying.root / "tmp/new"
    os.link(source, unfinished)
    copying.sweep_temporary(time.time() - 10)
    assert unfinished.exists()


def test_unfinished_files_go_once_they_are_old(copying: Store, source: Path) -> None:
    take(copying, source)
    old, new = (copying.root / "tmp" / name for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (LONG_AGO, LONG_AGO))
    copying.sweep_temporary(time.time() - 10)
    assert (old.exists(), new.exists()) == (False, True)


def test_sweeping_a_cache_that_does_not_exist_is_no_error(copying: Store) -> None:
    copying.sweep_temporary(time.time())


def failing(call: Callable[..., int], refused_path: str, number: int) -> Callable[..., int]:
    def failed(path: object, *more: object, **named: object) -> int:
        if str(path) == refused_path:
            raise OSError(number, os.strerror(number), refused_path)
        return call(path, *more, **named)

    return failed

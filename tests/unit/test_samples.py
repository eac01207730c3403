import hashlib
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from sublarr_tasks import samples
from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library import pictures
from sublarr_tasks.library.probe import Kind, probe


def contents(root: Path) -> dict[str, bytes]:
    """Map each file's name below the root to its hash."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).digest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("library")
    samples.library(root, 14, seed=1)
    return root


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo")
    samples.demo(root)
    return root


def test_a_film_is_small(tmp_path: Path) -> None:
    samples.film(tmp_path / "film.mkv")
    assert 5_000 < (tmp_path / "film.mkv").stat().st_size < 20_000


def test_a_film_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv", "c.mp4", "d.mp4"):
        samples.film(tmp_path / name)
    assert len(set(contents(tmp_path).values())) == 2


def test_a_film_of_another_seed_is_another(tmp_path: Path) -> None:
    samples.film(tmp_path / "a.mkv")
    samples.film(tmp_path / "b.mkv", seed=1)
    assert len(set(contents(tmp_path).values())) == 2


def test_a_film_lasts_as_long_as_it_was_asked_to(tmp_path: Path) -> None:
    samples.film(tmp_path / "film.mkv", seconds=3)
    assert probe(tmp_path / "film.mkv").duration == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("make", [samples.poster, samples.fanart])
def test_each_seed_has_a_picture_of_its_own(tmp_path: Path, make: object) -> None:
    assert callable(make)
    for name, seed in (("a.jpg", 1), ("b.jpg", 2), ("c.jpg", 2)):
        make(tmp_path / name, 60, 90, seed)
    found = contents(tmp_path)
    assert found["a.jpg"] != found["b.jpg"] == found["c.jpg"]
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (60, 90)


def test_a_title_is_escaped_in_its_nfo() -> None:
    assert "<title>Tom &amp; Jane &lt;3</title>" in samples.nfo_text("Tom & Jane <3", 1931, 5)


def test_subtitles_of_two_seeds_differ() -> None:
    assert samples.subtitle_text(1) != samples.subtitle_text(2)
    assert "00:00:01,000 --> 00:00:04,500" in samples.subtitle_text(1)


def test_each_directory_of_a_library_is_a_film_with_its_files(library: Path) -> None:
    folders = sorted(library.iterdir())
    assert len(folders) == 14
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        videos = {f"{folder.name}.mkv", f"{folder.name}.mp4"} & names
        others = {"movie.nfo", "poster.jpg", "fanart.jpg", f"{folder.name}.en.srt"}
        assert len(videos) == 1
        assert names == videos | others


def test_no_two_files_of_a_library_are_the_same(library: Path) -> None:
    found = contents(library)
    assert len(set(found.values())) == len(found) == 14 * 5


def test_every_video_of_a_library_can_be_probed(library: Path) -> None:
    for path in (*library.rglob("*.mkv"), *library.rglob("*.mp4")):
        found = probe(path)
        assert found.duration == pytest.approx(1, abs=0.1)
        assert {Kind.VIDEO, Kind.AUDIO} <= {stream.kind for stream in found.streams}


def test_pictures_of_a_library_have_the_size_of_real_ones(library: Path) -> None:
    for path in library.rglob("*.jpg"):
        found = pictures.facts(path)
        size = (400, 600) if path.stem == "poster" else (640, 360)
        assert (found.width, found.height) == size
        assert 40_000 < path.stat().st_size < 110_000
        with Image.open(path) as image:
            image.load()


def test_a_library_is_the_same_for_the_same_seed(library: Path, tmp_path: Path) -> None:
    samples.library(tmp_path, 14, seed=1)
    assert contents(tmp_path) == contents(library)


def test_a_library_of_another_seed_shares_no_file(library: Path, tmp_path: Path) -> None:
    samples.library(tmp_path, 3, seed=2)
    pictures_and_films = {h for n, h in contents(tmp_path).items() if n.endswith((".jpg", ".mkv"))}
    assert not pictures_and_films & set(contents(library).values())


def test_the_demo_has_fourteen_folders_with_films_or_more(demo: Path) -> None:
    folders = {path.parent for path in (*demo.rglob("*.mkv"), *demo.rglob("*.mp4"))}
    assert len(folders) >= 14


def test_the_demo_stays_the_same_when_made_again(demo: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*")}
    samples.demo(demo)
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*")} == before


def test_the_demo_mends_what_is_missing(demo: Path) -> None:
    poster = demo / "Metropolis (1927)" / "poster.jpg"
    before = contents(demo)
    poster.unlink()
    samples.demo(demo)
    assert contents(demo) == before


def test_two_videos_of_the_demo_cannot_be_played(demo: Path) -> None:
    reasons = {}
    for path in filter(Path.is_file, demo.rglob("*.mkv")):
        try:
            probe(path)
        except ProbeError as error:
            reasons[path.name] = error.reason
    assert reasons == {
        "The Broken Reel (1932).mkv": "corrupt",
        "The Empty Can (1933).mkv": "empty_file",
    }


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
def test_a_name_of_the_demo_is_latin_1(demo: Path) -> None:
    assert os.fsdecode(b"Caf\xe9 des R\xeaves (1934)") in os.listdir(demo)  # noqa: PTH208


def test_the_demo_has_each_kind_of_picture_as_a_real_one(demo: Path) -> None:
    folder = demo / "Metropolis (1927)"
    found = {p.name: pictures.facts(p) for p in folder.rglob("*") if p.suffix in {".jpg", ".png"}}
    assert len(found) == 10
    assert found["clearlogo.png"].content_type == "image/png"

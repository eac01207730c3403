import pytest

from sublarr_tasks.library.contents import AssetType
from unit.library.directories import film, films, names, root


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("Film (2010)", ["Film (2010) - 1080p.mkv", "Film (2010) - 2160p.mkv"]),
        ("Film (2010)", ["Film.2010.1080p.mkv", "Film.2010.720p.WEB-DL.mkv"]),
        ("Film (2010)", ["Film.mkv", "Film (2010).mkv"]),
        ("Film", ["Film - Festival.mkv", "Film - 4K.mkv"]),
        ("Film", ["Film [Uncut].mkv", "Film (Theatrical).mkv"]),
        ("Unsorted", ["Film (2010) - 1080p.mkv", "Film.2010.720p.mkv"]),
        ("Film (2010)", ["grp-1080p.mkv", "grp-720p.mkv"]),
        ("Film (2010)", ["Film.2011.1080p.mkv", "Film.2010.mkv"]),
        ("Film (2010) [imdbid-tt0000001]", ["Film (2010) - a.mkv", "Film (2010) - b.mkv"]),
    ],
)
def test_videos_that_agree_are_versions_of_one_film(folder: str, files: list[str]) -> None:
    assert {video.entry.name for video in film(folder, *files).videos} == {*files}


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("Alien", ["Alien (1979).mkv", "Alien 3 (1992).mkv", "Aliens (1986).mkv"]),
        ("Alien", ["Alien 3.mkv", "Alien.mkv", "Aliens.mkv"]),
        ("Dune", ["Dune (1984).mkv", "Dune (2021).mkv"]),
        ("Dune (2021)", ["Dune (1984).mkv", "Dune (2021).mkv"]),
        ("Kill", ["Kill Part 1 (2003).mkv", "Kill Part 2 (2004).mkv"]),
        ("Films", ["Heat (1995).mkv", "Inception (2010).mkv"]),
        ("Films", ["Heat.mkv", "Inception.mkv"]),
        ("Best of (2010)", ["Heat (1995).mkv", "Inception.mkv"]),
    ],
)
def test_videos_that_differ_are_films_of_their_own(folder: str, files: list[str]) -> None:
    found = films(folder, *files, "poster.jpg", "movie.nfo")
    assert [each.videos[0].entry.name for each in found] == files
    assert len({each.key for each in found}) == len(files)
    assert all(not each.assets and not each.nfo for each in found)


@pytest.mark.parametrize(
    ("folder", "file", "title", "year"),
    [
        ("Inception (2010)", "inc-grp.avi", "Inception", 2010),
        ("Inception", "inception.2010.1080p.mkv", "Inception", 2010),
        ("Inception", "grp.avi", "Inception", None),
        ("New folder", "Inception (2010).mkv", "Inception", 2010),
        ("Dune (2021)", "Dune (1984).mkv", "Dune", 2021),
    ],
)
def test_one_film_is_named_by_its_directory_unless_only_the_file_has_a_year(
    folder: str, file: str, title: str, year: int | None
) -> None:
    found = film(folder, file)
    assert (found.title, found.year) == (title, year)


def test_in_a_dated_home_a_video_without_year_is_an_extra() -> None:
    found = film("Film (2010)", "Film (2010).mkv|5", "Making of.mkv|9", "poster.jpg")
    assert [video.entry.name for video in found.videos] == ["Film (2010).mkv"]
    assert [extra.entry.name for extra in found.extras] == ["Making of.mkv"]
    assert names(found, AssetType.POSTER) == ["poster.jpg"]


def test_in_a_dated_home_a_dated_video_is_another_film() -> None:
    found = films("Alien (1979)", "Alien (1979).mkv", "Aliens (1986).mkv", "poster.jpg")
    assert [each.key for each in found] == ["alien 1979", "aliens 1986"]
    assert not any(each.assets for each in found)


def test_of_unnamed_videos_in_a_dated_home_the_largest_is_the_film() -> None:
    found = film("Film (2010)", "abc.mkv|5", "def.mkv|9")
    assert [video.entry.name for video in found.videos] == ["def.mkv"]
    assert [extra.entry.name for extra in found.extras] == ["abc.mkv"]


def test_an_undated_video_of_two_dated_films_is_a_third() -> None:
    assert len(root("Dune.mkv", "Dune (1984).mkv", "Dune (2021).mkv")) == 3


def test_in_a_root_every_title_is_a_film_with_its_own_sidecars() -> None:
    found = root(
        "A (2001).mkv", "B (2002).mkv", "A (2001).nfo", "B (2002)-poster.jpg", "poster.jpg"
    )
    assert names(found["A (2001).mkv"], AssetType.NFO) == ["A (2001).nfo"]
    assert names(found["B (2002).mkv"], AssetType.POSTER) == ["B (2002)-poster.jpg"]


def test_a_lone_film_in_a_root_takes_no_generic_artwork() -> None:
    assert root("A (2001).mkv", "poster.jpg", "movie.nfo")["A (2001).mkv"].assets == ()


def test_a_films_key_stays_when_another_film_joins_the_directory() -> None:
    alone = film("Alien (1979)", "Alien.1979.1080p.mkv")
    joined = films("Alien (1979)", "Alien.1979.1080p.mkv", "Aliens.1986.mkv")
    assert alone.key == joined[0].key == "alien 1979"


def test_ids_come_from_the_directory_and_from_the_file() -> None:
    found = film("Film (2010) [imdbid-tt0000001]", "Film (2010) {tmdb-603}.mkv")
    assert dict(found.ids) == {"imdb": "tt0000001", "tmdb": "603"}

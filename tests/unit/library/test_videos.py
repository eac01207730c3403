import pytest

from sublarr_tasks.library.videos import VideoRole
from unit.library.directories import film


def videos(folder: str, *files: str) -> list[tuple[str, str, int | None]]:
    return [(each.entry.name, each.role, each.part) for each in film(folder, *files).videos]


@pytest.mark.parametrize(
    ("folder", "files", "main"),
    [
        ("Film (2010)", ["Film (2010) - 720p.mkv|50", "Film (2010) - 1080p.mkv|90"], 1),
        ("Film (2010)", ["Film (2010).mkv|90", "Film (2010) - a.mkv|90"], 0),
        ("Film (2010)", ["Film (2010).mkv|89", "Film (2010) - a.mkv|90"], 1),
        ("Film (2010)", ["film (2010).MKV|90", "Film (2010) - a.mkv|90"], 0),
        ("Film (2010)", ["Film (2010) - b.mkv|90", "Film (2010) - a.mkv|90"], 1),
        ("Film", ["Film.2010.1080p.mkv|80", "Film.2010.2160p.mkv|200", "Film-trailer.mkv|900"], 1),
        ("Film", ["Film.mkv|0", "Film - 4K.mkv|0"], 0),
        ("The Trailer Park (2019)", ["The Trailer Park (2019).mkv"], 0),
        ("Sample This (2010)", ["Sample This (2010).mkv|9", "sample.mkv|10"], 0),
        ("A20-scenes (2020)", ["A20-scenes (2020).mkv"], 0),
    ],
)
def test_the_largest_feature_is_the_main_video(folder: str, files: list[str], main: int) -> None:
    found = film(folder, *files).videos[0]
    assert found.entry.name == files[main].partition("|")[0]
    assert found.role is VideoRole.MAIN


def test_a_stack_weighs_the_sum_of_its_parts() -> None:
    assert videos("F (2010)", "F (2010).mkv|50", "F (2010) cd1.avi|30", "F (2010) cd2.avi|30") == [
        ("F (2010) cd1.avi", "main", 1),
        ("F (2010) cd2.avi", "part", 2),
        ("F (2010).mkv", "version", None),
    ]


def test_the_parts_of_a_smaller_version_are_versions() -> None:
    assert videos("F (2010)", "F (2010).mkv|90", "F (2010) cd1.avi|30", "F (2010) cd2.avi|30") == [
        ("F (2010).mkv", "main", None),
        ("F (2010) cd1.avi", "version", 1),
        ("F (2010) cd2.avi", "version", 2),
    ]


@pytest.mark.parametrize(
    ("folder", "file", "version"),
    [
        ("Film (2010)", "Film (2010) - 1080p.mkv", "1080p"),
        ("Film (2010)", "Film (2010) - [Director's Cut].mkv", "Director's Cut"),
        ("Film (2010)", "Film (2010) {edition-Redux}.mkv", "Redux"),
        ("Film", "Film - Festival.mkv", "Festival"),
        ("Film", "Film - [Festival].mkv", "Festival"),
        ("Film (2010)", "Film.2010.2160p.WEB-DL.mkv", "2160p"),
        ("Film (2010)", "Film (2010).mkv", None),
    ],
)
def test_a_version_has_the_label_that_its_name_gives(
    folder: str, file: str, version: str | None
) -> None:
    assert film(folder, file).videos[0].version == version


@pytest.mark.parametrize(
    ("folder", "files", "edition"),
    [
        ("Film (2010)", ["Film (2010) {edition-Director's Cut}.mkv"], "Director's Cut"),
        ("Film (2010) {edition-Redux}", ["film.mkv"], "Redux"),
        ("Film (2010)", ["Film.2010.Extended.mkv|90", "Film.2010.mkv|10"], "Extended"),
        ("Film (2010)", ["Film.2010.Extended.mkv|10", "Film.2010.mkv|90"], None),
    ],
)
def test_the_films_edition_is_its_main_videos(
    folder: str, files: list[str], edition: str | None
) -> None:
    assert film(folder, *files).edition == edition

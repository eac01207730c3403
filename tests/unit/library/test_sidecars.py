import pytest

from sublarr_tasks.library.contents import AssetType
from unit.library.directories import film, names, root


@pytest.mark.parametrize(
    ("folder", "videos", "best_first"),
    [
        ("F (2010)", ["F.2010.mkv"], ["F.2010.nfo", "movie.nfo", "F (2010).nfo", "B.nfo"]),
        ("F (2010)", ["F (2010).mkv"], ["F (2010).NFO", "MOVIE.nfo"]),
        ("F", ["F - 4K.mkv|9", "F - HD.mkv|1"], ["F - 4K.nfo", "F - HD.nfo", "movie.nfo"]),
        ("F", ["F cd1.avi", "F cd2.avi"], ["F cd1.nfo", "F.nfo", "F cd2.nfo"]),
        ("F", ["VIDEO_TS/VTS_01_1.VOB"], ["F.nfo", "movie.nfo", "VIDEO_TS/VIDEO_TS.nfo"]),
        ("F", ["BDMV/STREAM/1.m2ts"], ["movie.nfo", "BDMV/index.nfo", "grp.nfo"]),
        ("Season of the Witch", ["Season of the Witch.mkv"], ["Season of the Witch.nfo"]),
    ],
)
def test_nfo_files_come_best_first(folder: str, videos: list[str], best_first: list[str]) -> None:
    found = film(folder, *videos, *reversed(best_first))
    assert [entry.name for entry in found.nfo] == best_first
    assert names(found, AssetType.NFO) == best_first


@pytest.mark.parametrize(
    "file",
    [
        "tvshow.nfo",
        "season.nfo",
        "season01.nfo",
        "season-specials.nfo",
        "F-trailer.nfo",
        "Trailers/a.nfo",
        "BDMV/other.nfo",
        "Subs/movie.nfo",
    ],
)
def test_other_nfo_files_are_not_the_films(file: str) -> None:
    assert film("F", "F.mkv", "F-trailer.mkv", file).nfo == ()


def test_of_several_films_each_has_its_own_nfo_only() -> None:
    found = root("A.mkv", "A B.mkv", "A.nfo", "A B.nfo", "movie.nfo", "A C.nfo", "other.nfo")
    assert [entry.name for entry in found["A.mkv"].nfo] == ["A.nfo"]
    assert [entry.name for entry in found["A B.mkv"].nfo] == ["A B.nfo"]


@pytest.mark.parametrize(
    "file",
    [
        "theme.mp3",
        "Theme.OGG",
        "theme.flac",
        "F-theme.mp3",
        "theme-music/a.mp3",
        "theme-music/a.ogg",
    ],
)
def test_theme_songs_are_found(file: str) -> None:
    assert names(film("F", "F.mkv", file), AssetType.THEME) == [file]


@pytest.mark.parametrize("file", ["song.mp3", "Trailers/theme.mp3", "F.mp3"])
def test_other_audio_is_nobodys(file: str) -> None:
    assert film("F", "F.mkv", file).assets == ()


def test_themes_have_an_order() -> None:
    found = film("F", "F.mkv", "theme.mp3", "theme-music/b.mp3", "backdrops/c.mp4")
    assert [(asset.entry.name, asset.ordinal) for asset in found.assets] == [
        ("theme-music/b.mp3", 0),
        ("theme.mp3", 1),
        ("backdrops/c.mp4", 2),
    ]


def test_names_match_without_case_and_in_either_unicode_form() -> None:
    found = root("Ame\u0301lie.mkv", "AMÉLIE.NFO", "Heat.mkv")
    assert [entry.name for entry in found["Ame\u0301lie.mkv"].nfo] == ["AMÉLIE.NFO"]

import pytest

from sublarr_tasks.library.contents import AssetType
from unit.library.directories import film, films, names, root


def kinds(folder: str, *files: str) -> dict[str, str]:
    found = film(folder, *files)
    extras = {extra.entry.name: extra.kind for extra in found.extras}
    trailers = dict.fromkeys(names(found, AssetType.TRAILER), "trailer")
    return extras | trailers | dict.fromkeys(names(found, AssetType.THEME), "theme")


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("-trailer", "trailer"),
        (".trailer", "trailer"),
        ("_trailer", "trailer"),
        (" - trailer", "trailer"),
        ("-Trailer2", "trailer"),
        ("-sample", "sample"),
        (".sample", "sample"),
        ("_sample", "sample"),
        (" - sample", "sample"),
        ("-scene", "scene"),
        ("-clip", "clip"),
        ("-interview", "interview"),
        ("-behindthescenes", "behind_the_scenes"),
        ("-deleted", "deleted_scene"),
        ("-deletedscene", "deleted_scene"),
        ("-featurette", "featurette"),
        ("-short", "short"),
        ("-extra", "extra"),
        ("-other", "extra"),
    ],
)
def test_a_suffix_behind_the_films_name_makes_an_extra(suffix: str, kind: str) -> None:
    assert kinds("X (2010)", "X (2010).mkv", f"X (2010){suffix}.mkv") == {
        f"X (2010){suffix}.mkv": kind
    }
    assert set(root("X.mkv", f"X{suffix}.mkv")) == {"X.mkv"}


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("Trailers", "trailer"),
        ("trailer", "trailer"),
        ("Behind The Scenes", "behind_the_scenes"),
        ("deleted scenes", "deleted_scene"),
        ("Interviews", "interview"),
        ("scenes", "scene"),
        ("Samples", "sample"),
        ("Sample", "sample"),
        ("shorts", "short"),
        ("Featurettes", "featurette"),
        ("extras", "extra"),
        ("Extra", "extra"),
        ("other", "extra"),
        ("clips", "clip"),
        ("backdrops", "theme"),
        ("theme-music", "theme"),
        ("Extras/Interviews", "interview"),
        ("extrafanart", "extra"),
    ],
)
def test_a_folder_makes_an_extra_of_its_videos(folder: str, kind: str) -> None:
    assert kinds("X (2010)", "X (2010).mkv", f"{folder}/a.mkv") == {f"{folder}/a.mkv": kind}


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("Deep-scene (2020)", "Deep-scene.mkv"),
        ("Deep-scene", "Deep-scene.mkv"),
        ("Deep.Scene", "Deep-scene.mkv"),
        ("The Big Short (2015)", "The.Big-Short.mkv"),
        ("Unsorted", "Deep-scene.mkv"),
        ("Sample (2010)", "sample.mkv"),
        ("The Trailer Park (2019)", "The Trailer Park (2019).mkv"),
        ("Sample This (2010)", "Sample This.mkv"),
    ],
)
def test_the_only_video_is_the_film_where_nothing_says_otherwise(folder: str, file: str) -> None:
    assert [video.entry.name for video in film(folder, file).videos] == [file]


@pytest.mark.parametrize(
    "file", ["Deep-scene (2020).mkv", "Deep-scene.mkv", "Deep.sample.mkv", "The Trailer.mkv"]
)
def test_a_film_with_such_a_name_stays_a_film_in_a_root(file: str) -> None:
    assert file in root(file, "Inception (2010).mkv", "Heat (1995).mkv")


def test_a_film_with_such_a_name_has_a_trailer_itself() -> None:
    assert kinds("Deep-scene (2020)", "Deep-scene.mkv", "Deep-scene-trailer.mkv") == {
        "Deep-scene-trailer.mkv": "trailer"
    }


def test_in_a_films_home_a_suffix_is_enough() -> None:
    assert kinds("X (2010)", "X.2010.1080p.mkv", "The Making-featurette.mkv") == {
        "The Making-featurette.mkv": "featurette"
    }


def test_in_a_folder_of_films_a_suffix_is_not_enough() -> None:
    found = films("Unsorted", "Inception (2010).mkv", "Deep-scene.mkv")
    assert [each.title for each in found] == ["Deep-scene", "Inception"]


@pytest.mark.parametrize("file", ["trailer.mkv", "movie-trailer.mp4", "sample.avi"])
def test_a_bare_word_is_an_extra_of_the_directorys_film(file: str) -> None:
    assert list(kinds("X (2010)", "X.mkv", file)) == [file]


@pytest.mark.parametrize(
    "files", [["X (2010)-trailer.mkv"], ["X-sample.mkv"], ["sample.mkv"], ["Trailers/a.mkv"], []]
)
def test_a_directory_of_extras_alone_has_no_film(files: list[str]) -> None:
    assert films("X (2010)", *files) == ()


def test_in_a_root_an_extra_goes_to_the_film_of_its_name() -> None:
    found = root(
        "Dune (1984).mkv|9",
        "Dune (2021).mkv|1",
        "Dune (2021)-trailer.mkv",
        "Dune (1984)-interview.mkv",
        "Heat.mkv|99",
    )
    assert names(found["Dune (2021).mkv"], AssetType.TRAILER) == ["Dune (2021)-trailer.mkv"]
    assert [e.entry.name for e in found["Dune (1984).mkv"].extras] == ["Dune (1984)-interview.mkv"]


def test_in_a_root_a_film_with_such_a_name_has_a_trailer_too() -> None:
    assert set(root("Deep-scene.mkv", "Deep-scene-trailer.mkv")) == {"Deep-scene.mkv"}


def test_a_dated_trailer_finds_the_film_of_its_year() -> None:
    found = root("Dune (1984).mkv|9", "Dune.2021.1080p.mkv|1", "Dune (2021)-trailer.mkv")
    trailers = names(found["Dune.2021.1080p.mkv"], AssetType.TRAILER)
    assert trailers == ["Dune (2021)-trailer.mkv"]


def test_an_undated_trailer_finds_the_dated_film() -> None:
    found = root("Heat (1995).mkv", "Heat-trailer.mkv", "Alien (1979).mkv|900")
    assert names(found["Heat (1995).mkv"], AssetType.TRAILER) == ["Heat-trailer.mkv"]


def test_trailers_beside_the_film_come_before_those_in_the_folder() -> None:
    found = film("X", "Trailers/a.mkv", "X.mkv", "X-trailer.mkv")
    assert names(found, AssetType.TRAILER) == ["X-trailer.mkv", "Trailers/a.mkv"]
    assert [asset.ordinal for asset in found.assets] == [0, 1]

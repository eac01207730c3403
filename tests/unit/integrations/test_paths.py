import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.errors import InputError
from sublarr_tasks.integrations.paths import PathMapping, checked, to_local, to_remote

TV = PathMapping("/tv", "/mnt/nas/tv")
ANIME = PathMapping("/tv/anime/", "/mnt/other/anime")
WINDOWS = PathMapping("D:\\Media\\TV", "/mnt/tv")
SHARE = PathMapping("\\\\nas\\tv", "/mnt/share")
ROOT = PathMapping("/", "/mnt/all")


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/tv/Show/S01/a.mkv", "/mnt/nas/tv/Show/S01/a.mkv"),
        ("/tv", "/mnt/nas/tv"),
        ("/tv/", "/mnt/nas/tv"),
        ("/tv//Show", "/mnt/nas/tv/Show"),
        ("/tvshows/Show", "/tvshows/Show"),
        ("/TV/Show", "/TV/Show"),
        ("/tv/anime/Show", "/mnt/other/anime/Show"),
        ("/tv/animes/Show", "/mnt/nas/tv/animes/Show"),
        ("/tv/../etc/passwd", "/tv/../etc/passwd"),
        ("/else", "/else"),
    ],
)
def test_the_longest_folder_holds_and_only_at_a_separator(path: str, local: str) -> None:
    assert to_local([TV, ANIME], path) == local
    assert to_local([ANIME, TV], path) == local


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("D:\\Media\\TV\\Show\\a.mkv", "/mnt/tv/Show/a.mkv"),
        ("d:\\media\\tv\\Show", "/mnt/tv/Show"),
        ("D:/Media/TV/Show", "/mnt/tv/Show"),
        ("D:\\Media\\TVs\\Show", "D:\\Media\\TVs\\Show"),
        ("\\\\NAS\\tv\\Show", "/mnt/share/Show"),
    ],
)
def test_a_path_of_windows_is_met_as_it_is_written(path: str, local: str) -> None:
    assert to_local([WINDOWS, SHARE], path) == local


def test_a_backslash_is_part_of_a_name_where_paths_are_of_unix() -> None:
    assert to_local([TV], "/tv/AC\\DC") == "/mnt/nas/tv/AC\\DC"


def test_the_root_holds_everything() -> None:
    assert to_local([ROOT], "/Show/a.mkv") == "/mnt/all/Show/a.mkv"
    assert to_local([PathMapping("/data", "/")], "/data/Show") == "/Show"


@given(
    st.lists(st.text("abc. -é\\", min_size=1).filter(lambda n: n not in (".", "..")), max_size=5)
)
def test_there_and_back_again_is_the_same_path(names: list[str]) -> None:
    path = "/".join(["/tv", *names])

    assert to_remote([TV, ANIME], to_local([TV, ANIME], path)) == path


def test_back_to_windows_goes_with_backslashes() -> None:
    assert to_remote([WINDOWS], "/mnt/tv/Show/a.mkv") == "D:\\Media\\TV\\Show\\a.mkv"


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        (PathMapping("tv", "/mnt"), "remote"),
        (PathMapping("/tv", "mnt"), "local"),
        (PathMapping("/tv", "D:\\x"), "local"),
        (PathMapping("/tv/../x", "/mnt"), "remote"),
        (PathMapping("/tv", "/mnt/../etc"), "local"),
        (PathMapping("/t\0v", "/mnt"), "remote"),
        (PathMapping("/tv", "/" + "x" * 5000), "local"),
    ],
)
def test_a_mapping_that_cannot_be_is_named(mapping: PathMapping, field: str) -> None:
    with pytest.raises(InputError) as refused:
        checked([TV, mapping] if mapping.remote != "/tv" else [mapping])

    number = 0 if mapping.remote == "/tv" else 1
    assert f"path_mappings.{number}.{field}" in refused.value.fields


def test_one_folder_is_mapped_once() -> None:
    with pytest.raises(InputError):
        checked([TV, PathMapping("/tv/", "/elsewhere")])

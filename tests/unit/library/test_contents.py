from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library import kinds
from sublarr_tasks.library.contents import AssetType, Work, arrange
from sublarr_tasks.library.listing import Entry, Listing
from unit.library.directories import film, films, listing

STEMS = [
    *("Film", "film", "Film (2010)", "Film.2010.1080p", "Film (2010) - 4K", "Film (2011)", "Other"),
    *("Film cd1", "Film cd2", "Film part 1", "Film part 2", "Film-trailer", "Film (2010)-sample"),
    *("Deep-scene", "Deep", "sample", "trailer", "theme", "movie", "poster", "English", "cd1"),
    *("VTS_01_1", "VTS_01_2", "VIDEO_TS", "00001", "Am\udce9lie", "हिन्दी", "Straße", " ", "-", "["),
]
ENDS = [
    "",
    ".en",
    ".en.forced",
    "-poster",
    "-fanart2",
    ".hi",
    "-trailer",
    " 3",
    ".",
    "-",
    " (2010)",
]
FOLDERS = ["", "", "", "", "Subs/", "Trailers/", "extrafanart/", "BDMV/STREAM/", "VIDEO_TS/"]
FOLDERS += ["Subs/Film/", "unknown/", ".actors/", "theme-music/", "Extras/Interviews/", "Film/"]
EXTENSIONS = "mkv mkv mkv avi iso m2ts VOB ifo srt idx sub jpg png nfo mp3 ogg txt".split()

plausible = st.builds(
    "{}{}{}.{}".format,
    st.sampled_from(FOLDERS),
    st.sampled_from(STEMS),
    st.sampled_from(ENDS),
    st.sampled_from(EXTENSIONS),
)
anything = st.text(st.characters(blacklist_characters="\0"), min_size=1, max_size=20)
file_names = plausible | anything | st.builds("{}.mkv".format, anything)
listings = st.lists(st.tuples(file_names, st.integers(0, 5)), max_size=14, unique_by=lambda f: f[0])
folders = st.sampled_from(["Film", "Film (2010)", "Films", "Deep-scene", "", "sample"]) | anything


def build(files: list[tuple[str, int]]) -> Listing:
    entries = [Entry(name, size, 0, inode) for inode, (name, size) in enumerate(files)]
    return Listing("", tuple(sorted(entries, key=lambda entry: entry.name)), b"")


def used(found: Work) -> list[str]:
    entries = [video.entry for video in found.videos] + [extra.entry for extra in found.extras]
    entries += [asset.entry for asset in found.assets]
    entries += [asset.companion for asset in found.assets if asset.companion]
    return [entry.name for entry in entries]


def is_plain_video(name: str) -> bool:
    """Tell a video from a disc's inner file and from a theme song in a video's extension."""
    folder, _, base = name.lower().rpartition("/")
    disc = folder.partition("/")[0] in kinds.DISC_FOLDERS or base.startswith(("vts_", "video_ts"))
    song = base.endswith(".ogg") and (folder == "theme-music" or base == "theme.ogg")
    return not disc and not song and kinds.extension(base) in kinds.VIDEO_EXTENSIONS


@given(listings, folders, st.booleans())
def test_no_file_is_used_twice_and_no_video_is_lost(
    files: list[tuple[str, int]], folder: str, is_root: bool
) -> None:
    found = arrange(build(files), folder, is_root=is_root)
    counts = Counter(name for each in found for name in used(each))
    assert not [name for name, count in counts.items() if count > 1]
    if found:
        assert not [name for name, _ in files if is_plain_video(name) and name not in counts]


@given(listings, folders, st.booleans())
def test_every_film_has_one_main_video_and_a_key_of_its_own(
    files: list[tuple[str, int]], folder: str, is_root: bool
) -> None:
    found = arrange(build(files), folder, is_root=is_root)
    assert [[v.role for v in each.videos].count("main") for each in found] == [1] * len(found)
    assert all(each.videos[0].role == "main" for each in found)
    assert len({each.key for each in found}) == len(found)


@given(listings, folders)
def test_each_type_of_asset_has_one_first(files: list[tuple[str, int]], folder: str) -> None:
    for each in arrange(build(files), folder, is_root=False):
        ordinals = [(a.type, a.ordinal) for a in each.assets if a.type is not AssetType.ACTOR]
        assert len(set(ordinals)) == len(ordinals)
        assert {kind for kind, _ in ordinals} == {kind for kind, n in ordinals if n == 0}


@given(st.lists(st.sampled_from(["a.mkv", "Film (2010).mkv", "Film-trailer.mkv"]), unique=True))
def test_the_answer_is_the_same_every_time(files: list[str]) -> None:
    assert films("Film (2010)", *files) == films("Film (2010)", *files)


def test_a_typical_directory_is_one_film_with_all_of_its_files() -> None:
    files = [
        *("Inception.2010.1080p.mkv|900", "Inception.2010.1080p.en.srt", "movie.nfo"),
        *("poster.jpg", "fanart.jpg", "Inception.2010.1080p-trailer.mkv", "theme.mp3"),
        *("Featurettes/Dreams.mkv", "Subs/2_French.srt", ".actors/Tom_Hardy.jpg", "desktop.txt"),
    ]
    found = film("Inception (2010)", *files)
    assert (found.key, found.title, found.year) == ("inception 2010", "Inception", 2010)
    assert sorted(used(found)) == sorted(file.partition("|")[0] for file in files[:-1])


@pytest.mark.parametrize("files", [[], ["poster.jpg", "movie.nfo"], ["Subs/English.srt"], [".mkv"]])
def test_a_directory_without_video_has_no_film(files: list[str]) -> None:
    assert arrange(listing(*files), "Film (2010)", is_root=False) == ()


def test_texts_for_the_database_hold_no_surrogates() -> None:
    found = film("Am\udce9lie (2001) {edition-\udce9}", "x.mkv")
    for text in (found.key, found.title, found.edition or ""):
        text.encode()

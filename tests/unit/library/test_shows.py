"""The files of a series' directory, by their names alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library import shows
from sublarr_tasks.library.sidecars import AssetType
from sublarr_tasks.library.works import Place, Work
from sublarr_tasks.models import ItemKind
from unit.library.directories import assets, listing, names


def works(*files: str, folder: str = "Show (2008)", is_root: bool = False) -> dict[str, Work]:
    """Arrange a directory; each work by its key without the series' part of it."""
    found = shows.arrange(listing(*files), folder, is_root=is_root)
    assert len({work.key for work in found}) == len(found)
    return {work.key.removeprefix("series ") or work.key: work for work in found}


def videos(work: Work) -> list[str]:
    return [video.entry.name for video in work.videos]


def test_a_series_is_a_series_its_seasons_and_its_episodes() -> None:
    found = works("Season 01/Show S01E01.mkv", "Season 02/Show S02E01 - The Name.mkv")

    assert list(found) == ["series", "season 1", "season 2", "s01e01", "s02e01"]
    assert [work.kind for work in found.values()] == [
        ItemKind.SERIES,
        *[ItemKind.SEASON] * 2,
        *[ItemKind.EPISODE] * 2,
    ]
    assert (found["series"].title, found["series"].year) == ("Show", 2008)
    assert found["season 2"].title == "Season 2"
    assert found["season 2"].parent == "series"
    assert found["s02e01"].parent == found["season 2"].key
    assert found["s02e01"].title == "The Name"
    assert found["s02e01"].place == Place(season=2, episode=1)


def test_the_directorys_name_says_which_series_it_is() -> None:
    found = works("S01E01.mkv", folder="Show (2008) [tvdbid-12345]")
    assert found["series"].ids == (("tvdb", "12345"),)


def test_an_episode_without_a_name_is_called_by_its_number() -> None:
    assert works("Show S01E02.1080p.WEB.mkv")["s01e02"].title == "Episode 2"


def test_one_file_holds_several_episodes() -> None:
    found = works("Show S01E01-E02.mkv")

    assert videos(found["s01e01"]) == ["Show S01E01-E02.mkv"]
    assert videos(found["s01e02"]) == []
    assert found["s01e02"].shared == ("Show S01E01-E02.mkv",)
    assert found["s01e02"].place == Place(season=1, episode=2, position=1)


def test_the_nfo_of_a_file_is_about_each_of_its_episodes() -> None:
    found = works("Show S01E01-E02.mkv", "Show S01E01-E02.nfo")
    assert found["s01e02"].nfo == found["s01e01"].nfo != ()
    assert names(found["s01e01"], AssetType.NFO) == ["Show S01E01-E02.nfo"]
    assert found["s01e02"].assets == ()


def test_several_files_are_versions_of_one_episode_the_largest_first() -> None:
    found = works("Show S01E01 720p.mkv|10", "Show S01E01 1080p.mkv|20")
    first, second = found["s01e01"].videos
    assert (first.entry.name, first.role) == ("Show S01E01 1080p.mkv", "main")
    assert (second.role, second.version) == ("version", "720p")


@pytest.mark.parametrize(
    "files",
    [
        ("Show S01E01a.mkv", "Show S01E01b.mkv"),
        ("Show S01E01 cd1.mkv", "Show S01E01 cd2.mkv"),
        ("Show S01E01 - part1.mkv", "Show S01E01 - part2.mkv"),
    ],
)
def test_an_episode_may_be_in_parts(files: tuple[str, str]) -> None:
    parts = works(*files)["s01e01"].videos
    assert [(part.entry.name, part.role, part.part) for part in parts] == [
        (files[0], "main", 1),
        (files[1], "part", 2),
    ]


def test_specials_are_season_zero() -> None:
    found = works("Specials/Show S00E01.mkv", "Specials/02 - Making Of.mkv")
    assert found["season 0"].title == "Specials"
    assert found["s00e02"].place == Place(season=0, episode=2)


def test_absolute_numbers_belong_to_the_series_itself() -> None:
    found = works("[Group] Show - 105 [1080p].mkv")
    assert found["a105"].place == Place(absolute=105)
    assert found["a105"].parent == "series"


def test_a_daily_episode_is_known_by_its_day() -> None:
    found = works("Season 2015/Show 2015-01-02 Guest.mkv")
    assert found["2015-01-02"].place == Place(season=2015, aired=date(2015, 1, 2))
    assert found["2015-01-02"].title == "Guest"


def test_a_video_in_which_no_episode_can_be_read_is_one_without_a_number() -> None:
    found = works("Show S01E01.mkv", "Reunion.mkv")
    lost = found["file reunion.mkv"]
    assert (lost.kind, lost.title, lost.place) == (ItemKind.EPISODE, "Reunion", Place())


def test_two_videos_of_one_name_without_a_number_are_two() -> None:
    found = works("Season 1/Reunion.mkv", "Season 2/Reunion.mkv")
    assert {"file season 1/reunion.mkv", "file season 2/reunion.mkv"} <= found.keys()


def test_an_episodes_release_folder_says_more_than_the_short_name_in_it() -> None:
    found = works("Season 1/Show.S01E02.720p-GRP/grp-s102.mkv", "Show.S01E03-GRP/abc.mkv")
    assert videos(found["s01e02"]) == ["Season 1/Show.S01E02.720p-GRP/grp-s102.mkv"]
    assert videos(found["s01e03"]) == ["Show.S01E03-GRP/abc.mkv"]


def test_files_in_a_release_folder_are_its_episodes() -> None:
    found = works("Show.S01E02-GRP/abc.mkv", "Show.S01E02-GRP/Subs/2_English.srt")
    (subtitle,) = assets(found["s01e02"], AssetType.SUBTITLE)
    assert subtitle.language == "en"


def test_sidecars_belong_to_the_episode_of_their_name() -> None:
    found = works(
        "Season 1/Show S01E01.mkv",
        "Season 1/Show S01E01.en.forced.srt",
        "Season 1/Show S01E01.nfo",
        "Season 1/Show S01E01-thumb.jpg",
        "Season 1/Show S01E02.mkv",
        "Season 1/Show S01E02.jpg",
        "Season 1/metadata/Show S01E02.jpg",
        "Season 1/Subs/Show S01E02/2_English.srt",
    )
    first, second = found["s01e01"], found["s01e02"]
    (subtitle,) = assets(first, AssetType.SUBTITLE)
    assert (subtitle.language, subtitle.forced) == ("en", True)
    assert [entry.name for entry in first.nfo] == ["Season 1/Show S01E01.nfo"]
    assert names(first, AssetType.THUMB) == ["Season 1/Show S01E01-thumb.jpg"]
    assert len(assets(second, AssetType.THUMB)) == 2
    assert len(assets(second, AssetType.SUBTITLE)) == 1


def test_artwork_belongs_to_the_series_or_to_its_season() -> None:
    found = works(
        "Season 1/Show S01E01.mkv",
        "poster.jpg",
        "fanart.jpg",
        "extrafanart/one.jpg",
        "theme.mp3",
        "season01-poster.jpg",
        "season-specials-banner.jpg",
        "Season 1/folder.jpg",
        "tvshow.nfo",
        "Season 1/season.nfo",
    )
    series, season = found["series"], found["season 1"]
    assert names(series, AssetType.POSTER) == ["poster.jpg"]
    assert names(series, AssetType.FANART) == ["fanart.jpg", "extrafanart/one.jpg"]
    assert names(series, AssetType.THEME) == ["theme.mp3"]
    assert [entry.name for entry in series.nfo] == ["tvshow.nfo"]
    assert names(season, AssetType.POSTER) == ["season01-poster.jpg", "Season 1/folder.jpg"]
    assert [entry.name for entry in season.nfo] == ["Season 1/season.nfo"]
    assert names(found["season 0"], AssetType.BANNER) == ["season-specials-banner.jpg"]


def test_what_only_sounds_like_an_extra_is_an_episode() -> None:
    found = works("Show S01E01.mkv", "Show S01E05 - Interview.mkv")
    assert found["s01e05"].title == "Interview"


def test_extras_and_trailers_belong_to_what_they_stand_in() -> None:
    found = works(
        "Season 1/Show S01E01.mkv",
        "Season 1/Show S01E01-behindthescenes.mkv",
        "Season 1/Extras/Bloopers.mkv",
        "Featurettes/S01E01 Commentary.mkv",
        "trailers/Season 2.mkv",
        "[Group] Show - NCOP1.mkv",
    )
    assert [(e.entry.name, e.kind) for e in found["s01e01"].extras] == [
        ("Season 1/Show S01E01-behindthescenes.mkv", "behind_the_scenes")
    ]
    assert [e.kind for e in found["season 1"].extras] == ["extra"]
    assert {e.kind for e in found["series"].extras} == {"featurette", "extra"}
    assert names(found["series"], AssetType.TRAILER) == ["trailers/Season 2.mkv"]
    assert [key for key in found if key.startswith(("s0", "file", "a"))] == ["s01e01"]


def test_in_the_root_each_series_has_its_own() -> None:
    found = works(
        "Alpha.S01E01.mkv",
        "Beta S02E03.mkv",
        "Beta S02E03.en.srt",
        "Alpha.S02.1080p-GRP/alpha.s02e01.mkv",
        "poster.jpg",
        folder="TV",
        is_root=True,
    )
    assert {work.title for work in found.values() if work.kind is ItemKind.SERIES} == {
        "Alpha",
        "Beta",
    }
    assert found["alpha s02e01"].parent == "series alpha season 2"
    assert len(found["beta s02e03"].assets) == 1


def test_a_series_of_releases_alone_is_called_as_their_folders_are() -> None:
    found = works("The.Show.S01E01-GRP/x.mkv", folder="TV", is_root=True)
    assert found["theshow"].title == "The Show"


def test_a_root_with_a_series_nfo_is_that_series_home() -> None:
    found = works("tvshow.nfo", "1/Show - 01.mkv", folder="Show (2008)", is_root=True)
    assert found["s01e01"].parent == "series season 1"


def test_a_series_without_a_file_of_its_own_is_none() -> None:
    assert works("poster.jpg", "Season 1/folder.jpg") == {}


def test_a_disc_in_a_season_is_one_episode_without_a_number() -> None:
    found = works(
        "Season 1/Disc 1/VIDEO_TS/VTS_01_1.VOB|10",
        "Season 1/Disc 1/VIDEO_TS/VTS_02_1.VOB|20",
        "Season 1/Disc 1/VIDEO_TS/VIDEO_TS.IFO|1",
    )
    (episode,) = [work for work in found.values() if work.kind is ItemKind.EPISODE]
    assert videos(episode) == ["Season 1/Disc 1/VIDEO_TS/VTS_02_1.VOB"]


_PIECES = st.sampled_from(
    "Season_1/ Season_2/ Subs/ extras/ S01E01 S01E01-E02 1x02 -thumb .en - 05 poster"
    " season01-poster tvshow season Show 2015-01-02 VIDEO_TS/ metadata/ a b".split(" ")
)


@given(
    st.lists(
        st.tuples(
            st.lists(_PIECES, min_size=1, max_size=4), st.sampled_from("mkv srt jpg nfo".split())
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_every_file_belongs_to_one_work_at_most(
    parts: list[tuple[list[str], str]],
    is_root: bool,
) -> None:
    files = {f"{''.join(pieces)}.{extension}".replace("/.", "/x.") for pieces, extension in parts}
    found = works(*files, is_root=is_root)
    owned = [
        entry.name
        for work in found.values()
        for entry in (
            *(video.entry for video in work.videos),
            *(extra.entry for extra in work.extras),
            *(asset.entry for asset in work.assets),
        )
    ]
    assert len(owned) == len(set(owned))
    assert all(work.parent is None or work.parent in _keys(found) for work in found.values())


def _keys(found: dict[str, Work]) -> set[str]:
    return {work.key for work in found.values()}

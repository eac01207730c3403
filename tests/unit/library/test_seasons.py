"""Folders of seasons: the spellings of people, of other languages and of releases."""

import pytest

from sublarr_tasks.library import seasons
from sublarr_tasks.library.seasons import Folder

OF_A_SEASON = {
    1: """Season 1; Season 01; season 1; SEASON 01; Season.01; Season_01; Season-1; Season1; S1;
        S01; s01; S0001; Season 1 (2008); Season 01 - The Beginning; S01 - The Beginning; Series 1;
        Staffel 1; Staffel 01; Saison 1; Temporada 1; Stagione 1; Seizoen 1; Sezon 1; Säsong 1;
        Sesong 1; Sæson 1; Kausi 1; Sezona 1; Сезон 1; 1. Staffel; 1st Season; 1ª Temporada;
        1 сезон; 1a stagione; 1; 01; Book 1; Volume 1; Vol. 1; 第1季; 第一季; シーズン1; 시즌 1;
        Season 1 [1080p]; S01 1080p; S01.1080p.BluRay""",
    0: "Season 0; Season 00; S00; Specials; Special; specials; Season Specials; OVA; OVAs; 0; 00",
    12: "Season 12; S12; Staffel 12; 12. Staffel; 12; 第十二季; 12th Season",
    2010: "Season 2010; S2010",
}
BEHIND_A_TITLE = {
    "Show.S01.1080p.BluRay.x264-GRP": (1, "Show"),
    "Show Name S02": (2, "Show Name"),
    "Show - Season 3": (3, "Show"),
    "Show (2008) - Season 03": (3, "Show (2008)"),
    "Show.Name.Season.4.720p": (4, "Show.Name"),
    "[Group] Show S2 [1080p]": (2, "[Group] Show"),
    "24 S05": (5, "24"),
}
RELEASES = {
    "Show.S01E02.720p.HDTV-GRP": (1, "Show"),
    "Show 1x02": (1, "Show"),
    "The.Daily.Show.2015.01.02.720p": (None, "The.Daily.Show"),
}
OTHERS = """Show; Show (2008); 1883; 24 Hours; The 100; Babylon 5; Season of the Witch; Serieslike;
    Extras; extrafanart; Subs; Behind the Scenes; Featurettes; .actors; Stargate SG-1; S.W.A.T.;
    Seasons; S; Sense8; Volumes; 100; 1923; 第季"""


@pytest.mark.parametrize(
    ("name", "number"),
    [(name.strip(), n) for n, names in OF_A_SEASON.items() for name in names.split(";")],
)
def test_a_season_is_known_by_its_folder(name: str, number: int) -> None:
    assert seasons.read(name) == Folder(number)


@pytest.mark.parametrize(("name", "meant"), BEHIND_A_TITLE.items())
def test_a_release_of_a_season_names_its_series(name: str, meant: tuple[int, str]) -> None:
    found = seasons.read(name)
    assert (found.season, found.head, found.is_release) == (*meant, False)


@pytest.mark.parametrize(("name", "meant"), RELEASES.items())
def test_a_release_of_an_episode_is_known_by_its_folder(
    name: str, meant: tuple[int | None, str]
) -> None:
    found = seasons.read(name)
    assert (found.season, found.head, found.is_release) == (*meant, True)


@pytest.mark.parametrize("name", [name.strip() for name in OTHERS.split(";")])
def test_any_other_folder_is_none(name: str) -> None:
    assert not seasons.read(name).is_part


@pytest.mark.parametrize("name", ["1", "24", "9"])
def test_a_number_in_the_root_is_a_title(name: str) -> None:
    assert not seasons.read(name, in_root=True).is_part

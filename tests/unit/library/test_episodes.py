"""Names of episodes: a table of cases by the rule that they are an example of."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library import episodes
from sublarr_tasks.library.episodes import Episodes

# Each line: a name, "=>", and what it means: "1: 2 3" (season: numbers), "abs 5", a date, "half b"
# behind it, "extra", or "-" for nothing. A "| 2" before the arrow is the season of the folder.
CASES = {
    "season and episode": """
        Show.Name.S01E02.720p.HDTV.x264-GRP => 1: 2
        Show Name S01E02 => 1: 2
        show.name.s01e02 => 1: 2
        Show Name - S01E02 - Title => 1: 2
        Show_Name_S01E02_Title => 1: 2
        S01E02 => 1: 2
        s1e2 => 1: 2
        S1E02 => 1: 2
        S01E002 => 1: 2
        S01E1000 => 1: 1000
        S100E01 => 100: 1
        S2010E05 => 2010: 5
        Show S2010E123 => 2010: 123
        Show.S00E01.Special => 0: 1
        Show S0E5 => 0: 5
        Show (2008) S01E02 => 1: 2
        Show (2008) - S01E02 - Title (1080p) => 1: 2
        Show.2008.S01E02 => 1: 2
        Show S01.E02 => 1: 2
        Show S01 E02 => 1: 2
        Show S01_E02 => 1: 2
        Show S01-E02 => 1: 2
        Show S01 - E02 => 1: 2
        Show S01xE02 => 1: 2
        Show S01EP02 => 1: 2
        Show S01 EP02 => 1: 2
        Show S01 Ep 02 => 1: 2
        Show S01.Ep.02 => 1: 2
        Show S01Episode02 => 1: 2
        Show S1 Episode 2 => 1: 2
        Show [S01E02] => 1: 2
        Show [S01E02] [1080p] => 1: 2
        Show (S01E02) => 1: 2
        [Group] Show S01E02 [1080p] => 1: 2
        [Group] Show - S01E02v2 [ABCD1234] => 1: 2
        Show.S01E02.1080p.WEB-DL.DD5.1.H.264-GRP => 1: 2
        Show.S01E02.Title.With.1x03.In.It => 1: 2
        Show.S01E02.2160p.HDR10.DV.x265 => 1: 2
        Show.S01E02.PROPER.REPACK => 1: 2
        Show S01E02 1920x1080 => 1: 2
        Show.S03E11.2015.01.02 => 3: 11
        Show,S01E02 => 1: 2
        Show.s01e02.Title-GRP => 1: 2
        Show S 01 E 02 => 1: 2
        Show.S01.E02.Title => 1: 2
        Show S10E22 => 10: 22
        Show.S01E02.5.1.AAC => 1: 2
    """,
    "written out": """
        Show Season 1 Episode 2 => 1: 2
        Show - Season 1, Episode 2 - Title => 1: 2
        Show season 01 episode 02 => 1: 2
        Show Season 1 - Episode 2 => 1: 2
        Season 1 Episode 2 => 1: 2
        Show.Season.1.Episode.2 => 1: 2
        Show_Season_1_Episode_2 => 1: 2
        Show Series 1 Episode 2 => 1: 2
        Show Series 3 Ep 11 => 3: 11
        Show Season 1 Ep 2 => 1: 2
        Show Season1Episode2 => 1: 2
        Die Serie Staffel 1 Folge 2 => 1: 2
        Die Serie - Staffel 01 - Folge 02 => 1: 2
        La Serie Saison 1 Episode 2 => 1: 2
        La Série Saison 2 Épisode 13 => 2: 13
        La Serie Temporada 1 Capitulo 2 => 1: 2
        La Serie Temporada 2 Capítulo 10 => 2: 10
        La Serie T01E02 => 1: 2
        La Serie - T2E13 => 2: 13
        La Serie Temp.1 Cap.102 => 1: 2
        La Serie [Cap.102] => 1: 2
        La Serie [HDTV 720p][Cap.1013] => 10: 13
        Il Serie Stagione 1 Episodio 2 => 1: 2
        De Serie Seizoen 1 Aflevering 2 => 1: 2
        Serial Sezon 1 Odcinek 2 => 1: 2
        Serien Säsong 1 Avsnitt 2 => 1: 2
        Сериал Сезон 1 Серия 2 => 1: 2
    """,
    "several episodes": """
        Show S01E01E02 => 1: 1 2
        Show S01E01E02E03 => 1: 1 2 3
        Show.S01E01E02.Title => 1: 1 2
        Show S01E01-E02 => 1: 1 2
        Show S01E01-E03 => 1: 1 2 3
        Show S01E01-E02-E03 => 1: 1 2 3
        Show S01E01 - E02 => 1: 1 2
        Show S01E01-02 => 1: 1 2
        Show S01E01-03 => 1: 1 2 3
        Show S01E09-12 => 1: 9 10 11 12
        Show S01E01~03 => 1: 1 2 3
        Show S01E01+E02 => 1: 1 2
        Show S01E01 & E02 => 1: 1 2
        Show S01E01,E02 => 1: 1 2
        Show S01E01 E02 => 1: 1 2
        Show S01E01_E02 => 1: 1 2
        Show S01E01.E02 => 1: 1 2
        Show S01E01-S01E02 => 1: 1 2
        Show S01E01-S01E03 => 1: 1 2 3
        Show S01E01 S01E02 => 1: 1 2
        Show S01E01S01E02 => 1: 1 2
        Show.S01E01.S01E02.720p => 1: 1 2
        Show S01E01xE02 => 1: 1 2
        Show.S01E22E23.Finale.1080p => 1: 22 23
        Show.S01E01-E02.1080p.BluRay => 1: 1 2
        Show S01E01E03 => 1: 1 3
        Show S01E01-E01 => 1: 1
        Show S01E99-E101 => 1: 99 100 101
        Show S01E05 - 24 Hours => 1: 5
        Show S01E05-1080p => 1: 5
        Show S01E05-720p => 1: 5
        Show S01E05-10bit => 1: 5
        Show S01E01-S02E01 => 1: 1
        Show S01E10-02 => 1: 10
        Show S01E02-3D => 1: 2
        Show 1x01-02 => 1: 1 2
        Show 1x01-1x02 => 1: 1 2
        Show 1x01x02 => 1: 1 2
        Show 1x01x02x03 => 1: 1 2 3
        Show 1x01-03 => 1: 1 2 3
        Show 1x01+1x02 => 1: 1 2
        Show 1x01_1x02 => 1: 1 2
        Show 1x01 1x02 => 1: 1 2
        Show [1x01-02] => 1: 1 2
        Show - 02x03-04 - Two Titles => 2: 3 4
        Show S01E01-E99 => 1: 1 99
    """,
    "crosses": """
        Show 1x02 => 1: 2
        Show.1x02.Title => 1: 2
        Show - 1x02 - Title => 1: 2
        Show_1x02_Title => 1: 2
        Show [1x02] => 1: 2
        Show [01x02] Title => 1: 2
        Show (1x02) => 1: 2
        1x02 => 1: 2
        01x02 - Title => 1: 2
        Show 10x22 => 10: 22
        Show 1X02 => 1: 2
        Show 0x05 => 0: 5
        Show 1x102 => 1: 102
        Show.1x02.720p.x264 => 1: 2
        Show 1x2 => 1: 2
        Show 12x13 h264 => 12: 13
        Show 1920x1080 => -
        Show 1280x720 => -
        Show.640x480 => -
        Show x264 => -
        Show 10x22p => -
    """,
    "parts of one episode": """
        Show S01E01a => 1: 1 half a
        Show S01E01b => 1: 1 half b
        Show.S01E01A.Title => 1: 1 half a
        Show S01E01b - Title => 1: 1 half b
        Show 1x01a => 1: 1 half a
        Show S01E01c => 1: 1 half c
        Show S01E01 a Title => 1: 1
        Show S01E01abc => 1: 1
        Show.S01E01.Part1 => 1: 1
        Show S01E01 - Pilot Part 2 => 1: 1
        Show S01E01 cd1 => 1: 1
    """,
    "dates": """
        The Daily Show 2015.01.02 => 2015-01-02
        The Daily Show 2015-01-02 => 2015-01-02
        The.Daily.Show.2015.01.02.Guest.Name.720p => 2015-01-02
        The_Daily_Show_2015_01_02 => 2015-01-02
        The Daily Show 2015 01 02 => 2015-01-02
        The Daily Show (2015-01-02) => 2015-01-02
        The Daily Show [2015.01.02] => 2015-01-02
        The Daily Show - 2015-01-02 - Guest => 2015-01-02
        2015-01-02 => 2015-01-02
        2015-01-02 Guest => 2015-01-02
        Show 02.01.2015 => 2015-01-02
        Show 02-01-2015 => 2015-01-02
        Show 31.12.2015 => 2015-12-31
        Show 12.31.2015 => 2015-12-31
        Show 2015.31.12 => 2015-12-31
        Show 20150102 => 2015-01-02
        show.20150102.hdtv => 2015-01-02
        Show 2 Jan 2015 => 2015-01-02
        Show 02 January 2015 => 2015-01-02
        Show.2015.Jan.02 => 2015-01-02
        Show 1999-12-31 => 1999-12-31
        Show 2015-1-2 => 2015-01-02
        Show 2016.02.29 => 2016-02-29
        Show 2015.02.30 => -
        Show 2015.13.32 => -
        Show 2015.01-02 => -
        Show 12345678 => -
    """,
    "absolute numbers": """
        [Group] Show - 05 [1080p] => abs 5
        [Group] Show - 05 [1080p][ABCD1234] => abs 5
        [Group] Show - 05v2 [720p] => abs 5
        [Group] Show - 105 (1080p) => abs 105
        [Group] Show - 1071 [1080p] => abs 1071
        [Group] Show - 01-03 [720p] => abs 1 2 3
        [Group] Show - 01~02 => abs 1 2
        [Group]_Show_-_05_[720p] => abs 5
        [Group] Show 05 [720p] => abs 5
        [Group].Show.-.05.[720p] => abs 5
        [Group] Show - 05 - Title [720p] => abs 5
        [Group] Show - 05 END [720p] => abs 5
        [Group] Show Ep05 [720p] => abs 5
        [Group] Show - E05 [720p] => abs 5
        [Group] Show - Episode 05 => abs 5
        [Group] Show #05 => abs 5
        [Group] 86 - 05 [1080p] => abs 5
        [Group] Show 2 - 05 [1080p] => abs 5
        [Group] Show - 05 (BD 1920x1080 x265 FLAC) => abs 5
        [Group] Show - 05 [BD][10bit][AAC 2.0] => abs 5
        (Group) Show - 05 [720p] => abs 5
        Show - 05 [1080p] => abs 5
        Show - 05 => abs 5
        Show - 105 => abs 105
        Show - 05 - Title => abs 5
        Show - 05v2 => abs 5
        Show Ep 05 => abs 5
        Show EP05 => abs 5
        Show E05 => abs 5
        Show Episode 5 => abs 5
        Show #5 => abs 5
        Show 05 => abs 5
        Show Folge 05 => abs 5
        05 - Title => abs 5
        05. Title => abs 5
        05 => abs 5
        105 => abs 105
        E05 => abs 5
        Episode 05 => abs 5
        One Piece 1071 => abs 1071
        [Group] Show - 05 [2021] => abs 5
        [Group] Show (2021) - 05 => abs 5
        【Group】Show - 05 [1080p] => abs 5
    """,
    "an anime's season": """
        [Group] Show S2 - 05 [1080p] => 2: 5
        [Group] Show S02 - 05v2 [1080p] => 2: 5
        [Group] Show 2nd Season - 05 [1080p] => 2: 5
        [Group] Show 3rd Season 12 [1080p] => 3: 12
        [Group] Show Season 2 - 05 => 2: 5
        Show S2 - 05 => 2: 5
        Show S03 - 11 => 3: 11
        [Group] Show - OVA1 [720p] => 0: 1
        [Group] Show - OVA 02 => 0: 2
        [Group] Show - SP1 => 0: 1
        [Group] Show SP02 [720p] => 0: 2
        [Group] Show Special 3 => 0: 3
        [Group] Show - OAD01 => 0: 1
        [Group] Show - NCOP1 [720p] => extra
        [Group] Show - NCED [720p] => extra
        [Group] Show NCOP01a => extra
        [Group] Show - Creditless OP1 => extra
        [Group] Show - Menu 2 => extra
        [Group] Show - PV1 => extra
    """,
    "a number in a season's folder": """
        02 - Title | 1 => 1: 2
        02.Title | 1 => 1: 2
        02 | 1 => 1: 2
        2 | 1 => 1: 2
        E02 | 1 => 1: 2
        E02 - Title | 3 => 3: 2
        Ep 02 | 1 => 1: 2
        Ep.02.Title | 1 => 1: 2
        Episode 2 | 1 => 1: 2
        Episode 02 - Title | 4 => 4: 2
        Episode_2_Title | 1 => 1: 2
        Folge 2 | 2 => 2: 2
        #2 | 1 => 1: 2
        #02 Title | 1 => 1: 2
        Show 02 | 1 => 1: 2
        Show.02.720p | 1 => 1: 2
        Show - 02 | 1 => 1: 2
        Show - 02 - Title | 1 => 1: 2
        Show - 02v2 [720p] | 1 => 1: 2
        [Group] Show - 02 [720p] | 1 => 1: 2
        [Group] Show - 27 [720p] | 2 => 2: 27
        102 | 1 => 1: 2
        102 - Title | 1 => 1: 2
        Show 102 | 1 => 1: 2
        Show.102.HDTV | 1 => 1: 2
        Show 1102 | 11 => 11: 2
        Show 102 | 2 => 2: 102
        Show 200 | 2 => 2: 200
        01-02 | 1 => 1: 1 2
        01-02 Title | 1 => 1: 1 2
        E01-E02 | 1 => 1: 1 2
        E01-02 | 1 => 1: 1 2
        Ep01-03 | 1 => 1: 1 2 3
        02 of 06 | 1 => 1: 2
        Show 2of6 | 1 => 1: 2
        Part 2 | 1 => 1: 2
        Show Part II | 1 => 1: 2
        Teil 3 | 1 => 1: 3
        Kapitel 4 | 1 => 1: 4
        Special 2 | 0 => 0: 2
        05 - Christmas | 0 => 0: 5
        Episode 2001 | 1 => 1: 2001
        Show 2001 | 20 => 20: 1
        12 Angry Episodes | 1 => 1: 12
        S02E03 | 1 => 2: 3
        2x03 | 1 => 2: 3
        2015-01-02 | 1 => 2015-01-02
        Title without number | 1 => -
        Trailer | 1 => -
        Show (2008) | 1 => -
        Show 2008 | 1 => -
        Show 1080p | 1 => -
    """,
    "numbers without a season": """
        Show.102.HDTV.XviD => 1: 2
        show.1102.hdtv-lol => 11: 2
        show.213.720p => 2: 13
        Mini Series Part 2 => 1: 2
        Mini Series Part II => 1: 2
        Mini Series Part.3.720p => 1: 3
        Mini Series 2of6 => 1: 2
        Mini Series (Part 4) => -
        Documentary 3 of 12 => 1: 3
    """,
    "no episode at all": """
        Show => -
        Show (2008) => -
        Show 2008 => -
        Show.2008.1080p.BluRay.x264-GRP => -
        Show 1080p => -
        Show.720p => -
        Show DD5.1 => -
        Show 5.1 => -
        Show.H.264 => -
        Show x265 10bit => -
        [Group] Show [ABCD1234] => -
        [Group] Show [1080p] => -
        theme => -
        Show - Interview => -
        Interview with Everyone => -
        Behind the Scenes => -
        12.5 => -
        [Group] Show - 12.5 [720p] => -
        [12345678] => -
        Season 1 => -
        Specials => -
        S01 => -
        Elephant => -
        Steps => -
        SE7EN => -
        Mr. E => -
    """,
}

# Titles that look like numbers, and how a marker after them is written.
TITLES = (
    "24",
    "The 100",
    "9-1-1",
    "11.22.63",
    "1923",
    "90210",
    "Babylon 5",
    "Stargate SG-1",
    "Warehouse 13",
    "S.W.A.T",
    "The 4400",
    "Class of '09",
    "12 Monkeys",
    "Studio 60",
    "Mr. Robot",
    "3 Body Problem",
    "Blade Runner 2049 Stories",
    "Se7en Days",
    "7 Days 24 Hours",
    "Episodes",
)
MARKERS = {
    "S03E07": (3, (7,)),
    "s03e07e08": (3, (7, 8)),
    "S03E07-E09": (3, (7, 8, 9)),
    "3x07": (3, (7,)),
    "3x07-08": (3, (7, 8)),
    "Season 3 Episode 7": (3, (7,)),
}


def _rows() -> list[tuple[str, str]]:
    rows = []
    for family, table in CASES.items():
        lines = [line.strip() for line in table.strip().splitlines()]
        rows += [(family, line) for line in lines]
    return rows


def _said(found: Episodes) -> str:
    if found.extra:
        return "extra"
    if found.aired:
        return found.aired.isoformat()
    if found.absolute:
        return "abs " + " ".join(map(str, found.absolute))
    if not found.numbers:
        return "-"
    half = f" half {found.half}" if found.half else ""
    return f"{found.season}: {' '.join(map(str, found.numbers))}{half}"


@pytest.mark.parametrize(("family", "line"), _rows())
def test_a_name_means_what_people_mean_by_it(family: str, line: str) -> None:
    name, _, meant = line.rpartition(" => ")
    name, _, folder = name.partition(" | ")
    assert _said(episodes.parse(name, int(folder) if folder else None)) == meant


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("form", ["{} - {} - Name", "{} {}"])
def test_a_title_of_numbers_is_no_episode(title: str, marker: str, form: str) -> None:
    found = episodes.parse(form.format(title, marker))
    assert (found.head, found.season, found.numbers) == (title, *MARKERS[marker])


def test_what_follows_the_numbers_is_the_episodes_own() -> None:
    assert episodes.parse("Show - S01E02 - The Name").tail == "The Name"
    assert episodes.parse("Show - 05 - The Name").tail == "The Name"
    assert episodes.parse("Show 2015-01-02 The Guest").tail == "The Guest"


def test_a_name_of_many_dashes_is_read_to_its_end() -> None:
    # An expression that tries every way to part them would not come back.
    assert not episodes.parse("S1" + " - " * 80 + "x").is_known


def test_the_cases_are_many() -> None:
    assert len(_rows()) + len(TITLES) * len(MARKERS) >= 400


@given(st.text(max_size=60), st.none() | st.integers(0, 30))
def test_any_name_is_read_without_an_error(name: str, season: int | None) -> None:
    found = episodes.parse(name, season)
    assert len(found.numbers) <= episodes.MOST_EPISODES + 1


@given(
    st.integers(0, 99), st.integers(0, 999), st.sampled_from(["S{:02}E{:02}", "{}x{:02}", "s{}e{}"])
)
def test_a_marker_is_read_back(season: int, number: int, form: str) -> None:
    found = episodes.parse(f"Show - {form.format(season, number)} - Title")
    assert (found.season, found.numbers) == (season, (number,))


@given(st.dates(date(1950, 1, 1), date(2039, 12, 31)), st.sampled_from(["-", ".", "_", " "]))
def test_a_date_is_read_back(day: date, separator: str) -> None:
    written = separator.join((str(day.year), f"{day.month:02}", f"{day.day:02}"))
    assert episodes.parse(f"Show {written} Guest").aired == day

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library.release import parse


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("Title (2010)", "Title", 2010),
        ("Title [2010]", "Title", 2010),
        ("Title.2010.1080p.BluRay.x264-GRP", "Title", 2010),
        ("Title_2010_DVDRip", "Title", 2010),
        ("Title 2010", "Title", 2010),
        ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
        ("1917 (2019)", "1917", 2019),
        ("1917.2019.2160p.WEB-DL", "1917", 2019),
        ("1917", "1917", None),
        ("2012 (2009)", "2012", 2009),
        ("2012.2009.1080p", "2012", 2009),
        ("2012.1080p", "2012", None),
        ("Blade Runner 2049 (2017)", "Blade Runner 2049", 2017),
        ("Blade.Runner.2049.2017.1080p", "Blade Runner 2049", 2017),
        ("Blade Runner 2049", "Blade Runner 2049", None),
        ("Wonder Woman 1984 (2020)", "Wonder Woman 1984", 2020),
        ("Wonder.Woman.1984.2020.1080p", "Wonder Woman 1984", 2020),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("[REC] (2007)", "[REC]", 2007),
        ("[REC] Apocalypse (2014)", "[REC] Apocalypse", 2014),
        ("[REC] 2 (2009)", "[REC] 2", 2009),
        ("[2010] Inception", "Inception", 2010),
        ("(2010) Inception 1080p", "Inception", 2010),
        ("[SubsPlease] Kimi no Na wa (2016) (1080p) [ABCD]", "Kimi no Na wa", 2016),
        ("S.W.A.T. (2017)", "S.W.A.T.", 2017),
        ("Mr.Nobody.2009", "Mr Nobody", 2009),
        ("Dr. Strangelove (1964)", "Dr. Strangelove", 1964),
        ("Monsters, Inc. (2001)", "Monsters, Inc.", 2001),
        ("The Trailer Park (2019)", "The Trailer Park", 2019),
        ("Uncut Gems (2019)", "Uncut Gems", 2019),
        ("Uncut.Gems.2019.1080p", "Uncut Gems", 2019),
        ("Extended", "Extended", None),
        ("The.Web.2010", "The Web", 2010),
        ("Film - 1080p", "Film", None),
        ("Film [1080p] [BluRay] [YTS.MX]", "Film", None),
        ("Film (Director's Cut)", "Film", None),
        ("Lord of the Rings - The Two Towers (2002)", "Lord of the Rings - The Two Towers", 2002),
        ("1080p", "1080p", None),
        ("???", "???", None),
        ("Am\udce9lie (2001)", "Am\uf7e9lie", 2001),
        ("हिन्दी मीडियम (2017)", "हिन्दी मीडियम", 2017),
        ("Holiday 2010-05-12", "Holiday 2010-05-12", None),
    ],
)
def test_title_and_year_are_read(name: str, title: str, year: int | None) -> None:
    assert (parse(name).title, parse(name).year) == (title, year)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Film (2010) [imdbid-tt1375666]", {"imdb": "tt1375666"}),
        ("Film (2010) {imdb-tt1375666}", {"imdb": "tt1375666"}),
        ("Film (2010) {imdb-240772}", {"imdb": "tt0240772"}),
        ("Film (2010) {tmdb-603}", {"tmdb": "603"}),
        ("Film (2010) [tmdbid=603]", {"tmdb": "603"}),
        ("Film (2010) {tvdb-12}[imdb-tt0000001]", {"tvdb": "12", "imdb": "tt0000001"}),
        ("Film (2010) (tt1375666)", {"imdb": "tt1375666"}),
        ("Film (2010)", {}),
    ],
)
def test_ids_in_brackets_are_read(name: str, ids: dict[str, str]) -> None:
    assert dict(parse(name).ids) == ids
    assert parse(name).title == "Film"


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("Film (2010) {edition-Director's Cut}", "Director's Cut"),
        ("Film {edition-Fan Favourite} (2010)", "Fan Favourite"),
        ("Film.2010.Directors.Cut.1080p", "Director's Cut"),
        ("Film (2010) - [Director's Cut]", "Director's Cut"),
        ("Film.2010.EXTENDED.1080p", "Extended"),
        ("Film (2010) Theatrical", "Theatrical"),
        ("Film.2010.IMAX.2160p", "IMAX"),
        ("Film [Uncut]", "Uncut"),
        ("Film (1982) Final Cut", "Final Cut"),
        ("Extended Family (2010)", None),
        ("Film.2010.1080p", None),
    ],
)
def test_the_edition_counts_only_behind_the_title(name: str, edition: str | None) -> None:
    assert parse(name).edition == edition


@pytest.mark.parametrize(
    ("name", "resolution", "source", "tags"),
    [
        ("F.2010.1080p.BluRay.x264-G", "1080p", "BluRay", ("H.264",)),
        (
            "F.2010.2160p.UHD.BluRay.REMUX.HDR10.HEVC",
            "2160p",
            "BluRay",
            ("Remux", "HDR10", "H.265"),
        ),
        ("F (2010) 4K", "2160p", None, ()),
        ("F.2010.WEB.h265", None, "WEB-DL", ("H.265",)),
        ("F.2010.WEBRip.720p", "720p", "WEBRip", ()),
        ("F.2010.DVDRip.XviD", None, "DVD", ("XviD",)),
        ("F.2010.HDR10+.DV.REPACK", None, None, ("HDR10+", "Dolby Vision", "Repack")),
        ("F (2010) [Blu-ray] [1080i]", "1080i", "BluRay", ()),
        ("3D Film (2010)", None, None, ()),
    ],
)
def test_quality_is_read(
    name: str, resolution: str | None, source: str | None, tags: tuple[str, ...]
) -> None:
    release = parse(name)
    assert (release.resolution, release.source, release.tags) == (resolution, source, tags)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("Film (2010) - 1080p", "1080p"),
        ("Film (2010) - [Director's Cut]", "Director's Cut"),
        ("Film (2010) - Open Air", "Open Air"),
        ("Film (2010) [imdbid-tt1375666] - 4K HDR", "4K HDR"),
        ("Film (2010) {edition-Redux}", "Redux"),
        ("Film.2010.1080p.BluRay", "1080p"),
        ("Film.2010.BluRay", "BluRay"),
        ("Film (2010)", None),
    ],
)
def test_the_version_is_the_label_else_edition_else_quality(name: str, version: str | None) -> None:
    assert parse(name).version == version


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Face/Off (1997)", "Face.Off.1997.1080p"),
        ("Fast & Furious (2009)", "fast.and.furious.2009"),
        ("Amélie (2001)", "Ame\u0301lie 2001"),
        ("S.W.A.T. (2017)", "SWAT (2017)"),
    ],
)
def test_spellings_of_one_title_share_a_key(one: str, other: str) -> None:
    assert parse(one).key == parse(other).key


def test_names_that_differ_in_one_undecodable_byte_have_two_keys() -> None:
    assert parse("Am\udce9lie").key != parse("Am\udce8lie").key


@given(st.text())
def test_any_name_has_a_title_that_utf8_can_hold(name: str) -> None:
    release = parse(name)
    assert release.title or not name
    if not any("\ud800" <= c <= "\udfff" for c in name):
        release.title.encode()

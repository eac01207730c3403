import json
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import nfo

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def movie(content: str) -> nfo.Nfo:
    return nfo.parse(f"{XML}<movie>{content}</movie>".encode())


def reason(raw: bytes) -> str:
    with pytest.raises(nfo.NfoError) as caught:
        nfo.parse(raw)
    return caught.value.reason


# What is taken, and what is not


def test_every_plain_field_is_read() -> None:
    found = movie("""
      <title>Up</title><originaltitle>Là-haut</originaltitle><sorttitle>Up 1</sorttitle>
      <localtitle>Oben</localtitle><year>2009</year><outline>Short</outline><tagline>Fly</tagline>
      <review>Good</review><runtime>96</runtime><mpaa>PG</mpaa><customrating>6+</customrating>
      <premiered>2009-05-29</premiered><enddate>2010-01-02</enddate>
      <dateadded>2020-03-04 05:06:07</dateadded><userrating>8</userrating>
      <criticrating>98</criticrating><top250>120</top250><style>3D</style><tag>balloon</tag>
      <country>USA</country><studio>Pixar</studio><trailer>plugin://x/?id=1&amp;b=2</trailer>
      <edition>Director's Cut</edition><source>BLURAY</source><status>Released</status>
      <displayorder>aired</displayorder><playcount>3</playcount><watched>true</watched>
      <lastplayed>2021-01-01</lastplayed><lockdata>true</lockdata>
      <lockedfields>Name|Overview</lockedfields><language>en, es</language>""")
    assert found == nfo.Nfo(
        root="movie",
        title="Up",
        original_title="Là-haut",
        sort_title="Up 1",
        local_title="Oben",
        year=2009,
        outline="Short",
        tagline="Fly",
        review="Good",
        runtime_minutes=96,
        content_rating="PG",
        custom_rating="6+",
        premiered=date(2009, 5, 29),
        end_date=date(2010, 1, 2),
        date_added=datetime.fromisoformat("2020-03-04T05:06:07"),
        user_rating=8,
        critic_rating=98,
        top250=120,
        styles=("3D",),
        tags=("balloon",),
        countries=("USA",),
        studios=("Pixar",),
        languages=("en", "es"),
        trailer="plugin://x/?id=1&b=2",
        edition="Director's Cut",
        source="BLURAY",
        status="Released",
        display_order="aired",
        play_count=3,
        watched=True,
        last_played=datetime.fromisoformat("2021-01-01"),
        lock_data=True,
        locked_fields=("Name", "Overview"),
    )


def test_the_error_is_one_of_a_unit() -> None:
    assert issubclass(nfo.NfoError, UnitError)


@pytest.mark.parametrize("raw", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\0\0\0", b"\xff\xfe"])
def test_a_file_without_text_is_empty(raw: bytes) -> None:
    assert reason(raw) == "nfo_empty"


def test_a_file_over_the_limit_is_too_large() -> None:
    start = b"<movie><title>A</title></movie>"
    assert nfo.parse(start.ljust(nfo.MAX_BYTES)).title == "A"
    assert reason(start.ljust(nfo.MAX_BYTES + 1)) == "nfo_too_large"


@pytest.mark.parametrize(
    "raw", [b"just words", b"<html><body>404</body></html>", b"\x89PNG\r\n\x1a\n", b"https://a.b/c"]
)
def test_a_file_without_fields_or_known_address_is_not_understood(raw: bytes) -> None:
    assert reason(raw) == "nfo_not_understood"


def test_an_empty_movie_is_still_a_movie() -> None:
    assert nfo.parse(b"<movie/>") == nfo.Nfo(root="movie")


def test_another_root_keeps_its_name() -> None:
    assert nfo.parse(b"<tvshow><title>Lost</title></tvshow>").root == "tvshow"
    assert nfo.parse(b"<film><title>Lost</title></film>").root == "film"


def test_the_first_movie_root_wins_over_other_roots() -> None:
    found = nfo.parse(b"<tvshow><title>A</title></tvshow><movie><title>B</title></movie><movie/>")
    assert (found.root, found.title, found.problems) == ("movie", "B", ("several_roots",))


def test_the_root_about_an_episode_is_that_of_its_number_or_its_place() -> None:
    one = b"<episodedetails><title>A</title>%s</episodedetails>"
    numbered = one % b"<episode>4</episode>" + one % b"<episode>3</episode>"
    assert nfo.parse(numbered, "episodedetails", 3, 0).episode == 3
    assert nfo.parse(one % b"" + one % b"<plot>x</plot>", "episodedetails", 9, 1).plot == "x"
    assert nfo.parse(one % b"", "episodedetails", 9, 5).title == "A"


def test_several_roots_are_all_read_in_order() -> None:
    raw = b"".join(
        b"<?xml version='1.0'?><episodedetails><title>%d</title><season>1</season></episodedetails>"
        % number
        for number in (1, 2)
    )
    assert [one.title for one in nfo.parse_all(raw)] == ["1", "2"]


def test_a_library_export_holds_its_movies() -> None:
    raw = b"<videodb><movie><title>A</title></movie><movie><title>B</title></movie></videodb>"
    assert [one.title for one in nfo.parse_all(raw)] == ["A", "B"]


def test_fields_without_a_root_are_read() -> None:
    found = nfo.parse(b"<title>Up</title><year>2009</year>")
    assert (found.root, found.title, found.year) == ("", "Up", 2009)
    assert found.problems == ("root_missing",)


def test_a_field_with_parts_is_no_root() -> None:
    found = nfo.parse(b"<actor><name>B</name><thumb>u</thumb></actor><title>A</title>")
    assert (found.root, found.title, found.actors) == ("", "A", (nfo.Actor("B", thumb="u"),))


def test_a_field_behind_the_root_belongs_to_it() -> None:
    found = nfo.parse(b"<movie><title>Up</title></movie><year>2009</year>")
    assert (found.year, found.problems) == (2009, ("fields_outside_root",))


def test_elements_without_a_field_are_named() -> None:
    assert movie("<title>A</title><epbookmark>0</epbookmark>").unread == ("epbookmark",)


# Text


def test_an_element_with_attributes_has_its_text() -> None:
    assert movie('<plot lang="en" x="1">Text</plot>').plot == "Text"


def test_nested_and_cdata_text_is_one_text() -> None:
    found = movie("<plot>One <b>two</b> <![CDATA[<3 & more]]>\n\nthree</plot>")
    assert found.plot == "One two <3 & more\n\nthree"
    assert found.problems == ()


def test_spaces_within_a_title_are_one() -> None:
    assert movie("<title>\n  The\t Film&#160;\n</title>").title == "The Film"


def test_empty_elements_leave_nothing() -> None:
    found = movie("<title/><plot> </plot><year></year><genre/><uniqueid/><set/><rating/><actor/>")
    assert found == nfo.Nfo(root="movie", problems=("actor_without_name",))


def test_the_first_of_several_texts_wins_and_it_is_said() -> None:
    found = movie("<title/><title>A</title><title>B</title>")
    assert (found.title, found.problems) == ("A", ("several_values:title",))


def test_the_same_text_twice_is_no_problem() -> None:
    assert movie("<title>A</title><title>A</title>").problems == ()


def test_a_certification_stands_in_for_mpaa() -> None:
    assert movie("<mpaa/><certification>DE:12</certification>").content_rating == "DE:12"


# Numbers and dates


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<year>soon</year>", "bad_number:year"),
        ("<runtime>long</runtime>", "bad_number:runtime"),
        ("<top250>many</top250>", "bad_number:top250"),
        ("<userrating>good</userrating>", "bad_number:userrating"),
        ("<userrating>11</userrating>", "out_of_range:userrating"),
        ("<criticrating>-1</criticrating>", "out_of_range:criticrating"),
        ("<premiered>03/04/2010</premiered>", "bad_date:premiered"),
        ("<dateadded>yesterday</dateadded>", "bad_date:dateadded"),
        ("<watched>perhaps</watched>", "bad_flag:watched"),
        ("<rating>good</rating>", "bad_number:rating"),
        ("<rating>15.5</rating>", "out_of_range:rating"),
        ("<communityrating>15.5</communityrating>", "out_of_range:communityrating"),
        ("<rating>-1</rating>", "out_of_range:rating"),
        ("<rating>7</rating><votes>lots</votes>", "bad_number:votes"),
        ("<tmdbid>abc</tmdbid>", "bad_id:tmdb"),
        ("<imdbid>nm0000123</imdbid>", "bad_id:imdb"),
        ("<tmdbid>1</tmdbid><tmdbid>2</tmdbid>", "conflicting_id:tmdb"),
    ],
)
def test_what_cannot_be_read_is_said(content: str, problem: str) -> None:
    found = movie(f"<title>A</title>{content}")
    assert found.title == "A"
    assert found.problems[-1] == problem


def test_a_year_may_be_a_date() -> None:
    found = movie("<year>2010-07-16</year>")
    assert (found.year, found.premiered, found.problems) == (2010, date(2010, 7, 16), ())


@pytest.mark.parametrize("tag", ["premiered", "releasedate", "aired"])
def test_the_premiere_gives_the_missing_year(tag: str) -> None:
    found = movie(f"<{tag}>16.07.2010</{tag}>")
    assert (found.year, found.premiered) == (2010, date(2010, 7, 16))


def test_the_next_date_stands_in_for_one_that_cannot_be_read() -> None:
    found = movie("<premiered>2010-13-45</premiered><releasedate>2010-07-16</releasedate>")
    assert (found.premiered, found.problems) == (date(2010, 7, 16), ("bad_date:premiered",))


def test_zeros_that_mean_unknown_are_nothing() -> None:
    found = movie(
        "<year>0</year><runtime>0</runtime><top250>0</top250><userrating>0.0</userrating>"
        "<rating>0.0</rating><votes>0</votes><premiered>0000-00-00</premiered><tmdbid>0</tmdbid>"
    )
    assert found == nfo.Nfo(root="movie")


def test_a_number_too_long_for_any_column_is_a_problem() -> None:
    assert movie(f"<top250>{'9' * 5000}</top250>").problems == ("bad_number:top250",)


# Ratings


def test_ratings_have_source_scale_votes_and_default() -> None:
    found = movie("""<ratings>
      <rating name="imdb" max="10" default="true"><value>7,8</value><votes>1,234</votes></rating>
      <rating name="tomatometer" max="100"><value>91</value><votes>1.234.567</votes></rating>
      <rating><value>6.5</value></rating></ratings>""")
    assert found.ratings == (
        nfo.Rating("imdb", 7.8, 10, 1234, default=True),
        nfo.Rating("tomatometer", 91, 100, 1234567),
        nfo.Rating("default", 6.5),
    )


def test_the_old_rating_has_its_votes_beside_it() -> None:
    found = movie('<rating max="5">3.5</rating><votes>1.234</votes>')
    assert found.ratings == (nfo.Rating("default", 3.5, 5, 1234),)


def test_the_old_rating_is_left_out_where_it_repeats_another() -> None:
    found = movie(
        "<ratings><rating name='imdb'><value>7.8</value></rating></ratings><rating>7.8</rating>"
    )
    assert [rating.source for rating in found.ratings] == ["imdb"]


def test_a_community_rating_counts_where_there_is_no_other() -> None:
    community = "<communityrating>7,5</communityrating>"
    assert movie(community).ratings == (nfo.Rating("community", 7.5),)
    assert movie(f"<rating>8</rating>{community}").ratings == (nfo.Rating("default", 8),)


@pytest.mark.parametrize(("written", "most"), [("7.8/10", 10), ("78%", 100), ("4 / 5", 5)])
def test_a_rating_may_name_its_scale(written: str, most: int) -> None:
    found = movie(f"<rating>{written}</rating>")
    assert (found.ratings[0].max, found.problems) == (most, ())


def test_a_scale_that_must_be_guessed_is_said() -> None:
    found = movie("<ratings><rating name='metacritic'><value>78</value></rating></ratings>")
    assert found.ratings == (nfo.Rating("metacritic", 78, 100),)
    assert found.problems == ("scale_guessed:rating",)


def test_a_rating_beyond_its_scale_is_not_taken() -> None:
    found = movie('<ratings><rating name="a" max="10"><value>78</value></rating></ratings>')
    assert (found.ratings, found.problems) == ((), ("out_of_range:rating",))


# Lists, people, the set


def test_genres_are_split_once_each() -> None:
    found = movie("<genre>Action / Drama</genre><genre>drama, Sci-Fi|War</genre><genre>A</genre>")
    assert found.genres == ("Action", "Drama", "Sci-Fi", "War", "A")


def test_writers_come_from_writer_and_credits() -> None:
    found = movie("<credits>A B / C D</credits><writer>a b</writer><director>E, F</director>")
    assert (found.writers, found.directors) == (("a b", "C D"), ("E", "F"))


def test_actors_have_role_order_type_image_and_ids() -> None:
    found = movie("""<actor><name>Keanu Reeves</name><role>Neo</role><order>0</order>
      <type>Actor</type><thumb>https://a/b.jpg</thumb><tmdbid>6384</tmdbid>
      <imdbid>nm0000206</imdbid></actor><actor><name>B</name></actor><actor>C D</actor>""")
    assert found.actors == (
        nfo.Actor(
            "Keanu Reeves",
            role="Neo",
            order=0,
            type="Actor",
            thumb="https://a/b.jpg",
            ids={"tmdb": "6384", "imdb": "nm0000206"},
        ),
        nfo.Actor("B"),
        nfo.Actor("C D"),
    )
    assert found.ids == {}


def test_the_set_may_be_plain_or_have_parts() -> None:
    assert movie("<set>Matrix</set>").set_name == "Matrix"
    found = movie("<set tmdbcolid='2344'><name>Matrix</name><overview>Neo.</overview></set>")
    assert (found.set_name, found.set_overview) == ("Matrix", "Neo.")
    assert found.ids == {"tmdbcollection": "2344"}


# Artwork and streams


def test_artwork_is_found_at_its_three_places() -> None:
    found = movie("""<thumb aspect="poster">https://a/p.jpg</thumb>
      <thumb aspect="poster" type="season" season="2">https://a/s.jpg</thumb>
      <thumb>https://a/t.jpg</thumb><fanart><thumb>https://a/f.jpg</thumb></fanart>
      <fanart url="https://old/"><thumb preview="x">g.jpg</thumb></fanart>
      <art><poster>https://a/p.jpg</poster><clearlogo>/media/l.png</clearlogo></art>""")
    assert found.artwork == (
        nfo.Artwork("poster", "https://a/p.jpg"),
        nfo.Artwork("poster", "https://a/s.jpg", season=2),
        nfo.Artwork("thumb", "https://a/t.jpg"),
        nfo.Artwork("fanart", "https://a/f.jpg"),
        nfo.Artwork("fanart", "https://old/g.jpg"),
        nfo.Artwork("clearlogo", "/media/l.png"),
    )


def test_streams_are_read() -> None:
    found = movie("""<fileinfo><streamdetails>
      <video><codec>hevc</codec><aspect>16:9</aspect><width>3840</width><height>2160</height>
        <durationinseconds>8160</durationinseconds><hdrtype>hdr10</hdrtype></video>
      <audio><codec>ac3</codec><language>eng</language><channels>6</channels></audio><audio/>
      <subtitle><language>ger</language></subtitle></streamdetails></fileinfo>""")
    assert found.file_info == nfo.FileInfo(
        video=(nfo.VideoStream("hevc", 1.778, 3840, 2160, 8160, hdr_type="hdr10"),),
        audio=(nfo.AudioStream("ac3", "eng", 6), nfo.AudioStream()),
        subtitles=(nfo.SubtitleStream("ger"),),
    )


def test_a_duration_in_minutes_becomes_seconds() -> None:
    found = movie(
        "<fileinfo><streamdetails><video><duration>90</duration></video></streamdetails></fileinfo>"
    )
    assert found.file_info is not None
    assert found.file_info.video[0].duration_seconds == 5400


# JSON


def test_json_holds_dates_as_text_and_nothing_empty() -> None:
    found = movie("""<title>A</title><premiered>2010-07-16</premiered><playcount>0</playcount>
      <dateadded>2020-03-04 05:06:07</dateadded><uniqueid type="imdb">tt0000001</uniqueid>
      <rating>7</rating><actor><name>B</name></actor>""")
    assert nfo.to_json(found) == {
        "root": "movie",
        "title": "A",
        "year": 2010,
        "premiered": "2010-07-16",
        "date_added": "2020-03-04T05:06:07",
        "ratings": [{"source": "default", "value": 7.0, "max": 10, "default": False}],
        "actors": [{"name": "B"}],
        "ids": {"imdb": "tt0000001"},
        "play_count": 0,
        "lock_data": False,
    }


# Merging


def test_merging_fills_gaps_and_changes_nothing_that_is_there() -> None:
    first = nfo.Nfo("movie", title="A", genres=("Drama",), ids={"imdb": "tt1"})
    other = nfo.Nfo(
        "movie", title="B", year=2001, genres=("War",), ids={"imdb": "tt1", "tmdb": "5"}
    )
    assert nfo.merge(first, [other]) == nfo.Nfo(
        "movie", title="A", year=2001, genres=("Drama",), ids={"imdb": "tt1", "tmdb": "5"}
    )


def test_merging_takes_nothing_from_a_file_with_another_id() -> None:
    first = nfo.Nfo("movie", title="A", ids={"imdb": "tt1"})
    merged = nfo.merge(first, [nfo.Nfo("movie", year=2001, ids={"imdb": "tt2", "tmdb": "5"})])
    assert (merged.year, merged.ids) == (None, {"imdb": "tt1"})
    assert merged.problems == ("conflicting_file",)


def test_merging_compares_with_ids_that_an_earlier_file_gave() -> None:
    merged = nfo.merge(
        nfo.Nfo("movie", ids={"imdb": "tt1"}),
        [
            nfo.Nfo("movie", ids={"imdb": "tt1", "tmdb": "5"}),
            nfo.Nfo("movie", year=2001, ids={"tmdb": "6"}),
        ],
    )
    assert (merged.year, merged.problems) == (None, ("conflicting_file",))


def test_merging_takes_nothing_from_another_kind_of_title() -> None:
    assert nfo.merge(nfo.Nfo("movie"), [nfo.Nfo("tvshow", title="B")]).title is None


def test_merging_takes_no_overview_of_another_set() -> None:
    first = nfo.Nfo("movie", set_name="A")
    assert nfo.merge(first, [nfo.Nfo("movie", set_name="B", set_overview="b")]).set_overview is None
    assert nfo.merge(first, [nfo.Nfo("movie", set_name="A", set_overview="a")]).set_overview == "a"


def test_merging_keeps_a_lock() -> None:
    assert nfo.merge(nfo.Nfo("movie"), [nfo.Nfo("movie", lock_data=True)]).lock_data


# Any bytes at all

_PIECES = st.sampled_from(
    "<movie> </movie> <title> </title> <plot> <b> </b> <actor> <name> <set> <ratings> <rating>"
    " <value> <uniqueid type='imdb'> tt0133093 <year> 1999 <fanart> <art> <!-- --> <![CDATA[ ]]>"
    " <!DOCTYPE [ ]> <!ENTITY <?xml ?> & &amp; &nbsp; &#0; &#xd800; &lol; < > \" ' / = ² ٣"
    " \0 \x0b \ufffe <a:b xmlns='u:x'> </a:b> xmlns= <thumb https://imdb.com/title/tt1234567/".split()
)


def _taken(raw: bytes) -> nfo.Nfo | None:
    try:
        return nfo.parse(raw)
    except nfo.NfoError:
        return None


@given(st.binary(max_size=300))
def test_any_bytes_give_values_or_the_one_error(raw: bytes) -> None:
    _taken(raw)


@given(st.lists(_PIECES, max_size=40), st.sampled_from(["utf-8", "utf-16", "utf-32-be"]))
def test_any_markup_gives_storable_values_or_the_one_error(pieces: list[str], codec: str) -> None:
    found = _taken("".join(pieces).encode(codec))
    if found:
        stored = json.dumps(nfo.to_json(found), ensure_ascii=False, allow_nan=False)
        assert "\\u0000" not in stored
        stored.encode()


@given(
    st.text(), st.sampled_from(["title", "year", "runtime", "rating", "premiered", "id", "votes"])
)
def test_any_text_in_a_field_gives_values(text: str, tag: str) -> None:
    assert _taken(f"<movie><{tag}>{text}</{tag}></movie>".encode(errors="replace"))


def test_no_more_roots_are_read_than_a_file_can_have() -> None:
    found = nfo.parse_all(b"<movie/>" * 1000)
    assert (len(found), found[0].problems) == (200, ("too_many_roots",))

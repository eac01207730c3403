import pytest

from sublarr_tasks.library import nfo


def movie(content: str) -> nfo.Nfo:
    return nfo.parse(f"<movie>{content}</movie>".encode())


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        ("<uniqueid type='imdb'>tt0133093</uniqueid>", {"imdb": "tt0133093"}),
        ("<uniqueid type='TMDB'>603</uniqueid>", {"tmdb": "603"}),
        ("<uniqueid type='themoviedb'>603</uniqueid>", {"tmdb": "603"}),
        ("<uniqueid type='Trakt'>481</uniqueid>", {"trakt": "481"}),
        ("<uniqueid>tt0133093</uniqueid>", {"imdb": "tt0133093"}),
        ("<uniqueid>603</uniqueid>", {"unknown": "603"}),
        ("<id>tt0133093</id>", {"imdb": "tt0133093"}),
        (
            "<id IMDB='tt0133093' TMDB='603' TVDB='169'/>",
            {"imdb": "tt0133093", "tmdb": "603", "tvdb": "169"},
        ),
        ("<id source='tmdb'>603</id>", {"tmdb": "603"}),
        ("<id moviedb='imdb'>tt0133093</id>", {"imdb": "tt0133093"}),
        ("<imdbid>tt0133093</imdbid><tmdbid>603</tmdbid>", {"imdb": "tt0133093", "tmdb": "603"}),
        ("<imdb_id>0133093</imdb_id><TMDbId>0603</TMDbId>", {"imdb": "tt0133093", "tmdb": "603"}),
        ("<imdbid>133093</imdbid>", {"imdb": "tt0133093"}),
        ("<imdbid>https://www.imdb.com/title/tt0133093/?ref_=x</imdbid>", {"imdb": "tt0133093"}),
        ("<tmdbid>https://www.themoviedb.org/movie/603-the-matrix</tmdbid>", {"tmdb": "603"}),
        ("<uniqueid type='tmdb'>603-the-matrix</uniqueid>", {"tmdb": "603"}),
        ("<url>https://www.themoviedb.org/movie/603</url>", {"tmdb": "603"}),
        ("<collectionnumber>2344</collectionnumber>", {"tmdbcollection": "2344"}),
        ("<tvmazeid>5</tvmazeid>", {"tvmaze": "5"}),
        ("<uniqueid type='tmdb'>0</uniqueid><imdbid/><tvdbid>-1</tvdbid>", {}),
    ],
)
def test_ids_are_found_wherever_they_are_written(content: str, ids: dict[str, str]) -> None:
    found = movie(content)
    assert (dict(found.ids), found.problems) == (ids, ())


def test_the_default_is_the_one_that_is_marked() -> None:
    found = movie(
        "<uniqueid type='imdb' default='false'>tt0133093</uniqueid>"
        "<uniqueid type='tmdb' default='true'>603</uniqueid>"
    )
    assert found.default_id == "tmdb"


def test_a_default_that_cannot_be_an_id_is_none() -> None:
    found = movie("<uniqueid type='tmdb' default='true'>abc</uniqueid>")
    assert (found.default_id, found.problems) == (None, ("bad_id:tmdb",))


def test_no_mark_is_no_default() -> None:
    assert movie("<uniqueid type='tmdb'>603</uniqueid>").default_id is None


def test_uniqueid_wins_over_other_places_and_the_conflict_is_said() -> None:
    found = movie(
        "<id>tt0000009</id><imdbid>tt0000008</imdbid><uniqueid type='imdb'>tt0000007</uniqueid>"
    )
    assert (found.ids, found.problems) == ({"imdb": "tt0000007"}, ("conflicting_id:imdb",))


def test_a_plain_number_is_a_series_at_tvdb() -> None:
    assert nfo.parse(b"<tvshow><id>81189</id></tvshow>").ids == {"tvdb": "81189"}


@pytest.mark.parametrize(
    ("address", "root", "ids"),
    [
        (
            "https://www.themoviedb.org/movie/603-the-matrix?language=en&a=b",
            "movie",
            {"tmdb": "603"},
        ),
        ("http://themoviedb.org/tv/1396", "tvshow", {"tmdb": "1396"}),
        ("https://www.imdb.com/title/tt0133093/", "", {"imdb": "tt0133093"}),
        ("https://m.imdb.com/de/title/tt0133093", "", {"imdb": "tt0133093"}),
        ("https://thetvdb.com/?tab=series&id=81189&lid=7", "tvshow", {"tvdb": "81189"}),
        ("https://thetvdb.com/series/81189", "tvshow", {"tvdb": "81189"}),
        ("https://www.thetvdb.com/dereferrer/movie/169", "movie", {"tvdb": "169"}),
        (
            "\n https://www.imdb.com/title/tt0133093/\r\nhttps://www.themoviedb.org/movie/603\n",
            "movie",
            {"imdb": "tt0133093", "tmdb": "603"},
        ),
        ("░▒▓ ReLeASE <A> ▓▒░ iMDb..: tt0133093 & 10/10", "", {"imdb": "tt0133093"}),
    ],
)
def test_an_address_alone_gives_ids(address: str, root: str, ids: dict[str, str]) -> None:
    found = nfo.parse(address.encode())
    assert (found.root, found.ids) == (root, ids)


def test_an_address_alone_is_no_problem() -> None:
    assert nfo.parse(b"https://www.themoviedb.org/movie/603?a=b&c=d").problems == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://thetvdb.com/movies/12-angry-men",
        "https://imdb.com/tt1",
        "https://imdb.com/title/tt12345678901",
    ],
)
def test_an_address_with_a_name_only_gives_no_id(address: str) -> None:
    assert nfo.parse(f"<movie/>{address}".encode()).ids == {}


def test_an_address_after_the_root_fills_in_ids() -> None:
    found = nfo.parse(
        b"<movie><title>A</title><tmdbid>603</tmdbid></movie>\nhttps://www.imdb.com/title/tt0133093/"
        b" https://www.themoviedb.org/movie/603"
    )
    assert (found.title, found.ids) == ("A", {"tmdb": "603", "imdb": "tt0133093"})
    assert found.problems == ()


def test_a_series_address_gives_a_film_no_id() -> None:
    assert nfo.parse(b"<movie/>https://www.themoviedb.org/tv/1396").ids == {}


def test_addresses_in_running_text_are_no_ids() -> None:
    assert movie("<plot>Better than https://www.imdb.com/title/tt0133093/</plot>").ids == {}

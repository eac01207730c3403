"""NFO files that we write: what is ours changes, everything else stays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import nfo
from sublarr_tasks.library.nfo.composing import compose

VALUES: dict[str, Any] = {
    "title": "Mönch & Söhne",
    "original_title": "Monk <1>",
    "year": 2001,
    "plot": "It goes\non.",
    "runtime_minutes": 90,
    "premiered": "2001-02-03",
    "set_name": "Letters",
    "genres": ["Drama", "Crime"],
    "tags": ["rain"],
    "directors": [{"name": "Ada"}],
    "actors": [{"name": "Bo", "role": "A"}, {"name": "Cy"}],
    "tmdb_id": "603",
    "imdb_id": "tt0000603",
}


def test_what_is_written_is_read_again() -> None:
    read = nfo.parse(compose(None, "movie", VALUES))

    assert (read.title, read.original_title, read.year) == ("Mönch & Söhne", "Monk <1>", 2001)
    assert (read.plot, read.runtime_minutes, read.set_name) == ("It goes\non.", 90, "Letters")
    assert (read.genres, read.tags, read.directors) == (("Drama", "Crime"), ("rain",), ("Ada",))
    assert [(each.name, each.role) for each in read.actors] == [("Bo", "A"), ("Cy", None)]
    assert read.ids == {"tmdb": "603", "imdb": "tt0000603"}
    assert read.problems == ()


def test_what_is_unknown_stays_where_it_is() -> None:
    old = b"""<?xml version="1.0"?>
<!-- mine -->
<movie version="3"><title lang="en">Old</title><mine a="1"><b>x</b></mine>
<!-- note --><genre>Old</genre><lockdata>true</lockdata></movie>"""

    new = compose(old, "movie", {"title": "New", "genres": ["Drama", "Crime"]}).decode()

    for kept in ('<movie version="3">', '<mine a="1">', "<!-- note -->", "<lockdata>true"):
        assert kept in new
    assert new.index("<title>New") < new.index("<mine")
    assert new.index("<mine") < new.index("<genre>Drama") < new.index("<genre>Crime")
    assert "Old" not in new


def test_what_is_left_out_stays_as_it_was_said() -> None:
    new = compose(b'<movie><title x="y">T</title></movie>', "movie", {"year": 1999}).decode()

    assert '<title x="y">T</title>' in new
    assert "<year>1999</year>" in new


def test_what_became_empty_goes() -> None:
    assert (
        "<plot>" not in compose(b"<movie><plot>x</plot></movie>", "movie", {"plot": None}).decode()
    )


def test_ids_of_others_and_the_default_one_stay() -> None:
    ours = b'<uniqueid type="imdb" default="true">tt0000001</uniqueid>'
    old = b"<movie>" + ours + b'<uniqueid type="x">5</uniqueid></movie>'

    read = nfo.parse(compose(old, "movie", {"tmdb_id": "603"}))

    assert read.ids == {"imdb": "tt0000001", "tmdb": "603", "x": "5"}
    assert compose(old, "movie", {"tmdb_id": "603"}).count(b'default="true"') == 1


def test_an_episode_was_aired() -> None:
    values = {"premiered": "2001-02-03", "season": 1, "episode": 2}

    new = compose(None, "episodedetails", values).decode()

    assert "<aired>2001-02-03</aired>" in new
    assert "<season>1</season>" in new
    assert "<episode>2</episode>" in new


@pytest.mark.parametrize(
    "old",
    [
        b"",
        b"not xml",
        b"<movie><title>x</movie>",
        b"<tvshow/>",
        b"<movie/><movie/>",
        b"<movie/>\nhttps://www.themoviedb.org/movie/603",
        b'<!DOCTYPE movie [<!ENTITY a "b">]><movie>&a;</movie>',
    ],
)
def test_what_cannot_be_changed_safely_is_not(old: bytes) -> None:
    with pytest.raises(UnitError) as refused:
        compose(old, "movie", VALUES)
    assert refused.value.reason == "nfo_malformed"


@given(
    st.dictionaries(
        st.sampled_from(["title", "plot", "tagline", "content_rating"]), st.text(min_size=1)
    ),
    st.lists(st.text(min_size=1)),
)
def test_any_text_can_be_written_again_and_again(texts: dict[str, str], genres: list[str]) -> None:
    values = texts | {"genres": genres}
    once = compose(None, "movie", values)

    assert compose(once, "movie", values) == once

"""What was read about a film as the values of its rows."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library import nfo, rows
from sublarr_tasks.library.contents import Work
from sublarr_tasks.library.examine import Examined, Looked
from sublarr_tasks.library.probe import Probe
from sublarr_tasks.library.works import Place
from sublarr_tasks.models import Item, ItemKind, MediaFile
from unit.library.directories import film

FILM = film("Alpha (1999) {tmdb-7}", "Alpha (1999).mkv", "poster.jpg", "Alpha (1999).en.srt")


EPISODE = dataclasses.replace(FILM, kind=ItemKind.EPISODE, ids=(), place=Place(1, 2))


def numbers(values: dict[str, object]) -> tuple[object, ...]:
    return values["season_number"], values["episode_number"], values["state"]


def item(of: Work = FILM, read: nfo.Nfo | None = None) -> dict[str, object]:
    return rows.item(1, Examined(of, (), read, None))


def test_without_an_nfo_the_names_hold() -> None:
    values = item()
    assert (values["title"], values["year"], values["tmdb_id"]) == ("Alpha", 1999, "7")
    assert values["state"] == "identified"


def test_the_nfo_goes_before_the_names() -> None:
    read = nfo.parse(
        b"<movie><title>Beta</title><year>2001</year><uniqueid type='tmdb'>8</uniqueid></movie>"
    )
    values = item(read=read)
    assert (values["title"], values["year"], values["tmdb_id"]) == ("Beta", 2001, "8")


def test_what_the_nfo_leaves_out_comes_from_the_names() -> None:
    read = nfo.parse(b"<movie><plot>People meet.</plot></movie>")
    values = item(read=read)
    assert (values["title"], values["year"], values["tmdb_id"]) == ("Alpha", 1999, "7")
    assert values["plot"] == "People meet."


def test_a_premiere_gives_the_year() -> None:
    read = nfo.parse(b"<movie><premiered>2003-05-06</premiered></movie>")
    assert item(read=read)["year"] == 2003


def test_a_film_without_an_id_is_unidentified() -> None:
    values = item(film("Alpha (1999)", "Alpha (1999).mkv"))
    assert (values["state"], values["tmdb_id"]) == ("unidentified", None)
    assert "ids" not in str(values["details"])


def test_an_items_values_are_all_but_its_place_and_its_record() -> None:
    elsewhere = {"id", "directory_id", "digest", "edits", "missing_since", "added_at", "updated_at"}
    asked = {"remote", "match_confidence", "match_reason"}
    asked |= {
        c.name for c in Item.__table__.c if c.name.startswith(("enrich", "artwork", "published"))
    }
    asked.add("locked_artwork")
    columns = {column.name for column in Item.__table__.c} - elsewhere - asked - {"parent_id"}
    of_series = {"season_number", "episode_number", "absolute_number"}
    of_music = {"disc_number", "track_number", "artist"}
    assert item(EPISODE).keys() == columns - of_music
    assert item(dataclasses.replace(FILM, kind=ItemKind.TRACK)).keys() == columns - of_series
    assert item().keys() == columns - of_music - of_series


def test_an_episodes_number_is_that_of_its_name() -> None:
    read = nfo.parse(b"<episodedetails><season>3</season><episode>4</episode></episodedetails>")
    assert numbers(item(EPISODE, read)) == (1, 2, "identified")


def test_an_episode_without_a_number_in_its_name_has_the_nfos() -> None:
    nameless = dataclasses.replace(EPISODE, place=Place())
    read = nfo.parse(
        b"<episodedetails><season>3</season><episode>4</episode></episodedetails>",
        "episodedetails",
    )
    assert numbers(item(nameless)) == (None, None, "unidentified")
    assert numbers(item(nameless, read)) == (3, 4, "identified")


def test_a_files_values_are_all_but_its_place_and_its_record() -> None:
    looked = Looked(FILM.videos[0], reason="skip_ffprobe")
    values = rows.media_file(looked) | rows.probed(looked)
    elsewhere = {"id", "item_id", "directory_id", "digest", "missing_since"}
    assert values.keys() == {column.name for column in MediaFile.__table__.c} - elsewhere


@pytest.mark.parametrize(
    ("title", "sorted_by"),
    [
        ("The Alpha", "Alpha"),
        ("A Beta", "Beta"),
        ("AN Gamma", "Gamma"),
        ("the  Delta", "Delta"),
        ("There", "There"),
        ("The", "The"),
        ("A", "A"),
        ("", ""),
    ],
)
def test_a_leading_article_does_not_sort(title: str, sorted_by: str) -> None:
    assert rows.sort_title(title) == sorted_by


def test_the_nfos_sort_title_goes_before_ours() -> None:
    read = nfo.parse(b"<movie><title>The X</title><sorttitle>X 2</sorttitle></movie>")
    assert item(read=read)["sort_title"] == "X 2"


@pytest.mark.parametrize(
    ("reason", "state"), [("skip_ffprobe", "skipped"), ("empty_file", "failed")]
)
def test_a_file_without_a_probe_says_why(reason: str, state: str) -> None:
    values = rows.probed(Looked(FILM.videos[0], reason=reason))
    assert (values["probe_state"], values["probe_reason"]) == (state, reason)


def test_text_from_inside_a_file_is_made_storable() -> None:
    looked = Looked(FILM.videos[0], reason="x", detail="a\0b\udce9c")
    assert rows.probed(looked)["probe_detail"] == "ab?c"


def test_an_extra_has_a_kind_and_no_version() -> None:
    with_extra = film("Alpha (1999)", "Alpha (1999).mkv", "Interviews/Ada.mkv")
    values = rows.media_file(Looked(with_extra.extras[0]))
    assert (values["role"], values["extra_kind"], values["version"]) == ("extra", "interview", None)


def test_an_inode_of_64_bits_fits_a_signed_column() -> None:
    video = FILM.videos[0]
    entry = dataclasses.replace(video.entry, inode=(1 << 64) - 1)
    looked = Looked(dataclasses.replace(video, entry=entry))
    assert rows.media_file(looked)["inode"] == -1


def test_both_files_of_a_vobsub_pair_are_assets_that_name_each_other() -> None:
    pair = film("Alpha (1999)", "Alpha (1999).mkv", "Alpha (1999).idx", "Alpha (1999).sub")
    found = {values["name"]: values for values in rows.assets(pair)}
    assert found["Alpha (1999).idx"]["companion"] == "Alpha (1999).sub"
    assert found["Alpha (1999).sub"]["companion"] == "Alpha (1999).idx"
    assert found["Alpha (1999).sub"]["type"] == "subtitle_data"


def test_a_probes_facts_are_kept() -> None:
    probe = Probe(
        container="matroska",
        duration=1.5,
        bit_rate=1000,
        streams=(),
        chapters=(),
        attached_pictures=1,
    )
    values = rows.probed(Looked(FILM.videos[0], probe))
    assert (values["container"], values["duration"], values["probe_state"]) == (
        "matroska",
        1.5,
        "probed",
    )


texts = st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=4)


@given(texts, texts)
def test_a_digest_stands_for_its_values(one: dict[str, object], other: dict[str, object]) -> None:
    assert (rows.digest(one) == rows.digest(other)) == (one == other)


@given(texts)
def test_a_digest_does_not_depend_on_the_order_of_the_values(values: dict[str, object]) -> None:
    assert rows.digest(dict(reversed(values.items()))) == rows.digest(values)


def test_a_digest_takes_names_of_any_bytes() -> None:
    assert rows.digest({"name": "\udce9"}) != rows.digest({"name": "\udcea"})

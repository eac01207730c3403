"""The files of a folder of music: artists, albums and tracks by their tags and their folders."""

import pytest

from sublarr_tasks.library import music, tags
from sublarr_tasks.library.sidecars import AssetType
from sublarr_tasks.library.works import Work
from sublarr_tasks.models import ItemKind
from unit.library.directories import listing, names

Said = dict[str, str]


def works(
    *files: str | tuple[str, Said], folder: str = "Artist", is_root: bool = False
) -> tuple[Work, ...]:
    """Arrange a folder; files of music come with their tags, or without any."""
    given = [file if isinstance(file, tuple) else (file, {}) for file in files]
    found = music.arrange(
        listing(*(name for name, _ in given)), folder, dict(given), is_root=is_root
    )
    assert len({work.key for work in found}) == len(found)
    keys = [work.key for work in found]
    assert all(w.parent is None or w.parent in keys[:n] for n, w in enumerate(found))
    return found


def of_kind(found: tuple[Work, ...], kind: ItemKind) -> list[Work]:
    return [work for work in found if work.kind is kind]


def test_tags_make_an_artist_an_album_and_tracks() -> None:
    said = {"artist": "The Artist", "album": "The Album", "date": "2001-05-06", "genre": "Rock;Pop"}
    found = works(
        ("a.flac", said | {"title": "Two", "track": "2/10"}),
        ("b.flac", said | {"title": "One", "track": "1/10", "disc": "2"}),
        folder="x",
    )
    (artist,), (album,) = of_kind(found, ItemKind.ARTIST), of_kind(found, ItemKind.ALBUM)
    assert artist.title == "The Artist"
    assert (album.title, album.year, album.artist) == ("The Album", 2001, "The Artist")
    assert album.genres == ("Rock", "Pop")
    tracks = [(t.title, t.place.disc, t.place.track) for t in of_kind(found, ItemKind.TRACK)]
    assert tracks == [("Two", None, 2), ("One", 2, 1)]


def test_without_tags_the_folders_and_names_say_it() -> None:
    found = works("Album (2001)/01 - First.mp3", "Album (2001)/1-02 Second.mp3")
    (album,) = of_kind(found, ItemKind.ALBUM)
    assert (album.title, album.artist) == ("Album", "Artist")
    tracks = [(t.title, t.place.disc, t.place.track) for t in of_kind(found, ItemKind.TRACK)]
    assert tracks == [("First", None, 1), ("Second", 1, 2)]


def test_a_folder_of_artist_and_album_is_both() -> None:
    found = works("01 First.mp3", folder="Artist - Album (2001)")
    assert of_kind(found, ItemKind.ARTIST)[0].title == "Artist"
    assert of_kind(found, ItemKind.ALBUM)[0].title == "Album"


@pytest.mark.parametrize("folder", ["CD1", "Disc 1", "disk 1", "CD 1 - Live"])
def test_the_folders_of_discs_are_one_album(folder: str) -> None:
    found = works(f"Album/{folder}/01.mp3", "Album/CD2/01.mp3")
    assert [work.title for work in of_kind(found, ItemKind.ALBUM)] == ["Album"]
    assert [t.place.disc for t in of_kind(found, ItemKind.TRACK)] == sorted(
        [1, 2], reverse=folder > "CD2"
    )


def test_the_artist_of_the_album_goes_before_those_of_the_tracks() -> None:
    said = {"album": "A", "album_artist": "Main"}
    found = works(
        ("1.mp3", said | {"artist": "Main feat. X"}), ("2.mp3", said | {"artist": "Main"})
    )
    assert [work.title for work in of_kind(found, ItemKind.ARTIST)] == ["Main"]
    assert of_kind(found, ItemKind.TRACK)[0].artist == "Main feat. X"


def test_an_album_of_many_is_by_various_artists() -> None:
    found = works(
        ("1.mp3", {"album": "Hits", "artist": "A"}),
        ("2.mp3", {"album": "Hits", "artist": "B"}),
        folder="Compilations",
    )
    assert [work.title for work in of_kind(found, ItemKind.ARTIST)] == ["Various Artists"]


def test_two_editions_of_one_title_are_two_albums() -> None:
    said = {"album": "A", "artist": "Artist"}
    found = works(("A (2001)/1.mp3", said), ("A (2011)/1.mp3", said))
    assert len(of_kind(found, ItemKind.ALBUM)) == 2
    assert len(of_kind(found, ItemKind.TRACK)) == 2


def test_pictures_and_nfo_belong_to_what_they_lie_beside() -> None:
    found = works(
        "Album/01 One.flac",
        "Album/01 One.lrc",
        "Album/cover.jpg",
        "Album/album.nfo",
        "Album/CD2/02 Two.flac",
        "artist.nfo",
        "folder.jpg",
        "fanart.jpg",
    )
    artist, album, first, _ = found
    assert names(artist, AssetType.POSTER) == ["folder.jpg"]
    assert names(artist, AssetType.FANART) == ["fanart.jpg"]
    assert [entry.name for entry in artist.nfo] == ["artist.nfo"]
    assert names(album, AssetType.POSTER) == ["Album/cover.jpg"]
    assert [entry.name for entry in album.nfo] == ["Album/album.nfo"]
    assert names(first, AssetType.LYRICS) == ["Album/01 One.lrc"]


def test_ids_of_musicbrainz_come_with_the_tags() -> None:
    said = {"artist": "A", "musicbrainz_artist": "a1", "musicbrainz_album": "b2"}
    found = works(("1.mp3", said | {"musicbrainz_recording": "c3"}))
    assert [work.ids for work in found] == [
        (("musicbrainz_artist", "a1"),),
        (("musicbrainz_album", "b2"),),
        (("musicbrainz_recording", "c3"),),
    ]


def test_what_lies_loose_in_the_root_has_no_pictures() -> None:
    found = works(("1.mp3", {"artist": "A", "album": "B"}), "cover.jpg", folder="", is_root=True)
    assert [work.assets for work in found] == [(), (), ()]


def test_a_folder_without_music_is_nothing() -> None:
    assert works("cover.jpg", "artist.nfo", "video.mkv") == ()


def test_tags_are_read_in_whatever_spelling_they_come() -> None:
    given = [
        {"TITLE": "T", "ALBUMARTIST": "AA", "MusicBrainz Album Id": "x", "TRACKNUMBER": "3"},
        {"artist": "A", "title": "later"},
    ]
    assert tags.read(given) == {
        "title": "T",
        "artist": "A",
        "album_artist": "AA",
        "track": "3",
        "musicbrainz_album": "x",
    }


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("3/12", 3), ("03", 3), ("", None), ("A1", None), (None, None)]
)
def test_a_number_is_what_stands_before_the_slash(text: str | None, number: int | None) -> None:
    assert tags.number(text) == number

"""Music through the scan: real files with real tags."""

from pathlib import Path

import pytest

from contract import Client
from libraries import Library, one, picture, rows, song, versions, write
from sublarr_tasks.models import Asset, Directory, Item, LibraryKind, MediaFile


@pytest.fixture
def music(database: str, tmp_path: Path) -> Library:
    """Give an empty library of music."""
    return Library.register(tmp_path / "music", kind=LibraryKind.MUSIC)


@pytest.fixture
def album(music: Library) -> Path:
    """Give the folder of an album of two tracks, by an artist with a picture."""
    folder = music.root / "Artist/Album (2001)"
    said = {"artist": "The Artist", "album": "The Album", "date": "2001"}
    song(folder / "01.mp3", title="First", track="1/2", **said)
    song(folder / "02.mp3", title="Second", track="2/2", **said)
    write(folder / "01.lrc", b"[00:01.00]La la la\n")
    picture(folder / "cover.jpg")
    picture(music.root / "Artist/folder.jpg")
    write(music.root / "Artist/artist.nfo", b"<artist><name>The Artist</name></artist>")
    write(folder / "album.nfo", b"<album><title>The Album</title><review>Good.</review></album>")
    return folder


def of_kind(library: Library, kind: str) -> list[Item]:
    return [row for row in library.items() if row.kind == kind and row.missing_since is None]


def test_an_artists_folder_is_one_directory_of_albums_and_tracks(
    music: Library, album: Path
) -> None:
    scan = music.scan()

    assert [row.path for row in rows(Directory)] == ["Artist"]
    (artist,), (found,) = of_kind(music, "artist"), of_kind(music, "album")
    assert (artist.title, found.title, found.year) == ("The Artist", "The Album", 2001)
    assert (found.parent_id, found.plot) == (artist.id, "Good.")
    tracks = of_kind(music, "track")
    assert [(t.title, t.track_number, t.artist) for t in tracks] == [
        ("First", 1, "The Artist"),
        ("Second", 2, "The Artist"),
    ]
    assert {track.parent_id for track in tracks} == {found.id}
    assert (scan.albums_found, scan.tracks_found, scan.movies_found) == (1, 2, 0)


def test_pictures_lyrics_and_nfo_are_cached_with_what_they_are_about(
    music: Library, album: Path
) -> None:
    scan = music.scan()

    assert scan.assets_cached == 5
    owners = {row.id: row.kind for row in music.items()}
    assert {row.name: (row.type, owners[row.item_id]) for row in rows(Asset)} == {
        "artist.nfo": ("nfo", "artist"),
        "folder.jpg": ("poster", "artist"),
        "Album (2001)/album.nfo": ("nfo", "album"),
        "Album (2001)/cover.jpg": ("poster", "album"),
        "Album (2001)/01.lrc": ("lyrics", "track"),
    }


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".opus", ".m4a"])
def test_tags_are_read_from_every_container(music: Library, suffix: str) -> None:
    song(music.root / f"X/a{suffix}", title="T", artist="A", album="B", track="3")
    music.scan()

    (track,) = of_kind(music, "track")
    assert (track.title, track.artist, track.track_number) == ("T", "A", 3)
    assert one(MediaFile).tags == {"title": "T", "artist": "A", "album": "B", "track": "3"}


def test_a_new_track_leaves_the_others_as_they_are(music: Library, album: Path) -> None:
    music.scan()
    before = versions()
    song(album / "03.mp3", title="Third", artist="The Artist", album="The Album", date="2001")

    scan = music.scan()

    assert (scan.tracks_new, scan.tracks_updated, scan.albums_updated) == (1, 0, 0)
    assert before["media_files"] < versions()["media_files"]


def test_a_track_whose_tags_change_is_another_album(music: Library, album: Path) -> None:
    music.scan()
    (album / "02.mp3").unlink()
    song(album / "02.mp3", title="Second", artist="The Artist", album="Another")

    music.scan()

    assert {row.title for row in of_kind(music, "album")} == {"The Album", "Another"}


def test_an_artist_whose_folder_was_renamed_is_the_same(music: Library, album: Path) -> None:
    music.scan()
    before = {row.id for row in music.items()}
    (music.root / "Artist").rename(music.root / "The Artist")

    scan = music.scan()

    assert {row.id for row in music.items() if row.missing_since is None} == before
    assert (scan.albums_new, scan.tracks_new) == (0, 0)


def test_the_tracks_of_an_album_are_listed_in_order(
    client: Client, music: Library, album: Path
) -> None:
    music.scan()
    (found,) = of_kind(music, "album")

    answer = client.get(f"/items?parent_id={found.id}&sort=number&order=desc").get_json()

    assert [item["track_number"] for item in answer["results"]] == [2, 1]
    detail = client.get(f"/items/{answer['results'][0]['id']}").get_json()
    assert detail["files"][0]["tags"]["title"] == "Second"


def test_a_scan_of_an_album_is_one_of_its_artist(music: Library, album: Path) -> None:
    music.scan(options={"paths": ["Artist/Album (2001)"], "only_paths": True})
    assert [row.path for row in rows(Directory)] == ["Artist"]

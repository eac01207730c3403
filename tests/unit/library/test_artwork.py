import pytest

from sublarr_tasks.library.contents import AssetType
from unit.library.directories import assets, film, names, root


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("poster.jpg", "poster"),
        ("folder.jpg", "poster"),
        ("cover.png", "poster"),
        ("default.webp", "poster"),
        ("movie.tbn", "poster"),
        ("movie-poster.jpg", "poster"),
        ("Film (2010).jpg", "poster"),
        ("Film (2010)-poster.jpg", "poster"),
        ("Film (2010)-folder.jpg", "poster"),
        ("Film (2010)-cover.jpg", "poster"),
        ("Film (2010)-default.jpg", "poster"),
        ("Film (2010)-movie.jpg", "poster"),
        ("film (2010)-POSTER.JPG", "poster"),
        ("poster-2.jpg", "poster"),
        ("fanart.jpg", "fanart"),
        ("fanart1.jpg", "fanart"),
        ("fanart-12.jpg", "fanart"),
        ("background.jpg", "fanart"),
        ("background-1.jpg", "fanart"),
        ("art.jpg", "fanart"),
        ("art-1.jpg", "fanart"),
        ("backdrop.jpg", "fanart"),
        ("backdrop3.jpg", "fanart"),
        ("extrafanart/any name.jpg", "fanart"),
        ("Film (2010)-fanart.jpg", "fanart"),
        ("Film (2010)-fanart-2.jpg", "fanart"),
        ("banner.jpg", "banner"),
        ("Film (2010)-banner.jpg", "banner"),
        ("logo.png", "clearlogo"),
        ("clearlogo.svg", "clearlogo"),
        ("Film (2010)-clearlogo.png", "clearlogo"),
        ("clearart.png", "clearart"),
        ("disc.png", "discart"),
        ("cdart.png", "discart"),
        ("discart.png", "discart"),
        ("landscape.jpg", "landscape"),
        ("thumb.jpg", "thumb"),
        ("extrathumbs/thumb1.jpg", "thumb"),
        ("keyart.jpg", "keyart"),
        ("characterart.png", "characterart"),
        (".actors/Tom_Hardy.jpg", "actor"),
    ],
)
def test_a_pictures_name_tells_its_type(file: str, kind: str) -> None:
    (asset,) = film("Film (2010)", "Film (2010).mkv", file).assets
    assert (asset.type, asset.entry.name, asset.ordinal) == (kind, file, 0)


@pytest.mark.parametrize(
    "file",
    [
        "screenshot.jpg",
        "posters.jpg",
        "Film (2010)-trailer.jpg",
        "poster.txt",
        "season01-poster.jpg",
        "Trailers/poster.jpg",
        "metadata/poster.jpg",
        "my poster.jpg",
    ],
)
def test_other_pictures_are_no_artwork(file: str) -> None:
    assert film("Film (2010)", "Film (2010).mkv", "Film (2010)-trailer.mkv", file).assets == (
        film("Film (2010)", "Film (2010).mkv", "Film (2010)-trailer.mkv").assets
    )


@pytest.mark.parametrize(
    ("kind", "files", "ordinals"),
    [
        ("poster", ["F-poster.jpg", "poster.jpg", "folder.jpg", "movie.jpg"], [0, 1, 2, 3]),
        ("poster", ["F.jpg", "F-cover.jpg", "poster.jpg"], [0, 1, 2]),
        ("poster", ["poster.jpg", "poster.png"], [0, 1]),
        ("fanart", ["fanart.jpg", "fanart-2.jpg"], [0, 2]),
        ("fanart", ["fanart.jpg", "fanart1.jpg", "fanart2.jpg", "fanart10.jpg"], [0, 1, 2, 10]),
        ("fanart", ["fanart-2.jpg"], [0]),
        (
            "fanart",
            ["F-fanart.jpg", "fanart.jpg", "backdrop.jpg", "extrafanart/a.jpg"],
            [0, 1, 2, 3],
        ),
        ("clearlogo", ["logo.png", "clearlogo.png"], [0, 1]),
        ("discart", ["disc.png", "cdart.png", "discart.png"], [0, 1, 2]),
    ],
)
def test_candidates_of_one_type_have_an_order(
    kind: str, files: list[str], ordinals: list[int]
) -> None:
    found = assets(film("F", "F.mkv", *reversed(files)), AssetType(kind))
    assert [asset.entry.name for asset in found] == files
    assert [asset.ordinal for asset in found] == ordinals


@pytest.mark.parametrize("file", ["It (2017)-poster.jpg", "It-poster.jpg", "It.jpg"])
def test_the_directorys_title_counts_as_the_films_name(file: str) -> None:
    assert names(film("It (2017)", "it.2017.1080p-grp.mkv", file), AssetType.POSTER) == [file]


def test_an_actors_picture_names_the_person() -> None:
    (actor,) = film("F", "F.mkv", ".actors/Carrie-Anne_Moss.jpg").assets
    assert (actor.person, actor.ordinal) == ("Carrie-Anne Moss", 0)


@pytest.mark.parametrize(
    "file", ["poster.jpg", "extrafanart/a.jpg", ".actors/A_B.jpg", "folder.jpg"]
)
def test_generic_artwork_belongs_to_no_film_where_there_are_several(file: str) -> None:
    assert not any(each.assets for each in root("A.mkv", "B.mkv", file).values())


def test_artwork_goes_to_the_film_with_the_longest_matching_name() -> None:
    found = root("Alien.mkv", "Alien-3.mkv", "Alien-3-poster.jpg", "Alien-fanart.jpg")
    assert names(found["Alien-3.mkv"], AssetType.POSTER) == ["Alien-3-poster.jpg"]
    assert names(found["Alien.mkv"], AssetType.FANART) == ["Alien-fanart.jpg"]


def test_artwork_of_a_version_or_part_is_the_films() -> None:
    found = film(
        "F", "F - 4K.mkv", "F cd1.avi", "F cd2.avi", "F - 4K-poster.jpg", "F cd1-fanart.jpg"
    )
    assert [asset.entry.name for asset in found.assets] == ["F cd1-fanart.jpg", "F - 4K-poster.jpg"]

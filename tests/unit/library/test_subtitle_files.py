import pytest

from sublarr_tasks.library.contents import Asset, AssetType
from sublarr_tasks.library.subtitle_files import read_tokens
from unit.library.directories import assets, film, names, root


def subtitle(folder: str, *files: str) -> Asset:
    (only,) = assets(film(folder, *files), AssetType.SUBTITLE)
    return only


def flags(asset: Asset) -> str:
    marks = {"default": asset.default, "forced": asset.forced, "hi": asset.hearing_impaired}
    return " ".join(mark for mark, is_set in marks.items() if is_set)


@pytest.mark.parametrize(
    ("tail", "language", "marks", "title"),
    [
        ("", None, "", None),
        (".en", "en", "", None),
        (".EN", "en", "", None),
        (".eng", "en", "", None),
        (".English", "en", "", None),
        (".en.forced", "en", "forced", None),
        (".en.foreign", "en", "forced", None),
        (".forced.en", "en", "forced", None),
        (".eng.sdh", "en", "hi", None),
        (".en.cc", "en", "hi", None),
        (".en.hi", "en", "hi", None),
        (".hi.en", "en", "hi", None),
        (".hi", "hi", "", None),
        (".hin", "hi", "", None),
        (".hi.sdh", "hi", "hi", None),
        (".hi.forced", "hi", "forced", None),
        (".sdh", None, "hi", None),
        (".default", None, "default", None),
        (".default.en.forced.sdh", "en", "default forced hi", None),
        (".en.isforced", "en", "forced", None),
        (".en-forced", "en", "forced", None),
        (".English SDH", "en", "hi", None),
        (".English (SDH)", "en", "hi", None),
        (".English [Forced]", "en", "forced", None),
        (".pt-BR", "pt-BR", "", None),
        (".pt_br", "pt-BR", "", None),
        (".pob", "pt-BR", "", None),
        (".Portuguese (Brazil)", "pt-BR", "", None),
        (".Brazilian.por", "pt-BR", "", None),
        (".zh-Hans", "zh-Hans", "", None),
        (".chs", "zh-Hans", "", None),
        (".Traditional.chi", "zh-Hant", "", None),
        (".es-419", "es-419", "", None),
        (".Latin American.spa", "es-419", "", None),
        (".sr-Latn", "sr-Latn", "", None),
        (".Commentary.en", "en", "", "Commentary"),
        (".en.Commentary", "en", "", "Commentary"),
        (".Director Commentary.en.forced", "en", "forced", "Director Commentary"),
        (".Two.Words.en", "en", "", "Two Words"),
        (".the.en", "en", "", "the"),
        (".fr.en", "en", "", "fr"),
        (".und", None, "", "und"),
        (" - English", "en", "", None),
        ("_en", "en", "", None),
        ("-en", "en", "", None),
    ],
)
def test_what_follows_the_films_name_is_read_from_the_right(
    tail: str, language: str | None, marks: str, title: str | None
) -> None:
    asset = subtitle("Film (2010)", "Film (2010).mkv", f"Film (2010){tail}.srt")
    assert (asset.language, flags(asset), asset.title) == (language, marks, title)


@pytest.mark.parametrize(
    ("file", "language", "marks"),
    [
        ("English.srt", "en", ""),
        ("en.srt", "en", ""),
        ("Some.Release.2010.en.srt", "en", ""),
        ("Some.Release.2010.en.forced.srt", "en", "forced"),
        ("Some.Release.2010.it.was.srt", None, ""),
        ("Some.Release.2010.srt", None, ""),
        ("Subs/English.srt", "en", ""),
        ("subtitles/2_English.srt", "en", ""),
        ("Subs/3_English SDH.srt", "en", "hi"),
        ("Subs/SDH.eng.HI.srt", "en", "hi"),
        ("Subs/Forced.eng.srt", "en", "forced"),
        ("Subs/Simplified.chi.srt", "zh-Hans", ""),
        ("Subs/4_Brazilian.por.srt", "pt-BR", ""),
        ("Subs/English.Commentary.srt", "en", ""),
        ("Subs/It.2017.mkv/2_English.srt", "en", ""),
        ("Subs/It.2017/2_English.srt", "en", ""),
        ("Subs/It.2017.fr.srt", "fr", ""),
        ("It.srt", None, ""),
        ("It.en.srt", "en", ""),
        ("It (2017).de.srt", "de", ""),
    ],
)
def test_in_a_directory_of_one_film_any_subtitle_is_its(
    file: str, language: str | None, marks: str
) -> None:
    asset = subtitle("It (2017)", "It.2017.mkv", file)
    assert (asset.language, flags(asset)) == (language, marks)


@pytest.mark.parametrize("extension", "ass mks sami smi srt ssa sup vtt".split())
def test_every_subtitle_extension_is_found(extension: str) -> None:
    asset = subtitle("F", "F.mkv", f"F.en.{extension}")
    assert asset.language == "en"
    assert asset.format == ("sami" if extension == "smi" else extension)


def test_a_vobsub_is_its_index_with_its_images() -> None:
    asset = subtitle("F", "F.mkv", "F.en.IDX", "F.en.sub")
    assert (asset.entry.name, asset.format, asset.language) == ("F.en.IDX", "vobsub", "en")
    assert asset.companion is not None
    assert asset.companion.name == "F.en.sub"


def test_a_sub_without_index_is_text() -> None:
    asset = subtitle("F", "F.mkv", "F.en.sub")
    assert (asset.format, asset.companion) == ("microdvd", None)


def test_an_index_in_another_folder_takes_no_images() -> None:
    found = assets(film("F", "F.mkv", "F.sub", "Subs/F.idx"), AssetType.SUBTITLE)
    assert [(asset.format, asset.companion) for asset in found] == [
        ("microdvd", None),
        ("vobsub", None),
    ]


def test_subtitles_named_after_the_film_come_first() -> None:
    found = film("Z", "Z.mkv", "English.srt", "Z.fr.srt", "Z.de.srt")
    assert names(found, AssetType.SUBTITLE) == ["Z.de.srt", "Z.fr.srt", "English.srt"]
    assert [asset.ordinal for asset in found.assets] == [0, 1, 2]


def test_of_several_films_each_has_the_subtitles_of_its_name() -> None:
    found = root(
        "Alien.mkv",
        "Alien 3.mkv",
        "Alien.en.srt",
        "Alien 3.en.srt",
        "Alien 4.en.srt",
        "English.srt",
        "Subs/Alien.fr.srt",
        "Subs/Alien 3/2_English.srt",
        "Subs/English.srt",
    )
    assert names(found["Alien.mkv"], AssetType.SUBTITLE) == ["Alien.en.srt", "Subs/Alien.fr.srt"]
    assert names(found["Alien 3.mkv"], AssetType.SUBTITLE) == [
        "Alien 3.en.srt",
        "Subs/Alien 3/2_English.srt",
    ]


def test_a_subtitle_of_a_trailer_is_not_the_films() -> None:
    assert names(film("F", "F.mkv", "F-trailer.mkv", "F-trailer.en.srt"), AssetType.SUBTITLE) == []


def test_subtitles_of_versions_and_parts_are_the_films() -> None:
    found = film("F", "F - 4K.mkv", "F cd1.avi", "F cd2.avi", "F - 4K.en.srt", "F cd2.de.srt")
    assert [asset.language for asset in found.assets] == ["en", "de"]


def test_a_counter_before_the_name_is_no_title() -> None:
    assert subtitle("F", "F.mkv", "Subs/2_Commentary.srt").title == "Commentary"


def test_a_title_keeps_its_case() -> None:
    assert read_tokens("Director's Notes.en").title == "Director's Notes"

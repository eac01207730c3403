from sublarr_tasks.library.contents import AssetType
from unit.library.directories import film, films, names


def test_the_largest_stream_of_a_bluray_is_the_film() -> None:
    found = film(
        "Film (2010)",
        "BDMV/STREAM/00000.m2ts|10",
        "BDMV/STREAM/00800.m2ts|900",
        "BDMV/STREAM/00801.m2ts|20",
        "BDMV/BACKUP/00800.m2ts|5000",
        "BDMV/index.bdmv",
        "CERTIFICATE/id.bdmv",
    )
    (video,) = found.videos
    assert (video.entry.name, video.disc) == ("BDMV/STREAM/00800.m2ts", "bluray")
    assert (found.title, found.year) == ("Film", 2010)


def test_streams_of_one_size_are_taken_by_name() -> None:
    found = film("F", "BDMV/STREAM/00002.m2ts|9", "BDMV/STREAM/00001.m2ts|9")
    assert found.videos[0].entry.name == "BDMV/STREAM/00001.m2ts"


def test_the_largest_title_set_of_a_dvd_is_the_film() -> None:
    found = film(
        "Film (2010)",
        "VIDEO_TS/VIDEO_TS.IFO",
        "VIDEO_TS/VIDEO_TS.VOB|99",
        "VIDEO_TS/VTS_01_1.VOB|50",
        "VIDEO_TS/VTS_02_0.VOB|90",
        "VIDEO_TS/VTS_02_1.VOB|40",
        "VIDEO_TS/VTS_02_2.VOB|40",
        "VIDEO_TS/VTS_02_0.IFO",
    )
    assert [(v.entry.name, v.role, v.part, v.disc) for v in found.videos] == [
        ("VIDEO_TS/VTS_02_1.VOB", "main", 1, "dvd"),
        ("VIDEO_TS/VTS_02_2.VOB", "part", 2, "dvd"),
    ]


def test_a_dvd_may_lie_in_the_directory_itself() -> None:
    found = film("Film (2010)", "VIDEO_TS.IFO", "vts_01_0.ifo", "vts_01_1.vob|9", "vts_01_2.vob|8")
    assert [v.entry.name for v in found.videos] == ["vts_01_1.vob", "vts_01_2.vob"]
    assert found.videos[0].disc == "dvd"


def test_a_disc_and_a_file_of_one_film_are_versions() -> None:
    found = film("Film (2010)", "BDMV/STREAM/1.m2ts|90", "Film (2010).mkv|50")
    assert [(v.entry.name, v.role) for v in found.videos] == [
        ("BDMV/STREAM/1.m2ts", "main"),
        ("Film (2010).mkv", "version"),
    ]


def test_a_discs_film_has_the_directorys_artwork_and_subtitles() -> None:
    found = film("Film (2010)", "BDMV/STREAM/1.m2ts", "poster.jpg", "English.srt")
    assert names(found, AssetType.POSTER) == ["poster.jpg"]
    assert names(found, AssetType.SUBTITLE) == ["English.srt"]


def test_pictures_of_a_disc_are_no_artwork() -> None:
    found = film("Film (2010)", "BDMV/STREAM/1.m2ts", "BDMV/META/DL/poster.jpg")
    assert found.assets == ()


def test_an_image_file_is_a_video() -> None:
    assert film("Film (2010)", "Film.iso").videos[0].disc is None


def test_a_disc_without_streams_is_no_film() -> None:
    assert films("Film", "BDMV/index.bdmv", "VIDEO_TS/VIDEO_TS.IFO") == ()


def test_a_disc_in_the_root_is_a_film_of_its_own() -> None:
    (found,) = films("", "BDMV/STREAM/1.m2ts", is_root=True)
    assert found.title == "BDMV"

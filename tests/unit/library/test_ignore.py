from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library.ignore import DEFAULTS, Ignore, Pattern, Target

defaults = Ignore(DEFAULTS)


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "thumbs.db",
        "desktop.ini",
        "._Film (2001).mkv",
        "Film.mkv.part",
        "Film.mkv.!qB",
        "Film.mkv.!ut",
        "Film.mkv.partial~",
        "Film.mkv.crdownload",
        "index.tmp",
        "sample.mkv",
        "Sample.AVI",
        "film.2010.1080p-sample.mkv",
        "film.2010.sample.m2ts",
        "film_2010_sample.mp4",
        "Film (2010) - sample.mkv",
        "sample.jpg",
        "proof.jpg",
        "grp-film.2010-proof.jpg",
        "RARBG.txt",
        "RARBG.com.mp4",
        "RARBG_DO_NOT_MIRROR.exe",
        "ETRG.mp4",
    ],
)
def test_defaults_ignore_the_file(name: str) -> None:
    assert defaults.file(name)


@pytest.mark.parametrize(
    "name",
    [
        "Film (2001).mkv",
        "Sample This (2010).mkv",
        "Film.Sample.This.2010.mkv",
        "Free Sample.mkv",
        "Sample.nfo",
        "film.2010-sample.srt",
        "Proof (2005).mkv",
        "Proof.mkv",
        "Death.Proof.mkv",
        "Death.Proof.jpg",
        "Death Proof (2007)-poster.jpg",
        "Film.2010.1080p.BluRay.x264-RARBG.mkv",
        "Film 2010 720p BrRip x264 [ETRG].mp4",
        "Film-ETRG.mkv",
        "RARBG Story (2020).mkv",
        "Part.mkv",
        ".nfo",
        "movie.nfo",
        "partial",
        "",
    ],
)
def test_defaults_keep_the_file(name: str) -> None:
    assert not defaults.file(name)


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".Trash-1000",
        "@eaDir",
        "#recycle",
        "lost+found",
        "$recycle.bin",
        "System Volume Information",
        "incomplete",
        "_UNPACK_Film.2010",
        "_FAILED_Film.2010",
        "__ADMIN__",
        "Sample",
    ],
)
def test_defaults_ignore_the_directory(name: str) -> None:
    assert defaults.directory(name)


@pytest.mark.parametrize(
    "name",
    [
        ".actors",
        "Samples",
        "Sample This (2010)",
        "Proof",
        "Film.2010.1080p.BluRay.x264-RARBG",
        "Film 2010 [ETRG]",
        "RARBG.txt",
        "Film.part",
        "Incomplete (2015)",
    ],
)
def test_defaults_keep_the_directory(name: str) -> None:
    assert not defaults.directory(name)


def test_only_the_exact_name_takes_a_folder_that_is_safe_from_wildcards() -> None:
    assert not Ignore([Pattern(".*")]).directory(".actors")
    assert Ignore([Pattern(".Actors")]).directory(".actors")


@pytest.mark.parametrize(
    ("target", "file", "directory"),
    [(Target.ANY, True, True), (Target.FILE, True, False), (Target.DIRECTORY, False, True)],
)
def test_a_pattern_applies_to_its_target(target: Target, file: bool, directory: bool) -> None:
    ignore = Ignore([Pattern("*.old", target)])
    assert ignore.file("x.OLD") is file
    assert ignore.directory("x.OLD") is directory


def test_without_patterns_nothing_is_ignored() -> None:
    assert not Ignore([]).file("")
    assert not Ignore([]).directory(".git")


def test_case_is_ignored_beyond_ascii() -> None:
    assert Ignore([Pattern("*ÄÖ*")]).file("xäöx")


def test_a_name_that_is_no_text_can_be_matched() -> None:
    assert Ignore([Pattern("caf?.mkv")]).file("caf\udce9.mkv")


def test_an_ending_without_a_dot_counts_beside_one_of_the_same_extension() -> None:
    ignore = Ignore([Pattern("*kv"), Pattern("*-x.mkv")])
    assert ignore.file("a.mkv")
    assert ignore.file("a-x.mkv")


words = st.text("aAb.*?[]!-", max_size=6)


@given(st.lists(words, max_size=5), st.text("aAb.[]-\n", max_size=8))
def test_patterns_mean_what_fnmatch_says_whatever_their_kind(texts: list[str], name: str) -> None:
    expected = any(fnmatchcase(name.lower(), text.lower()) for text in texts)
    ignore = Ignore([Pattern(text) for text in texts])
    assert ignore.file(name) is expected
    assert ignore.directory(name) is expected

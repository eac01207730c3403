import gzip
import io
import lzma
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import archives, formats

SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def reason(content: bytes) -> str:
    with pytest.raises(UnitError) as refused:
        archives.unpack(content)
    return str(refused.value.reason)


def test_a_file_that_is_not_packed_is_itself() -> None:
    assert archives.unpack(SRT, "a.srt") == [archives.Member("a.srt", SRT)]


def test_of_an_archive_the_subtitles_are_taken() -> None:
    content = zipped(("a/E01.srt", SRT), ("read.nfo", b"x"), ("b\\E02.ass", b"y"), ("._E.srt", b""))
    assert [each.name for each in archives.unpack(content)] == ["E01.srt", "E02.ass"]


def test_a_name_that_leads_elsewhere_leads_nowhere() -> None:
    content = zipped(("../../etc/cron.d/evil.srt", SRT), ("/root/other.srt", SRT))
    assert [each.name for each in archives.unpack(content)] == ["evil.srt", "other.srt"]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_single_packed_file_is_unpacked(pack: object) -> None:
    assert callable(pack)
    assert archives.unpack(pack(SRT), "a.srt.gz") == [archives.Member("a.srt", SRT)]


def test_a_bomb_is_refused() -> None:
    assert reason(zipped(("a.srt", bytes(50 << 20)))) == "archive_too_large"
    assert reason(gzip.compress(bytes(50 << 20))) == "archive_too_large"


def test_many_large_files_are_refused() -> None:
    noise = [(f"{n}.srt", bytes([n]) * 900_000) for n in range(80)]
    assert reason(zipped(*noise)) == "archive_too_large"


def test_a_file_that_is_larger_than_it_says_is_refused() -> None:
    content = zipped(("a.srt", bytes(formats.MOST_BYTES + 10)))
    size = (formats.MOST_BYTES + 10).to_bytes(4, "little")
    assert reason(content.replace(size, (10).to_bytes(4, "little"))).startswith("archive_")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Rar!\x1a\x07\x01\x00rest", "archive_unsupported"),
        (b"7z\xbc\xaf\x27\x1crest", "archive_unsupported"),
        (zipped(("a.srt", SRT))[:-30], "archive_broken"),
        (b"PK\x03\x04nothing more", "archive_broken"),
        (gzip.compress(SRT, mtime=0)[:-9], "archive_broken"),
    ],
    ids=["rar", "7z", "cut off", "no zip", "cut off gzip"],
)
def test_what_cannot_be_unpacked_is_refused_with_its_reason(content: bytes, expected: str) -> None:
    assert reason(content) == expected


def test_an_archive_without_subtitles_holds_none() -> None:
    assert archives.unpack(zipped(("read.me", b"x"))) == []


def test_an_entry_without_a_name_is_passed_over() -> None:
    named = zipped(("a.srt", b"x"))
    assert archives.unpack(named.replace(b"a.srt", b"\0.srt")) == []


@given(st.binary(max_size=300), st.integers(0, 200))
def test_a_broken_archive_is_refused_and_never_raises_otherwise(noise: bytes, cut: int) -> None:
    whole = zipped(("a.srt", SRT * 4))
    with suppress(UnitError):
        members = archives.unpack(whole[:cut] + noise + whole[cut + len(noise) :])
        assert all(len(each.content) <= formats.MOST_BYTES for each in members)

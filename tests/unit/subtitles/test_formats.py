from contextlib import suppress

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import formats

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\n<i>Me & you</i>\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\n- No <b>way</b>!\n"
)
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,only a remark
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\i1}Me & you{\\i0}\\Nand them
"""
VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nMe &amp; you\n"


@pytest.mark.parametrize(
    ("text", "extension", "lines"), [(SRT, "srt", 2), (ASS, "ass", 1), (VTT, "vtt", 1)]
)
def test_the_text_of_a_subtitle_stays_as_it_came(text: str, extension: str, lines: int) -> None:
    read = formats.read(text.encode())
    assert (read.content, read.extension, read.lines) == (text.encode(), extension, lines)


def test_an_arrow_an_ampersand_and_a_tag_are_no_markup_to_be_cleaned() -> None:
    content = formats.read(SRT.encode()).content
    assert b"-->" in content
    assert b"<i>Me & you</i>" in content


def test_line_ends_stay_as_they_came() -> None:
    content = SRT.replace("\n", "\r\n").encode()
    assert formats.read(content).content == content


def test_old_bytes_become_utf_8() -> None:
    text = SRT.replace("Me", "Über mich")
    read = formats.read(text.encode("cp1252"), "de")
    assert (read.content, read.charset) == (text.encode(), "cp1252")


def test_a_mark_of_the_byte_order_goes() -> None:
    assert formats.read(SRT.encode("utf-8-sig")).content == SRT.encode()


def test_what_players_do_not_read_is_converted() -> None:
    read = formats.read(b"{25}{50}Hello|you\n{75}{100}Bye\n", frame_rate=25.0)
    assert (read.extension, read.lines) == ("srt", 2)
    first = pysubs2.SSAFile.from_string(read.content.decode())[0]
    assert (first.start, first.end, first.plaintext) == (1000, 2000, "Hello\nyou")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\0\0\0 \n", "empty_file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "not_a_subtitle"),
        (b"  <html>\n", "not_a_subtitle"),
        (b'{"error": "limit"}', "not_a_subtitle"),
        (b"Just some words.\nAnd more of them.\n", "not_a_subtitle"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\n\n", "no_lines"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "charset_unknown"),
    ],
)
def test_what_is_no_subtitle_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnitError) as refused:
        formats.read(content, "en")
    assert refused.value.reason == reason


def test_the_same_words_at_another_time_and_in_another_format_are_the_same_text() -> None:
    shifted = pysubs2.SSAFile.from_string(SRT)
    shifted.shift(s=3)
    one, other = formats.read(SRT.encode()), formats.read(shifted.to_string("ass").encode())
    assert one.text_sha256 == other.text_sha256


@given(st.binary(max_size=400))
def test_any_bytes_are_a_subtitle_or_refused(content: bytes) -> None:
    with suppress(UnitError):
        assert formats.read(content, "en").lines > 0

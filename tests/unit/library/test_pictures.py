import errno
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import pictures
from sublarr_tasks.library.pictures import Picture, PictureReason, facts


def reason(path: Path) -> str:
    with pytest.raises(UnitError) as caught:
        facts(path)
    return caught.value.reason


def png(width: int, height: int) -> bytes:
    """Write a PNG's header alone."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0d" + header + struct.pack(">I", zlib.crc32(header))
    )


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (".jpg", Picture("JPEG", "image/jpeg", 40, 60)),
        (".png", Picture("PNG", "image/png", 40, 60)),
        (".webp", Picture("WEBP", "image/webp", 40, 60)),
        (".gif", Picture("GIF", "image/gif", 40, 60)),
        (".bmp", Picture("BMP", "image/bmp", 40, 60)),
    ],
)
def test_each_format_has_its_content_type_and_size(
    tmp_path: Path, suffix: str, expected: Picture
) -> None:
    path = tmp_path / f"poster{suffix}"
    Image.new("RGB", (40, 60)).save(path)
    assert facts(path) == expected


def test_a_tbn_is_what_it_holds(tmp_path: Path) -> None:
    Image.new("RGB", (4, 6)).save(tmp_path / "film.tbn", "JPEG")
    assert facts(tmp_path / "film.tbn") == Picture("JPEG", "image/jpeg", 4, 6)


def test_a_jpeg_with_more_pictures_behind_it_is_a_jpeg(tmp_path: Path) -> None:
    first = Image.new("RGB", (4, 6))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (4, 6))])
    assert facts(tmp_path / "a.jpg") == Picture("JPEG", "image/jpeg", 4, 6)


@pytest.mark.parametrize(
    "content",
    [
        "<svg/>",
        "\ufeff<?xml version='1.0'?>\n<!-- <html> -->\n<svg xmlns='http://www.w3.org/2000/svg'>",
        "<!DOCTYPE svg PUBLIC '-//W3C' 'svg11.dtd' [ <!ENTITY a 'b'> ]>\n<s:svg xmlns:s='x'>",
    ],
)
def test_an_svg_is_known_by_its_root_and_has_no_size(tmp_path: Path, content: str) -> None:
    (tmp_path / "logo.png").write_text(content, "utf-8")
    assert facts(tmp_path / "logo.png") == Picture("SVG", "image/svg+xml", None, None)


@pytest.mark.parametrize(
    "content",
    ["<html><svg/></html>", "<svgx/>", "<!-- <svg/> -->", "plain words", "%!PS-Adobe-3.0"],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "poster.svg").write_text(content)
    assert reason(tmp_path / "poster.svg") == PictureReason.NOT_AN_IMAGE


@pytest.mark.timeout(5)
@pytest.mark.parametrize("opening", ["<!---->", "<?a?>", "<!DOCTYPE a[]>", "<!DOCTYPE", " "])
def test_a_hostile_prolog_takes_no_time(tmp_path: Path, opening: str) -> None:
    (tmp_path / "poster.svg").write_text(opening * 4096)
    assert reason(tmp_path / "poster.svg") == PictureReason.NOT_AN_IMAGE


def test_the_pixels_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "poster.png").write_bytes(png(1000, 1500) + b"\x00\x00\x00\x10IDAT")
    assert facts(tmp_path / "poster.png") == Picture("PNG", "image/png", 1000, 1500)


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_too_large(tmp_path: Path, side: int) -> None:
    (tmp_path / "poster.png").write_bytes(png(side, side) + b"\x00\x00\x00\x10IDAT")
    assert reason(tmp_path / "poster.png") == PictureReason.TOO_LARGE


def test_a_file_of_too_many_bytes_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "poster.webp").open("wb") as file:
        file.truncate(pictures.BYTES_LIMIT + 1)
    assert reason(tmp_path / "poster.webp") == PictureReason.TOO_LARGE


def test_what_pillow_warns_about_stays_inside(tmp_path: Path) -> None:
    header = b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff"
    Image.new("RGB", (4, 6)).save(tmp_path / "poster.jpg")
    content = (tmp_path / "poster.jpg").read_bytes()
    (tmp_path / "poster.jpg").write_bytes(header + content[2:])
    assert facts(tmp_path / "poster.jpg").format == "JPEG"


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "poster.jpg").touch()
    assert reason(tmp_path / "poster.jpg") == PictureReason.EMPTY_FILE


def test_a_missing_file_has_vanished(tmp_path: Path) -> None:
    assert reason(tmp_path / "poster.jpg") == PictureReason.VANISHED


@pytest.mark.timeout(10)
def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "poster.jpg")
    assert reason(tmp_path / "poster.jpg") == PictureReason.NOT_AN_IMAGE


def test_a_disk_that_fails_makes_the_picture_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "poster.jpg").write_bytes(b"x")
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(UnitError, match=os.strerror(errno.EIO)) as caught:
        facts(tmp_path / "poster.jpg")
    assert caught.value.reason == PictureReason.UNREADABLE


def outcome(path: Path) -> Picture | PictureReason:
    try:
        return facts(path)
    except UnitError as error:
        return PictureReason(error.reason)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from([".jpg", ".png", ".webp", ".gif", ".bmp", ".tiff", ".avif"]),
    changes=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=8),
    size=st.integers(1, 400),
)
def test_damage_is_a_picture_or_a_typed_error(
    tmp_path: Path, suffix: str, changes: list[tuple[int, int]], size: int
) -> None:
    path = tmp_path / f"poster{suffix}"
    Image.new("RGB", (40, 60)).save(path)
    content = bytearray(path.read_bytes())
    for at, value in changes:
        content[min(at, len(content) - 1)] = value
    path.write_bytes(content[:size])
    assert outcome(path)

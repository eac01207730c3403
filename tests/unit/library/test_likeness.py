"""Pictures that look alike have numbers that are alike."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from sublarr_tasks.enrichment.artwork import alike
from sublarr_tasks.library import likeness


def painted(path: Path, *spots: tuple[int, int], size: tuple[int, int] = (300, 450)) -> Path:
    """Paint a gradient with spots on it, given in hundredths."""
    picture = Image.radial_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for x, y in spots:
        at = (x * size[0] // 100, y * size[1] // 100)
        draw.ellipse((*at, at[0] + size[0] // 4, at[1] + size[1] // 4), fill=(250, 240, 10))
    picture.save(path, quality=85)
    return path


def test_size_and_compression_do_not_matter(tmp_path: Path) -> None:
    large = likeness.of(painted(tmp_path / "a.png", (10, 10), (60, 60), size=(1000, 1500)))
    small = likeness.of(painted(tmp_path / "b.jpg", (10, 10), (60, 60)))

    assert large is not None
    assert alike(large, small)


def test_another_picture_is_another(tmp_path: Path) -> None:
    one = likeness.of(painted(tmp_path / "a.png", (10, 10), (60, 60)))
    other = likeness.of(painted(tmp_path / "b.png", (60, 5), (5, 70)))

    assert one is not None
    assert not alike(one, other)


@pytest.mark.parametrize("content", [b"<svg/>", b"nothing", b""])
def test_what_is_no_raster_has_none(tmp_path: Path, content: bytes) -> None:
    drawing = tmp_path / "logo.svg"
    drawing.write_bytes(content)

    assert likeness.of(drawing) is None

"""A number that pictures which look alike share most bits of (a difference hash of 64 bits).

Whatever its size, format and compression, a picture gets brighter and darker in the same places.
(The libraries for this bring numpy and scipy along for these few lines.)
"""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from sublarr_tasks.models import signed

SIDE = 8


def of(path: Path) -> int | None:
    """Return a picture's likeness as a signed 64-bit number; None of a drawing."""
    try:
        with Image.open(path) as picture:
            small = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS)
    except UnidentifiedImageError:
        return None
    shades = small.tobytes()
    bits = 0
    for row in range(SIDE):
        start = row * (SIDE + 1)
        for left, right in zip(shades[start:], shades[start + 1 : start + SIDE + 1], strict=False):
            bits = bits << 1 | (left < right)
    return signed(bits)

"""Small real pictures, each seed its own."""

import random
from pathlib import Path

from PIL import Image

_QUALITY = 80
_MODES = {".png": "RGBA", ".gif": "P"}


def picture(path: Path, width: int, height: int, seed: int = 0) -> None:
    """Write a picture: soft clouds of colour; the suffix names the format."""
    rng = random.Random(seed)  # noqa: S311 - pictures, not secrets
    small = Image.frombytes("RGB", (8, 8), rng.randbytes(8 * 8 * 3))
    large = small.resize((width, height), Image.Resampling.BICUBIC)
    large.convert(_MODES.get(path.suffix, "RGB")).save(path, quality=_QUALITY)


def poster(path: Path, width: int = 400, height: int = 600, seed: int = 0) -> None:
    picture(path, width, height, seed)


def fanart(path: Path, width: int = 640, height: int = 360, seed: int = 0) -> None:
    picture(path, width, height, seed)


def grainy_jpeg(path: Path, width: int, height: int, seed: int, quality: int) -> None:
    """Write a JPEG with a film's grain, so that it has the size of a real one."""
    rng = random.Random(seed)  # noqa: S311 - pictures, not secrets
    grain = Image.frombytes("L", (width, height), rng.randbytes(width * height))
    clouds = Image.frombytes("RGB", (8, 8), rng.randbytes(8 * 8 * 3))
    clouds = clouds.resize((width, height), Image.Resampling.BICUBIC)
    Image.blend(clouds, grain.convert("RGB"), 0.25).save(path, "JPEG", quality=quality)

"""The host of a service's pictures: each name has a picture of its own."""

from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from stub import Answering, Asked, Said
from tmdb_stub import TmdbStub


def painted(seed: int, size: tuple[int, int] = (60, 90)) -> bytes:
    """Paint a picture; those of two seeds look different."""
    picture = Image.new("L", (9, 8))
    picture.putdata([(seed * 7919 + n * n * (seed + 3) * 31) % 256 for n in range(72)])
    content = BytesIO()
    picture.resize(size, Image.Resampling.NEAREST).convert("RGB").save(content, "PNG")
    return content.getvalue()


def served(known: TmdbStub, pictures: Mapping[str, Said]) -> Answering:
    """Answer as TMDB does, and below /t/p/ with pictures, or as is said of one by its name."""

    def answer(asked: Asked) -> Said:
        if not asked.path.startswith("/t/p/"):
            return known(asked)
        name = asked.path.rpartition("/")[2]
        return pictures.get(name) or Said(raw=painted(sum(name.encode())))

    return answer

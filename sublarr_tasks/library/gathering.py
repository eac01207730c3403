"""What lies beside a work's files, as its assets."""

from collections.abc import Iterable, Iterator

from sublarr_tasks.library.artwork import find_artwork
from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.names import FileName
from sublarr_tasks.library.sidecars import Asset, AssetType, Sidecar
from sublarr_tasks.library.subtitle_files import find_subtitles


def gather(
    nfo: Iterable[Entry],
    sidecars: Iterable[Sidecar],
    *,
    plain: AssetType = AssetType.POSTER,
    trailers: Iterable[FileName] = (),
    themes: Iterable[Entry] = (),
    subtitles_of: str | None = None,
) -> Iterator[Asset]:
    """Yield a work's assets, type by type; `plain` is what a picture of the video's name is.

    Subtitles are looked for where the squeezed title that they are of is given.
    """
    sidecars = list(sidecars)
    for ordinal, entry in enumerate(nfo):
        yield Asset(entry, AssetType.NFO, ordinal=ordinal)
    yield from find_artwork(sidecars, plain)
    for ordinal, file in enumerate(trailers):
        yield Asset(file.entry, AssetType.TRAILER, title=file.stem, ordinal=ordinal)
    for ordinal, entry in enumerate(themes):
        yield Asset(entry, AssetType.THEME, ordinal=ordinal)
    if subtitles_of is not None:
        yield from find_subtitles(sidecars, subtitles_of)

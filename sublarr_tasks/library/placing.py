"""Where the files of a series' directory belong, by the folders that they lie in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sublarr_tasks.library import kinds, seasons
from sublarr_tasks.library.extras import read_suffix
from sublarr_tasks.library.names import FileName
from sublarr_tasks.library.sidecars import is_theme_song

# Files in these folders belong to whatever the folder stands in.
_INNER_FOLDERS = kinds.SUBTITLE_FOLDERS | kinds.ARTWORK_FOLDERS | kinds.EXTRAS_FOLDERS.keys()


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and where it lies: `folders` lead to the place that it belongs to.

    `inner` is its name from there, `season` that of its folders, `head` the title they give,
    `release` the folder of an episode's release, `disc` the path of a disc that it is part of.
    """

    name: FileName
    inner: FileName
    folders: tuple[str, ...]
    season: int | None
    head: str
    release: str | None
    disc: str | None


def place(name: FileName, *, is_root: bool) -> Placed:
    """Follow the folders of seasons and releases down to where the file belongs."""
    season: int | None = None
    head, of_release = "", None
    depth = 0
    for depth, folder in enumerate(name.entry.name.split("/")[:-1]):
        if name.folders[depth] in _INNER_FOLDERS:  # it belongs to what it stands in
            break
        found = seasons.read(folder, in_root=is_root and not depth)
        season = season if found.season is None else found.season
        head = head or found.head
        of_release = folder if found.is_release else of_release
    else:
        depth = len(name.folders)
    inner = replace(name, folders=name.folders[depth:])
    return Placed(name, inner, name.folders[:depth], season, head, of_release, _disc(name))


def without_discs(files: Iterable[Placed]) -> Iterator[Placed]:
    """Yield the files, but of those in a disc's folders the largest alone."""
    discs: dict[str, Placed] = {}
    for file in files:
        if file.disc is None:
            yield file
        elif is_video(file):
            largest = discs.setdefault(file.disc, file)
            if file.name.entry.size > largest.name.entry.size:
                discs[file.disc] = file
    yield from discs.values()


def is_video(file: Placed) -> bool:
    return file.inner.extension in kinds.VIDEO_EXTENSIONS and not is_theme_song(file.inner)


def is_bonus(file: Placed) -> bool:
    """Tell whether a video looks like one about an episode, or about the series."""
    return bool(file.inner.folders) or read_suffix(file.inner) is not None


def _disc(name: FileName) -> str | None:
    found = next((n for n, folder in enumerate(name.folders) if folder in kinds.DISC_FOLDERS), None)
    return None if found is None else "/".join(name.folders[:found])

"""Discs kept as folders: the main title of a BDMV or VIDEO_TS structure."""

import re
from collections.abc import Iterable

from sublarr_tasks.library.names import FileName
from sublarr_tasks.library.videos import Cut

_FOLDERS = ("bdmv", "video_ts", "certificate")
_TITLE_SET = re.compile(r"vts_(\d\d)_([1-9])")
_DVD_FILE = re.compile(r"video_ts|vts_\d\d_\d")
_DVD_EXTENSIONS = frozenset({"vob", "ifo", "bup"})
_STREAMS = ("bdmv", "stream")


def is_disc(name: FileName) -> bool:
    """Tell whether a file belongs to a disc's structure, also one without its VIDEO_TS folder."""
    if name.folders:
        return name.folders[0] in _FOLDERS
    return name.extension in _DVD_EXTENSIONS and _DVD_FILE.fullmatch(name.folded) is not None


def read_discs(names: Iterable[FileName], folder: str) -> list[Cut]:
    """Return the main title of each disc among the files of disc structures."""
    streams, title_sets = [], dict[str, list[FileName]]()
    for name in names:
        if name.folders == _STREAMS and name.extension == "m2ts":
            streams.append(name)
        elif name.folders in ((), ("video_ts",)) and name.extension == "vob":
            found = _TITLE_SET.fullmatch(name.folded)
            if found:
                title_sets.setdefault(found[1], []).append(name)
    cuts = []
    if streams:
        main = min(streams, key=lambda name: (-name.entry.size, name.entry.name))
        cuts.append(Cut.of(folder or "BDMV", [main], "bluray"))
    if title_sets:
        cuts.append(_largest(title_sets, folder or "VIDEO_TS"))
    return cuts


def _largest(title_sets: dict[str, list[FileName]], stem: str) -> Cut:
    sets = [
        Cut.of(stem, sorted(title_sets[number], key=lambda name: name.folded), "dvd")
        for number in sorted(title_sets)
    ]
    return max(sets, key=lambda cut: cut.size)

"""Films in several files: "Film cd1.avi" and "Film cd2.avi" are one stack."""

import re

from sublarr_tasks.library.names import FileName, fold
from sublarr_tasks.library.videos import Cut

# Kodi's and Jellyfin's words; the number may stand in brackets: "Film (part 1)".
_TOKEN = re.compile(
    r"[ _.-]*[(\[]?(?<![^\W_])(cd|dvd|part|pt|dis[ck])[ _.-]*(\d{1,2}|[a-d])(?![^\W_])[)\]]?",
    re.IGNORECASE,
)
_Kind = tuple[str, str, str, str, bool]


def stack(names: list[FileName]) -> list[Cut]:
    """Return one cut for each stack and for each file that is in none.

    A stack is parts 1, 2, ... or a, b, ... whose names are equal but for the number: "Kill Part
    1 (2003)" and "Kill Part 2 (2004)" are two films, and a part 2 alone is a film.
    """
    if len(names) < 2:  # noqa: PLR2004 - two files make a stack
        return [Cut.of(name.stem, [name]) for name in names]
    kinds: dict[_Kind, dict[int, FileName]] = {}
    for name in names:
        _place(name, kinds)
    cuts, stacked = list[Cut](), set[str]()
    for (_, before, _, after, _), numbered in kinds.items():
        parts = _run(numbered)
        if len(parts) > 1:
            stem = _spelling(parts[0], before, after)
            cuts.append(Cut.of(stem, parts))
            stacked.update(part.entry.name for part in parts)
    return cuts + [Cut.of(name.stem, [name]) for name in names if name.entry.name not in stacked]


def _place(name: FileName, kinds: dict[_Kind, dict[int, FileName]]) -> None:
    *_, found = None, *_TOKEN.finditer(name.stem)
    if found is None:
        return
    before, after = name.stem[: found.start()], name.stem[found.end() :]
    word, number = found[1].lower(), found[2].lower()
    numeric = number.isdecimal()
    kind = (name.extension, fold(before), word, fold(after), numeric)
    kinds.setdefault(kind, {}).setdefault(int(number) if numeric else ord(number) - 96, name)


def _run(numbered: dict[int, FileName]) -> list[FileName]:
    parts: list[FileName] = []
    while len(parts) + 1 in numbered:
        parts.append(numbered[len(parts) + 1])
    return parts


def _spelling(first: FileName, before: str, after: str) -> str:
    """Return the stack's name as its first part spells it."""
    end = len(first.stem) - len(after)
    stem = first.stem[: len(before)] + first.stem[end:]
    return stem if fold(stem) == before + after and stem.strip() else first.stem

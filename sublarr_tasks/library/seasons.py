"""Which folders of a series hold a season, in the spellings of people and of releases."""

import re
from dataclasses import dataclass
from functools import lru_cache

from sublarr_tasks import filenames
from sublarr_tasks.library import episodes, kinds

SPECIALS = 0
_WORDS = (
    "season|series|staffel|saison|temporada|stagione|seizoen|sezon|säsong|sesong|sæson|kausi"
    "|évad|évadok|sezona|sezóna|série|сезон|시즌|シーズン|book|volume|vol"
)
_WORD_FIRST = re.compile(rf"(?:{_WORDS})[ ._-]*(\d{{1,4}})(?![^\W_])", re.IGNORECASE)
_NUMBER_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|[.ªº°aeè]+)?[ ._-]*(?:{_WORDS})(?![^\W_])", re.IGNORECASE
)
_SHORT = re.compile(r"s(\d{1,4})(?=$|[ ._\[(-])", re.IGNORECASE)
_CHINESE = re.compile(r"第\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*[季期]")
_SPECIAL = re.compile(r"(?:season[ ._-]*)?specials?|ovas?|oads?|extras? episodes", re.IGNORECASE)
_BARE = re.compile(r"0?\d|[1-9]\d")
# "Show.S01.1080p", "Show - Season 1": a release of a whole season, behind the series' title.
_BEHIND_TITLE = re.compile(
    rf"(?<=[ ._\])-])(?:s|(?:{_WORDS})[ ._-]*)(\d{{1,4}})(?=$|[ ._\[(-])", re.IGNORECASE
)
_DIGITS = {sign: number for number, sign in enumerate("一二三四五六七八九", 1)}
_EDGES = " ._-"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder inside a series' own: of a season, of one episode's release, or of neither.

    `head` is the title of the series where the folder's name begins with it.
    """

    season: int | None = None
    head: str = ""
    is_release: bool = False

    @property
    def is_part(self) -> bool:
        """Tell whether it holds a part of the series that its parent is the home of."""
        return self.season is not None or self.is_release


@lru_cache(maxsize=4096)  # asked for every folder of a walk, and again for every file in it
def read(name: str, *, in_root: bool = False) -> Folder:
    """Read a folder's name; in a library's root a number alone is a series' title."""
    text = filenames.to_text(name).strip()
    if text.lower() in kinds.COMPANION_FOLDERS:
        return Folder()
    whole = _whole(text, in_root=in_root)
    if whole is not None:
        return Folder(whole)
    if episodes.has_marker(text):
        found = episodes.parse(text)
        return Folder(found.season, found.head, is_release=True)
    behind = _BEHIND_TITLE.search(text)
    if behind is not None:
        return Folder(int(behind[1]), text[: behind.start()].strip(_EDGES))
    return Folder()


def _whole(text: str, *, in_root: bool) -> int | None:
    """Read a name that begins with the season, or says nothing else."""
    if _SPECIAL.fullmatch(text):
        return SPECIALS
    for form in (_WORD_FIRST, _NUMBER_FIRST, _SHORT):
        found = form.match(text)
        if found is not None:
            return int(found[1])
    if chinese := _CHINESE.search(text):
        return _chinese(chinese[1])
    return int(text) if not in_root and _BARE.fullmatch(text) else None


def _chinese(text: str) -> int:
    """Read "3", "三", "十", "十二" or "二十"."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS[text[0]]
    return (_DIGITS[tens[0]] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)

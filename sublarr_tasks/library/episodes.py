"""Which episodes a file's name means: numbers of a season, absolute numbers, or a date.

The forms are those of Sonarr, Jellyfin and Kodi, tried from the surest to the least sure:
"S01E02", "1x02", "Season 1 Episode 2", a date, then a number that stands alone. What a lone number
means depends on where it stands: in a season's folder it is one of that season, after a group's
name in brackets, or after a dash, it is an absolute one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sublarr_tasks import filenames
from sublarr_tasks.library import airdates, release

MOST_EPISODES = 50  # of one file; a longer range is no range
LONGEST_BARE_RANGE = 12


@dataclass(frozen=True, slots=True)
class Episodes:
    """What a name says about episodes: `numbers` of `season`, or `absolute` ones, or a day.

    Without any of them the name is not understood, but for an `extra`: an opening, an ending, a
    menu. `head` is what stands before (the series' title, or nothing), `tail` what follows (the
    episode's title and the release's words). `half` is the letter of a part: "S01E01b".
    """

    head: str = ""
    tail: str = ""
    season: int | None = None
    numbers: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    aired: date | None = None
    half: str | None = None
    extra: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.numbers or self.absolute or self.aired)


_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_SEASON_WORDS = "season|series|staffel|saison|temporada|stagione|seizoen|sezon|säsong|sesong|сезон"
_EPISODE_WORDS = (
    "episodes?|eps?|e|folge|épisode|capitulo|capítulo|cap|episodio|aflevering|odcinek|avsnitt|серия"
)
_SEASON_EPISODE = re.compile(
    rf"{_BEFORE}(?:s|t|{_SEASON_WORDS})[ ._-]*(?P<season>\d{{1,4}})"
    rf"[ ._,x-]*(?:{_EPISODE_WORDS})[ ._-]*(?P<number>\d{{1,4}})(?!\d)",
    re.IGNORECASE,
)
_CROSS = re.compile(
    rf"{_BEFORE}(?P<season>\d{{1,2}})x(?P<number>\d{{1,3}})(?![0-9pi])", re.IGNORECASE
)
# "S2 - 05", "2nd Season - 05": an anime's season and the episode in it.
_SEASON_DASH = re.compile(
    rf"{_BEFORE}(?:(?:s|season[ ._]*)(?P<season>\d{{1,2}})"
    r"|(?P<ordinal>\d{1,2})(?:st|nd|rd|th)[ ._]season)"
    r"[ ._]+(?:-[ ._]+)?(?:e|ep)?[ ._]?(?P<number>\d{2,3})(?:v\d)?(?=$|[ ._\[(])",
    re.IGNORECASE,
)
_CAP = re.compile(
    rf"{_BEFORE}cap[ ._]?(?P<season>\d{{1,2}})(?P<number>\d\d){_AFTER}", re.IGNORECASE
)
# What may follow a first number: "E02", "-E03", "-03", "+E02", "x03", "-1x03", " S01E02".
_MORE = re.compile(
    r"(?:[ ._]*(?P<dash>[-~])[ ._]*|[ ._]*[+&,][ ._]*|[ ._]*)"
    r"(?:(?:s(?P<s>\d{1,4})[ ._]*)?(?:e|ep)[ .]?|(?P<c>\d{1,2})x|x(?:ep?)?)"
    r"(?P<number>\d{1,4})(?![0-9pi])"
    r"|[-~](?P<bare>\d{1,3})(?:v\d)?(?![^\W_])(?![ ._-]?bit)",
    re.IGNORECASE,
)
_HALF = re.compile(r"([a-d])(?![^\W_])", re.IGNORECASE)

_GROUP = re.compile(r"^[\[【(]([^\]】)]*)[\]】)][ ._-]*")
_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}")
_EXTRA = re.compile(
    rf"{_BEFORE}(?:nc(?:op|ed)|creditless[ ._](?:op|ed)|(?:op|ed)(?=\d)|menu|pv|cm|preview)"
    rf"[ ._-]?\d{{0,2}}[a-z]?(?:v\d)?{_AFTER}",
    re.IGNORECASE,
)
_SPECIAL = re.compile(
    rf"{_BEFORE}(?:ova|oad|ona|sp|specials?)[ ._-]*(?P<number>\d{{1,3}})(?:v\d)?{_AFTER}",
    re.IGNORECASE,
)
_MARKED = re.compile(
    rf"(?:{_BEFORE}(?:{_EPISODE_WORDS})[ ._-]*|#)(?P<number>\d{{1,4}})"
    rf"(?:-(?:e|ep)?(?P<last>\d{{1,4}}))?(?:v\d)?{_AFTER}",
    re.IGNORECASE,
)
_OF = re.compile(
    rf"{_BEFORE}(?:part[ ._]?)?(?P<number>\d{{1,3}})[ ._]?of[ ._]?\d{{1,3}}{_AFTER}", re.IGNORECASE
)
_DASHED = re.compile(
    r"(?<=[ ._])[-\u2013][ ._](?P<number>\d{1,4})(?:v\d)?(?:[-~](?P<last>\d{1,4}))?(?=$|[ ._])"
    r"(?!\.\d)"
)
_LEADING = re.compile(r"(?P<number>\d{1,4})(?:v\d)?(?:-(?P<last>\d{1,3}))?(?=$|[ ._-])(?!\.\d)")
_TRAILING = re.compile(r"(?<=[ ._])(?<!\d\.)(?P<number>\d{1,4})(?:v\d)?(?:[-~](?P<last>\d{1,4}))?$")
_INNER = re.compile(r"(?<=[ ._])(?<!\d\.)(?P<number>\d{3,4})(?P<last>)(?=[ ._])")
_PART = re.compile(
    rf"{_BEFORE}(?:part|pt|teil|chapter|kapitel)[ ._-]*"
    rf"(?P<number>\d{{1,2}}|[ivx]{{1,4}}){_AFTER}",
    re.IGNORECASE,
)
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
}
_COUNTS_OTHERS = re.compile(
    rf"{_BEFORE}(?:{_SEASON_WORDS}|vol(?:ume)?|dis[ck]|cd|dvd)[ ._-]*\Z", re.IGNORECASE
)
# A lone number between them is a year: films of one are among the series' files.
_FIRST_YEAR, _LAST_YEAR = 1890, 2039
_EDGES = " ._-\u2013"


def parse(stem: str, season: int | None = None) -> Episodes:
    """Read a file's name without its extension; `season` is that of the folder it lies in."""
    text = filenames.to_text(stem)
    for form in _SURE:
        found = form(text)
        if found is not None:
            return found
    return _alone(text, season) or Episodes(tail=text)


def has_marker(name: str) -> bool:
    """Tell whether a name surely means an episode, as that of a release's folder does."""
    return any(form(filenames.to_text(name)) is not None for form in _SURE)


def _season_episode(text: str) -> Episodes | None:
    found = _SEASON_EPISODE.search(text)
    if found is None or (found[0][0] in "tT" and not re.match(r"(?i)t\d|temporada", found[0])):
        return None
    return _numbered(text, found, int(found["season"]))


def _cross(text: str) -> Episodes | None:
    found = _CROSS.search(text)
    return None if found is None else _numbered(text, found, int(found["season"]))


def _season_dash(text: str) -> Episodes | None:
    found = _SEASON_DASH.search(text)
    if found is None:
        return None
    return _numbered(text, found, int(found["season"] or found["ordinal"]))


def _cap(text: str) -> Episodes | None:
    found = _CAP.search(text)
    return None if found is None else _numbered(text, found, int(found["season"]))


def _numbered(text: str, found: re.Match[str], season: int) -> Episodes:
    """Read on from the first number: more of them, a range, or the letter of a part."""
    numbers, end = [int(found["number"])], found.end("number")
    while len(numbers) < MOST_EPISODES and (more := _MORE.match(text, end)):
        other = more["s"] or more["c"]
        number = int(more["bare"] or more["number"])
        if other and int(other) != season:
            break
        if more["bare"]:
            if not 0 < number - numbers[-1] <= LONGEST_BARE_RANGE:
                break
            numbers += range(numbers[-1] + 1, number + 1)
        elif more["dash"] and 0 < number - numbers[-1] < MOST_EPISODES:
            numbers += range(numbers[-1] + 1, number + 1)
        elif number not in numbers:
            numbers.append(number)
        end = more.end()
    half = _HALF.match(text, end)
    if half is not None:
        end = half.end()
    return Episodes(
        text[: found.start()].strip(_EDGES),
        text[end:].strip(_EDGES),
        season,
        tuple(numbers),
        half=half[1].lower() if half else None,
    )


def _dated(text: str) -> Episodes | None:
    found = airdates.find(text)
    if found is None:
        return None
    head, tail = text[: found.start], text[found.end :]
    return Episodes(head.strip(_EDGES + "([{"), tail.strip(_EDGES + ")]}"), aired=found.day)


_SURE = (_season_episode, _cross, _season_dash, _cap, _dated)


def _alone(text: str, season: int | None) -> Episodes | None:
    """Read a number that stands alone."""
    group = _GROUP.match(text)
    bare = _BRACKETS.sub(" ", text[group.end() :] if group else text)
    bare = release.before_quality(bare).rstrip(_EDGES)
    if _EXTRA.search(bare):
        return Episodes(bare, extra=True)
    special = _SPECIAL.search(bare)
    if special is not None:
        return _found(bare, special, 0)
    for pattern, is_absolute in _LONE:
        for found in pattern.finditer(bare):
            first = _roman(found["number"])
            if first is None or _is_something_else(first, bare, found, season):
                continue
            in_order = group is not None or (is_absolute and not _is_code(bare, found))
            if season is None and in_order:
                return _found(bare, found, None)
            return _in_season(bare, found, season, first)
    return None


_AT_START = re.compile(rf"\A{_LEADING.pattern}")
# In the order of their sureness, and whether one without a season is an absolute number.
_LONE: tuple[tuple[re.Pattern[str], bool], ...] = (
    (_MARKED, True),
    (_OF, False),
    (_DASHED, True),
    (_AT_START, True),
    (_PART, False),
    (_TRAILING, True),
    (_INNER, False),
)


def _roman(text: str) -> int | None:
    return int(text) if text.isdigit() else _ROMAN.get(text.lower())


def _is_something_else(number: int, text: str, found: re.Match[str], season: int | None) -> bool:
    """Tell whether a number is rather a year, or counts seasons or discs."""
    weak = found.re in (_TRAILING, _INNER)
    if weak and _COUNTS_OTHERS.search(text, 0, found.start("number")):
        return True
    is_year = _FIRST_YEAR <= number <= _LAST_YEAR and number // 100 != season
    return is_year and found.re is not _MARKED


def _is_code(text: str, found: re.Match[str]) -> bool:
    """Tell whether "102" stands in a name with dots for blanks: there it is S01E02."""
    coded = found.re in (_TRAILING, _INNER) and len(found["number"]) > 2  # noqa: PLR2004 - S01E02
    return coded and " " not in text and text[found.start() - 1] == "."


def _in_season(text: str, found: re.Match[str], season: int | None, first: int) -> Episodes:
    """Read "102" as the second of the first season where that is what it can be."""
    hundreds, rest = divmod(first, 100)
    coded = found.re in (_INNER, _TRAILING, _AT_START) and not found["last"]
    if coded and hundreds and rest and season in (None, hundreds):
        return _found(text, found, hundreds, (rest,))
    return _found(text, found, 1 if season is None else season)


def _found(
    text: str, found: re.Match[str], season: int | None, numbers: tuple[int, ...] = ()
) -> Episodes:
    numbers = numbers or tuple(_range(found))
    head, tail = text[: found.start()].strip(_EDGES), text[found.end() :].strip(_EDGES)
    if season is None:
        return Episodes(head, tail, absolute=numbers)
    return Episodes(head, tail, season, numbers)


def _range(found: re.Match[str]) -> Iterator[int]:
    first = _roman(found["number"]) or 0
    last = int(found.groupdict().get("last") or first)
    yield from range(first, last + 1) if first <= last < first + MOST_EPISODES else (first,)

"""What a file or folder name says about its film: title, year, edition, quality, ids.

The title ends at the year, else at the first word that no title holds ("1080p", "BluRay").
Words that films are called, such as "extended" or "web", count only behind that point.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sublarr_tasks import filenames
from sublarr_tasks.library.names import squeeze


@dataclass(frozen=True, slots=True)
class Release:
    """A name, read; all of it is text that a database takes.

    `version` is what tells the file from another file of its film, `tags` are the spellings of
    `_TAG_NAMES` in the order of the name, `ids` are ("imdb" | "tmdb" | "tvdb", id), `key` is
    the title without case, spaces and punctuation.
    """

    title: str
    year: int | None
    edition: str | None
    resolution: str | None
    source: str | None
    tags: tuple[str, ...]
    version: str | None
    ids: tuple[tuple[str, str], ...]
    key: str


# Years end in 2039, so that "Blade Runner 2049" and "Death Race 2050" are titles.
_YEAR = r"(18[89]\d|19\d\d|20[0-3]\d)"
_BRACKETED_YEAR = re.compile(rf"[\[(]{_YEAR}[\])]")
_PLAIN_YEAR = re.compile(rf"(?:^|[ ._,-]){_YEAR}(?=[ ._,\[(-]|$)(?![ ._-]\d\d[ ._-]\d\d(?!\d))")

_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_STRONG = (
    r"(?:480|576|720|1080|1440|2160|4320)[pi]|4k|uhd|blu-?ray|b[dr]rip|web-?dl|web-?rip"
    r"|hd-?tv|hd-?rip|hd-?dvd|dvd-?rip|dvd-?scr|remux|[xh][ .]?26[45]|hevc|xvid|divx"
)
_WEAK = (
    r"web|dvd|bd|hdr10\+?|hdr|dv|dovi|dolby[ ._]vision|3d|hsbs|10bit|av1|avc|proper|repack|rerip"
)
_TITLE_END = re.compile(rf"{_BEFORE}(?:{_STRONG}){_AFTER}", re.IGNORECASE)
_TAG = re.compile(rf"{_BEFORE}(?:{_STRONG}|{_WEAK})(?![^\W_+])", re.IGNORECASE)

_SOURCES = {
    "bluray": "BluRay",
    "bd": "BluRay",
    "bdrip": "BluRay",
    "brrip": "BluRay",
    "web": "WEB-DL",
    "webdl": "WEB-DL",
    "webrip": "WEBRip",
    "hdtv": "HDTV",
    "hdrip": "HDRip",
    "hddvd": "HD-DVD",
    "dvd": "DVD",
    "dvdrip": "DVD",
    "dvdscr": "Screener",
}
_RESOLUTIONS = {"4k": "2160p", "uhd": "2160p"}
_TAG_NAMES = {
    "remux": "Remux",
    "x264": "H.264",
    "h264": "H.264",
    "avc": "H.264",
    "x265": "H.265",
    "h265": "H.265",
    "hevc": "H.265",
    "av1": "AV1",
    "xvid": "XviD",
    "divx": "DivX",
    "hdr": "HDR",
    "hdr10": "HDR10",
    "hdr10+": "HDR10+",
    "dv": "Dolby Vision",
    "dovi": "Dolby Vision",
    "dolbyvision": "Dolby Vision",
    "3d": "3D",
    "hsbs": "3D",
    "10bit": "10-bit",
    "proper": "Proper",
    "repack": "Repack",
    "rerip": "Repack",
}

_EDITION = re.compile(
    rf"{_BEFORE}(?:director'?s?[ ._-]cut|(?:final|rogue|assembly|producer'?s|fan)[ ._-]cut"
    r"|(?:extended|theatrical|ultimate|unrated|special|imax|remastered|restored)"
    r"(?:[ ._-](?:cut|edition|version))?"
    r"|(?:\d+th[ ._-])?anniversary(?:[ ._-]edition)?|collector'?s[ ._-]edition"
    rf"|uncut|uncensored|criterion|redux|open[ ._-]matte|despecialized|workprint){_AFTER}",
    re.IGNORECASE,
)
_EDITION_SPELLING = {"directorscut": "Director's Cut", "imax": "IMAX", "imaxedition": "IMAX"}
_PLEX_EDITION = re.compile(r"\{edition-([^{}]+)\}", re.IGNORECASE)

_ID = re.compile(
    r"[\[({]\s*(imdb|tmdb|tvdb)(?:id)?\s*[-=: ]\s*(tt\d+|\d+)\s*[\])}]|[\[({](tt\d{7,9})[\])}]",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s*-\s+(\S.*)")
# "[Group] Title" names who released it; "[REC]" is the film's title.
_GROUP = re.compile(r"\[(?!rec\]|\d{4}\])[^\]]*\][ ._]*(?=[^\W\d_])", re.IGNORECASE)
_ACRONYM = re.compile(r"(?:\w\.){2,}\w?")
_EDGES = " -_,([{"
_NO_SEPARATORS = str.maketrans("", "", " ._-")


@lru_cache(maxsize=1024)  # a name is read several times while its directory is arranged
def parse(name: str) -> Release:
    """Read a folder's name or a file's name without its extension."""
    text = filenames.to_text(name)
    ids: tuple[tuple[str, str], ...] = ()
    edition = None
    if "{" in text or "[" in text or "(" in text:
        ids, text = _take_ids(text)
        edition, text = _take_plex_edition(text)
        text = _GROUP.sub("", text, count=1) if text.startswith("[") else text
    head, year, tail = _split(text)
    tags = [_plain(found[0]) for found in _TAG.finditer(tail)] if tail else []
    edition = edition or _edition(tail)
    resolution = next((r for r in map(_resolution, tags) if r), None)
    source = next((_SOURCES[tag] for tag in tags if tag in _SOURCES), None)
    title = _title(head) or text.strip() or filenames.to_text(name)
    return Release(
        title=title,
        year=year,
        edition=edition,
        resolution=resolution,
        source=source,
        tags=tuple(dict.fromkeys(_TAG_NAMES[tag] for tag in tags if tag in _TAG_NAMES)),
        version=_label(tail) or edition or resolution or source,
        ids=ids,
        key=squeeze(title),
    )


def before_quality(text: str) -> str:
    """Return what stands before the first word that no title holds."""
    return _at_tag(text)[0]


def title_in(tail: str) -> str | None:
    """Return the title that stands before the words of a release, None where there is none."""
    text = filenames.to_text(tail).lstrip(_EDGES + ".")
    if not text or _TAG.match(text):
        return None
    return _title(_split(text)[0]) or None


def _take_ids(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    ids: dict[str, str] = {}
    for found in _ID.finditer(text):
        site = (found[1] or "imdb").lower()
        number = (found[2] or found[3]).lower()
        if site == "imdb" and not number.startswith("tt"):
            number = f"tt{number:0>7}"
        ids.setdefault(site, number)
    return (tuple(ids.items()), _ID.sub("", text)) if ids else ((), text)


def _take_plex_edition(text: str) -> tuple[str | None, str]:
    found = _PLEX_EDITION.search(text)
    if not found:
        return None, text
    return found[1].strip() or None, text[: found.start()] + text[found.end() :]


def _split(text: str) -> tuple[str, int | None, str]:
    """Cut a name into the part with the title, the year, and what follows both."""
    for found in _BRACKETED_YEAR.finditer(text):
        if text[: found.start()].strip(_EDGES):
            return text[: found.start()], int(found[1]), text[found.end() :]
        if not _BRACKETED_YEAR.search(text, found.end()) and text[found.end() :].strip(_EDGES):
            head, _, tail = _at_tag(text[found.end() :])
            return head, int(found[1]), tail
    head, _, tail = _at_tag(text)
    plain = [found for found in _PLAIN_YEAR.finditer(head) if head[: found.start()].strip(_EDGES)]
    if not plain:
        return head, None, tail
    last = plain[-1]
    return head[: last.start()], int(last[1]), head[last.end() :] + tail


def _at_tag(text: str) -> tuple[str, None, str]:
    cut = len(text)
    for found in _TITLE_END.finditer(text):
        if text[: found.start()].strip(_EDGES + "."):
            cut = found.start()
            break
    bracket = text.find("[", 1, cut)
    if bracket > 0 and text[:bracket].strip(_EDGES):
        cut = bracket
    edition = _EDITION.search(text, 1, cut) if "(" in text else None
    if edition and text[edition.start() - 1] == "(":
        cut = edition.start() - 1
    return text[:cut], None, text[cut:]


def _title(head: str) -> str:
    title = _trim(head.replace("_", " "))
    if "." in title and " " not in title and not _ACRONYM.fullmatch(title):
        title = title.replace(".", " ")
    return _trim(title)


def _trim(title: str) -> str:
    return title.lstrip(" -_,").rstrip(_EDGES)


def _plain(tag: str) -> str:
    return tag.lower().translate(_NO_SEPARATORS)


def _resolution(tag: str) -> str | None:
    return _RESOLUTIONS.get(tag) or (tag if tag[:-1].isdigit() and tag[-1] in "pi" else None)


def _edition(tail: str) -> str | None:
    found = _EDITION.search(tail) if tail else None
    if not found:
        return None
    words = re.sub(r"[ ._-]+", " ", found[0])
    return _EDITION_SPELLING.get(squeeze(words), words.title().replace("'S", "'s"))


def _label(tail: str) -> str | None:
    """Read Jellyfin's version label: "Film (2010) - [Director's Cut]"."""
    found = _LABEL.fullmatch(tail)
    return found[1].strip(" []()") or None if found else None

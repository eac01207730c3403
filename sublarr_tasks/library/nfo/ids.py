"""A title's ids at its providers, from every place where an NFO keeps them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from sublarr_tasks.library.nfo.fields import Fields, attributes_of, text_of
from sublarr_tasks.library.nfo.markup import name_of
from sublarr_tasks.library.nfo.vocabulary import ROOTS


@dataclass(frozen=True, slots=True)
class _Address:
    """How a provider writes a title's address; `root` is the kind of title, None for any."""

    provider: str
    root: str | None
    pattern: re.Pattern[str]


def _address(provider: str, root: str | None, pattern: str) -> _Address:
    return _Address(provider, root, re.compile(pattern, re.IGNORECASE | re.ASCII))


# Repetitions are bounded so that a file of nothing but beginnings costs no quadratic time.
_ADDRESSES = (
    _address("imdb", None, r"(?<![a-z0-9])(tt\d{7,10})(?!\d)"),
    _address("tmdb", "movie", r"themoviedb\.org/movie/(\d{1,10})"),
    _address("tmdb", "tvshow", r"themoviedb\.org/tv/(\d{1,10})"),
    _address("tvdb", "movie", r"thetvdb\.com/(?:[^\s<>]{0,80}?/)?movies?/(\d{1,10})(?![\w-])"),
    _address(
        "tvdb",
        "tvshow",
        r"thetvdb\.com/(?:(?:[^\s<>]{0,80}?/)?series/|[^\s<>]{0,80}?[?&](?:series)?id=)"
        r"(\d{1,10})(?![\w-])",
    ),
)
_NAMES = {
    "themoviedb": "tmdb",
    "moviedb": "tmdb",
    "thetvdb": "tvdb",
    "tmdbcol": "tmdbcollection",
    "mal": "myanimelist",
}
_TAGS = {
    **{
        f"{provider}{ending}": provider
        for provider in ("imdb", "tmdb", "tvdb")
        for ending in ("", "id", "_id")
    },
    **{
        f"{provider}id": provider
        for provider in (
            "anidb anilist anisearch douban eidr kinopoisk kitsu letterboxd moviemeter myanimelist"
            " rottentomatoes trakt tvmaze tvrage wikidata zap2it"
        ).split()
    },
    "malid": "myanimelist",
    "tmdbcolid": "tmdbcollection",
    "tmdbcollectionid": "tmdbcollection",
    "collectionnumber": "tmdbcollection",
}
_UNSET = frozenset({"", "0", "-1", "tt0000000", "none", "null"})
_NUMBERED = frozenset({"tmdb", "tvdb", "tmdbcollection"})
_IMDB = re.compile(r"\b(?:tt|nm)\d{5,10}\b", re.ASCII)
_IMDB_NUMBER = re.compile(r"\d{5,10}", re.ASCII)
_NUMBER = re.compile(r"0{0,9}([1-9]\d{0,9})(?:-.*)?", re.ASCII)
_LONGEST = 200

# Kodi's own word for a `uniqueid` or `id` that names no provider.
UNKNOWN = "unknown"


def read(fields: Fields, root: str, loose: str) -> tuple[dict[str, str], str | None]:
    """Return id by provider and the provider that `uniqueid default="true"` names.

    The most explicit place wins: uniqueid, <imdbid> and its like, <id>, an address. `loose` is
    the text around the root.
    """
    claims = (*_unique(fields, root), *_tagged(fields), *_plain(fields, root))
    around = " ".join((loose, *(text_of(element) for element in fields.elements("url"))))
    ids = _chosen((*claims, *_addressed(around, root)), fields.problems)
    marked = (
        _claim(element, root)[0]
        for element in fields.elements("uniqueid")
        if attributes_of(element).get("default", "").lower() in ("true", "1")
    )
    return ids, next((provider for provider in marked if provider in ids), None)


def of_person(fields: Fields) -> dict[str, str]:
    return _chosen((*_unique(fields, ""), *_tagged(fields)), fields.problems, imdb="nm")


def root_in(text: str) -> str:
    """Return what the first address that tells says its title is, "" where none tells."""
    kinds = (
        address.root for address in _ADDRESSES if address.root and address.pattern.search(text)
    )
    return next(kinds, "")


def _addressed(text: str, root: str) -> Iterator[tuple[str, str]]:
    """Find the addresses of titles, and IMDb ids as they are; not a series' for a film."""
    for address in _ADDRESSES:
        if not address.root or root not in ROOTS or (address.root == "movie") == (root == "movie"):
            for found in address.pattern.finditer(text):
                yield address.provider, found[1].lower()


def _chosen(
    claims: Iterable[tuple[str, str]], problems: list[str], *, imdb: str = "tt"
) -> dict[str, str]:
    """Keep the first valid id of each provider; `imdb` is the beginning of IMDb's."""
    ids: dict[str, str] = {}
    for provider, written in claims:
        if written.lower() in _UNSET:
            continue
        known = _imdb(written.lower(), imdb) if provider == "imdb" else _checked(provider, written)
        if known is None:
            problems.append(f"bad_id:{provider}")
        elif ids.setdefault(provider, known) != known:
            problems.append(f"conflicting_id:{provider}")
    return ids


def _unique(fields: Fields, root: str) -> Iterator[tuple[str, str]]:
    return (_claim(element, root) for element in fields.elements("uniqueid"))


def _tagged(fields: Fields) -> Iterator[tuple[str, str]]:
    for element in fields.elements(*_TAGS):
        yield _TAGS[name_of(element)], text_of(element)
    for element in fields.elements("set"):
        yield "tmdbcollection", attributes_of(element).get("tmdbcolid", "")


def _plain(fields: Fields, root: str) -> Iterator[tuple[str, str]]:
    """Read `<id>`: attributes named after providers, one that names the provider, or just text."""
    for element in fields.elements("id"):
        for name, value in attributes_of(element).items():
            if name in _TAGS:
                yield _TAGS[name], value
        yield _claim(element, root)


def _claim(element: etree._Element, root: str) -> tuple[str, str]:
    attributes, written = attributes_of(element), text_of(element)
    kind = attributes.get("type") or attributes.get("source") or attributes.get("moviedb")
    return (_provider(kind) if kind else _guessed(written, root)), written


def _guessed(written: str, root: str) -> str:
    if address := next(_addressed(written, root), None):
        return address[0]
    # The text of a series' plain id is its TVDB number; a film's may be anybody's.
    return "tvdb" if root == "tvshow" and written.isdecimal() else UNKNOWN


def _provider(written: str) -> str:
    name = "".join(written.lower().split())[:_LONGEST]
    return _NAMES.get(name, name)


def _checked(provider: str, written: str) -> str | None:
    """Return the id in the provider's own form; None where it cannot be one."""
    if provider not in _NUMBERED:
        return written[:_LONGEST]
    addressed = (number for name, number in _addressed(written, "") if name == provider)
    found = _NUMBER.fullmatch(next(addressed, written))
    return found[1] if found else None


def _imdb(written: str, letters: str) -> str | None:
    """Read "tt0133093", "133093" and an address that holds the first."""
    if _IMDB_NUMBER.fullmatch(written):
        return f"{letters}{written:0>7}"
    found = _IMDB.search(written)
    return found[0] if found and found[0].startswith(letters) else None

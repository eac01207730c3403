"""Podnapisi.NET: films and episodes by title, over its old XML search; no account, and slow."""

from collections.abc import Iterator
from typing import ClassVar

from lxml import etree

from sublarr_tasks import languages
from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query
from sublarr_tasks.errors import AnswerMalformed

NAME = "Podnapisi"
SEARCH = "/subtitles/search/old"
MOST_PAGES = 3
_TAGS = {"sr-latn": "sr-Latn", "pt-br": "pt-BR", "zh-tw": "zh-Hant"}
_CODES = {tag: code for code, tag in _TAGS.items()}
_HEARING_IMPAIRED = "hearing_impaired"
_FOREIGN_PARTS = "foreign_parts_only"


class Podnapisi:
    """Films and episodes, packed as zip."""

    name: ClassVar[str] = "podnapisi"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, http: Http) -> None:
        self._http = http

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        found: dict[str, Candidate] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = self._http.request("GET", SEARCH, params=_params(query, page))
            root = _parsed(answer.content)
            found |= {each.id: each for each in _candidates(root)}
            if page >= int(root.findtext("pagination/count") or 1):
                break
        return [*found.values()]

    def download(self, candidate: Candidate) -> Download:
        """Fetch an archive; raises ServiceError."""
        path = f"/subtitles/{candidate.id}/download"
        answer = self._http.request("GET", path, params={"container": "zip"})
        return Download(answer.content, f"{candidate.id}.zip")


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise AnswerMalformed("The answer is no XML.") from error
    if root.tag != "results":
        raise AnswerMalformed(f"It is not what {NAME} answers.")
    return root


def _params(query: Query, page: int) -> dict[str, object]:
    asked: dict[str, object] = {
        "sXML": 1,
        "sK": query.title,
        "sL": ",".join(
            sorted(_CODES.get(each, each.partition("-")[0]) for each in query.languages)
        ),
    }
    if query.media is Media.EPISODE:
        asked |= {"sTS": query.season, "sTE": query.episode}
    elif query.year:
        asked["sY"] = query.year
    if page > 1:
        asked["page"] = page
    return {name: value for name, value in asked.items() if value is not None}


def _candidates(root: etree._Element) -> Iterator[Candidate]:
    for each in root.iterfind("subtitle"):
        pid = each.findtext("pid")
        code = (each.findtext("language") or "").lower()
        tag = _TAGS.get(code) or languages.tag(code)
        if not pid or tag is None:
            continue
        flags = {flag.text for flag in each.iterfind("new_flags/flags")}
        named = [release.text for release in each.iterfind("releases/release")]
        old = (each.findtext("release") or "").split()
        yield Candidate(
            provider=Podnapisi.name,
            id=pid,
            language=tag,
            releases=tuple(dict.fromkeys(filter(None, [*named, *old]))),
            forced=_FOREIGN_PARTS in flags,
            hearing_impaired=_HEARING_IMPAIRED in flags or "n" in (each.findtext("flags") or ""),
            title=each.findtext("title"),
            year=_number(each.findtext("year")),
            season=_number(each.findtext("tvSeason")) or None,
            episode=_number(each.findtext("tvEpisode")) or None,
            packed=True,
            uploader=each.findtext("uploaderName"),
            downloads=_number(each.findtext("downloads")),
            url=each.findtext("url"),
        )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None

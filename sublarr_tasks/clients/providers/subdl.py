"""SubDL: films and episodes by id or title, packed as zip.

It says 200 with `status: false` where it has nothing, and 500 where a day's downloads are used up.
"""

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from sublarr_tasks import languages
from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.http import Answer, Http
from sublarr_tasks.clients.providers import links
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query
from sublarr_tasks.errors import AnswerMalformed, QuotaReached

NAME = "SubDL"
PATH = "/api/v1/subtitles"
API_HOST, FILES = "api.subdl.com", "https://dl.subdl.com"
MOST_ON_A_PAGE = 30
# Its day is the calendar's, but whose it does not say.
QUOTA_SECONDS = 3600.0
SERVER_ERROR = 500
_LIMIT = "limit"
_CODES = {"pt-BR": "BR_PT", "zh-Hans": "ZH", "zh-Hant": "ZH_BG", "nb": "NO"}
_TAGS = {"BR_PT": "pt-BR", "ZH_BG": "zh-Hant", "ZH": "zh"}


class _Title(Told):
    name: str | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    year: int | None = None


class _Subtitle(Told):
    url: str
    language: str | None = None
    release_name: str | None = None
    releases: list[str] | None = None
    author: str | None = None
    season: int | None = None
    episode: int | None = None
    hi: bool | None = None
    full_season: bool | None = None
    subtitle_page: str | None = Field(None, alias="subtitlePage")


class _Page(Told):
    status: bool
    error: str | None = None
    results: list[_Title] = Field(default_factory=list)
    subtitles: list[_Subtitle] = Field(default_factory=list)


class SubDl:
    """Films and episodes; a whole season's archive is offered for each of its episodes."""

    name: ClassVar[str] = "subdl"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, http: Http) -> None:
        self._http = http

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        page = understood(_Page, self._http.get_json(PATH, _params(query), judge=_judge), NAME)
        return [*_candidates(page, query)] if page.status else []

    def download(self, candidate: Candidate) -> Download:
        """Fetch an archive; raises ServiceError."""
        path = str(candidate.download["path"])
        content = links.fetch(self._http.service, self._files() + path, judge=_judge)
        return Download(content, path.rpartition("/")[2])

    def _files(self) -> str:
        """Return where its files are: where its API is, unless that is everybody's."""
        url = self._http.service.url
        return FILES if urlsplit(url).hostname == API_HOST else url


def _judge(answer: Answer) -> None:
    """Know its limit, which it calls an error of its own."""
    if answer.status != SERVER_ERROR:
        return
    try:
        said = str(answer.json())
    except AnswerMalformed:
        said = answer.content[:1000].decode(errors="replace")
    if _LIMIT in said.lower():
        raise QuotaReached("Its downloads of this day are used up.", seconds=QUOTA_SECONDS)


def _params(query: Query) -> dict[str, object]:
    of_series = query.media is Media.EPISODE
    asked: dict[str, object] = {
        "type": "tv" if of_series else "movie",
        "languages": ",".join(
            sorted(_CODES.get(each, each.partition("-")[0].upper()) for each in query.languages)
        ),
        "subs_per_page": MOST_ON_A_PAGE,
        "releases": 1,
        "hi": 1,
    }
    if query.imdb_id:
        asked["imdb_id"] = query.imdb_id
    elif query.tmdb_id:
        asked["tmdb_id"] = query.tmdb_id
    else:
        asked["film_name"] = query.title
        if query.year and not of_series:
            asked["year"] = query.year
    if of_series:
        asked |= {"season_number": query.season, "episode_number": query.episode}
    return {name: value for name, value in asked.items() if value is not None}


def _candidates(page: _Page, query: Query) -> Iterator[Candidate]:
    title = page.results[0] if page.results else _Title()
    by_id = (bool(query.imdb_id) and title.imdb_id == query.imdb_id) or (
        bool(query.tmdb_id) and str(title.tmdb_id) == query.tmdb_id
    )
    for each in page.subtitles:
        code = (each.language or "").upper()
        tag = _TAGS.get(code) or languages.tag(code)
        if tag is None:
            continue
        named = (each.release_name, *(each.releases or ()))
        whole = bool(each.full_season)
        yield Candidate(
            provider=SubDl.name,
            id=each.url.rpartition("/")[2],
            language=tag,
            releases=tuple(dict.fromkeys(filter(None, named))),
            hearing_impaired=bool(each.hi),
            title=title.name,
            year=title.year if query.media is Media.MOVIE else None,
            season=each.season,
            episode=None if whole else each.episode,
            by_id=by_id,
            packed=True,
            uploader=each.author,
            url=each.subtitle_page,
            download={"path": each.url},
        )

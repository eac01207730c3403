"""SubSource, version 1 of its REST API: first the film or season, then its subtitles, as zip."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from sublarr_tasks import languages
from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query

NAME = "SubSource"
API = "/api/v1"
MOST_ON_A_PAGE = 100
# What a title's number is there does not change.
TITLE_SECONDS = 86_400
_NAMES = {
    "pt-BR": "brazilian_portuguese",
    "pt": "portuguese",
    "zh-Hans": "chinese_simplified",
    "zh-Hant": "chinese_traditional",
    "zh": "chinese",
    "fa": "farsi_persian",
    "es-419": "spanish_latin_america",
    "fr-CA": "french_canada",
    "nb": "norwegian",
    "no": "norwegian",
}
_TAGS = {name: tag for tag, name in _NAMES.items() if tag != "no"}


class _Title(Told):
    movie_id: int = Field(alias="movieId")
    title: str | None = None
    type: str | None = None
    season: int | None = None
    release_year: int | None = Field(None, alias="releaseYear")
    imdb_id: str | None = Field(None, alias="imdbId")


class _Contributor(Told):
    displayname: str | None = None


class _Subtitle(Told):
    subtitle_id: int = Field(alias="subtitleId")
    language: str | None = None
    release_info: list[str] | None = Field(None, alias="releaseInfo")
    hearing_impaired: bool | None = Field(None, alias="hearingImpaired")
    foreign_parts: bool | None = Field(None, alias="foreignParts")
    production_type: str | None = Field(None, alias="productionType")
    downloads: int | None = None
    contributors: list[_Contributor] | None = None


class _Titles(Told):
    data: list[_Title]


class _Subtitles(Told):
    data: list[_Subtitle]


class SubSource:
    """Films and seasons; which episode a subtitle is of, its release says."""

    name: ClassVar[str] = "subsource"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, http: Http) -> None:
        self._http = http

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        title = self._title(query)
        if title is None:
            return []
        found: list[Candidate] = []
        for language in query.languages:
            params = {
                "movieId": title.movie_id,
                "language": _name(language),
                "limit": MOST_ON_A_PAGE,
            }
            answer = self._http.get_json(f"{API}/subtitles", params)
            found += _candidates(understood(_Subtitles, answer, NAME), title, query)
        return found

    def download(self, candidate: Candidate) -> Download:
        """Fetch an archive; raises ServiceError."""
        path = f"{API}/subtitles/{candidate.id}/download"
        return Download(self._http.request("GET", path).content, f"{candidate.id}.zip")

    def _title(self, query: Query) -> _Title | None:
        """Return the film or season that is meant; by its title only where that and more agree."""
        asked: dict[str, object] = {
            "type": "series" if query.media is Media.EPISODE else "movie",
        }
        if query.imdb_id:
            asked |= {"searchType": "imdb", "imdb": query.imdb_id}
        else:
            asked |= {"searchType": "text", "q": query.title}
            if query.year:
                asked["year"] = query.year
        if query.media is Media.EPISODE and query.season is not None:
            asked["season"] = query.season
        answer = self._http.get_json(f"{API}/movies/search", asked, cache_seconds=TITLE_SECONDS)
        return next(
            (each for each in understood(_Titles, answer, NAME).data if _is_meant(each, query)),
            None,
        )


def _is_meant(title: _Title, query: Query) -> bool:
    if query.media is Media.EPISODE and title.season not in (None, query.season):
        return False
    if query.imdb_id:
        return title.imdb_id in (None, query.imdb_id)
    same = (title.title or "").casefold() == query.title.casefold()
    return same and (query.year is None or title.release_year in (None, query.year))


def _name(tag: str) -> str:
    return _NAMES.get(tag) or languages.name(tag).lower().replace(" ", "_")


def _candidates(answer: _Subtitles, title: _Title, query: Query) -> Iterator[Candidate]:
    for each in answer.data:
        name = (each.language or "").lower()
        tag = _TAGS.get(name) or languages.tag(name.replace("_", " "))
        if tag is None:
            continue
        maker = each.contributors[0].displayname if each.contributors else None
        yield Candidate(
            provider=SubSource.name,
            id=str(each.subtitle_id),
            language=tag,
            releases=tuple(each.release_info or ()),
            forced=bool(each.foreign_parts),
            hearing_impaired=bool(each.hearing_impaired),
            provisional="machine" in (each.production_type or "").lower(),
            title=title.title,
            year=title.release_year if query.media is Media.MOVIE else None,
            season=title.season,
            by_id=bool(query.imdb_id and title.imdb_id == query.imdb_id),
            packed=True,
            uploader=maker,
            downloads=each.downloads,
        )

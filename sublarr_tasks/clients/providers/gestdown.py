"""Gestdown: episodes, by the series' TheTVDB id; it mirrors Addic7ed and asks for no account.

It answers 423 while it fetches what it does not have yet, and 404 where there is nothing.
"""

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from pydantic import Field

from sublarr_tasks import languages
from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.http import Answer, Http
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query
from sublarr_tasks.errors import RequestRefused, Throttled

NAME = "Gestdown"
NOT_FOUND, LOCKED = 404, 423
FETCHING_SECONDS = 30.0
SHOW_SECONDS = 86_400
_NAMES = {
    "pt-BR": "Portuguese (Brazilian)",
    "es-419": "Spanish (Latin America)",
    "es-ES": "Spanish (Spain)",
    "fr-CA": "French (Canadian)",
    "zh-Hans": "Chinese (Simplified)",
    "zh-Hant": "Chinese (Traditional)",
    "nb": "Norwegian",
    "no": "Norwegian",
}


class _Show(Told):
    id: str
    name: str


class _Shows(Told):
    shows: list[_Show] = Field(default_factory=list)


class _Subtitle(Told):
    subtitle_id: str = Field(alias="subtitleId")
    version: str | None = None
    completed: bool = True
    hearing_impaired: bool = Field(default=False, alias="hearingImpaired")
    download_uri: str = Field(alias="downloadUri")
    download_count: int | None = Field(None, alias="downloadCount")


class _Subtitles(Told):
    matching: list[_Subtitle] = Field(alias="matchingSubtitles")


class Gestdown:
    """Episodes only; the API is public."""

    name: ClassVar[str] = "gestdown"
    media: ClassVar[frozenset[Media]] = frozenset({Media.EPISODE})

    def __init__(self, http: Http) -> None:
        self._http = http

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        if query.season is None or query.episode is None:
            return []
        show = self._show(query)
        if show is None:
            return []
        found: list[Candidate] = []
        for language in query.languages:
            name = quote(_NAMES.get(language) or languages.name(language))
            path = f"/subtitles/get/{show.id}/{query.season}/{query.episode}/{name}"
            answer = self._get(path)
            if answer is not None:
                found += _candidates(understood(_Subtitles, answer, NAME), show, query, language)
        return found

    def download(self, candidate: Candidate) -> Download:
        """Fetch a file; raises ServiceError."""
        path = str(candidate.download["path"])
        return Download(self._http.request("GET", path, judge=_judge).content, "")

    def _show(self, query: Query) -> _Show | None:
        if query.tvdb_id:
            answer = self._get(f"/shows/external/tvdb/{query.tvdb_id}", SHOW_SECONDS)
        else:
            answer = self._get(f"/shows/search/{quote(query.title, safe='')}", SHOW_SECONDS)
        shows = [] if answer is None else understood(_Shows, answer, NAME).shows
        if query.tvdb_id:
            return shows[0] if shows else None
        wanted = query.title.casefold()
        return next((show for show in shows if show.name.casefold() == wanted), None)

    def _get(self, path: str, cache_seconds: int = 0) -> object:
        """Return an answer's JSON, None where there is nothing; raises ServiceError."""
        try:
            return self._http.get_json(path, cache_seconds=cache_seconds, judge=_judge)
        except RequestRefused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise


def _judge(answer: Answer) -> None:
    if answer.status == LOCKED:
        raise Throttled("It is fetching it from elsewhere.", seconds=FETCHING_SECONDS)


def _candidates(
    answer: _Subtitles, show: _Show, query: Query, language: str
) -> Iterator[Candidate]:
    for each in answer.matching:
        if each.completed:
            yield Candidate(
                provider=Gestdown.name,
                id=each.subtitle_id,
                language=language,
                releases=(each.version,) if each.version else (),
                hearing_impaired=each.hearing_impaired,
                title=show.name,
                season=query.season,
                episode=query.episode,
                by_id=query.tvdb_id is not None,
                downloads=each.download_count,
                download={"path": each.download_uri},
            )

"""Jimaku: Japanese subtitles of anime and of Japanese films, by the title's TMDB id or its name.

Its key goes bare in Authorization. A file's name alone says its language, format and episode.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from sublarr_tasks.clients.answers import Told
from sublarr_tasks.clients.http import Answer, Http
from sublarr_tasks.clients.providers import links
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query
from sublarr_tasks.errors import AnswerMalformed, Throttled

NAME = "Jimaku"
LANGUAGE = "ja"
THROTTLED = 429
ENTRY_SECONDS = 86_400
TAKEN = frozenset({"srt", "ass", "ssa", "vtt", "zip"})


class _Entry(Told):
    id: int
    name: str
    english_name: str | None = None
    japanese_name: str | None = None
    tmdb_id: str | None = None


class _File(Told):
    url: str
    name: str
    size: int | None = None


ModelT = TypeVar("ModelT", bound=BaseModel)
_ENTRIES, _FILES = TypeAdapter(list[_Entry]), TypeAdapter(list[_File])


class Jimaku:
    """Episodes and films, in Japanese."""

    name: ClassVar[str] = "jimaku"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, http: Http) -> None:
        self._http = http

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        if not any(each.partition("-")[0] == LANGUAGE for each in query.languages):
            return []
        entry = self._entry(query)
        if entry is None:
            return []
        params = {} if query.episode is None else {"episode": query.episode}
        path = f"/api/entries/{entry.id}/files"
        files = _read(_FILES, self._http.get_json(path, params, judge=_judge))
        return [*_candidates(entry, files, query)]

    def download(self, candidate: Candidate) -> Download:
        """Fetch a file or an archive; raises ServiceError."""
        content = links.fetch(self._http.service, str(candidate.download["url"]), judge=_judge)
        return Download(content, candidate.releases[0])

    def _entry(self, query: Query) -> _Entry | None:
        kind = "tv" if query.media is Media.EPISODE else "movie"
        asked = {"tmdb_id": f"{kind}:{query.tmdb_id}"} if query.tmdb_id else {"query": query.title}
        answer = self._http.get_json(
            "/api/entries/search", asked, cache_seconds=ENTRY_SECONDS, judge=_judge
        )
        entries = _read(_ENTRIES, answer)
        if query.tmdb_id:
            return entries[0] if entries else None
        wanted = query.title.casefold()
        return next((each for each in entries if wanted in _names(each)), None)


def _judge(answer: Answer) -> None:
    """Read how long to wait where it names the header in its own way."""
    if answer.status != THROTTLED:
        return
    given = answer.headers.get("x-ratelimit-reset-after", "")
    try:
        seconds = float(given)
    except ValueError:
        return
    raise Throttled("It asks us to wait.", seconds=max(1.0, seconds))


def _read(kind: "TypeAdapter[list[ModelT]]", answer: object) -> list[ModelT]:
    try:
        return kind.validate_python(answer)
    except ValidationError as error:
        raise AnswerMalformed(f"It is not what {NAME} answers.") from error


def _names(entry: _Entry) -> set[str]:
    given = (entry.name, entry.english_name, entry.japanese_name)
    return {name.casefold() for name in given if name}


def _candidates(entry: _Entry, files: list[_File], query: Query) -> Iterator[Candidate]:
    for file in files:
        extension = PurePosixPath(file.name).suffix.lower().removeprefix(".")
        if extension not in TAKEN:
            continue
        packed = extension == "zip"
        yield Candidate(
            provider=Jimaku.name,
            id=file.url.rpartition("/entry/")[2],
            language=LANGUAGE,
            releases=(file.name,),
            title=entry.english_name or entry.name,
            season=None,
            episode=None if packed else query.episode,
            by_id=query.tmdb_id is not None,
            packed=packed,
            format=None if packed else extension,
            download={"url": file.url},
        )

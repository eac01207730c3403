"""OpenSubtitles.com, version 1 of its REST API.

Parameters go in the order and form that it takes without a redirect: sorted, in lower case, ids
without "tt" and leading zeros. A download is counted when its link is asked for.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field

from sublarr_tasks import languages
from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.http import Answer, Http
from sublarr_tasks.clients.providers import links
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Query
from sublarr_tasks.clients.tokens import Token
from sublarr_tasks.errors import AccessDenied, AnswerMalformed, QuotaReached

NAME = "OpenSubtitles"
API = "/api/v1"
MOST_PAGES = 3
# It says 406 where the account has fetched as much as it may.
QUOTA = 406
# It lasts a day; there are few logins to be had.
TOKEN_SECONDS = 12 * 3600
_CODES = {"pt-BR": "pt-br", "pt": "pt-pt", "zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "es-419": "ea"}
_TAGS = {code: tag for tag, code in _CODES.items()} | {"ze": "zh", "zh-ca": "yue", "me": "cnr"}
_TRUSTED = frozenset({"administrator", "platinum member", "gold member", "trusted"})


class _Details(Told):
    title: str | None = None
    parent_title: str | None = None
    year: int | None = None
    imdb_id: int | None = None
    tmdb_id: int | None = None
    parent_imdb_id: int | None = None
    parent_tmdb_id: int | None = None
    season_number: int | None = None
    episode_number: int | None = None


class _File(Told):
    file_id: int
    file_name: str | None = None


class _Uploader(Told):
    name: str | None = None
    rank: str | None = None


class _Subtitle(Told):
    subtitle_id: str
    language: str | None = None
    download_count: int | None = None
    hearing_impaired: bool | None = False
    fps: float | None = None
    from_trusted: bool | None = False
    foreign_parts_only: bool | None = False
    ai_translated: bool | None = False
    machine_translated: bool | None = False
    moviehash_match: bool | None = False
    release: str | None = None
    url: str | None = None
    uploader: _Uploader | None = None
    feature_details: _Details | None = None
    files: list[_File] = Field(default_factory=list)


class _Row(Told):
    attributes: _Subtitle


class _Page(Told):
    total_pages: int = 1
    data: list[_Row] = Field(default_factory=list)


class _Link(Told):
    link: str
    file_name: str
    remaining: int | None = None
    reset_time_utc: str | None = None


class _Login(Told):
    token: str


class OpenSubtitles:
    """Films and episodes by hash, id or title; downloads count for the account."""

    name: ClassVar[str] = "opensubtitles"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, http: Http, secrets: Mapping[str, str]) -> None:
        self._http = http
        self._secrets = secrets
        place = f"{http.service.name}:{secrets.get('username')}:token"
        self._token = Token(place, TOKEN_SECONDS, self._login)

    def search(self, query: Query) -> list[Candidate]:
        """Return what it has; raises ServiceError."""
        found: dict[str, Candidate] = {}
        for page in range(1, MOST_PAGES + 1):
            params = dict(sorted((_params(query) | _numbered(page)).items()))
            answer = understood(_Page, self._http.get_json(f"{API}/subtitles", params), NAME)
            for row in answer.data:
                for candidate in _candidates(row.attributes, query):
                    found.setdefault(candidate.id, candidate)
            if page >= answer.total_pages:
                break
        return [*found.values()]

    def download(self, candidate: Candidate) -> Download:
        """Ask for the link, which is what counts, and fetch what it leads to."""
        link = self._link(int(candidate.download["file_id"]))
        content = links.fetch(self._http.service, link.link)
        return Download(content, link.file_name, link.remaining, link.reset_time_utc)

    def _link(self, file_id: int) -> _Link:
        token = None
        if {"username", "password"} <= self._secrets.keys():
            token = self._token.kept() or self._token.renewed()
        try:
            return self._asked_link(file_id, token)
        except AccessDenied:
            if token is None or token == (renewed := self._token.renewed()):
                raise
            return self._asked_link(file_id, renewed)

    def _asked_link(self, file_id: int, token: str | None) -> _Link:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = self._http.request(
            "POST", f"{API}/download", body={"file_id": file_id}, headers=headers, judge=_judge
        )
        return understood(_Link, answer.json(), NAME)

    def _login(self) -> str:
        body = {name: self._secrets[name] for name in ("username", "password")}
        answer = self._http.send_json("POST", f"{API}/login", body)
        return understood(_Login, answer, NAME).token


def _judge(answer: Answer) -> None:
    """Know that the account has fetched as much as it may, and when it may again."""
    if answer.status != QUOTA:
        return
    try:
        moment = datetime.fromisoformat(str(answer.json()["reset_time_utc"]))
        seconds = max(60.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (AnswerMalformed, KeyError, TypeError, ValueError):
        seconds = None
    raise QuotaReached("Its downloads of this day are used up.", seconds=seconds)


def _numbered(page: int) -> dict[str, object]:
    return {} if page == 1 else {"page": page}


def _params(query: Query) -> dict[str, object]:
    asked: dict[str, object] = {
        "languages": ",".join(sorted(_CODES.get(each, each).lower() for each in query.languages)),
        "type": query.media.value,
    }
    if query.moviehash:
        asked["moviehash"] = query.moviehash
    if query.forced:
        asked["foreign_parts_only"] = "only"
    of_series = query.media is Media.EPISODE
    above = "parent_" if of_series else ""
    if of_series:
        asked |= {
            name: number
            for name, number in (
                ("season_number", query.season),
                ("episode_number", query.episode),
            )
            if number is not None
        }
    if query.imdb_id:
        asked[f"{above}imdb_id"] = int(query.imdb_id.removeprefix("tt"))
    elif query.tmdb_id:
        asked[f"{above}tmdb_id"] = int(query.tmdb_id)
    else:
        asked["query"] = query.title.lower()
        if query.year and not of_series:
            asked["year"] = query.year
    return asked


def _candidates(said: _Subtitle, query: Query) -> Iterator[Candidate]:
    """Yield a subtitle's first file: one of several parts fits no file of ours."""
    tag = _TAGS.get((said.language or "").lower()) or languages.tag(said.language or "")
    if tag is None or len(said.files) != 1:
        return
    file, about = said.files[0], said.feature_details or _Details()
    uploader = said.uploader or _Uploader()
    yield Candidate(
        provider=OpenSubtitles.name,
        id=str(file.file_id),
        language=tag,
        releases=tuple(filter(None, (said.release, file.file_name))),
        forced=bool(said.foreign_parts_only),
        hearing_impaired=bool(said.hearing_impaired),
        provisional=bool(said.ai_translated or said.machine_translated),
        title=about.parent_title or about.title,
        year=about.year if query.media is Media.MOVIE else None,
        season=about.season_number,
        episode=about.episode_number,
        by_id=_is_by_id(query, about),
        by_hash=bool(said.moviehash_match),
        uploader=uploader.name,
        trusted=bool(said.from_trusted) or (uploader.rank or "").lower() in _TRUSTED,
        downloads=said.download_count,
        frame_rate=said.fps or None,
        url=said.url,
        download={"file_id": file.file_id},
    )


def _is_by_id(query: Query, about: _Details) -> bool:
    """Tell whether what it found has the id that was asked for."""
    of_series = query.media is Media.EPISODE
    imdb_id = about.parent_imdb_id if of_series else about.imdb_id
    tmdb_id = about.parent_tmdb_id if of_series else about.tmdb_id
    if query.imdb_id and imdb_id:
        return int(query.imdb_id.removeprefix("tt")) == imdb_id
    return bool(query.tmdb_id and tmdb_id and int(query.tmdb_id) == tmdb_id)

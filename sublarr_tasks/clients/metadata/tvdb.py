"""TheTVDB, version 4 of its API: series by its ids, with a token that a login gives for a month.

Its endpoints are those that its official client asks.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import langcodes
from pydantic import TypeAdapter

from sublarr_tasks.clients.answers import understood
from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.metadata import tvdb_answers as answers
from sublarr_tasks.clients.metadata.facts import Credit, Facts, Picture, PictureType
from sublarr_tasks.clients.tokens import Token
from sublarr_tasks.errors import AccessDenied, RequestRefused
from sublarr_tasks.models import ItemKind

NAME = "TheTVDB"
ID = "tvdb"
NOT_FOUND = 404
ANSWER_SECONDS = 600
# It lasts a month; a new one is fetched some days before.
TOKEN_SECONDS = 25 * 86_400
MOST_PAGES = 50
_UPDATES = TypeAdapter(list[answers.Update])
# Of its table of types those of series, seasons and episodes.
PICTURES: Mapping[int, PictureType] = {
    1: PictureType.BANNER,
    2: PictureType.POSTER,
    3: PictureType.FANART,
    22: PictureType.CLEARART,
    23: PictureType.CLEARLOGO,
}
OF_SEASONS: Mapping[int, PictureType] = {
    6: PictureType.BANNER,
    7: PictureType.POSTER,
    8: PictureType.LANDSCAPE,
}


class Tvdb:
    """Its series; `language` is BCP 47, `country` ISO 3166-1."""

    def __init__(
        self, http: Http, secrets: Mapping[str, str], language: str = "en-US", country: str = "US"
    ) -> None:
        self._http = http
        self._secrets = secrets
        self._language = _alpha3(language)
        place = f"token {http.service.name} {http.service.url}"
        self._token = Token(place, TOKEN_SECONDS, self._login)
        self._country = langcodes.Language.make(territory=country).territory or ""

    def series(self, tvdb_id: str) -> Facts | None:
        """Return a series with all its episodes, None where there is none; raises ServiceError."""
        path = f"/v4/series/{tvdb_id}/extended"
        found = self._get(answers.Series, path, {"meta": "translations"})
        if found is None:
            return None
        return self._of_series(found, [*self._episodes(tvdb_id)])

    def pictures(self, tvdb_id: str) -> tuple[Picture, ...]:
        """Return what it has of a series and its seasons; raises ServiceError."""
        found = self._get(
            answers.Series, f"/v4/series/{tvdb_id}/extended", {"meta": "translations"}
        )
        return () if found is None else tuple(_pictures(found))

    def changed(self, since: datetime) -> Iterator[str]:
        """Yield the ids of the series that changed since a moment; raises ServiceError."""
        for page in range(MOST_PAGES):
            params = {"since": int(since.timestamp()), "action": "update", "page": page}
            envelope = self._ask("/v4/updates", params, keep=False)
            if envelope is None:
                return
            for each in _UPDATES.validate_python(envelope.data or []):
                number = each.recordId if each.entityType == "series" else each.seriesId
                if number:
                    yield str(number)
            if not (envelope.links or {}).get("next"):
                return

    def _episodes(self, tvdb_id: str) -> Iterator[answers.Episode]:
        """Yield a series' episodes in the order in which they were aired."""
        path = f"/v4/series/{tvdb_id}/episodes/default/{self._language}"
        for page in range(MOST_PAGES):
            envelope = self._ask(path, {"page": page})
            if envelope is None:
                return
            found = understood(answers.Episodes, envelope.data, NAME)
            yield from found.episodes or ()
            if not (envelope.links or {}).get("next"):
                return

    def _get(
        self, kind: type[answers.Series], path: str, params: Mapping[str, object]
    ) -> answers.Series | None:
        envelope = self._ask(path, params)
        return None if envelope is None else understood(kind, envelope.data, NAME)

    def _ask(
        self, path: str, params: Mapping[str, object], *, keep: bool = True
    ) -> answers.Envelope | None:
        """Ask with the token that there is, and once more with a new one where it is refused."""
        token = self._token.kept()
        try:
            answer = self._answer(path, params, token or self._token.renewed(), keep=keep)
        except AccessDenied:
            if token is None:
                raise
            answer = self._answer(path, params, self._token.renewed(), keep=keep)
        return None if answer is None else understood(answers.Envelope, answer, NAME)

    def _answer(self, path: str, params: Mapping[str, object], token: str, *, keep: bool) -> Any:  # noqa: ANN401 - any JSON
        try:
            return self._http.get_json(
                path,
                params,
                cache_seconds=ANSWER_SECONDS if keep else 0,
                headers={"Authorization": f"Bearer {token}"},
            )
        except RequestRefused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def _login(self) -> str:
        body = {
            "apikey": self._secrets.get("api_key"),
            **({"pin": self._secrets["pin"]} if "pin" in self._secrets else {}),
        }
        said = self._http.send_json("POST", "/v4/login", body)
        envelope = understood(answers.Envelope, said, NAME)
        return understood(answers.Login, envelope.data, NAME).token

    def _of_series(self, found: answers.Series, episodes: Iterable[answers.Episode]) -> Facts:
        told = found.translations or answers.Translations()
        names = {each.language: each.name for each in told.nameTranslations or ()}
        plots = {each.language: each.overview for each in told.overviewTranslations or ()}
        characters = sorted(found.characters or (), key=lambda each: each.sort or 0)
        ratings = {
            (each.country or "")[:2].upper(): each.name for each in found.contentRatings or ()
        }
        return Facts(
            kind=ItemKind.SERIES,
            ids=_ids(found),
            title=names.get(self._language) or found.name,
            original_title=found.name,
            plot=plots.get(self._language) or found.overview,
            premiered=found.firstAired,
            runtime_minutes=found.averageRuntime,
            content_rating=ratings.get(self._country),
            status=found.status.name,
            original_language=found.originalLanguage,
            genres=tuple(each.name for each in found.genres or () if each.name),
            studios=tuple(each.name for each in found.companies or () if each.name),
            actors=tuple(_credits(characters)),
            pictures=tuple(each for each in _pictures(found) if each.season is None),
            season_numbers=tuple(sorted({each.seasonNumber for each in episodes})),
            episodes=tuple(_episode(each) for each in episodes),
        )


def _alpha3(language: str) -> str:
    return langcodes.Language.get(language).to_alpha3()


def _ids(found: answers.Series) -> dict[str, str]:
    sources = {"IMDB": "imdb", "TheMovieDB.com": "tmdb"}
    remote = {sources[r.sourceName]: r.id for r in found.remoteIds or () if r.sourceName in sources}
    return {ID: str(found.id), **remote}


def _credits(characters: Iterable[answers.Character]) -> Iterator[Credit]:
    for order, each in enumerate(characters):
        if each.personName and each.peopleType in (None, "Actor"):
            yield Credit(each.personName, {}, each.name, None, order, each.personImgURL)


def _episode(found: answers.Episode) -> Facts:
    return Facts(
        kind=ItemKind.EPISODE,
        ids={ID: str(found.id)},
        title=found.name,
        plot=found.overview,
        premiered=found.aired,
        runtime_minutes=found.runtime,
        season_number=found.seasonNumber,
        episode_number=found.number,
        pictures=(Picture(PictureType.THUMB, found.image),) if found.image else (),
    )


def _pictures(found: answers.Series) -> Iterator[Picture]:
    numbers = {
        each.id: each.number
        for each in found.seasons or ()
        if each.type.type in (None, "official", "default")
    }
    for each in found.artworks or ():
        of_season = each.seasonId is not None
        kind = (OF_SEASONS if of_season else PICTURES).get(each.type)
        if kind is None or not each.image or (of_season and each.seasonId not in numbers):
            continue
        language = langcodes.Language.get(each.language).language if each.language else None
        yield Picture(
            kind,
            each.image,
            each.width,
            each.height,
            None if each.includesText is False else language,
            season=numbers.get(each.seasonId or 0),
        )

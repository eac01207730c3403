"""TMDB, version 3 of its API: one call serves a title, one a season with its episodes."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, TypeVar

from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.metadata import tmdb_answers as answers
from sublarr_tasks.clients.metadata.facts import (
    Collection,
    Credit,
    Facts,
    Match,
    Picture,
    PictureType,
    Trailer,
)
from sublarr_tasks.errors import RequestRefused
from sublarr_tasks.models import ItemKind

AnswerT = TypeVar("AnswerT", bound=Told)

ID = "tmdb"
NOT_FOUND = 404
# What comes with a title in the same call; there may be twenty.
_BESIDE = "credits,external_ids,images,keywords,videos"
_WRITING = frozenset({"Writer", "Screenplay", "Story", "Teleplay"})
_IN_CINEMAS = (3, 2)  # in cinemas, limited
CONFIGURATION_SECONDS = 7 * 86_400
# As long as a series that was interrupted takes to be asked for again.
ANSWER_SECONDS = 600
MOST_PAGES = 500


class Tmdb:
    """Its films and series; `language` is BCP 47, `country` ISO 3166-1."""

    def __init__(self, http: Http, language: str = "en-US", country: str = "US") -> None:
        self._http = http
        self._language = language
        self._country = country
        self._images: str | None = None

    def movie(self, tmdb_id: str) -> Facts | None:
        """Return a film, None where there is none of this id; raises ServiceError."""
        found = self._title(answers.Movie, f"/3/movie/{tmdb_id}", "release_dates")
        return None if found is None else self._of_movie(found)

    def series(self, tmdb_id: str) -> Facts | None:
        """Return a series without its episodes, or None; raises ServiceError."""
        found = self._title(answers.Series, f"/3/tv/{tmdb_id}", "content_ratings")
        return None if found is None else self._of_series(found)

    def season(self, tmdb_id: str, number: int) -> Facts | None:
        """Return a season with its episodes, or None; raises ServiceError."""
        path = f"/3/tv/{tmdb_id}/season/{number}"
        found = self._one(answers.Season, path, {"language": self._language})
        return None if found is None else self._of_season(found)

    def find(self, kind: ItemKind, source: str, external_id: str) -> str | None:
        """Return the id of the one title that has an id at "imdb" or "tvdb", or None."""
        params = {"external_source": f"{source}_id", "language": self._language}
        found = self._one(answers.Found, f"/3/find/{external_id}", params)
        if found is None:
            return None
        results = found.movie_results if kind is ItemKind.MOVIE else found.tv_results
        return str(results[0].id) if len(results) == 1 else None

    def search(self, kind: ItemKind, title: str, year: int | None = None) -> list[Match]:
        """Return the films or series that a title may mean, as TMDB ranks them."""
        is_movie = kind is ItemKind.MOVIE
        params: dict[str, object] = {"query": title, "language": self._language}
        if year is not None:
            params["year" if is_movie else "first_air_date_year"] = year
        path = "/3/search/movie" if is_movie else "/3/search/tv"
        found = self._one(answers.Results, path, params) or answers.Results()
        return [
            Match(
                kind=kind,
                ids={ID: str(each.id)},
                title=(each.title if is_movie else each.name) or "",
                original_title=each.original_title if is_movie else each.original_name,
                premiered=each.release_date if is_movie else each.first_air_date,
                popularity=each.popularity,
            )
            for each in found.results
        ]

    def changed(self, kind: ItemKind, since: date, until: date) -> Iterator[str]:
        """Yield the ids of what changed in at most fourteen days; raises ServiceError."""
        path = "/3/movie/changes" if kind is ItemKind.MOVIE else "/3/tv/changes"
        days = {"start_date": since.isoformat(), "end_date": until.isoformat()}
        for page in range(1, MOST_PAGES + 1):
            found = self._one(answers.Changed, path, days | {"page": page}, keep=False)
            if found is None:
                return
            yield from (str(each.id) for each in found.results if each.id is not None)
            if page >= found.total_pages:
                return

    def _title(self, kind: type[AnswerT], path: str, ratings: str) -> AnswerT | None:
        spoken = self._language.partition("-")[0]
        params = {
            "language": self._language,
            "append_to_response": f"{_BESIDE},{ratings}",
            # "null" are the pictures without text; without it they are left out.
            "include_image_language": ",".join(dict.fromkeys((spoken, "en", "null"))),
        }
        return self._one(kind, path, params)

    def _one(
        self, kind: type[AnswerT], path: str, params: Mapping[str, object], *, keep: bool = True
    ) -> AnswerT | None:
        try:
            answer = self._http.get_json(path, params, cache_seconds=ANSWER_SECONDS if keep else 0)
        except RequestRefused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise
        return understood(kind, answer, "TMDB")

    def _of_movie(self, found: answers.Movie) -> Facts:
        collection = found.belongs_to_collection
        return Facts(
            kind=ItemKind.MOVIE,
            ids=_ids(found) | ({"imdb": found.imdb_id} if found.imdb_id else {}),
            title=found.title,
            original_title=found.original_title,
            premiered=found.release_date,
            runtime_minutes=found.runtime,
            content_rating=self._certification(found.release_dates),
            budget=found.budget,
            revenue=found.revenue,
            studios=_names(found.production_companies),
            collection=Collection(collection.name, {ID: str(collection.id)})
            if collection is not None and collection.name
            else None,
            tags=_names(found.keywords.keywords),
            directors=self._crew(found.credits.crew, {"Director"}),
            **self._common(found),
        )

    def _of_series(self, found: answers.Series) -> Facts:
        rated = (each for each in found.content_ratings.results)
        own = (each.rating for each in rated if each.iso_3166_1 == self._country)
        return Facts(
            kind=ItemKind.SERIES,
            ids=_ids(found),
            title=found.name,
            original_title=found.original_name,
            premiered=found.first_air_date,
            runtime_minutes=next(iter(found.episode_run_time), None),
            content_rating=next(own, None),
            studios=_names([*found.networks, *found.production_companies]),
            tags=_names(found.keywords.results),
            season_numbers=tuple(each.season_number for each in found.seasons),
            **self._common(found),
        )

    def _of_season(self, found: answers.Season) -> Facts:
        return Facts(
            kind=ItemKind.SEASON,
            ids={ID: str(found.id)},
            title=found.name,
            plot=found.overview,
            premiered=found.air_date,
            season_number=found.season_number,
            pictures=self._single(PictureType.POSTER, found.poster_path),
            episodes=tuple(self._of_episode(each) for each in found.episodes),
        )

    def _of_episode(self, found: answers.Episode) -> Facts:
        return Facts(
            kind=ItemKind.EPISODE,
            ids={ID: str(found.id)},
            title=found.name,
            plot=found.overview,
            premiered=found.air_date,
            runtime_minutes=found.runtime,
            season_number=found.season_number,
            episode_number=found.episode_number,
            rating=found.vote_average if found.vote_count else None,
            votes=found.vote_count,
            directors=self._crew(found.crew, {"Director"}),
            writers=self._crew(found.crew, _WRITING),
            actors=self._actors(found.guest_stars),
            pictures=self._single(PictureType.THUMB, found.still_path),
        )

    def _common(self, found: answers.Title) -> dict[str, Any]:
        return {
            "plot": found.overview,
            "tagline": found.tagline,
            "status": found.status,
            "homepage": found.homepage,
            "original_language": found.original_language,
            "popularity": found.popularity,
            "rating": found.vote_average if found.vote_count else None,
            "votes": found.vote_count,
            "genres": _names(found.genres),
            "countries": _names(found.production_countries),
            "writers": self._crew(found.credits.crew, _WRITING),
            "actors": self._actors(found.credits.cast),
            "pictures": self._pictures(found.images),
            "trailers": tuple(_trailers(found.videos.results)),
        }

    def _certification(self, found: answers.ReleaseDates) -> str | None:
        """Return the rating of the release in cinemas, else of a limited one."""
        own = (each for each in found.results if each.iso_3166_1 == self._country)
        releases = [release for each in own for release in each.release_dates]
        rated = [(each.type, each.certification) for each in releases if each.certification]
        return next((text for kind in _IN_CINEMAS for type_, text in rated if type_ == kind), None)

    def _actors(self, cast: Iterable[answers.Person]) -> tuple[Credit, ...]:
        ordered = sorted(cast, key=lambda each: MOST_PAGES if each.order is None else each.order)
        return tuple(
            Credit(
                each.name, _id(each), each.character, None, each.order, self._url(each.profile_path)
            )
            for each in ordered
            if each.name
        )

    def _crew(self, crew: Iterable[answers.Person], jobs: AbstractSet[str]) -> tuple[Credit, ...]:
        """Return each person once, whose jobs are several."""
        found = {each.id: each for each in reversed([*crew]) if each.name and each.job in jobs}
        return tuple(
            Credit(
                each.name or "", _id(each), job=each.job, picture_url=self._url(each.profile_path)
            )
            for each in reversed(found.values())
        )

    def _pictures(self, found: answers.Images) -> tuple[Picture, ...]:
        typed = (
            (PictureType.POSTER, found.posters),
            (PictureType.FANART, found.backdrops),
            (PictureType.CLEARLOGO, found.logos),
        )
        return tuple(
            Picture(
                kind,
                self._url(each.file_path) or "",
                each.width,
                each.height,
                each.iso_639_1,
                each.vote_average if each.vote_count else None,
                each.vote_count,
            )
            for kind, images in typed
            for each in images
        )

    def _single(self, kind: PictureType, path: str | None) -> tuple[Picture, ...]:
        url = self._url(path)
        return (Picture(kind, url),) if url else ()

    def _url(self, path: str | None) -> str | None:
        """Return a picture's address in its full size, on the host that TMDB names."""
        if path is None:
            return None
        if self._images is None:
            answer = self._http.get_json("/3/configuration", cache_seconds=CONFIGURATION_SECONDS)
            found = understood(answers.Configuration, answer, "TMDB")
            self._images = found.images.secure_base_url
        return f"{self._images.rstrip('/')}/original/{path.lstrip('/')}"


def _names(found: Iterable[answers.Named]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in found if each.name))


def _id(person: answers.Person) -> dict[str, str]:
    return {} if person.id is None else {ID: str(person.id)}


def _ids(found: answers.Title) -> dict[str, str]:
    external = found.external_ids
    known = {
        ID: found.id,
        "imdb": external.imdb_id,
        "tvdb": external.tvdb_id,
        "wikidata": external.wikidata_id,
    }
    return {name: str(value) for name, value in known.items() if value}


def _trailers(videos: Iterable[answers.Video]) -> Iterator[Trailer]:
    for each in videos:
        if each.type == "Trailer" and each.site and each.key:
            yield Trailer(each.site, each.key, each.name, each.iso_639_1, each.size, each.official)

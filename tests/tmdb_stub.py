"""A TMDB on loopback: the fields that its description has, and its habits.

Empty texts and zeros stand for what it does not know; a wrong key is 401 with a body of its own,
an unknown id 404; what was not asked for with `append_to_response` is left out, and so are
pictures without text unless "null" is among the languages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contract import Client
from stub import Answering, Asked, Said, Stub, serving_stub

KEY = "tmdb-key"
IMAGES = "https://image.tmdb.org/t/p/"
Json = dict[str, Any]
_MOVIE_PARTS = ("credits", "external_ids", "images", "keywords", "videos", "release_dates")
_SERIES_PARTS = (*_MOVIE_PARTS[:-1], "content_ratings")


@contextmanager
def set_up(client: Client, answer: Answering) -> Iterator[Stub]:
    """Serve a TMDB and set it up as an integration."""
    with serving_stub(answer) as stub:
        body = {"kind": "tmdb", "name": "TMDB", "url": stub.url, "secrets": {"api_key": KEY}}
        assert client.post("/integrations", body).status_code == 201
        yield stub


def person(number: int, name: str, **more: object) -> Json:
    made: Json = {
        "adult": False,
        "gender": 1,
        "id": number,
        "known_for_department": "Acting",
        "name": name,
        "original_name": name,
        "popularity": 1.5,
        "profile_path": f"/p{number}.jpg",
        "credit_id": f"c{number}",
    }
    return made | more


def image(path: str, language: str | None, votes: float = 5.0, count: int = 3) -> Json:
    return {
        "aspect_ratio": 0.667,
        "height": 3000,
        "iso_639_1": language,
        "file_path": path,
        "vote_average": votes,
        "vote_count": count,
        "width": 2000,
    }


def movie(number: int, title: str, year: int = 1999, **more: object) -> Json:
    """Make a film with everything that can be asked for beside it."""
    made: Json = {
        "adult": False,
        "backdrop_path": None,
        "belongs_to_collection": {"id": 9, "name": "Collected", "poster_path": None},
        "budget": 63_000_000,
        "genres": [{"id": 28, "name": "Action"}, {"id": 878, "name": "Science Fiction"}],
        "homepage": "",
        "id": number,
        "imdb_id": f"tt{number:07}",
        "origin_country": ["US"],
        "original_language": "en",
        "original_title": f"{title} (original)",
        "overview": f"What happens in {title}.",
        "popularity": 61.4,
        "poster_path": f"/m{number}.jpg",
        "production_companies": [{"id": 1, "logo_path": None, "name": "Company"}],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "release_date": f"{year}-03-30",
        "revenue": 0,
        "runtime": 136,
        "status": "Released",
        "tagline": "",
        "title": title,
        "video": False,
        "vote_average": 8.2,
        "vote_count": 20000,
        "credits": {
            "cast": [
                person(2, "Second", character="B", order=1),
                person(1, "First", character="A", order=0),
            ],
            "crew": [
                person(3, "Maker", job="Director", department="Directing"),
                person(3, "Maker", job="Screenplay", department="Writing"),
                person(3, "Maker", job="Story", department="Writing"),
                person(4, "Grip", job="Grip", department="Crew"),
            ],
        },
        "external_ids": {"imdb_id": f"tt{number:07}", "wikidata_id": None, "facebook_id": ""},
        "images": {
            "backdrops": [image("/b.jpg", None)],
            "logos": [image("/l.png", "en")],
            "posters": [image("/p-de.jpg", "de"), image("/p.jpg", "en", 0.0, 0)],
        },
        "keywords": {"keywords": [{"id": 1, "name": "hacker"}]},
        "videos": {
            "results": [
                {
                    "iso_639_1": "en",
                    "name": "Official",
                    "key": "abc",
                    "site": "YouTube",
                    "size": 1080,
                    "type": "Trailer",
                    "official": True,
                },
                {"name": "Clip", "key": "def", "site": "YouTube", "size": 720, "type": "Clip"},
            ]
        },
        "release_dates": {
            "results": [
                {
                    "iso_3166_1": "US",
                    "release_dates": [
                        {"certification": "", "type": 1},
                        {"certification": "PG", "type": 2},
                        {"certification": "R", "type": 3},
                    ],
                },
                {"iso_3166_1": "DE", "release_dates": [{"certification": "16", "type": 3}]},
            ]
        },
    }
    return made | more


def series(number: int, name: str, year: int = 2008, **more: object) -> Json:
    made = movie(number, name, year)
    for field_ in ("title", "original_title", "release_date", "runtime", "release_dates"):
        del made[field_]
    made |= {
        "name": name,
        "original_name": name,
        "first_air_date": f"{year}-01-20",
        "episode_run_time": [47],
        "networks": [{"id": 174, "name": "Network"}],
        "seasons": [{"id": 3001, "season_number": 1, "name": "Season 1", "episode_count": 3}],
        "keywords": {"results": [{"id": 2, "name": "drugs"}]},
        "external_ids": {"imdb_id": "tt0903747", "tvdb_id": 81189},
        "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-MA"}]},
    }
    return made | more


def season(number: int, episodes: int) -> Json:
    return {
        "id": 3000 + number,
        "name": f"Season {number}",
        "overview": "",
        "air_date": "2008-01-20",
        "season_number": number,
        "poster_path": "/s.jpg",
        "episodes": [
            {
                "id": 100 * number + n,
                "name": f"Episode {n}",
                "overview": "It goes on.",
                "air_date": "2008-01-20",
                "runtime": 58,
                "season_number": number,
                "episode_number": n,
                "still_path": f"/e{n}.jpg",
                "vote_average": 7.9,
                "vote_count": 5,
                "crew": [person(3, "Maker", job="Director")],
                "guest_stars": [person(5, "Guest", character="G", order=0)],
            }
            for n in range(1, episodes + 1)
        ],
    }


@dataclass
class TmdbStub:
    """What it holds; `changes` are ids of films, a hundred a page."""

    movies: list[Json] = field(default_factory=list)
    series: list[Json] = field(default_factory=list)
    seasons: dict[tuple[int, int], Json] = field(default_factory=dict)
    changes: list[int] = field(default_factory=list)
    misbehave: Said | None = None
    images: str = IMAGES

    def __call__(self, asked: Asked) -> Said:
        if self.misbehave is not None:
            return self.misbehave
        if asked.query.get("api_key") != KEY:
            said = {"success": False, "status_code": 7, "status_message": "Invalid API key."}
            return Said(said, status=401)
        parts = asked.path.removeprefix("/3/").split("/")
        found = self._found(parts, asked)
        if found is None:
            missing = {"success": False, "status_code": 34, "status_message": "Not found."}
            return Said(missing, status=404)
        return Said(found)

    def _found(self, parts: list[str], asked: Asked) -> Json | None:  # noqa: PLR0911 - its addresses
        match parts:
            case ["configuration"]:
                return {"images": {"base_url": self.images, "secure_base_url": self.images}}
            case ["movie", "changes"]:
                return self._changes(int(asked.query.get("page", 1)))
            case ["movie", number]:
                return self._title(self.movies, number, _MOVIE_PARTS, asked)
            case ["tv", number, "season", which]:
                return self.seasons.get((int(number), int(which)))
            case ["tv", number]:
                return self._title(self.series, number, _SERIES_PARTS, asked)
            case ["find", external]:
                return self._by_external_id(external, asked.query["external_source"])
            case ["search", "movie"]:
                return _results(
                    self.movies, "title", "release_date", asked.query.get("year"), asked
                )
            case ["search", "tv"]:
                year = asked.query.get("first_air_date_year")
                return _results(self.series, "name", "first_air_date", year, asked)
            case _:
                return None

    def _title(
        self, titles: list[Json], number: str, parts: tuple[str, ...], asked: Asked
    ) -> Json | None:
        whole = next((each for each in titles if str(each["id"]) == number), None)
        if whole is None:
            return None
        wanted = asked.query.get("append_to_response", "").split(",")
        found = {k: v for k, v in whole.items() if k not in parts or k in wanted}
        if "images" in found:
            spoken = asked.query.get("include_image_language", "en").split(",")
            found["images"] = {
                kind: [i for i in images if (i["iso_639_1"] or "null") in spoken]
                for kind, images in found["images"].items()
            }
        return found

    def _by_external_id(self, external: str, source: str) -> Json:
        def has(title: Json) -> bool:
            return str(title["external_ids"].get(source)) == external

        return {
            "movie_results": [each for each in self.movies if has(each)],
            "tv_results": [each for each in self.series if has(each)],
            "person_results": [],
        }

    def _changes(self, page: int) -> Json:
        shown = self.changes[(page - 1) * 100 : page * 100]
        return {
            "results": [{"id": number, "adult": False} for number in shown],
            "page": page,
            "total_pages": -(-len(self.changes) // 100),
            "total_results": len(self.changes),
        }


def _results(titles: list[Json], name: str, date: str, year: str | None, asked: Asked) -> Json:
    wanted = asked.query["query"].lower()
    found = [
        each
        for each in titles
        if wanted in each[name].lower() and (year is None or each[date].startswith(year))
    ]
    return {"page": 1, "results": found, "total_pages": 1, "total_results": len(found)}

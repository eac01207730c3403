"""A TheTVDB on loopback: a login that gives a token, and series behind it.

Answers come in an envelope with `status`, `data` and `links`; a wrong or old token is 401.
"""

from dataclasses import dataclass, field
from typing import Any

from stub import Asked, Said

KEY = "tvdb-key"
Json = dict[str, Any]


def series(number: int, name: str, year: int = 2010, **more: object) -> Json:
    made: Json = {
        "id": number,
        "name": name,
        "slug": name.lower(),
        "image": f"https://artworks.example/{number}.jpg",
        "overview": f"Was in {name} geschieht.",
        "firstAired": f"{year}-01-20",
        "averageRuntime": 45,
        "originalCountry": "deu",
        "originalLanguage": "deu",
        "status": {"id": 1, "name": "Continuing", "recordType": "series", "keepUpdated": True},
        "genres": [{"id": 12, "name": "Drama", "slug": "drama"}],
        "companies": [{"id": 3, "name": "Sender", "companyType": {"companyTypeId": 1}}],
        "remoteIds": [
            {"id": "tt0000042", "type": 2, "sourceName": "IMDB"},
            {"id": "/m/0", "type": 99, "sourceName": "Elsewhere"},
        ],
        "characters": [
            {"id": 2, "name": "B", "personName": "Second", "peopleType": "Actor", "sort": 2},
            {"id": 1, "name": "A", "personName": "First", "peopleType": "Actor", "sort": 1},
            {"id": 3, "name": None, "personName": "Maker", "peopleType": "Director", "sort": 3},
        ],
        "contentRatings": [{"id": 1, "name": "TV-MA", "country": "usa"}],
        "seasons": [
            {"id": 501, "number": 1, "type": {"id": 1, "name": "Aired", "type": "official"}},
            {"id": 601, "number": 1, "type": {"id": 2, "name": "DVD", "type": "dvd"}},
        ],
        "artworks": [
            artwork(2, "/poster.jpg", "eng"),
            artwork(3, "/back.jpg", None, includesText=False),
            artwork(7, "/season1.jpg", "eng", seasonId=501),
            artwork(7, "/dvd1.jpg", "eng", seasonId=601),
            artwork(5, "/icon.jpg", "eng"),
        ],
        "translations": {
            "nameTranslations": [{"language": "eng", "name": f"{name} (English)"}],
            "overviewTranslations": [{"language": "eng", "overview": "What happens."}],
        },
    }
    return made | more


def artwork(kind: int, path: str, language: str | None, **more: object) -> Json:
    made: Json = {
        "id": kind,
        "image": f"https://artworks.example{path}",
        "thumbnail": f"https://artworks.example/t{path}",
        "language": language,
        "type": kind,
        "score": 100011.0,
        "width": 680,
        "height": 1000,
    }
    return made | more


def episode(season: int, number: int) -> Json:
    return {
        "id": season * 100 + number,
        "seriesId": 1,
        "name": f"Folge {season}.{number}",
        "aired": f"2010-0{season}-{number:02}",
        "runtime": 45,
        "overview": "",
        "image": None,
        "number": number,
        "seasonNumber": season,
        "absoluteNumber": 0,
    }


@dataclass
class TvdbStub:
    """What it holds; `page` episodes a page."""

    series: list[Json] = field(default_factory=list)
    episodes: dict[int, list[Json]] = field(default_factory=dict)
    updates: list[Json] = field(default_factory=list)
    page: int = 2
    token: str = "token-one"
    logins: int = 0

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/v4/login":
            return self._login(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return Said({"status": "failure", "message": "Unauthorized", "data": None}, status=401)
        match asked.path.removeprefix("/v4/").split("/"):
            case ["series", number, "extended"]:
                found = next((each for each in self.series if str(each["id"]) == number), None)
            case ["series", number, "episodes", "default", _]:
                return self._page(self.episodes.get(int(number), []), asked, "episodes")
            case ["updates"]:
                return self._page(self.updates, asked)
            case _:
                found = None
        if found is None:
            return Said({"status": "failure", "message": "Not Found", "data": None}, status=404)
        return Said({"status": "success", "data": found})

    def _login(self, asked: Asked) -> Said:
        self.logins += 1
        if asked.body.get("apikey") != KEY:
            return Said({"status": "failure", "message": "InvalidAPIKey"}, status=401)
        return Said({"status": "success", "data": {"token": self.token}})

    def _page(self, whole: list[Json], asked: Asked, name: str | None = None) -> Said:
        page = int(asked.query.get("page", 0))
        shown = whole[page * self.page : (page + 1) * self.page]
        more = (page + 1) * self.page < len(whole)
        data = shown if name is None else {"series": {}, name: shown}
        return Said({"status": "success", "data": data, "links": {"next": "x" if more else None}})

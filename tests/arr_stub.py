"""A Sonarr and a Radarr on loopback: their addresses, field names and habits, good and bad.

Lists are paged as theirs are: an unknown sort key is replaced in silence, without a direction the
order is descending, ties have no order of their own, and nulls come first on SQLite and last on
PostgreSQL. POST answers 201. The key is asked for; a 401 has no body.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stub import Asked, Said

KEY = "0123456789abcdef0123456789abcdef"
Json = dict[str, Any]


@dataclass
class ArrStub:
    """What one of them holds; `app` says which it is."""

    app: Literal["Sonarr", "Radarr"]
    database: Literal["sqLite", "postgreSQL"] = "sqLite"
    series: list[Json] = field(default_factory=list)
    episodes: list[Json] = field(default_factory=list)
    movies: list[Json] = field(default_factory=list)
    history: list[Json] = field(default_factory=list)
    commands: list[Json] = field(default_factory=list)
    misbehave: Said | None = None

    def __call__(self, asked: Asked) -> Said:
        if self.misbehave is not None:
            return self.misbehave
        if asked.headers.get("x-api-key") != KEY:
            return Said(status=401, raw=b"")
        path = asked.path.removeprefix("/api/v3")
        return self._command(asked) if path == "/command" else self._read(path, asked.query)

    def _read(self, path: str, query: Mapping[str, str]) -> Said:
        lists: dict[str, Any] = {
            "/system/status": self._status(),
            "/health": [{"source": "IndexerCheck", "type": "warning", "message": "none"}],
            "/rootfolder": [{"id": 1, "path": "/tv", "accessible": True, "freeSpace": 1 << 40}],
            "/tag": [{"id": 1, "label": "anime"}],
            "/qualityprofile": [{"id": 1, "name": "HD", "upgradeAllowed": True, "cutoff": 4}],
            "/indexer": [{"id": 1, "name": "x", "enableAutomaticSearch": True, "priority": 25}],
            "/series": self.series,
            "/movie": self.movies,
            "/history/since": [e for e in self.history if e["date"] > query.get("date", "")],
            "/episode": [e for e in self.episodes if str(e["seriesId"]) == query.get("seriesId")],
        }
        if path in lists:
            return Said(lists[path])
        if path in ("/wanted/missing", "/wanted/cutoff"):
            return Said(self._paged(self.episodes or self.movies, query))
        if path == "/queue":
            return Said(self._paged([], query))
        kind, _, wanted = path.strip("/").partition("/")
        rows = {"series": self.series, "movie": self.movies, "command": self.commands}
        found = [row for row in rows.get(kind, []) if str(row["id"]) == wanted]
        return Said(found[0]) if found else Said({"message": "NotFound"}, status=404)

    def _status(self) -> Json:
        return {
            "appName": self.app,
            "instanceName": self.app,
            "version": "4.0.15.2941",
            "databaseType": self.database,
            "urlBase": "",
        }

    def _paged(self, rows: Iterable[Json], query: Mapping[str, str]) -> Json:
        known = {
            "episodes.lastSearchTime": "lastSearchTime",
            "movies.lastSearchTime": "lastSearchTime",
        }
        key = known.get(query.get("sortKey", ""), "id")
        down = query.get("sortDirection", "descending") != "ascending"
        nulls_last = self.database == "postgreSQL"
        page, size = int(query.get("page", 1)), int(query.get("pageSize", 10))

        def order(row: Json) -> tuple[int, Any]:
            value = row.get(key)
            if value is None:
                return (1 if nulls_last != down else -1, "")
            return (0, value)

        ordered = sorted(rows, key=order, reverse=down)
        shown = ordered[max(0, (page - 1) * size - (page > 1)) :][
            :size
        ]  # a tie moved between pages
        return {
            "page": page,
            "pageSize": size,
            "sortKey": key,
            "sortDirection": "descending" if down else "ascending",
            "totalRecords": len(ordered),
            "records": shown,
        }

    def _command(self, asked: Asked) -> Said:
        if asked.method != "POST":
            return Said(self.commands)
        for known in self.commands:
            if known["body"] == asked.body and known["status"] in ("queued", "started"):
                return Said(known, status=201)
        made = {
            "id": len(self.commands) + 1,
            "name": asked.body["name"],
            "commandName": asked.body["name"],
            "status": "queued",
            "result": "unknown",
            "queued": "2026-01-01T00:00:00Z",
            "trigger": "manual",
            "body": asked.body,
        }
        self.commands.append(made)
        return Said(made, status=201)


def series(number: int, **changes: object) -> Json:
    """Make a series with its folder."""
    made: Json = {
        "id": number,
        "title": f"Series {number}",
        "sortTitle": f"series {number}",
        "status": "continuing",
        "ended": False,
        "path": f"/tv/Series {number}",
        "rootFolderPath": "/tv/",
        "qualityProfileId": 1,
        "monitored": True,
        "seriesType": "standard",
        "tvdbId": 1000 + number,
        "tmdbId": 2000 + number,
        "year": 2020,
        "tags": [],
        "genres": ["Drama"],
        "added": "2024-01-01T00:00:00Z",
        "seasons": [{"seasonNumber": 1, "monitored": True}],
        "originalLanguage": {"id": 1, "name": "English"},
        "someNewField": {"nobody": "knows"},
    }
    return made | changes


def episode(number: int, series_id: int, **changes: object) -> Json:
    made: Json = {
        "id": number,
        "seriesId": series_id,
        "tvdbId": 5000 + number,
        "episodeFileId": number,
        "seasonNumber": 1,
        "episodeNumber": number,
        "title": f"Episode {number}",
        "airDate": "2024-01-01",
        "airDateUtc": "2024-01-01T20:00:00Z",
        "hasFile": True,
        "monitored": True,
        "episodeFile": {
            "id": number,
            "seriesId": series_id,
            "seasonNumber": 1,
            "relativePath": f"Season 01/S01E{number:02}.mkv",
            "path": f"/tv/Series {series_id}/Season 01/S01E{number:02}.mkv",
            "size": 1 << 30,
            "dateAdded": "2024-01-02T00:00:00Z",
            "languages": [{"id": 1, "name": "English"}],
            "mediaInfo": {"subtitles": "eng/ger", "audioLanguages": "eng"},
        },
    }
    return made | changes


def movie(number: int, **changes: object) -> Json:
    made: Json = {
        "id": number,
        "title": f"Film {number}",
        "year": 2020,
        "path": f"/movies/Film {number} (2020)",
        "hasFile": True,
        "movieFileId": number,
        "monitored": True,
        "isAvailable": True,
        "tmdbId": 3000 + number,
        "imdbId": f"tt{number:07}",
        "qualityProfileId": 1,
        "tags": [],
        "added": "2024-01-01T00:00:00Z",
        "movieFile": {
            "id": number,
            "movieId": number,
            "path": f"/movies/Film {number} (2020)/Film {number}.mkv",
            "relativePath": f"Film {number}.mkv",
            "size": 1 << 30,
            "dateAdded": "2024-01-02T00:00:00Z",
        },
    }
    return made | changes

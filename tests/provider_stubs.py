"""Providers of subtitles on loopback, each with its own answers and habits.

What OpenSubtitles answers has the fields of its description; the others have none, and answer as
they were seen to: SubDL says `status: false` and 500 for its quota, SubSource has numbers of its
own for titles, Gestdown says 404 for nothing and 423 for "later", Podnapisi speaks XML, Jimaku
lists files whose names alone say what they are.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from contract import Client
from stub import Answering, Asked, Said, Stub, serving_stub
from sublarr_tasks import languages

KEY = "provider-key"
Json = dict[str, Any]
SRT = "1\n00:00:01,000 --> 00:00:02,500\n{}\n\n2\n00:00:03,000 --> 00:00:04,000\nBye & <i>so</i>\n"
_CODES = {"pt-BR": "pt-br", "zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "pt": "pt-pt"}


@contextmanager
def provider(
    client: Client, kind: str, answer: Answering, *, secrets: Mapping[str, str] | None = None
) -> Iterator[Stub]:
    """Serve a provider and set it up as an integration; nothing waits for its usual limit."""
    given = {"api_key": KEY} if secrets is None else dict(secrets)
    with serving_stub(answer) as stub:
        body = {
            "kind": kind,
            "name": kind,
            "url": stub.url,
            "secrets": given,
            "calls_per_second": 100,
        }
        made = client.post("/integrations", body)
        assert made.status_code == 201, made.json
        yield stub


@dataclass(frozen=True)
class Offer:
    """A subtitle that a stub has; `content` is what its download gives, perhaps packed."""

    id: int
    language: str = "de"
    release: str = "Alpha.2001.1080p.BluRay.x264-GROUP"
    content: bytes = b""
    imdb_id: str | None = None
    season: int | None = None
    episode: int | None = None
    hearing_impaired: bool = False
    forced: bool = False
    machine: bool = False
    by_hash: bool = False
    title: str = "Alpha"
    year: int | None = 2001

    @property
    def bytes(self) -> bytes:
        return self.content or SRT.format(f"Line of {self.id}").encode()

    @property
    def file_name(self) -> str:
        return f"{self.release}.srt"


def zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@dataclass
class OpenSubtitlesStub:
    """OpenSubtitles.com; after `quota` downloads it says 406."""

    offers: Sequence[Offer] = ()
    quota: int | None = None
    latency: float = 0.0
    per_page: int = 50
    downloaded: list[int] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Said:
        if asked.path.startswith("/files/"):
            return Said(raw=self._offer(int(asked.path.rpartition("/")[2])).bytes)
        if asked.headers.get("api-key") != KEY:
            return Said({"message": "You cannot consume this service"}, 403)
        if asked.path == "/api/v1/login":
            return Said(
                {"user": _USER, "base_url": "api.opensubtitles.com", "token": "t1", "status": 200}
            )
        if asked.path == "/api/v1/subtitles":
            return self._search(asked)
        if asked.path == "/api/v1/download":
            return self._download(asked)
        return Said({"data": {"output_formats": ["srt"]}})

    def _search(self, asked: Asked) -> Said:
        query = asked.query
        if [*query] != sorted(query) or any(value != value.lower() for value in query.values()):
            return Said(None, 301, {"Location": "/api/v1/subtitles?canonical"})
        tags = query["languages"].split(",")
        found = [
            each for each in self.offers if _code(each.language) in tags and _is_of(each, query)
        ]
        page, size = int(query.get("page", "1")), self.per_page
        pages = max(1, -(-len(found) // size))
        shown = found[(page - 1) * size : page * size]
        body = {
            "total_pages": pages,
            "total_count": len(found),
            "per_page": size,
            "page": page,
            "data": [_row(each) for each in shown],
        }
        return Said(body, latency=self.latency)

    def _download(self, asked: Asked) -> Said:
        if self.quota is not None and len(self.downloaded) >= self.quota:
            body = {
                "requests": self.quota,
                "remaining": -1,
                "message": "You have downloaded your allowed subtitles for 24h.",
                "reset_time": "23 hours and 59 minutes",
                "reset_time_utc": "2099-01-01T00:00:00.000Z",
            }
            return Said(body, 406)
        number = int(asked.body["file_id"])
        self.downloaded.append(number)
        left = 100 if self.quota is None else self.quota - len(self.downloaded)
        body = {
            "link": f"http://{asked.headers['host']}/files/{number}",
            "file_name": self._offer(number).file_name,
            "requests": len(self.downloaded),
            "remaining": left,
            "message": "Your quota will be renewed in 1 hour",
            "reset_time": "1 hour",
            "reset_time_utc": "2099-01-01T00:00:00.000Z",
        }
        return Said(body, latency=self.latency)

    def _offer(self, number: int) -> Offer:
        return next(each for each in self.offers if each.id == number)


_USER = {
    "allowed_translations": 1,
    "allowed_downloads": 20,
    "level": "Sub leecher",
    "user_id": 1,
    "ext_installed": False,
    "vip": False,
}


def _code(tag: str) -> str:
    return _CODES.get(tag, tag).lower()


def _is_of(offer: Offer, query: Mapping[str, str]) -> bool:
    if offer.by_hash and "moviehash" in query:
        return True
    if offer.episode is not None and (
        query.get("season_number") != str(offer.season)
        or query.get("episode_number") != str(offer.episode)
    ):
        return False
    asked_id = query.get("imdb_id") or query.get("parent_imdb_id")
    if asked_id is not None:
        return offer.imdb_id is not None and int(offer.imdb_id.removeprefix("tt")) == int(asked_id)
    return query.get("query") == offer.title.lower()


def _row(offer: Offer) -> Json:
    of_series = offer.episode is not None
    number = None if offer.imdb_id is None else int(offer.imdb_id.removeprefix("tt"))
    details: Json = {
        "feature_id": 1,
        "feature_type": "Episode" if of_series else "Movie",
        "year": offer.year,
        "title": offer.title,
        "movie_name": f"{offer.year} - {offer.title}",
    }
    if of_series:
        details |= {
            "season_number": offer.season,
            "episode_number": offer.episode,
            "parent_title": offer.title,
            "parent_imdb_id": number,
        }
    else:
        details["imdb_id"] = number
    return {
        "id": str(offer.id),
        "type": "subtitle",
        "attributes": {
            "subtitle_id": str(offer.id),
            "language": _code(offer.language),
            "download_count": 10,
            "new_download_count": 1,
            "hearing_impaired": offer.hearing_impaired,
            "hd": True,
            "fps": 0,
            "votes": 0,
            "ratings": 0,
            "from_trusted": False,
            "foreign_parts_only": offer.forced,
            "upload_date": "2024-06-26T07:02:57Z",
            "ai_translated": offer.machine,
            "nb_cd": 1,
            "slug": "some-slug",
            "machine_translated": False,
            "moviehash_match": offer.by_hash,
            "release": offer.release,
            "comments": "",
            "legacy_subtitle_id": 1,
            "uploader": {"uploader_id": 1, "name": "somebody", "rank": "Sub leecher"},
            "feature_details": details,
            "url": "https://www.opensubtitles.com/en/subtitles/some-slug",
            "related_links": [],
            "files": [{"file_id": offer.id, "cd_number": 1, "file_name": offer.file_name}],
        },
    }


@dataclass
class SubDlStub:
    """SubDL."""

    offers: Sequence[Offer] = ()
    latency: float = 0.0

    def __call__(self, asked: Asked) -> Said:
        if asked.path.startswith("/subtitle/"):
            number = int(asked.path.rpartition("/")[2].removesuffix(".zip"))
            offer = next(each for each in self.offers if each.id == number)
            return Said(raw=zipped({offer.file_name: offer.bytes}), latency=self.latency)
        if asked.query.get("api_key") != KEY:
            return Said({"status": False, "error": "Invalid API key"}, 403)
        found = [each for each in self.offers if self._is_of(each, asked.query)]
        if not found:
            body: Json = {"status": False, "error": "can't find movie or tv"}
            return Said(body, latency=self.latency)
        first = found[0]
        title = {
            "sd_id": 1,
            "type": asked.query["type"],
            "name": first.title,
            "imdb_id": first.imdb_id,
            "tmdb_id": 7,
            "year": first.year,
        }
        body = {
            "status": True,
            "results": [title],
            "subtitles": [self._row(each) for each in found],
        }
        return Said(body, latency=self.latency)

    def _is_of(self, offer: Offer, query: Mapping[str, str]) -> bool:
        if offer.language.upper() not in query["languages"].split(","):
            return False
        if offer.episode is not None and query.get("episode_number") != str(offer.episode):
            return False
        if "imdb_id" in query:
            return query["imdb_id"] == offer.imdb_id
        return query.get("film_name") == offer.title

    def _row(self, offer: Offer) -> Json:
        return {
            "release_name": offer.release,
            "name": f"SUBDL.com::{offer.release}",
            "lang": languages.name(offer.language).lower(),
            "author": "somebody",
            "url": f"/subtitle/{offer.id}.zip",
            "subtitlePage": "/s/1",
            "season": offer.season or 0,
            "episode": offer.episode,
            "language": offer.language.upper(),
            "hi": offer.hearing_impaired,
            "episode_from": offer.episode,
            "episode_end": offer.episode or 0,
            "full_season": False,
            "releases": [offer.release],
        }


@dataclass
class SubSourceStub:
    """SubSource."""

    offers: Sequence[Offer] = ()
    latency: float = 0.0

    def __call__(self, asked: Asked) -> Said:
        if asked.headers.get("x-api-key") != KEY:
            return Said({"success": False, "message": "Unauthorized"}, 401)
        if asked.path == "/api/v1/movies/search":
            wanted = asked.query.get("imdb") or asked.query.get("q")
            titles = {
                (each.title, each.season): {
                    "movieId": 100 + (each.season or 0),
                    "title": each.title,
                    "type": asked.query.get("type"),
                    "season": each.season,
                    "releaseYear": each.year,
                    "imdbId": each.imdb_id,
                }
                for each in self.offers
                if wanted in (each.imdb_id, each.title)
            }
            return Said({"success": True, "data": [*titles.values()]}, latency=self.latency)
        if asked.path.endswith("/download"):
            number = int(asked.path.split("/")[-2])
            offer = next(each for each in self.offers if each.id == number)
            return Said(raw=zipped({offer.file_name: offer.bytes}), latency=self.latency)
        season = int(asked.query["movieId"]) - 100
        found = [
            {
                "subtitleId": each.id,
                "language": languages.name(each.language).lower(),
                "releaseInfo": [each.release],
                "hearingImpaired": each.hearing_impaired,
                "foreignParts": each.forced,
                "productionType": "machine" if each.machine else "translated",
                "downloads": 3,
                "contributors": [{"id": 1, "displayname": "somebody"}],
            }
            for each in self.offers
            if (each.season or 0) == season
            and languages.name(each.language).lower() == asked.query["language"]
        ]
        return Said({"success": True, "data": found}, latency=self.latency)


@dataclass
class GestdownStub:
    """Gestdown, for one series."""

    offers: Sequence[Offer] = ()
    tvdb_id: str = "7"
    latency: float = 0.0

    def __call__(self, asked: Asked) -> Said:
        path = unquote(asked.path)
        if path.startswith("/subtitles/download/"):
            number = int(path.rpartition("/")[2])
            content = next(each for each in self.offers if each.id == number).bytes
            return Said(raw=content, latency=self.latency)
        if path == f"/shows/external/tvdb/{self.tvdb_id}" or path.startswith("/shows/search/"):
            title = self.offers[0].title if self.offers else "Show"
            return Said(
                {"shows": [{"id": "uuid-1", "name": title, "nbSeasons": 1, "seasons": [1]}]}
            )
        found = re.fullmatch(r"/subtitles/get/uuid-1/(\d+)/(\d+)/(.+)", path)
        if found is None:
            return Said(None, 404)
        rows = [
            {
                "subtitleId": str(each.id),
                "version": each.release,
                "completed": True,
                "hearingImpaired": each.hearing_impaired,
                "corrected": False,
                "hd": True,
                "downloadUri": f"/subtitles/download/{each.id}",
                "language": found[3],
                "discovered": "2024-01-01T00:00:00Z",
                "downloadCount": 5,
            }
            for each in self.offers
            if (str(each.season), str(each.episode)) == (found[1], found[2])
            and languages.name(each.language) == found[3]
        ]
        if not rows:
            return Said(None, 404, latency=self.latency)
        return Said({"matchingSubtitles": rows}, latency=self.latency)


@dataclass
class PodnapisiStub:
    """Podnapisi.NET."""

    offers: Sequence[Offer] = ()
    latency: float = 0.0

    def __call__(self, asked: Asked) -> Said:
        if asked.path.endswith("/download"):
            number = int(asked.path.split("/")[-2])
            offer = next(each for each in self.offers if each.id == number)
            return Said(raw=zipped({offer.file_name: offer.bytes}), latency=self.latency)
        tags = asked.query.get("sL", "").split(",")
        found = [
            self._row(each)
            for each in self.offers
            if each.language.lower() in tags and each.title == asked.query["sK"]
        ]
        text = (
            "<results><pagination><current>1</current><count>1</count>"
            f"<results>{len(found)}</results></pagination>{''.join(found)}</results>"
        )
        return Said(raw=text.encode(), headers={"Content-Type": "text/xml"}, latency=self.latency)

    def _row(self, offer: Offer) -> str:
        flags = "<flags>hearing_impaired</flags>" if offer.hearing_impaired else ""
        return (
            f"<subtitle><pid>{offer.id}</pid><title>{offer.title}</title>"
            f"<year>{offer.year or ''}</year><language>{offer.language.lower()}</language>"
            f"<tvSeason>{offer.season or 0}</tvSeason><tvEpisode>{offer.episode or 0}</tvEpisode>"
            f"<flags></flags><new_flags>{flags}</new_flags><url>http://x/1</url>"
            f"<release>{offer.release}</release>"
            f"<releases><release>{offer.release}</release></releases></subtitle>"
        )


@dataclass
class JimakuStub:
    """Jimaku."""

    offers: Sequence[Offer] = ()
    latency: float = 0.0

    def __call__(self, asked: Asked) -> Said:
        if asked.path.startswith("/entry/"):
            number = int(asked.path.split("/")[-1].partition(".")[0])
            content = next(each for each in self.offers if each.id == number).bytes
            return Said(raw=content, latency=self.latency)
        if asked.headers.get("authorization") != KEY:
            return Said({"error": "unauthorized"}, 401)
        if asked.path == "/api/entries/search":
            title = self.offers[0].title if self.offers else ""
            entry = {
                "id": 5,
                "name": title,
                "english_name": title,
                "japanese_name": "x",
                "flags": {},
            }
            known = asked.query.get("query") == title or "tmdb_id" in asked.query
            return Said([entry] if self.offers and known else [], latency=self.latency)
        files = [
            {
                "url": f"http://{asked.headers['host']}/entry/5/download/{each.id}.srt",
                "name": each.file_name,
                "size": 10,
                "last_modified": "2024-01-01T00:00:00Z",
            }
            for each in self.offers
            if asked.query.get("episode") in (None, str(each.episode))
        ]
        return Said(files, latency=self.latency)

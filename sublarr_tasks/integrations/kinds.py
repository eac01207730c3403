"""The kinds of services that can be set up, what each needs, and how to see that it is there.

A probe is the cheapest request that shows three things: that the service answers, that it is the
service meant, and that it takes the credentials.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sublarr_tasks.fleet.limiter import Rate


class Category(StrEnum):
    """What a service is for."""

    ARR = "arr"
    METADATA = "metadata"
    SUBTITLES = "subtitles"
    TRANSLATION = "translation"
    WHISPER = "whisper"
    MEDIA_SERVER = "media_server"
    INDEXER = "indexer"


class Kind(StrEnum):
    """A service by the name it is known by."""

    SONARR = "sonarr"
    RADARR = "radarr"
    TMDB = "tmdb"
    TVDB = "tvdb"
    FANARTTV = "fanarttv"
    OPENSUBTITLES = "opensubtitles"
    SUBDL = "subdl"
    SUBSOURCE = "subsource"
    GESTDOWN = "gestdown"
    PODNAPISI = "podnapisi"
    JIMAKU = "jimaku"
    SUBLIMINAL = "subliminal"
    FOLDER = "folder"
    DEEPL = "deepl"
    LIBRETRANSLATE = "libretranslate"
    OLLAMA = "ollama"
    OPENAI = "openai"
    WHISPER_ASR = "whisper_asr"
    JELLYFIN = "jellyfin"
    EMBY = "emby"
    PLEX = "plex"
    KODI = "kodi"
    PROWLARR = "prowlarr"


@dataclass(frozen=True, slots=True)
class Probe:
    """A request and what its answer must look like; `is_it` gets the JSON, or None of no JSON."""

    path: str
    is_it: Callable[[Any], bool]
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    json: bool = True


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a kind needs.

    `headers` and `params` say where credentials go: "{api_key}" stands for the secret of that
    name. Of `optional` secrets none need be given; a header without its secret is left out.
    """

    category: Category
    probe: Probe
    url: str | None = None  # where everybody finds it; without one a person says where
    secrets: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    rate: Rate | None = None
    scheme: str | None = None  # of an address that is none of the web
    has_paths: bool = False


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, dict) and all(name in answer for name in names)


def _is_app(name: str) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, dict) and answer.get("appName") == name


def _is_list(answer: object) -> bool:
    return isinstance(answer, list)


def _arr(name: str, version: int) -> Requirements:
    return Requirements(
        Category.INDEXER if name == "Prowlarr" else Category.ARR,
        Probe(f"/api/v{version}/system/status", _is_app(name)),
        secrets=("api_key",),
        headers={"X-Api-Key": "{api_key}"},
        has_paths=name != "Prowlarr",
    )


def _emby(product: str) -> Requirements:
    return Requirements(
        Category.MEDIA_SERVER,
        Probe("/System/Info", lambda said: _has("Version")(said) and _product(said, product)),
        secrets=("api_key",),
        headers={"X-Emby-Token": "{api_key}"},
        has_paths=True,
    )


def _product(said: Mapping[str, Any], product: str) -> bool:
    return product in str(said.get("ProductName", product))


REQUIREMENTS: Mapping[Kind, Requirements] = {
    Kind.SONARR: _arr("Sonarr", 3),
    Kind.RADARR: _arr("Radarr", 3),
    Kind.PROWLARR: _arr("Prowlarr", 1),
    Kind.TMDB: Requirements(
        Category.METADATA,
        Probe("/3/configuration", _has("images")),
        url="https://api.themoviedb.org",
        secrets=("api_key",),
        params={"api_key": "{api_key}"},
        rate=Rate(40, 1),
    ),
    Kind.TVDB: Requirements(
        Category.METADATA,
        Probe("/v4/login", _has("data"), "POST", body={"apikey": "{api_key}", "pin": "{pin}"}),
        url="https://api4.thetvdb.com",
        secrets=("api_key",),
        optional=("pin",),
        rate=Rate(20, 1),
    ),
    Kind.FANARTTV: Requirements(
        Category.METADATA,
        Probe("/v3/movies/latest", _is_list),
        url="https://webservice.fanart.tv",
        secrets=("api_key",),
        optional=("client_key",),
        params={"api_key": "{api_key}", "client_key": "{client_key}"},
        rate=Rate(10, 1),
    ),
    Kind.OPENSUBTITLES: Requirements(
        Category.SUBTITLES,
        Probe("/api/v1/infos/formats", _has("data")),
        url="https://api.opensubtitles.com",
        secrets=("api_key",),
        optional=("username", "password"),
        headers={"Api-Key": "{api_key}"},
        rate=Rate(40, 10),
    ),
    Kind.SUBDL: Requirements(
        Category.SUBTITLES,
        Probe(
            "/api/v1/subtitles",
            lambda answer: _has("status")(answer) and answer["status"] is True,
            params={"film_name": "Inception", "subs_per_page": "1"},
        ),
        url="https://api.subdl.com",
        secrets=("api_key",),
        params={"api_key": "{api_key}"},
        rate=Rate(30, 10),
    ),
    Kind.SUBSOURCE: Requirements(
        Category.SUBTITLES,
        Probe(
            "/api/v1/movies/search",
            _has("data"),
            params={"searchType": "imdb", "imdb": "tt1375666"},
        ),
        url="https://api.subsource.net",
        secrets=("api_key",),
        headers={"X-API-Key": "{api_key}"},
        rate=Rate(20, 60),
    ),
    Kind.GESTDOWN: Requirements(
        Category.SUBTITLES,
        Probe("/languages", _is_list),
        url="https://api.gestdown.info",
        rate=Rate(30, 60),
    ),
    Kind.PODNAPISI: Requirements(
        Category.SUBTITLES,
        Probe("/subtitles/search/old", bool, params={"sXML": "1", "sK": "Inception"}, json=False),
        url="https://www.podnapisi.net",
        rate=Rate(30, 60),
    ),
    Kind.JIMAKU: Requirements(
        Category.SUBTITLES,
        Probe("/api/entries/search", _is_list, params={"query": "Totoro"}),
        url="https://jimaku.cc",
        secrets=("api_key",),
        headers={"Authorization": "{api_key}"},
        rate=Rate(100, 60),
    ),
    Kind.SUBLIMINAL: Requirements(
        Category.SUBTITLES,
        Probe("", bool),
        url="subliminal:",
        optional=("configs",),
        scheme="subliminal",
    ),
    Kind.FOLDER: Requirements(Category.SUBTITLES, Probe("", bool), scheme="file"),
    Kind.DEEPL: Requirements(
        Category.TRANSLATION,
        Probe("/v2/usage", _has("character_count")),
        url="https://api-free.deepl.com",
        secrets=("api_key",),
        headers={"Authorization": "DeepL-Auth-Key {api_key}"},
    ),
    Kind.LIBRETRANSLATE: Requirements(
        Category.TRANSLATION, Probe("/languages", _is_list), optional=("api_key",)
    ),
    Kind.OLLAMA: Requirements(Category.TRANSLATION, Probe("/api/tags", _has("models"))),
    Kind.OPENAI: Requirements(
        Category.TRANSLATION,
        Probe("/v1/models", _has("data")),
        url="https://api.openai.com",
        optional=("api_key",),
        headers={"Authorization": "Bearer {api_key}"},
    ),
    Kind.WHISPER_ASR: Requirements(Category.WHISPER, Probe("/openapi.json", _has("openapi"))),
    Kind.JELLYFIN: _emby("Jellyfin"),
    Kind.EMBY: _emby("Emby"),
    Kind.PLEX: Requirements(
        Category.MEDIA_SERVER,
        Probe("/library/sections", _has("MediaContainer")),
        secrets=("token",),
        headers={"X-Plex-Token": "{token}"},
        has_paths=True,
    ),
    Kind.KODI: Requirements(
        Category.MEDIA_SERVER,
        Probe(
            "/jsonrpc",
            lambda answer: _has("result")(answer) and answer["result"] == "pong",
            "POST",
            body={"jsonrpc": "2.0", "method": "JSONRPC.Ping", "id": 1},
        ),
        optional=("username", "password"),
        has_paths=True,
    ),
}

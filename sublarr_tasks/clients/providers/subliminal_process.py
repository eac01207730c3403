"""Asks providers of the subliminal library: a program of its own, one request and one answer.

It reads {"do": "list" or "fetch", "providers", "configs", "query", "id"} as JSON from standard
input. It writes {"found", "failed"} or {"content", "failed"}; `failed` names providers by the class
of their error. Whatever the library does, it does here, and is ended with this process.
"""

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

NOT_INSTALLED = 3

try:
    from babelfish import Language
    from subliminal import Episode, Movie, ProviderPool, Video, provider_manager, region
except ImportError:
    sys.exit(NOT_INSTALLED)


class Pool(ProviderPool):
    """The library's pool, which remembers why a provider failed."""

    def __init__(self, providers: Sequence[str] | None, configs: Mapping[str, Any]) -> None:
        super().__init__(providers=providers, provider_configs=configs)
        self.failed: dict[str, str] = {}

    def listed(self, video: Video, languages: set[Language]) -> list[Any]:
        """Return what all of them have."""
        found = []
        for name in self.providers:
            try:
                if self._serves(name, video, languages):
                    found += self[name].list_subtitles(video, languages)
            except Exception as error:  # noqa: BLE001 - providers raise anything
                self.failed[name] = type(error).__name__
        return found

    def _serves(self, name: str, video: Video, languages: set[Language]) -> bool:
        plugin = provider_manager[name].plugin
        return plugin.check(video) and bool(plugin.check_languages(languages))


def main() -> None:
    asked = json.load(sys.stdin)
    # The library prints what it pleases; the answer is the last line.
    region.configure("dogpile.cache.memory")
    query = asked["query"]
    pool = Pool(asked["providers"], asked["configs"])
    with pool:
        found = pool.listed(_video(query), _languages(query["languages"]))
        if asked["do"] == "list":
            answer: dict[str, Any] = {"found": [_told(each) for each in found]}
        else:
            answer = {"content": _fetched(pool, found, asked["id"])}
        answer["failed"] = pool.failed
    print("\n" + json.dumps(answer))  # noqa: T201 - the answer


def _fetched(pool: Pool, found: Sequence[Any], wanted: str) -> str | None:
    for each in found:
        if _id(each) == wanted:
            try:
                pool[each.provider_name].download_subtitle(each)
            except Exception as error:  # noqa: BLE001 - providers raise anything
                pool.failed[each.provider_name] = type(error).__name__
            return None if each.content is None else base64.b64encode(each.content).decode()
    return None


def _video(query: Mapping[str, Any]) -> Video:
    name = query["file_name"] or query["title"]
    ids = {name: query[name] for name in ("imdb_id", "tmdb_id", "tvdb_id") if query[name]}
    common: dict[str, Any] = {"year": query["year"], "size": query["size"]}
    if query["moviehash"]:
        common["hashes"] = {"opensubtitles": query["moviehash"]}
    if query["media"] == "movie":
        return Movie(name, query["title"], external_ids=ids, **common)
    of_series = {f"series_{name}": value for name, value in ids.items()}
    season, episode = query["season"], query["episode"]
    return Episode(name, query["title"], season, episode, external_ids=of_series, **common)


def _languages(tags: Sequence[str]) -> set[Language]:
    found = set()
    for tag in tags:
        try:
            found.add(Language.fromietf(tag))
        except ValueError:  # a language that the library does not know
            continue
    return found


def _id(subtitle: Any) -> str:  # noqa: ANN401 - the library's
    return f"{subtitle.provider_name}:{subtitle.id}"


def _told(subtitle: Any) -> dict[str, Any]:  # noqa: ANN401 - the library's
    releases = (subtitle.info, *(getattr(subtitle, "releases", None) or ()))
    return {
        "id": _id(subtitle),
        "language": str(subtitle.language),
        "releases": [name for name in dict.fromkeys(releases) if name],
        "hearing_impaired": bool(subtitle.hearing_impaired),
        "forced": bool(subtitle.foreign_only),
        "title": getattr(subtitle, "series", None) or getattr(subtitle, "title", None),
        "year": getattr(subtitle, "year", None),
        "season": getattr(subtitle, "season", None),
        "episode": getattr(subtitle, "episode", None),
        "url": subtitle.page_link,
    }


if __name__ == "__main__":
    main()

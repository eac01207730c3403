"""From a service's facts to an item's fields, as `items.remote` keeps them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sublarr_tasks.clients.metadata.facts import Credit, Facts

# What an item has no column for.
_DETAILS = (
    "status",
    "homepage",
    "original_language",
    "popularity",
    "rating",
    "votes",
    "budget",
    "revenue",
)


def of(facts: Facts) -> dict[str, Any]:
    """Return what is said of an item, by field; JSON, and without what is not said."""
    premiered = facts.premiered
    said: dict[str, Any] = {
        "title": facts.title,
        "original_title": facts.original_title,
        "plot": facts.plot,
        "tagline": facts.tagline,
        "premiered": premiered and premiered.isoformat(),
        "year": premiered and premiered.year,
        "runtime_minutes": facts.runtime_minutes,
        "content_rating": facts.content_rating,
        "set_name": facts.collection and facts.collection.name,
        "genres": list(facts.genres),
        "studios": list(facts.studios),
        "countries": list(facts.countries),
        "tags": list(facts.tags),
        **{f"{site}_id": facts.ids.get(site) for site in ("imdb", "tmdb", "tvdb")},
        "directors": _credits(facts.directors),
        "writers": _credits(facts.writers),
        "actors": _credits(facts.actors),
        "trailers": [asdict(trailer) for trailer in facts.trailers],
        "ids": dict(facts.ids),
        "collection_ids": dict(facts.collection.ids) if facts.collection else {},
        **{name: getattr(facts, name) for name in _DETAILS},
    }
    return {name: value for name, value in said.items() if value not in (None, [], {})}


def _credits(credits_: Iterable[Credit]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in asdict(each).items() if value is not None}
        for each in credits_
    ]

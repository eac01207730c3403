"""What people choose for the whole installation; workers see it at once."""

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks.errors import InputError
from sublarr_tasks.models import Preference
from sublarr_tasks.viewers import Viewer

_ENRICHMENT = "enrichment"
# Of every other type one.
LIMITS = {"fanart": 3}
MOST_PICTURES = 10
ARTWORK_TYPES = tuple(
    "banner characterart clearart clearlogo discart fanart landscape poster thumb".split()
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Enrichment:
    """How the metadata services are asked.

    `language` is BCP 47 and `country` ISO 3166-1, which gives the content rating. Between
    `quiet_from` and `quiet_until`, by the clock of `time_zone`, nobody is asked. `artwork` says how
    many pictures of a type an item is given.
    """

    language: str = "en-US"
    country: str = "US"
    paused: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"
    artwork: Mapping[str, int] = field(default_factory=dict)

    def limit(self, type_: str) -> int:
        """Return how many pictures of a type an item is given."""
        return self.artwork.get(type_, LIMITS.get(type_, 1))

    def withheld(self, now: datetime) -> str | None:
        """Return why nobody is asked at a moment, None where they are."""
        if self.paused:
            return "paused"
        if self.quiet_from is None or self.quiet_until is None:
            return None
        local = now.astimezone(zoneinfo.ZoneInfo(self.time_zone)).time()
        since, until = self.quiet_from, self.quiet_until
        quiet = since <= local < until if since < until else local >= since or local < until
        return "quiet_hours" if quiet else None


def kept(db: Connection, name: str) -> dict[str, Any]:
    """Read one set of choices."""
    return db.scalar(select(Preference.value).where(Preference.name == name)) or {}


@contextmanager
def changing(db: Connection, name: str) -> Iterator[dict[str, Any]]:
    """Give a set of choices to be changed; who comes first holds it, so that both are kept."""
    db.execute(upsert(Preference).values(name=name, value={}).on_conflict_do_nothing())
    db.execute(select(Preference.name).where(Preference.name == name).with_for_update())
    value = kept(db, name)
    yield value
    db.execute(
        update(Preference).where(Preference.name == name).values(value=value, updated_at=func.now())
    )


def enrichment(db: Connection) -> Enrichment:
    """Read how the metadata services are asked."""
    return _enrichment(kept(db, _ENRICHMENT))


def _enrichment(kept: Mapping[str, Any]) -> Enrichment:
    known = {each.name for each in fields(Enrichment)}
    chosen = {name: value for name, value in kept.items() if name in known}
    for name in ("quiet_from", "quiet_until"):
        if chosen.get(name) is not None:
            chosen[name] = time.fromisoformat(chosen[name])
    return Enrichment(**chosen)


def change_enrichment(db: Connection, viewer: Viewer, changes: Mapping[str, Any]) -> Enrichment:
    """Change some of it; raises Forbidden, and InputError that names each field."""
    viewer.require_admin()
    with changing(db, _ENRICHMENT) as value:
        chosen = replace(_enrichment(value), **changes)
        _check(chosen)
        value.update(asdict(chosen))
        for name, each in (("quiet_from", chosen.quiet_from), ("quiet_until", chosen.quiet_until)):
            value[name] = each and each.isoformat("minutes")
    return chosen


def _check(chosen: Enrichment) -> None:
    wrong = {}
    if not _LANGUAGE.fullmatch(chosen.language):
        wrong["language"] = 'Give a language as BCP 47 writes it, such as "de" or "pt-BR".'
    if not _COUNTRY.fullmatch(chosen.country):
        wrong["country"] = 'Give a country of ISO 3166-1, such as "DE".'
    if (chosen.quiet_from is None) != (chosen.quiet_until is None):
        wrong["quiet_until"] = "Give both ends of the quiet hours, or neither."
    elif chosen.quiet_from is not None and chosen.quiet_from == chosen.quiet_until:
        wrong["quiet_until"] = "Quiet hours must end at another time than they begin."
    for type_, most in chosen.artwork.items():
        if type_ not in ARTWORK_TYPES:
            wrong[f"artwork.{type_}"] = f"These are known: {', '.join(ARTWORK_TYPES)}."
        elif not 0 <= most <= MOST_PICTURES:
            wrong[f"artwork.{type_}"] = f"Give 0 to {MOST_PICTURES}."
    try:
        zoneinfo.ZoneInfo(chosen.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        wrong["time_zone"] = 'Give a time zone such as "Europe/Berlin".'
    if wrong:
        raise InputError(wrong)

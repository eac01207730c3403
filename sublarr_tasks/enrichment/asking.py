"""What the services say of a film, or of a series with the seasons that are here."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from sublarr_tasks.clients.metadata.facts import Facts, Picture
from sublarr_tasks.clients.metadata.tmdb import ID, Tmdb
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import matching
from sublarr_tasks.enrichment.matching import Choice
from sublarr_tasks.enrichment.providers import Providers, asking
from sublarr_tasks.errors import Postponed, UnitError
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import Item, ItemKind


@dataclass(frozen=True, slots=True)
class Part:
    """A season or an episode that is here."""

    id: int
    kind: ItemKind
    season: int | None
    episode: int | None
    absolute: int | None
    aired: date | None


@dataclass(frozen=True, slots=True)
class Subject:
    """A film or series to be asked for; `due_at` is since when."""

    id: int
    kind: ItemKind
    title: str
    year: int | None
    tmdb_id: str | None
    imdb_id: str | None
    tvdb_id: str | None
    due_at: datetime | None
    parts: Sequence[Part] = ()

    @property
    def seasons(self) -> list[int]:
        return sorted({part.season for part in self.parts if part.season is not None})

    @property
    def needs_all_seasons(self) -> bool:
        """Tell whether an episode is named by a date, or counted from the first on."""
        return any(part.season is None for part in self.parts if part.kind is ItemKind.EPISODE)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the services said of a subject, of its parts by item id, and how it was found."""

    subject: Subject
    facts: Facts
    parts: Mapping[int, Facts] = field(default_factory=dict)
    choice: Choice | None = None
    provider: Kind = Kind.TMDB

    @property
    def by_item(self) -> dict[int, Facts]:
        return {self.subject.id: self.facts, **self.parts}


def subjects(db: Connection, item_ids: Collection[int]) -> dict[int, Subject]:
    """Read films and series with their parts, by id; without those that have gone."""
    own = select(Item).where(among(Item.id, item_ids), Item.missing_since.is_(None)).subquery()
    found = db.execute(select(*own.c)).all()
    parts = _parts(db, [row.id for row in found if row.kind == ItemKind.SERIES])
    return {
        row.id: Subject(
            row.id,
            ItemKind(row.kind),
            row.title,
            row.year,
            row.tmdb_id,
            row.imdb_id,
            row.tvdb_id,
            row.enrich_due_at,
            parts.get(row.id, ()),
        )
        for row in found
    }


def ask(providers: Providers, subject: Subject) -> Answered:
    """Ask for one subject; raises Postponed, and UnitError where nobody knows it.

    TheTVDB is asked of a series that has its id and that TMDB does not know.
    """
    unknown = UnitError("not_found", "TheTVDB alone was asked, and knows only series with its id.")
    tmdb, tvdb = providers.tmdb, providers.tvdb
    if tmdb is not None:
        try:
            return _ask_tmdb(tmdb, subject)
        except Postponed:
            raise
        except UnitError as error:
            unknown = error
    if tvdb is None or subject.kind is not ItemKind.SERIES or not subject.tvdb_id:
        raise unknown
    with asking("TheTVDB"):
        found = tvdb.series(subject.tvdb_id)
    if found is None:
        raise UnitError("not_found", f"TheTVDB knows nothing of the id {subject.tvdb_id}.")
    parts = dict(_placed(subject.parts, _by_season(found)))
    return Answered(subject, replace(found, episodes=()), parts, provider=Kind.TVDB)


def _ask_tmdb(tmdb: Tmdb, subject: Subject) -> Answered:
    with asking("TMDB"):
        tmdb_id, choice = _identified(tmdb, subject)
        if subject.kind is ItemKind.MOVIE:
            facts = tmdb.movie(tmdb_id)
            parts: Mapping[int, Facts] = {}
        else:
            facts = tmdb.series(tmdb_id)
            parts = _said_of_parts(tmdb, tmdb_id, subject, facts)
    if facts is None:
        raise UnitError("not_found", f"TMDB knows nothing of the id {tmdb_id}.")
    return Answered(subject, facts, parts, choice)


def _by_season(found: Facts) -> dict[int | None, Facts]:
    """Make seasons of a series' episodes; of their own nothing is said."""
    by_number: dict[int, list[Facts]] = {}
    for episode in found.episodes:
        by_number.setdefault(episode.season_number or 0, []).append(episode)
    return {
        number: Facts(ItemKind.SEASON, {}, season_number=number, episodes=tuple(episodes))
        for number, episodes in by_number.items()
    }


def pictures(providers: Providers, subject: Subject) -> dict[Kind, dict[int, list[Picture]]]:
    """Ask others than TMDB for pictures; returns them by service and item id.

    Raises Postponed and UnitError.
    """
    found: dict[Kind, tuple[Picture, ...]] = {}
    fanarttv, tvdb = providers.fanarttv, providers.tvdb
    is_series = subject.kind is ItemKind.SERIES
    if fanarttv is not None:
        with asking("fanart.tv"):
            if subject.tvdb_id and is_series:
                found[Kind.FANARTTV] = fanarttv.series(subject.tvdb_id)
            elif subject.tmdb_id and not is_series:
                found[Kind.FANARTTV] = fanarttv.movie(subject.tmdb_id)
    if tvdb is not None and subject.tvdb_id and is_series:
        with asking("TheTVDB"):
            found[Kind.TVDB] = tvdb.pictures(subject.tvdb_id)
    return {kind: _by_item(subject, offered) for kind, offered in found.items()}


def _by_item(subject: Subject, offered: Iterable[Picture]) -> dict[int, list[Picture]]:
    """Give a series' pictures to it and to those of its seasons that are here."""
    seasons = {part.season: part.id for part in subject.parts if part.kind is ItemKind.SEASON}
    by_item: dict[int, list[Picture]] = {subject.id: [], **{each: [] for each in seasons.values()}}
    for picture in offered:
        item_id = subject.id if picture.season is None else seasons.get(picture.season)
        if item_id is not None:
            by_item[item_id].append(picture)
    return by_item


def _parts(db: Connection, series_ids: Collection[int]) -> dict[int, list[Part]]:
    """Read the seasons and episodes of some series, which lie at most two steps below them."""
    if not series_ids:
        return {}
    found: dict[int, list[Part]] = {}
    season = aliased(Item)
    below = among(Item.parent_id, series_ids)
    through = select(Item, season.parent_id.label("series_id")).join(
        season, season.id == Item.parent_id
    )
    for statement in (
        select(Item, Item.parent_id.label("series_id")).where(below),
        through.where(among(season.parent_id, series_ids)),
    ):
        each = statement.where(Item.missing_since.is_(None)).subquery()
        for row in db.execute(select(*each.c)):
            part = Part(
                row.id,
                ItemKind(row.kind),
                row.season_number,
                row.episode_number,
                row.absolute_number,
                row.premiered,
            )
            found.setdefault(row.series_id, []).append(part)
    return found


def _identified(tmdb: Tmdb, subject: Subject) -> tuple[str, Choice | None]:
    """Return TMDB's id of a subject: its own, by an id elsewhere, or by title and year."""
    if subject.tmdb_id:
        return subject.tmdb_id, None
    for source, external_id in (("imdb", subject.imdb_id), ("tvdb", subject.tvdb_id)):
        found = external_id and tmdb.find(subject.kind, source, external_id)
        if found:
            return found, None
    matches = tmdb.search(subject.kind, subject.title, subject.year)
    if not matches and subject.year is not None:
        matches = tmdb.search(subject.kind, subject.title)
    choice = matching.sure(subject.title, subject.year, matches)
    if choice is None:
        reason = "ambiguous" if matches else "not_found"
        raise UnitError(reason, f"TMDB has {len(matches)} that may be meant, and none for sure.")
    return choice.match.ids[ID], choice


def _said_of_parts(
    tmdb: Tmdb, tmdb_id: str, subject: Subject, facts: Facts | None
) -> dict[int, Facts]:
    if facts is None:
        return {}
    wanted = {*subject.seasons}
    if subject.needs_all_seasons:
        wanted |= set(facts.season_numbers)
    asked = (tmdb.season(tmdb_id, number) for number in sorted(wanted))
    seasons = {each.season_number: each for each in asked if each is not None}
    return dict(_placed(subject.parts, seasons))


def _placed(
    parts: Sequence[Part], seasons: Mapping[int | None, Facts]
) -> Iterator[tuple[int, Facts]]:
    """Yield what is said of each part: by its numbers, its place from the first on, or its date."""
    episodes = [
        each for number in sorted(n or 0 for n in seasons) for each in seasons[number].episodes
    ]
    numbered = {(each.season_number, each.episode_number): each for each in episodes}
    regular = [each for each in episodes if each.season_number]
    aired = {each.premiered: each for each in reversed(episodes) if each.premiered}
    for part in parts:
        if part.kind is ItemKind.SEASON:
            said = seasons.get(part.season)
        elif part.season is not None:
            said = numbered.get((part.season, part.episode))
        elif part.absolute is not None:
            said = regular[part.absolute - 1] if 0 < part.absolute <= len(regular) else None
        else:
            said = aired.get(part.aired) if part.aired is not None else None
        if said is not None:
            yield part.id, said

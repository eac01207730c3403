"""The metadata services of a library, and what their errors mean for an item."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from sublarr_tasks import preferences
from sublarr_tasks.clients.metadata.fanarttv import FanartTv
from sublarr_tasks.clients.metadata.tmdb import Tmdb
from sublarr_tasks.clients.metadata.tvdb import Tvdb
from sublarr_tasks.errors import Postponed, ServiceError, UnitError, seconds_in_the_way
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import Library
from sublarr_tasks.preferences import Enrichment

# Those that know titles; the others have pictures alone.
KNOWING = frozenset({Kind.TMDB, Kind.TVDB})
ASKED = (*sorted(KNOWING), Kind.FANARTTV)


@dataclass(frozen=True, slots=True)
class Providers:
    """The services that a library's items are asked of; each thread has clients of its own."""

    rows: Mapping[Kind, Any]
    chosen: Enrichment

    @property
    def offers_more(self) -> bool:
        """Tell whether others than TMDB offer pictures."""
        return bool(self.rows.keys() - {Kind.TMDB})

    @property
    def tmdb(self) -> Tmdb | None:
        """Return this thread's client of TMDB, if it was set up."""
        row = self.rows.get(Kind.TMDB)
        chosen = self.chosen
        return row and Tmdb(building.kept(row).http, chosen.language, chosen.country)

    @property
    def tvdb(self) -> Tvdb | None:
        """Return this thread's client of TheTVDB, if it was set up."""
        row = self.rows.get(Kind.TVDB)
        if row is None:
            return None
        kept = building.kept(row)
        return Tvdb(kept.http, kept.secrets, self.chosen.language, self.chosen.country)

    @property
    def fanarttv(self) -> FanartTv | None:
        """Return this thread's client of fanart.tv, if it was set up."""
        row = self.rows.get(Kind.FANARTTV)
        return row and FanartTv(building.kept(row).http)


def known(db: Connection, library_id: int) -> bool:
    """Tell whether there is anybody to ask."""
    return any(row.kind in KNOWING for row in _rows(db, library_id))


def of(db: Connection, library_id: int) -> Providers | None:
    """Find a library's services; None where there are none."""
    found = {Kind(row.kind): row for row in reversed(_rows(db, library_id))}
    return Providers(found, preferences.enrichment(db)) if found.keys() & KNOWING else None


def hosts(db: Connection) -> frozenset[str]:
    """Return the hosts that people gave as those of metadata services."""
    found = (urlsplit(row.url).hostname for row in rows.enabled(db, *ASKED))
    return frozenset(host for host in found if host)


@contextmanager
def asking(service: str) -> Iterator[None]:
    """Tell errors of a service apart: Postponed where it is in the way, UnitError of one item."""
    try:
        yield
    except ServiceError as error:
        detail = f"{service}: {error}"
        seconds = seconds_in_the_way(error)
        if seconds is not None:
            raise Postponed(error.code, detail, seconds) from error
        raise UnitError(error.code, detail) from error


def _rows(db: Connection, library_id: int) -> list[Any]:
    owner_id = db.scalar(select(Library.owner_id).where(Library.id == library_id))
    return [row for row in rows.enabled(db, *ASKED) if row.owner_id in (None, owner_id)]

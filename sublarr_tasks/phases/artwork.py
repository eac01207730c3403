"""Artwork: what services offer is collected, the best is chosen, and its bytes are fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection, Row, select

from sublarr_tasks import assets, cache_rows, preferences, units
from sublarr_tasks.assets import Received
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.clients.http import Address, Http, Service
from sublarr_tasks.clients.metadata.facts import Picture
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import artwork, asking, providers
from sublarr_tasks.enrichment.artwork import Wanted
from sublarr_tasks.enrichment.asking import Subject
from sublarr_tasks.enrichment.providers import Providers
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library import likeness
from sublarr_tasks.models import Artwork, ScanStatus, Step, UnitState
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.preferences import Enrichment
from sublarr_tasks.units import Draft

# By service and item id.
Offered = Mapping[Kind, Mapping[int, list[Picture]]]

MOST_BYTES = 20 << 20
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Collecting:
    """Whom to ask for pictures, and of what, by item id."""

    scan_id: int
    providers: Providers | None
    subjects: Mapping[int, Subject]


@dataclass(frozen=True, slots=True)
class Choosing:
    """By whose wishes pictures are chosen."""

    scan_id: int
    chosen: Enrichment


@dataclass(frozen=True, slots=True)
class Fetching:
    """Where the pictures of the claimed units are, by their ids, and where their bytes go.

    `near` are the hosts that people named, which may be on a private network.
    """

    scan_id: int
    urls: Mapping[int, str]
    near: frozenset[str]
    store: assets.Store
    chosen: Enrichment


def add_choosing(db: Connection, scan_id: int, done: Sequence[Any]) -> dict[str, int]:
    """Add a unit that chooses for each unit's item; returns what it adds to the counters."""
    return _add(db, scan_id, Step.CHOOSE, [(unit.subject_id, unit.subject) for unit in done])


def add_collecting(db: Connection, scan_id: int, done: Sequence[Any]) -> dict[str, int]:
    """Add a unit that collects for each unit's item; returns what it adds to the counters."""
    return _add(db, scan_id, Step.COLLECT, [(unit.subject_id, unit.subject) for unit in done])


def _prepare_collecting(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Collecting:
    ids = [unit.subject_id for unit in claimed if unit.subject_id]
    return Collecting(scan.id, providers.of(db, scan.library_id), asking.subjects(db, ids))


def _collect(context: Collecting, unit: Unit) -> Offered:
    """Ask for an item's pictures; raises UnitError, and Postponed where a service is away."""
    subject = context.subjects.get(unit.subject_id or 0)
    if subject is None or context.providers is None:
        raise UnitSkipped("vanished", "the item or the service was removed during the scan")
    return asking.pictures(context.providers, subject)


def _settle_collected(
    db: Connection, context: Collecting, results: Sequence[tuple[Unit, Offered]]
) -> Settlement:
    assert context.providers is not None  # or nobody would have said anything
    for _, offered in results:
        for kind, pictures in offered.items():
            artwork.offer(db, kind, pictures, context.providers.chosen)
    added = add_choosing(db, context.scan_id, [unit for unit, _ in results])
    return _done(results, added)


def _refuse_collected(
    db: Connection, context: Collecting, refused: Sequence[tuple[Unit, UnitError]]
) -> dict[str, int]:
    """Choose among what others offer."""
    left = [unit for unit, error in refused if not isinstance(error, UnitSkipped)]
    return _skipped(refused) | add_choosing(db, context.scan_id, left)


def _prepare_choosing(db: Connection, scan: Row[Any], _: Sequence[Unit]) -> Choosing:
    return Choosing(scan.id, preferences.enrichment(db))


def _choose(_: Choosing, unit: Unit) -> int:
    if unit.subject_id is None:
        raise UnitSkipped("vanished")
    return unit.subject_id


def _settle_chosen(
    db: Connection, context: Choosing, results: Sequence[tuple[Unit, int]]
) -> Settlement:
    wanted = artwork.choose(db, [item_id for _, item_id in results], context.chosen)
    return _done(results, add_fetching(db, context.scan_id, wanted))


def add_fetching(db: Connection, scan_id: int, wanted: Sequence[Wanted]) -> dict[str, int]:
    """Add a unit that fetches each picture; returns what it adds to the counters."""
    return _add(db, scan_id, Step.FETCH, [(each.id, each.subject) for each in wanted])


def _prepare_fetching(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Fetching:
    ids = [unit.subject_id for unit in claimed if unit.subject_id]
    found = db.execute(select(Artwork.id, Artwork.url).where(among(Artwork.id, ids)))
    return Fetching(
        scan.id,
        {row.id: row.url for row in found},
        providers.hosts(db),
        assets.current(),
        preferences.enrichment(db),
    )


def _fetch(context: Fetching, unit: Unit) -> tuple[Received, int | None]:
    """Fetch one picture; raises UnitError where it is none, Postponed where its host is away."""
    url = context.urls.get(unit.subject_id or 0)
    if url is None:
        raise UnitSkipped("vanished", "the picture is no longer offered")
    address = Address.of(url)
    if address is None:
        raise UnitError("malformed", "the picture's link leads nowhere")
    service = Service(
        f"pictures:{address.host}",
        address.origin,
        private=address.host in context.near,
        total=MOST_SECONDS,
        most_bytes=MOST_BYTES,
    )
    with providers.asking(address.host):
        answer = Http(service).request("GET", address.path)
    extension = PurePosixPath(address.path.partition("?")[0]).suffix.lower().removeprefix(".")
    received = context.store.receive_bytes(answer.content, extension)
    return received, likeness.of(received.temporary)


def _secure(context: Fetching, result: tuple[Received, int | None]) -> None:
    context.store.keep(result[0])


def _settle_fetched(
    db: Connection, context: Fetching, results: Sequence[tuple[Unit, tuple[Received, int | None]]]
) -> Settlement:
    cache_rows.keep(db, context.store, {received.stored for _, (received, _) in results})
    again = []
    for unit, (received, hash_) in results:
        if not artwork.fetched(db, unit.subject_id or 0, received.stored, hash_):
            again.append(unit.subject_id or 0)
    counters = _choose_again(db, context, artwork.owners(db, again))
    artwork.settled(db, [unit.subject_id for unit, _ in results if unit.subject_id])
    return _done(results, counters)


def _refuse_fetched(
    db: Connection, context: Fetching, refused: Sequence[tuple[Unit, UnitError]]
) -> dict[str, int]:
    reasons = {
        unit.subject_id: f"not_fetched:{error.reason}"
        for unit, error in refused
        if unit.subject_id and not isinstance(error, UnitSkipped)
    }
    counters = _choose_again(db, context, artwork.unfetched(db, reasons))
    artwork.settled(db, [*reasons])
    return _skipped(refused) | counters


def _choose_again(db: Connection, context: Fetching, item_ids: Sequence[int]) -> dict[str, int]:
    """Take the next best in place of what was the same as another, or could not be had."""
    if not item_ids:
        return {}
    return add_fetching(db, context.scan_id, artwork.choose(db, item_ids, context.chosen))


def _add(
    db: Connection, scan_id: int, step: Step, subjects: Sequence[tuple[int | None, str]]
) -> dict[str, int]:
    drafts = [Draft(subject, subject_id, step=step) for subject_id, subject in subjects]
    return {"artwork_queued": units.add_new(db, scan_id, ScanStatus.ENRICHING, drafts)}


def _done(results: Sequence[tuple[Unit, Any]], counters: Mapping[str, int]) -> Settlement:
    verdicts = [Verdict(unit.id, UnitState.DONE) for unit, _ in results]
    return Settlement(verdicts, {"artwork_completed": len(results)} | dict(counters))


def _skipped(refused: Sequence[tuple[Unit, UnitError]]) -> dict[str, int]:
    return {"enrichment_skipped": sum(isinstance(error, UnitSkipped) for _, error in refused)}


COLLECTING = Procedure(
    _prepare_collecting, _collect, _settle_collected, _refuse_collected, remote=True
)
CHOOSING = Procedure(_prepare_choosing, _choose, _settle_chosen, lambda *_: {})
FETCHING = Procedure(
    _prepare_fetching, _fetch, _settle_fetched, _refuse_fetched, _secure, remote=True
)

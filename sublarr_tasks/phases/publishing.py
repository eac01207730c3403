"""Publishing: NFO files and chosen artwork beside the films, where a library wants that.

A unit is a film, or a series with its parts. Its detail says what was done, or would be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, exists, or_, select
from sqlalchemy.orm import aliased

from sublarr_tasks import assets, filenames, publishing
from sublarr_tasks.claims import Unit, Verdict
from sublarr_tasks.db import among
from sublarr_tasks.errors import UnitError, UnitSkipped
from sublarr_tasks.library.layers import BY_ID
from sublarr_tasks.models import Item, Library, ScanStatus, ScanUnit, Step, UnitState
from sublarr_tasks.phases.roots import Root, reading
from sublarr_tasks.phases.steps import Procedure, Settlement
from sublarr_tasks.profiles import Publishing, ScanOptions
from sublarr_tasks.publishing import Action, Target


@dataclass(frozen=True, slots=True)
class Family:
    """A film, or a series with its parts: what should be beside it, and what we put there."""

    targets: Sequence[Target] = ()
    published: Sequence[Any] = ()
    before: Mapping[bytes, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """The library, what is asked for, and the families by item id."""

    root: Root
    mode: Publishing
    store: assets.Store
    families: Mapping[int, Family]


def due(db: Connection, scan: Row[Any]) -> list[Any]:
    """Return the conditions of what a scan publishes; empty where it publishes nothing."""
    options = ScanOptions.from_json(scan.options)
    here = [Item.library_id == scan.library_id, Item.kind.in_(BY_ID), Item.missing_since.is_(None)]
    if options.publishing != Publishing.AS_LIBRARY:
        return [*here, among(Item.id, options.items)] if options.items else here
    wants = db.execute(_WANTS.where(Library.id == scan.library_id)).one()
    if not any(wants) or not options.enriches:
        return []
    part = aliased(Item)
    changed = exists().where(
        part.directory_id == Item.directory_id, part.updated_at > Item.published_at
    )
    known = Item.enriched_at.is_not(None) | (Item.edits != {})
    return [*here, known, or_(Item.published_at.is_(None), changed)]


def not_yet(scan: Row[Any]) -> Any:  # noqa: ANN401 - a condition
    """Match the items that this scan has no such unit of."""
    return ~exists().where(
        ScanUnit.scan_id == scan.id,
        ScanUnit.phase == ScanStatus.ENRICHING,
        ScanUnit.step == Step.PUBLISH,
        ScanUnit.subject_id == Item.id,
    )


_WANTS = select(Library.publish_nfo, Library.publish_artwork)


def _prepare(db: Connection, scan: Row[Any], claimed: Sequence[Unit]) -> Context:
    mode = ScanOptions.from_json(scan.options).publishing
    wants = db.execute(_WANTS.where(Library.id == scan.library_id)).one()
    asked = mode != Publishing.AS_LIBRARY
    families = {}
    for item_id, items in publishing.family(db, [u.subject_id or 0 for u in claimed]).items():
        rows = publishing.published(db, [item.id for item in items])
        families[item_id] = Family(
            publishing.targets(
                db,
                items,
                with_nfo=asked or wants.publish_nfo,
                with_artwork=asked or wants.publish_artwork,
            ),
            rows,
            publishing.extensions(db, rows),
        )
    return Context(reading(db, scan).root, mode, assets.current(), families)


def _work(context: Context, unit: Unit) -> list[Action]:
    """Write, or undo, one family's files; raises UnitError, MountLost where the library is gone."""
    found = context.families.get(unit.subject_id or 0)
    if found is None:
        raise UnitSkipped("vanished", "the item was removed during the scan")
    context.root.check()
    if context.mode == Publishing.UNDO:
        return [
            publishing.take_back(
                context.root.path, row, context.store, found.before.get(row.before_sha256)
            )
            for row in reversed(found.published)
        ]
    ours = {(row.directory_id, row.name): row for row in found.published}
    done: list[Action] = []
    for target in found.targets:
        row = ours.get((target.directory_id, target.name))
        dry = context.mode == Publishing.DRY_RUN
        try:
            done.append(publishing.place(context.root.path, target, row, context.store, dry=dry))
        except UnitError as error:
            done.append(Action(f"failed, {error.reason}:", target.path))
    return done


def _settle(
    db: Connection, context: Context, results: Sequence[tuple[Unit, list[Action]]]
) -> Settlement:
    verdicts = []
    for unit, actions in results:
        if context.mode != Publishing.DRY_RUN:
            publishing.note(db, actions, [unit.subject_id or 0])
        failed = [action for action in actions if action.done.startswith("failed")]
        detail = "; ".join(f"{a.done} {filenames.printable(a.path)}" for a in actions)
        state = UnitState.FAILED if failed else UnitState.DONE
        reason = "not_all_published" if failed else str(context.mode)
        verdicts.append(Verdict(unit.id, state, reason, detail or "nothing to do"))
    failures = sum(verdict.state is UnitState.FAILED for verdict in verdicts)
    counters = {"publish_completed": len(results) - failures, "enriching_failed": failures}
    return Settlement(verdicts, counters)


def _refuse(
    _: Connection, __: Context, refused: Sequence[tuple[Unit, UnitError]]
) -> dict[str, int]:
    return {"enrichment_skipped": sum(isinstance(error, UnitSkipped) for _, error in refused)}


PROCEDURE = Procedure(_prepare, _work, _settle, _refuse)

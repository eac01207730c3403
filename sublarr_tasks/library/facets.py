"""What items have in common, written anew from their own fields; in their transaction.

A name that two workers write at once is one row: whoever comes second waits for the first and takes
what is there. All write names in one order, so that nobody waits for one who waits for them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.selectable import TableValuedAlias

from sublarr_tasks import bulk
from sublarr_tasks.db import among
from sublarr_tasks.models import Credit, CreditKind, Item, ItemLabel, Label, LabelKind, Person

LISTS: Mapping[str, LabelKind] = {
    "genres": LabelKind.GENRE,
    "studios": LabelKind.STUDIO,
    "tags": LabelKind.TAG,
    "countries": LabelKind.COUNTRY,
}
CREDITS: Mapping[str, CreditKind] = {
    "actors": CreditKind.ACTOR,
    "directors": CreditKind.DIRECTOR,
    "writers": CreditKind.WRITER,
}
_COLUMNS = [Item.__table__.c[name] for name in ("id", "set_name", *LISTS, *CREDITS)]
MOST_CREDITS = 1000


def refresh(db: Connection, item_ids: Collection[int], *, new: bool = False) -> None:
    """Write what some items have in common with others; `new` ones have nothing as yet."""
    if not item_ids:
        return
    if not new:
        db.execute(delete(ItemLabel).where(among(ItemLabel.item_id, item_ids)))
        db.execute(delete(Credit).where(among(Credit.item_id, item_ids)))
    items = db.execute(select(*_COLUMNS).where(among(Item.id, item_ids))).all()
    _write_labels(db, items)
    _write_credits(db, items)


def _write_labels(db: Connection, items: Sequence[Any]) -> None:
    wanted = [(item.id, kind, name) for item in items for kind, name in _labels(item)]
    known = _label_ids(db, {(kind, name) for _, kind, name in wanted})
    links = dict.fromkeys((item_id, known[kind, name.lower()]) for item_id, kind, name in wanted)
    bulk.copy(db, ItemLabel, [{"item_id": i, "label_id": label} for i, label in links])


def _labels(item: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - an item's row
    for column, kind in LISTS.items():
        for name in getattr(item, column):
            yield kind.value, name
    if item.set_name:
        yield LabelKind.COLLECTION.value, item.set_name


def _label_ids(db: Connection, names: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the ids of labels by kind and name in lower case; those that lack are made."""
    ordered = sorted(names)
    given = bulk.arrays(
        kind=(Text(), [kind for kind, _ in ordered]), name=(Text(), [name for _, name in ordered])
    )
    same = (Label.kind == given.c.kind) & (func.lower(Label.name) == func.lower(given.c.name))
    known = select(given.c.kind, given.c.name, Label.id).join(Label, same)
    found = db.execute(known).all()
    missing = names - {(row.kind, row.name) for row in found}
    if missing:
        _add(db, Label, given)
        found = db.execute(known).all()
    return {(row.kind, row.name.lower()): row.id for row in found}


def _write_credits(db: Connection, items: Sequence[Any]) -> None:
    wanted = [
        (item.id, kind, position, credit)
        for item in items
        for column, kind in CREDITS.items()
        for position, credit in enumerate(getattr(item, column)[:MOST_CREDITS])
    ]
    known = _people(db, [credit for *_, credit in wanted])
    bulk.copy(
        db,
        Credit,
        [
            {
                "item_id": item_id,
                "kind": kind.value,
                "position": position,
                "person_id": known[credit["name"].lower()],
                "role": credit.get("role"),
            }
            for item_id, kind, position, credit in wanted
        ],
    )


def _people(db: Connection, credits_: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the ids of people by their names in lower case; what is new of one is noted."""
    by_name: dict[str, dict[str, Any]] = {}
    for credit in credits_:
        told = by_name.setdefault(credit["name"], {"tmdb_id": None, "picture_url": None})
        told["tmdb_id"] = told["tmdb_id"] or credit.get("ids", {}).get("tmdb")
        told["picture_url"] = told["picture_url"] or credit.get("picture_url")
    names = sorted(by_name)
    given = bulk.arrays(
        name=(Text(), names),
        tmdb_id=(Text(), [by_name[name]["tmdb_id"] for name in names]),
        picture_url=(Text(), [by_name[name]["picture_url"] for name in names]),
    )
    same = func.lower(Person.name) == func.lower(given.c.name)
    known = select(given.c.name, Person.id, Person.tmdb_id).join(Person, same)
    found = db.execute(known).all()
    missing = by_name.keys() - {row.name for row in found}
    if missing:
        _add(db, Person, given)
        found = db.execute(known).all()
    if any(row.tmdb_id is None and by_name[row.name]["tmdb_id"] for row in found):
        _note(db, given, same)
    return {row.name.lower(): row.id for row in found}


def _note(db: Connection, given: Any, same: Any) -> None:  # noqa: ANN401 - SQL expressions
    """Keep what is told of people of whom it was not known; in the order of their ids."""
    locked = (
        select(Person.id, given.c.tmdb_id, given.c.picture_url)
        .join(given, same)
        .where(Person.tmdb_id.is_(None), given.c.tmdb_id.is_not(None))
        .order_by(Person.id)
        .with_for_update(of=Person)
        .cte()
    )
    db.execute(
        update(Person)
        .where(Person.id == locked.c.id)
        .values(
            tmdb_id=locked.c.tmdb_id,
            picture_url=func.coalesce(Person.picture_url, locked.c.picture_url),
        )
    )


def _add(db: Connection, table: type[Label | Person], given: TableValuedAlias) -> None:
    """Insert what there is none of, in one order everywhere; of two spellings the first."""
    names = [column.name for column in given.c]
    rows = select(*given.c).order_by(func.lower(given.c.name), given.c.name)
    db.execute(upsert(table).from_select(names, rows).on_conflict_do_nothing())

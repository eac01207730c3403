"""What the items that a viewer sees have in common, and how many have it."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from sublarr_tasks import paging
from sublarr_tasks.models import Credit, Item, ItemLabel, Label, LabelKind, Person
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer, in_libraries

_BY_LABEL = Order("labels", (func.lower(Label.name), Label.__table__.c.id), (str, int))
_BY_PERSON = Order("people", (func.lower(Person.name), Person.__table__.c.id), (str, int))


def labels(
    db: Connection, viewer: Viewer, kind: LabelKind | None, q: str | None, window: Window
) -> Page:
    """List labels by name, each with how many `items` have it; of one kind, or of all."""
    mine = _seen(viewer, ItemLabel.item_id)
    matching = select(Label.id).where(exists().where(ItemLabel.label_id == Label.id, mine))
    if kind is not None:
        matching = matching.where(Label.kind == kind)
    count = _count(select(ItemLabel.item_id).where(ItemLabel.label_id == Label.id, mine), Label)
    shown = select(*Label.__table__.c, count.label("items"))
    return paging.fetch(db, _named(matching, Label.name, q), shown, _BY_LABEL, window)


def people(db: Connection, viewer: Viewer, q: str | None, window: Window) -> Page:
    """List people by name, each with in how many `items` they have a part."""
    mine = _seen(viewer, Credit.item_id)
    matching = select(Person.id).where(exists().where(Credit.person_id == Person.id, mine))
    parts = select(Credit.item_id).where(Credit.person_id == Person.id, mine).distinct()
    shown = select(*Person.__table__.c, _count(parts, Person).label("items"))
    return paging.fetch(db, _named(matching, Person.name, q), shown, _BY_PERSON, window)


def _seen(viewer: Viewer, item_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    return exists().where(
        Item.id == item_id, Item.missing_since.is_(None), in_libraries(viewer, Item.library_id)
    )


def _count(items: Select[Any], of: Any) -> ColumnElement[int]:  # noqa: ANN401 - a table
    return select(func.count()).select_from(items.correlate(of).subquery()).scalar_subquery()


def _named(matching: Select[Any], name: Any, q: str | None) -> Select[Any]:  # noqa: ANN401 - a column
    return matching if q is None else matching.where(name.icontains(q, autoescape=True))

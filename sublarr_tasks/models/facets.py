"""What many items have in common: genres, studios, tags, countries, collections, people.

These rows follow the items' own fields and are written anew with them. A name is one row whatever
its case, as in Kodi.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, Id, words


class LabelKind(StrEnum):
    """What a label is."""

    GENRE = "genre"
    STUDIO = "studio"
    TAG = "tag"
    COUNTRY = "country"
    COLLECTION = "collection"


class CreditKind(StrEnum):
    """What a person did."""

    ACTOR = "actor"
    DIRECTOR = "director"
    WRITER = "writer"


class Label(Base):
    """A genre, studio, tag, country or collection."""

    __tablename__ = "labels"
    __table_args__ = (
        Index("uq_labels_kind_name", "kind", text("lower(name)"), unique=True),
        Index("ix_labels_name", text("lower(name)"), "id"),
        CheckConstraint(f"kind IN ({words(tuple(LabelKind))})", "kind"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]


class ItemLabel(Base):
    """A label of an item."""

    __tablename__ = "item_labels"
    __table_args__ = (Index("ix_item_labels_label_id", "label_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"), primary_key=True)


class Person(Base):
    """Somebody who plays, directs or writes."""

    __tablename__ = "people"
    __table_args__ = (Index("uq_people_name", text("lower(name)"), unique=True),)

    id: Mapped[Id]
    name: Mapped[str]
    tmdb_id: Mapped[str | None]
    picture_url: Mapped[str | None]


class Credit(Base):
    """A person's part in an item; `position` counts those of a kind from 0."""

    __tablename__ = "credits"
    __table_args__ = (
        Index("ix_credits_person_id", "person_id"),
        CheckConstraint(f"kind IN ({words(tuple(CreditKind))})", "kind"),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete=CASCADE), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str | None]

"""What items have in common: genres, studios, tags, countries, collections, people."""

from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints

from api.auth import viewer
from api.fields import Answer, Text, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks import browsing
from sublarr_tasks.db import transaction
from sublarr_tasks.models import LabelKind

api = resource("browsing", "Genres, studios, tags, countries, collections, people.")

Part = Annotated[
    Annotated[Text, StringConstraints(min_length=1, max_length=200)] | None,
    Field(description="a part of the name"),
]


class Label(Answer):
    """A genre, studio, tag, country or collection; `items` have it."""

    id: int
    kind: LabelKind
    name: str
    items: int


class LabelPage(PageAnswer[Label]):
    """A page of labels."""


class Person(Answer):
    """Somebody who plays, directs or writes, with a part in so many `items`."""

    id: int
    name: str
    tmdb_id: str | None
    picture_url: str | None
    items: int


class PersonPage(PageAnswer[Person]):
    """A page of people."""


class LabelQuery(PageQuery):
    """Which labels are listed."""

    kind: LabelKind | None = None
    q: Part = None


class PersonQuery(PageQuery):
    """Which people are listed."""

    q: Part = None


@api.get("/labels", responses={200: LabelPage, **answers(422)})
def labels(query: LabelQuery) -> Response:
    """List genres, studios, tags, countries and collections by name."""
    with transaction() as db:
        page = browsing.labels(db, viewer(), query.kind, query.q, query.window())
    return reply(LabelPage.of(page, query, [Label.model_validate(row) for row in page.rows]))


@api.get("/people", responses={200: PersonPage, **answers(422)})
def people(query: PersonQuery) -> Response:
    """List actors, directors and writers by name."""
    with transaction() as db:
        page = browsing.people(db, viewer(), query.q, query.window())
    return reply(PersonPage.of(page, query, [Person.model_validate(row) for row in page.rows]))

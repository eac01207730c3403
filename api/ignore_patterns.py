"""Ignore patterns: the names that scans pass over."""

from typing import Annotated

from flask import Response, url_for
from pydantic import Field

from api.auth import viewer
from api.fields import Answer, Body, Flag, GivenId, Id, Text, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks import ignore_patterns
from sublarr_tasks.db import transaction
from sublarr_tasks.library.ignore import Target

api = resource("ignore_patterns", "The names of files and folders that scans pass over.")


class IgnorePattern(Answer):
    """A name or glob pattern; without a library it holds for all."""

    id: int
    library_id: int | None
    target: Target
    pattern: str
    enabled: bool


class IgnorePatternPage(PageAnswer[IgnorePattern]):
    """A page of ignore patterns."""


class NewIgnorePattern(Body):
    """A pattern to be added."""

    pattern: Annotated[Text, Field(description="matched against one name; `*`, `?` and `[...]`")]
    target: Target = Target.ANY
    library_id: GivenId | None = None
    enabled: Flag = True


class IgnorePatternChanges(Body):
    """What may change of a pattern."""

    enabled: Flag


class PatternPath(Answer):
    """The pattern that an address names."""

    pattern_id: Id


class PatternQuery(PageQuery):
    """Which patterns are listed."""

    library_id: Id | None = Field(None, description="those that hold for this library")


@api.get("/ignore-patterns", responses={200: IgnorePatternPage, **answers(422)})
def index(query: PatternQuery) -> Response:
    """List the ignore patterns."""
    with transaction() as db:
        page = ignore_patterns.page(db, viewer(), query.library_id, query.window())
    found = [IgnorePattern.model_validate(row) for row in page.rows]
    return reply(IgnorePatternPage.of(page, query, found))


@api.post("/ignore-patterns", responses={201: IgnorePattern, **answers(400, 409, 413, 415, 422)})
def add(body: NewIgnorePattern) -> Response:
    """Add an ignore pattern."""
    with transaction() as db:
        made = ignore_patterns.add(db, viewer(), ignore_patterns.Draft(**dict(body)))
    location = url_for("ignore_patterns.change", pattern_id=made.id)
    return reply(IgnorePattern.model_validate(made), 201, location=location)


@api.patch(
    "/ignore-patterns/<pattern_id>",
    responses={200: IgnorePattern, **answers(400, 404, 413, 415, 422)},
)
def change(path: PatternPath, body: IgnorePatternChanges) -> Response:
    """Switch an ignore pattern on or off."""
    with transaction() as db:
        made = ignore_patterns.enable(db, viewer(), path.pattern_id, enabled=body.enabled)
    return reply(IgnorePattern.model_validate(made))


@api.delete("/ignore-patterns/<pattern_id>", responses={204: None, **answers(404, 422)})
def remove(path: PatternPath) -> Response:
    """Delete an ignore pattern."""
    with transaction() as db:
        ignore_patterns.remove(db, viewer(), path.pattern_id)
    return Response(status=204)

"""Language profiles: which subtitles are wanted, and for what."""

from datetime import datetime
from typing import Annotated

from flask import Response, url_for
from pydantic import Field, StringConstraints

from api.auth import viewer
from api.fields import Answer, Body, Flag, GivenId, Id, Text, Whole, absent, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks import enqueue
from sublarr_tasks.db import transaction
from sublarr_tasks.wanted import choosing, noting
from sublarr_tasks.wanted.profiles import Embedded, Forced, Format, HearingImpaired

api = resource("language_profiles", "Which subtitles are wanted.")

Name = Annotated[Text, StringConstraints(max_length=1000)]
Language = Annotated[
    Text,
    StringConstraints(min_length=1, max_length=40),
    Field(description='as BCP 47 writes it, such as "de" or "pt-BR"'),
]
Percent = Annotated[Whole, Field(ge=0, le=100)]
Words = Annotated[
    list[Annotated[Text, StringConstraints(min_length=1, max_length=choosing.LONGEST_WORD)]],
    Field(max_length=choosing.MOST_WORDS),
]


class Wish(Body):
    """One language of a profile."""

    language: Language
    forced: Forced = Field(
        Forced.NEVER, description="subtitles of the foreign parts alone, beside the others"
    )
    hearing_impaired: HearingImpaired = HearingImpaired.INCLUDE
    format: Format = Field(Format.ANY, description="with `ass` any other is to be improved upon")
    embedded: Embedded = Field(
        Embedded.TEXT,
        description="what a stream in the video counts for; `extract` writes it out as a file",
    )
    audio_exclude: Flag = Field(
        default=True, description="nothing is wanted where a sound track has the language"
    )
    minimum_score: Percent = 60
    upgrade: Flag = True
    upgrade_until: Percent = Field(95, description="the score that needs no better one")
    upgrade_days: Annotated[Whole, Field(ge=0, le=3650)] = Field(
        30, description="for how long a better one is looked for"
    )
    must_contain: Words = Field(default_factory=list, description="one of them, in the release")
    must_not_contain: Words = Field(default_factory=list, description="none of them")
    translate: Flag = Field(default=False, description="where nobody has it")


Pairs = Annotated[
    list[Annotated[list[Language], Field(min_length=2, max_length=2)]],
    Field(
        max_length=choosing.MOST_PAIRS,
        description='of each pair one serves for the other: [["pt", "pt-BR"]]',
    ),
]
Wishes = Annotated[list[Wish], Field(min_length=1, max_length=choosing.MOST_WISHES)]


class LanguageProfile(Answer):
    """Languages in the order of preference."""

    id: int
    name: str
    wishes: list[Wish]
    cutoff: str | None = Field(
        description='one of the languages, or "any": once it is there, nothing else is wanted'
    )
    undetermined: str | None = Field(
        description="what a file is taken for whose name tells no language"
    )
    equal_languages: Pairs
    is_default: bool
    created_at: datetime
    updated_at: datetime


class LanguageProfilePage(PageAnswer[LanguageProfile]):
    """A page of language profiles."""


class NewLanguageProfile(Body):
    """A profile to be written down; the first one is the default."""

    name: Name
    wishes: Wishes
    cutoff: Text | None = None
    undetermined: Language | None = None
    equal_languages: Pairs = Field(default_factory=list)
    is_default: Flag = False


class LanguageProfileChanges(Body):
    """What is to change of a profile."""

    name: Name = Field(default_factory=absent)
    wishes: Wishes = Field(default_factory=absent)
    cutoff: Text | None = Field(default_factory=absent)
    undetermined: Language | None = Field(default_factory=absent)
    equal_languages: Pairs = Field(default_factory=absent)
    is_default: Flag = Field(default_factory=absent)


class Assignment(Answer):
    """Whose profile it is: exactly one of an item's, a tag's, a service's, a library's."""

    id: int
    profile_id: int | None = Field(description="null: nothing is wanted there")
    item_id: int | None
    tag: str | None
    integration_id: int | None
    library_id: int | None


class AssignmentPage(PageAnswer[Assignment]):
    """A page of assignments."""


class NewAssignment(Body):
    """A profile for exactly one of an item with its parts, a tag, a service or a library."""

    profile_id: GivenId | None = Field(description="null: nothing is wanted there")
    item_id: GivenId = Field(default_factory=absent)
    tag: Annotated[Text, StringConstraints(max_length=200)] = Field(default_factory=absent)
    integration_id: GivenId = Field(default_factory=absent)
    library_id: GivenId = Field(default_factory=absent)


class ProfilePath(Answer):
    """The profile that an address names."""

    profile_id: Id


class AssignmentPath(Answer):
    """The assignment that an address names."""

    assignment_id: Id


@api.get("/language-profiles", responses={200: LanguageProfilePage, **answers(422)})
def index(query: PageQuery) -> Response:
    """List language profiles."""
    with transaction() as db:
        page = choosing.page(db, query.window())
    found = [LanguageProfile.model_validate(row) for row in page.rows]
    return reply(LanguageProfilePage.of(page, query, found))


@api.post("/language-profiles", responses={201: LanguageProfile, **answers(400, 413, 415, 422)})
def create(body: NewLanguageProfile) -> Response:
    """Write a profile down; what is wanted is worked out anew."""
    with transaction() as db:
        row = choosing.add(db, viewer(), body.model_dump())
    _judge()
    made = LanguageProfile.model_validate(row)
    return reply(made, 201, location=url_for(".read", profile_id=row.id))


@api.get("/language-profiles/<profile_id>", responses={200: LanguageProfile, **answers(404, 422)})
def read(path: ProfilePath) -> Response:
    """Read a profile."""
    with transaction() as db:
        return reply(LanguageProfile.model_validate(choosing.get(db, path.profile_id)))


@api.patch(
    "/language-profiles/<profile_id>",
    responses={200: LanguageProfile, **answers(400, 404, 413, 415, 422)},
)
def change(path: ProfilePath, body: LanguageProfileChanges) -> Response:
    """Change a profile; what is wanted is worked out anew."""
    changes = body.model_dump(exclude_unset=True)
    with transaction() as db:
        row = choosing.change(db, viewer(), path.profile_id, changes)
    _judge()
    return reply(LanguageProfile.model_validate(row))


@api.delete("/language-profiles/<profile_id>", responses={204: None, **answers(404, 422)})
def remove(path: ProfilePath) -> Response:
    """Forget a profile and its assignments."""
    with transaction() as db:
        choosing.remove(db, viewer(), path.profile_id)
    _judge()
    return Response(status=204)


@api.get("/profile-assignments", responses={200: AssignmentPage, **answers(422)})
def assignments(query: PageQuery) -> Response:
    """List whose profile is which."""
    with transaction() as db:
        page = choosing.assignments(db, query.window())
    found = [Assignment.model_validate(row) for row in page.rows]
    return reply(AssignmentPage.of(page, query, found))


@api.put("/profile-assignments", responses={200: Assignment, **answers(400, 413, 415, 422)})
def assign(body: NewAssignment) -> Response:
    """Give an item, a tag, a service or a library its profile; the nearest one holds."""
    target = body.model_dump(exclude_unset=True)
    profile_id = target.pop("profile_id")
    with transaction() as db:
        row = choosing.assign(db, viewer(), profile_id, target)
    _judge()
    return reply(Assignment.model_validate(row))


@api.delete("/profile-assignments/<assignment_id>", responses={204: None, **answers(404, 422)})
def unassign(path: AssignmentPath) -> Response:
    """Let what is above decide again."""
    with transaction() as db:
        choosing.unassign(db, viewer(), path.assignment_id)
    _judge()
    return Response(status=204)


def _judge() -> None:
    """Have everything judged by what was changed; the clock would, a little later."""
    with transaction() as db:
        libraries = noting.to_walk(db)
    for library_id in libraries:
        enqueue.send_judging(library_id)

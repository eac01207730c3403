"""Libraries: the folders that are scanned."""

from datetime import datetime
from typing import Annotated

from flask import Response, url_for
from pydantic import Field

from api.auth import viewer
from api.fields import (
    Answer,
    Body,
    Flag,
    GivenId,
    Id,
    PathInput,
    PathText,
    Text,
    Whole,
    absent,
    reply,
)
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks import libraries
from sublarr_tasks.db import transaction
from sublarr_tasks.library.walk import SymlinkPolicy
from sublarr_tasks.models import LibraryKind

api = resource("libraries", "The folders that are scanned.")

Name = Annotated[Text, Field(description=f"unique, at most {libraries.LONGEST_NAME} characters")]
Folder = Annotated[
    PathInput,
    Field(description="absolute; a byte that is not UTF-8 is written as U+F700 plus the byte"),
]
FullEvery = Annotated[Whole, Field(description="every so many scans one is full, 1 to 1000")]
WorkerGroup = Annotated[
    Text | None, Field(description="the hosts that alone see the folder; of a-z, 0-9 and -")
]
Enrich = Annotated[Flag, Field(description="ask metadata services for what is in it")]
Publish = Annotated[Flag, Field(description="write it beside the films, as scans enrich them")]
Watch = Annotated[Flag, Field(description="scan directories as their files change")]
OwnerId = Annotated[
    GivenId | None,
    Field(description="an admin's to choose; what a user adds is the user's own"),
]


class Library(Answer):
    """A folder that a person named."""

    id: int
    name: str
    path: PathText
    kind: LibraryKind
    symlinks: SymlinkPolicy
    full_every: int
    scans_since_full: int
    worker_group: str | None
    watch: bool
    enrich: bool
    publish_nfo: bool
    publish_artwork: bool
    owner_id: int | None = Field(description="null: it is everybody's, and the admins' to change")
    running_scan_id: int | None
    last_scan_at: datetime | None
    created_at: datetime
    updated_at: datetime


class LibraryPage(PageAnswer[Library]):
    """A page of libraries."""


class NewLibrary(Body):
    """A library to be added."""

    name: Name
    path: Folder
    kind: LibraryKind = LibraryKind.MOVIES
    symlinks: SymlinkPolicy = SymlinkPolicy.FOLLOW
    full_every: FullEvery = 6
    worker_group: WorkerGroup = None
    watch: Watch = False
    enrich: Enrich = True
    publish_nfo: Publish = False
    publish_artwork: Publish = False
    owner_id: OwnerId = None


class LibraryChanges(Body):
    """What is to change; what is left out stays.

    The path may change while no scan runs; what was found keeps its identity.
    """

    name: Name = Field(default_factory=absent)
    path: Folder = Field(default_factory=absent)
    symlinks: SymlinkPolicy = Field(default_factory=absent)
    full_every: FullEvery = Field(default_factory=absent)
    worker_group: WorkerGroup = Field(default_factory=absent)
    watch: Watch = Field(default_factory=absent)
    enrich: Enrich = Field(default_factory=absent)
    publish_nfo: Publish = Field(default_factory=absent)
    publish_artwork: Publish = Field(default_factory=absent)
    owner_id: OwnerId = Field(default_factory=absent)


class LibraryPath(Answer):
    """The library that an address names."""

    library_id: Id


@api.get("/libraries", responses={200: LibraryPage, **answers(422)})
def index(query: PageQuery) -> Response:
    """List the libraries."""
    with transaction() as db:
        page = libraries.page(db, viewer(), query.window())
    found = [Library.model_validate(row) for row in page.rows]
    return reply(LibraryPage.of(page, query, found))


@api.post("/libraries", responses={201: Library, **answers(400, 409, 413, 415, 422)})
def add(body: NewLibrary) -> Response:
    """Add a library."""
    with transaction() as db:
        made = libraries.add(db, viewer(), libraries.Draft(**dict(body)))
    location = url_for("libraries.read", library_id=made.id)
    return reply(Library.model_validate(made), 201, location=location)


@api.get("/libraries/<library_id>", responses={200: Library, **answers(404, 422)})
def read(path: LibraryPath) -> Response:
    """Read a library."""
    with transaction() as db:
        return reply(Library.model_validate(libraries.get(db, viewer(), path.library_id)))


@api.patch(
    "/libraries/<library_id>",
    responses={200: Library, **answers(400, 404, 409, 413, 415, 422)},
)
def change(path: LibraryPath, body: LibraryChanges) -> Response:
    """Change some of a library's fields."""
    changes = body.model_dump(exclude_unset=True)
    with transaction() as db:
        changed = libraries.change(db, viewer(), path.library_id, changes)
    return reply(Library.model_validate(changed))


@api.delete("/libraries/<library_id>", responses={204: None, **answers(404, 409, 422)})
def remove(path: LibraryPath) -> Response:
    """Forget a library and all that was found in it; its files stay as they are."""
    with transaction() as db:
        libraries.remove(db, viewer(), path.library_id)
    return Response(status=204)

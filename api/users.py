"""People: the first admin, and whoever an admin adds."""

from datetime import datetime
from typing import Annotated

from flask import Response, url_for
from pydantic import Field, StringConstraints

from api.auth import admin_only, open_to_all
from api.fields import Answer, Body, Flag, Id, Text, absent, reply
from api.openapi import KEY_NEEDED, resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks.accounts import lockout, totp, users
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Role

api = resource("users", "The people who may come in.")
door = resource("setup", "The first start.", open_to_all=True)

Name = Annotated[Text, StringConstraints(max_length=64)]
Password = Annotated[
    Text,
    StringConstraints(max_length=1024),
    Field(description="12 characters or more, kept as Argon2id"),
]


class Setup(Answer):
    """Whether the first admin is still to be made."""

    needed: bool


class NewAdmin(Body):
    """The first admin."""

    name: Name
    password: Password


class User(Answer):
    """A person."""

    id: int
    name: str
    role: Role
    enabled: bool
    totp_enabled: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


class UserPage(PageAnswer[User]):
    """A page of users."""


class NewUser(NewAdmin):
    """A person to be added."""

    role: Role = Role.USER


class UserChanges(Body):
    """What is to change; a new password or `enabled: false` ends all sessions of the person."""

    role: Role = Field(default_factory=absent)
    enabled: Flag = Field(default_factory=absent)
    password: Password = Field(default_factory=absent)


class UserPath(Answer):
    """The user that an address names."""

    user_id: Id


@door.get("/setup", responses={200: Setup, **answers(503)})
@open_to_all
def setup() -> Response:
    """Tell whether the first admin is still to be made."""
    with transaction() as db:
        return reply(Setup(needed=not users.is_set_up(db)))


@door.post(
    "/setup",
    responses={201: User, **answers(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    security=KEY_NEEDED,
)
@admin_only
def set_up(body: NewAdmin) -> Response:
    """Make the first admin, with the key that the first start printed; later it is 409."""
    with transaction() as db:
        return _added(users.set_up(db, body.name, body.password))


@api.get("/users", responses={200: UserPage, **answers(422)})
@admin_only
def index(query: PageQuery) -> Response:
    """List the users."""
    with transaction() as db:
        page = users.page(db, query.window())
    return reply(UserPage.of(page, query, [User.model_validate(row) for row in page.rows]))


@api.post("/users", responses={201: User, **answers(400, 413, 415, 422)})
@admin_only
def add(body: NewUser) -> Response:
    """Add a user."""
    with transaction() as db:
        return _added(users.add(db, body.name, body.password, body.role))


@api.get("/users/<user_id>", responses={200: User, **answers(404, 422)})
@admin_only
def read(path: UserPath) -> Response:
    """Read a user."""
    with transaction() as db:
        return reply(User.model_validate(users.get(db, path.user_id)))


@api.patch("/users/<user_id>", responses={200: User, **answers(400, 404, 409, 413, 415, 422)})
@admin_only
def change(path: UserPath, body: UserChanges) -> Response:
    """Change a user's role or password, or keep a user out."""
    with transaction() as db:
        changed = users.change(db, path.user_id, body.model_dump(exclude_unset=True))
    return reply(User.model_validate(changed))


@api.delete("/users/<user_id>", responses={204: None, **answers(404, 409, 422)})
@admin_only
def remove(path: UserPath) -> Response:
    """Delete a user, who must own nothing any more."""
    with transaction() as db:
        users.remove(db, path.user_id)
    return Response(status=204)


@api.post("/users/<user_id>/unlock", responses={204: None, **answers(400, 404, 413, 415, 422)})
@admin_only
def unlock(path: UserPath) -> Response:
    """Let a user try again who failed to log in too often."""
    with transaction() as db:
        lockout.unlock(db, users.get(db, path.user_id).name)
    return Response(status=204)


@api.delete("/users/<user_id>/totp", responses={204: None, **answers(404, 422)})
@admin_only
def remove_totp(path: UserPath) -> Response:
    """Take the second factor of a user away who lost it."""
    with transaction() as db:
        totp.disable(db, users.get(db, path.user_id).id)
    return Response(status=204)


def _added(row: object) -> Response:
    made = User.model_validate(row)
    return reply(made, 201, location=url_for("users.read", user_id=made.id))

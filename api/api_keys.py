"""API keys: one for each program, able to do what it needs and no more."""

from datetime import datetime
from typing import Annotated

from flask import Response, url_for
from pydantic import AwareDatetime, Field, StringConstraints

from api.auth import viewer
from api.fields import Answer, Body, GivenId, Id, Text, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks.accounts import api_keys
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Scope

api = resource("api_keys", "Keys of programs.")


class ApiKey(Answer):
    """A key, of which only the beginning is shown."""

    id: int
    user_id: int
    name: str
    scope: Scope
    prefix: str
    created_at: datetime
    last_used_at: datetime | None = Field(description="to the minute")
    expires_at: datetime | None


class ApiKeyPage(PageAnswer[ApiKey]):
    """A page of keys."""


class MadeApiKey(ApiKey):
    """A key that was just made."""

    key: str = Field(description="not shown again")


class NewApiKey(Body):
    """A key to be made."""

    name: Annotated[Text, StringConstraints(max_length=api_keys.LONGEST_NAME)]
    scope: Scope = Scope.READ
    expires_at: AwareDatetime | None = None
    user_id: GivenId | None = Field(
        None, description="whose it is; an admin may make it for others"
    )


class KeyPath(Answer):
    """The key that an address names."""

    key_id: Id


@api.get("/api-keys", responses={200: ApiKeyPage, **answers(422)})
def index(query: PageQuery) -> Response:
    """List one's keys, or as an admin everybody's."""
    with transaction() as db:
        page = api_keys.page(db, viewer(), query.window())
    return reply(ApiKeyPage.of(page, query, [ApiKey.model_validate(row) for row in page.rows]))


@api.post("/api-keys", responses={201: MadeApiKey, **answers(400, 413, 415, 422)})
def add(body: NewApiKey) -> Response:
    """Make a key."""
    with transaction() as db:
        made = api_keys.add(db, viewer(), **dict(body))
    shown = MadeApiKey.model_validate(made.row._asdict() | {"key": made.value})
    return reply(shown, 201, location=url_for("api_keys.read", key_id=shown.id))


@api.get("/api-keys/<key_id>", responses={200: ApiKey, **answers(404, 422)})
def read(path: KeyPath) -> Response:
    """Read about a key."""
    with transaction() as db:
        return reply(ApiKey.model_validate(api_keys.get(db, viewer(), path.key_id)))


@api.delete("/api-keys/<key_id>", responses={204: None, **answers(404, 422)})
def revoke(path: KeyPath) -> Response:
    """Revoke a key, in every process at once."""
    with transaction() as db:
        api_keys.revoke(db, viewer(), path.key_id)
    return Response(status=204)

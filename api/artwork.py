"""Artwork: pictures that services offer or people upload, and which of them an item has."""

from typing import Any

from flask import Response, request, url_for
from pydantic import Field

from api import files
from api.auth import viewer
from api.fields import Answer, Body, Id, Query, absent, reply
from api.openapi import resource
from api.problems import answers
from api.schemas.artwork import Artwork
from sublarr_tasks import gallery
from sublarr_tasks.clients.metadata.facts import PictureType
from sublarr_tasks.db import transaction
from sublarr_tasks.models import ArtworkState

api = resource("artwork", "Pictures that services offer, and which of them an item has.")

_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ArtworkList(Answer):
    """All pictures on offer for an item, type by type, the best first."""

    results: list[Artwork]


class ItemPath(Answer):
    """The item that an address names."""

    item_id: Id


class ArtworkPath(Answer):
    """The picture that an address names."""

    artwork_id: Id


class TypeQuery(Query):
    """Which type of picture."""

    type: PictureType | None = None


class UploadQuery(Query):
    """What the picture is for."""

    type: PictureType


class Decision(Body):
    """What becomes of a picture; `offered` takes a decision back."""

    state: ArtworkState


class Reset(Body):
    """Which type; without one all of them."""

    type: PictureType | None = Field(default_factory=absent)


@api.get("/items/<item_id>/artwork", responses={200: ArtworkList, **answers(404, 422)})
def index(path: ItemPath, query: TypeQuery) -> Response:
    """List the pictures on offer for an item."""
    return _listed(path.item_id, query.type)


@api.post(
    "/items/<item_id>/artwork",
    responses={201: Artwork, **answers(404, 413, 422)},
    openapi_extensions=_PICTURE,
)
def upload(path: ItemPath, query: UploadQuery) -> Response:
    """Give an item a picture of your own, as the body of the request; it is chosen."""
    content = request.get_data()
    with transaction() as db:
        made = gallery.upload(db, viewer(), path.item_id, query.type, content)
    location = url_for("artwork.file", artwork_id=made.id)
    return reply(Artwork.of(made), 201, location=location)


@api.post(
    "/items/<item_id>/artwork/reset",
    responses={200: ArtworkList, **answers(400, 404, 413, 415, 422)},
)
def reset(path: ItemPath, body: Reset) -> Response:
    """Forget what people said about an item's pictures; what they uploaded goes."""
    type_ = body.model_dump(exclude_unset=True).get("type")
    with transaction() as db:
        gallery.reset(db, viewer(), path.item_id, type_)
    return _listed(path.item_id, type_)


@api.patch("/artwork/<artwork_id>", responses={200: Artwork, **answers(400, 404, 413, 415, 422)})
def decide(path: ArtworkPath, body: Decision) -> Response:
    """Choose a picture, reject it, or leave it to its score."""
    with transaction() as db:
        changed = gallery.decide(db, viewer(), path.artwork_id, body.state)
    return reply(Artwork.of(changed))


@api.get("/artwork/<artwork_id>/file", responses={**files.RESPONSES, **answers(404, 416, 422)})
def file(path: ArtworkPath, query: files.FileQuery) -> Response:
    """Read a chosen picture's bytes from the cache."""
    with transaction() as db:
        cached = gallery.cached_file(db, viewer(), path.artwork_id)
    return files.serve(cached, query.v)


def _listed(item_id: int, type_: PictureType | None) -> Response:
    with transaction() as db:
        found = gallery.offered(db, viewer(), item_id, type_)
    return reply(ArtworkList(results=[Artwork.of(row) for row in found]))

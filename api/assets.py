"""Assets: artwork, subtitles and whatever else belongs to an item, and their bytes."""

from flask import Response

from api import files
from api.auth import viewer
from api.fields import Answer, Id, reply
from api.openapi import resource
from api.problems import answers
from api.schemas.items import Asset
from sublarr_tasks import catalog
from sublarr_tasks.db import transaction

api = resource("assets", "Artwork, subtitles and whatever else belongs to an item.")


class AssetPath(Answer):
    """The asset that an address names."""

    asset_id: Id


@api.get("/assets/<asset_id>", responses={200: Asset, **answers(404, 422)})
def read(path: AssetPath) -> Response:
    """Read an asset."""
    with transaction() as db:
        return reply(Asset.of(catalog.asset(db, viewer(), path.asset_id)))


@api.get(
    "/assets/<asset_id>/file",
    responses={
        **files.RESPONSES,
        **answers(404, 416, 422),
    },
)
def file(path: AssetPath, query: files.FileQuery) -> Response:
    """Read an asset's bytes from the cache."""
    with transaction() as db:
        cached = catalog.cached_file(db, viewer(), path.asset_id)
    return files.serve(cached, query.v)

"""Assets: artwork, subtitles and whatever else belongs to an item, and their bytes."""

import os
from typing import Any
from urllib.parse import quote

from flask import Response, request
from pydantic import Field
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import dump_options_header
from werkzeug.wsgi import FileWrapper

from api.auth import viewer
from api.fields import Answer, Id, Query, Text, reply
from api.openapi import resource
from api.problems import answers
from api.schemas.items import Asset
from sublarr_tasks import catalog, filenames
from sublarr_tasks.catalog import CachedFile
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import NotFound

api = resource("assets", "Artwork, subtitles and whatever else belongs to an item.")

# What cannot run a script whoever opens it; an SVG, an NFO or a web page can.
INERT = ("image/", "audio/", "video/")
SCRIPTABLE = frozenset({"image/svg+xml"})
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
PIECE = 1 << 16

_BYTES: dict[str, Any] = {
    "description": "the file's bytes",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}


class AssetPath(Answer):
    """The asset that an address names."""

    asset_id: Id


class FileQuery(Query):
    """Which content is meant."""

    v: Text | None = Field(
        None, description="the content's SHA-256: with it the answer may be kept for ever"
    )


@api.get("/assets/<asset_id>", responses={200: Asset, **answers(404, 422)})
def read(path: AssetPath) -> Response:
    """Read an asset."""
    with transaction() as db:
        return reply(Asset.of(catalog.asset(db, viewer(), path.asset_id)))


@api.get(
    "/assets/<asset_id>/file",
    responses={
        200: dict(_BYTES),
        206: _BYTES | {"description": "the range that was asked for"},
        304: {"description": "the copy that you have is good"},
        **answers(404, 416, 422),
    },
)
def file(path: AssetPath, query: FileQuery) -> Response:
    """Read an asset's bytes from the cache."""
    with transaction() as db:
        cached = catalog.cached_file(db, viewer(), path.asset_id)
    return _serve(cached, path.asset_id, known=query.v == cached.sha256.hex())


def _serve(cached: CachedFile, asset_id: int, *, known: bool) -> Response:
    """Send a file; `known` says that the address names this very content."""
    try:
        opened = cached.path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"The cached file of asset {asset_id} is gone.") from error
    response = Response(FileWrapper(opened, PIECE), direct_passthrough=True)
    size = os.fstat(opened.fileno()).st_size
    response.content_length = size
    response.headers["Cache-Control"] = FOR_EVER if known else ASK_AGAIN
    _describe(response, cached)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def _describe(response: Response, cached: CachedFile) -> None:
    response.mimetype = cached.content_type
    response.set_etag(cached.sha256.hex())
    name = quote(filenames.readable(cached.name.rpartition("/")[2]), safe="")
    named = dump_options_header("inline", {"filename*": f"UTF-8''{name}"})
    response.headers["Content-Disposition"] = named
    if not cached.content_type.startswith(INERT) or cached.content_type in SCRIPTABLE:
        response.headers["Content-Security-Policy"] = SANDBOX

"""Files of the cache, as browsers and players ask for them."""

import os
from typing import Any
from urllib.parse import quote

from flask import Response, request
from pydantic import Field
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import dump_options_header
from werkzeug.wsgi import FileWrapper

from api.fields import Query, Text
from sublarr_tasks import filenames
from sublarr_tasks.assets import CachedFile
from sublarr_tasks.errors import NotFound

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
RESPONSES: dict[str | int, Any] = {
    200: dict(_BYTES),
    206: _BYTES | {"description": "the range that was asked for"},
    304: {"description": "the copy that you have is good"},
}


class FileQuery(Query):
    """Which content is meant."""

    v: Text | None = Field(
        None, description="the content's SHA-256: with it the answer may be kept for ever"
    )


def serve(cached: CachedFile, named: str | None) -> Response:
    """Send a file; what its address says of its content may be right."""
    try:
        opened = cached.path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"The cached file {cached.sha256.hex()} is gone.") from error
    response = Response(FileWrapper(opened, PIECE), direct_passthrough=True)
    size = os.fstat(opened.fileno()).st_size
    response.content_length = size
    response.headers["Cache-Control"] = FOR_EVER if named == cached.sha256.hex() else ASK_AGAIN
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

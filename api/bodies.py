"""Request bodies: JSON, whole, soon, and of a sensible size, before any handler sees them."""

import socket
import threading
from contextlib import suppress

from flask import Flask, request
from werkzeug.exceptions import BadRequest, RequestTimeout

from sublarr_tasks.errors import InputError

LARGEST = 1 << 20
# Those whose body is a picture, and how large it may be.
OF_PICTURES = frozenset({"artwork.upload", "artwork_alias.upload"})
LARGEST_PICTURE = 20 << 20
# A body comes within this, or its thread is wanted by others.
MOST_SECONDS = 10.0
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def install(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(_read)


def _read() -> None:
    """Refuse what is no JSON: 400 for its form, 413 for its size, 415 for its content type.

    Every body of this API is an object, but for an uploaded picture; anything else is 422.
    """
    if request.endpoint in OF_PICTURES:
        request.max_content_length = LARGEST_PICTURE
    if request.method not in WITH_BODY or not _whole() or request.endpoint in OF_PICTURES:
        return
    try:
        body = request.get_json()
    except (BadRequest, RecursionError) as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise InputError({"body": "Send a JSON object."})


def _whole() -> bytes:
    """Read the body to its end; raises RequestTimeout for one that comes too slowly.

    gunicorn reads without a time-out, so the socket's reading side is shut when it is time.
    """
    connected: socket.socket | None = request.environ.get("gunicorn.socket")
    if connected is None or not (
        request.content_length or request.headers.get("Transfer-Encoding")
    ):
        return request.get_data(cache=True)
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(OSError):  # the client may have gone
            connected.shutdown(socket.SHUT_RD)

    timer = threading.Timer(MOST_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        return request.get_data(cache=True)
    finally:
        timer.cancel()
        if late.is_set():  # what came is cut off, whatever it looks like
            raise RequestTimeout

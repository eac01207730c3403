"""Request bodies: JSON, whole, and of a sensible size, before any handler looks at them."""

from flask import Flask, request
from werkzeug.exceptions import BadRequest

from sublarr_tasks.errors import InputError

LARGEST = 1 << 20
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def install(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(_read)


def _read() -> None:
    """Refuse what is no JSON: 400 for its form, 413 for its size, 415 for its content type.

    Every body of this API is an object; anything else is 422.
    """
    if request.method not in WITH_BODY or not request.get_data(cache=True):
        return
    try:
        body = request.get_json()
    except (BadRequest, RecursionError) as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise InputError({"body": "Send a JSON object."})

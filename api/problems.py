"""What goes wrong, as problems of RFC 9457; the one place where errors become statuses."""

import math
from http import HTTPStatus
from typing import Any, NoReturn

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException

from sublarr_tasks import errors

CONTENT_TYPE = "application/problem+json"

log = structlog.get_logger()


class FieldProblem(BaseModel):
    """A field that cannot be taken, and why."""

    field: str
    message: str


class Problem(BaseModel):
    """An error; `code` does not change, `detail` is a sentence for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldProblem] | None = Field(None, description="with a 422: the fields")
    scan_id: int | None = Field(None, description="with `scan_running`: the unfinished scan")


STATUSES: dict[type[errors.SublarrError], HTTPStatus] = {
    errors.InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Limited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ServiceError: HTTPStatus.BAD_GATEWAY,
    errors.StartError: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Codes of what Flask and Werkzeug refuse.
CODES = {
    HTTPStatus.BAD_REQUEST: ("malformed_request", None),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take it."),
    HTTPStatus.REQUEST_TIMEOUT: ("request_timeout", "The body came too slowly."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", "The body is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "Send JSON."),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("range_not_satisfiable", None),
}
RETRY_AFTER = "5"
CHALLENGE = 'Bearer realm="sublarr"'  # RFC 6750


def answer(problem: Problem) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, mimetype=CONTENT_TYPE)


def answers(*statuses: int) -> dict[Any, Any]:
    """Describe these statuses in the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {CONTENT_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def invalid(error: ValidationError) -> NoReturn:
    """Turn pydantic's findings into ours."""
    fields: dict[str, str] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part) for part in found["loc"]) or "body"
        fields.setdefault(name, found["msg"].removeprefix("Value error, "))
    raise errors.InputError(fields)


def install(app: Flask) -> None:
    app.register_error_handler(errors.SublarrError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(exc.IntegrityError, _changed_meanwhile)
    # The pool is empty, or PostgreSQL gave the statement up.
    app.register_error_handler(exc.TimeoutError, _unavailable)
    app.register_error_handler(exc.OperationalError, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: errors.SublarrError) -> Response:
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)
    if status is None:
        return _unexpected(error)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return _unavailable(error)
    problem = Problem(title=status.phrase, status=status, code=error.code, detail=str(error))
    if isinstance(error, errors.InputError):
        problem.errors = [FieldProblem(field=f, message=m) for f, m in error.fields.items()]
    if isinstance(error, errors.ScanRunning):
        problem.scan_id = error.scan_id
    made = answer(problem)
    if status is HTTPStatus.UNAUTHORIZED:
        made.headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, errors.Limited):
        made.headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
    return made


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code, detail = CODES.get(status, (status.phrase.lower().replace(" ", "_"), None))
    made = answer(
        Problem(title=status.phrase, status=status, code=code, detail=detail or error.description)
    )
    # Allow, Content-Range, WWW-Authenticate and Location are part of what is said.
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            made.headers.add(name, value)
    return made


def _changed_meanwhile(error: exc.IntegrityError) -> Response:
    log.info("changed_meanwhile", error=str(error.orig))
    status = HTTPStatus.CONFLICT
    detail = "Something that this needs was changed at the same time; look again."
    return answer(Problem(title=status.phrase, status=status, code="conflict", detail=detail))


def _unavailable(error: Exception) -> Response:
    log.warning("unavailable", error=str(error))
    status = HTTPStatus.SERVICE_UNAVAILABLE
    detail = "The database does not answer; try again."
    made = answer(Problem(title=status.phrase, status=status, code="unavailable", detail=detail))
    made.headers["Retry-After"] = RETRY_AFTER
    return made


def _unexpected(error: Exception) -> Response:
    log.error("unexpected", path=request.path, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return answer(Problem(title=status.phrase, status=status, code="internal_error"))

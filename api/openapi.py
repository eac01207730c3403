"""How the application describes itself: its title, security schemes and the shape of routes."""

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI

from api import problems
from sublarr_tasks import __version__

CURRENT = "/api/v1"
ALIAS = "/api"
KEY_PARAMETER = "apikey"

SCHEMES: dict[str, SecurityScheme | dict[str, Any]] = {
    "apikey": {"type": "apiKey", "in": "query", "name": KEY_PARAMETER},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
# Any one of them will do.
KEY_NEEDED: list[dict[str, list[str]]] = [{name: []} for name in SCHEMES]

WITH_LOCATION = frozenset({"201", "202"})
# Answered by gunicorn, in its own words.
TOO_LONG = {"description": "the address is too long"}
LOCATION = {"required": True, "schema": {"type": "string", "format": "uri-reference"}}

DESCRIPTION = """\
Scan libraries of films, series and music, follow the scans, and read what was found.

Lists take `limit` and either `cursor` (follow `next_cursor`; as fast on the last page as on the
first) or `offset`. What takes time answers 202 with a job. An error is a problem of RFC 9457 with
a `code` that does not change; a 422 names every field that is wrong. `/api` is an alias of the
current version."""


class Api(OpenAPI):
    """The application; its document has no answer that it does not give."""

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            info=Info(title="Sublarr Tasks", version=__version__, description=DESCRIPTION),
            security_schemes=SCHEMES,
            validation_error_model=problems.Problem,
            validation_error_callback=problems.invalid,
            doc_ui=False,
            static_folder=None,
        )
        self.url_map.strict_slashes = False

    def generate_spec_json(self) -> None:
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        for path in self.spec_json["paths"].values():
            for operation in path.values():
                _correct(operation["responses"], self.validation_error_status)


def _correct(answers: dict[str, Any], invalid: str) -> None:
    """Take out the 422 that the library adds in a form of its own, and put Location in."""
    if "application/json" in answers.get(invalid, {}).get("content", {}):
        del answers[invalid]
    for status in answers.keys() & WITH_LOCATION:
        answers[status]["headers"] = {"Location": LOCATION}


def resource(
    name: str, description: str, *, prefix: str | None = CURRENT, open_to_all: bool = False
) -> APIBlueprint:
    """Make the blueprint of a resource; its routes may answer what any route may."""
    anywhere = (408, 500) if open_to_all else (401, 403, 408, 429, 500, 503)
    return APIBlueprint(
        name,
        __name__,
        url_prefix=prefix,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=None if open_to_all else KEY_NEEDED,
        abp_responses={**problems.answers(*anywhere), "414": TOO_LONG},
        operation_id_callback=_operation_id,
    )


def _operation_id(*, bp_name: str = "", name: str = "", **_: Any) -> str:  # noqa: ANN401 - path and method
    return f"{bp_name}_{name}"

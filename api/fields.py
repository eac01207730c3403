"""The types that the fields of requests and answers share."""

from functools import cache
from typing import Annotated, Any

from flask import Response
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)

from api.openapi import KEY_PARAMETER
from sublarr_tasks import filenames
from sublarr_tasks.paging import LARGEST_ID


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("PostgreSQL stores no NUL character; leave it out.")
    return text


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
# In a body a number is a number and no text, and a flag is neither 0 nor "yes".
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
GivenId = Annotated[int, Strict(), Field(ge=1, le=LARGEST_ID)]
Text = Annotated[str, AfterValidator(_without_nul)]
# A path or file name that came from the os module; a byte that is not UTF-8 is written U+F7xx.
PathText = Annotated[str, BeforeValidator(filenames.to_text)]
# The other way round.
PathInput = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4096),
    AfterValidator(_without_nul),
    AfterValidator(filenames.from_text),
]


class Body(BaseModel):
    """A request's body; a field that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class OptionalBody(Body):
    """A body that may be left out; then it is an empty one."""

    model_config = ConfigDict(json_schema_extra={}, openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    @model_validator(mode="before")
    @classmethod
    def _none_is_empty(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was sent
        return {} if given is None else given


class Query(BaseModel):
    """A request's query; a parameter that nobody knows is refused, but for the key."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_key(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name != KEY_PARAMETER}

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's options
        # flask-openapi3 asks for it at every request, and making it takes longer than most answers.
        return super().model_json_schema(*args, **options) if args or options else _schema(cls)


@cache
def _schema(query: type[Query]) -> dict[str, Any]:
    return super(Query, query).model_json_schema()


class Answer(BaseModel):
    """An answer's body, made of a row or of values."""

    model_config = ConfigDict(from_attributes=True)


def absent() -> Any:  # noqa: ANN401 - never read: `model_fields_set` says what was given
    """Stand for a field that a PATCH leaves out; giving null is something else."""
    return None


def reply(body: BaseModel, status: int = 200, *, location: str | None = None) -> Response:
    headers = {"Location": location} if location else {}
    return Response(body.model_dump_json(), status, headers, mimetype="application/json")

import pytest
from flask import Flask
from pydantic import BaseModel, ValidationError

from api import problems
from sublarr_tasks import errors


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InputError({"name": "No."}), 422, "invalid_input"),
        (errors.NotFound("No."), 404, "not_found"),
        (errors.Conflict("No."), 409, "conflict"),
        (errors.ScanRunning(7), 409, "scan_running"),
        (errors.Unavailable("No."), 503, "unavailable"),
        (errors.StartError("No."), 503, "unavailable"),
        (errors.ProbeError("corrupt"), 500, "internal_error"),
        (KeyError("x"), 500, "internal_error"),
    ],
)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    app = Flask("test")
    problems.install(app)

    @app.get("/")
    def fail() -> str:
        raise error

    answer = app.test_client().get("/")

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"


def test_every_error_of_ours_is_mapped_or_belongs_to_a_unit() -> None:
    def below(kind: type[errors.SublarrError]) -> set[type[errors.SublarrError]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    unmapped = {
        kind
        for kind in below(errors.SublarrError) - below(errors.UnitError)
        if not any(base in problems.STATUSES for base in kind.__mro__)
    }

    assert unmapped == {errors.SublarrError}


def test_each_field_is_named_by_its_path_and_once() -> None:
    class Inner(BaseModel):
        number: int

    class Outer(BaseModel):
        inner: Inner
        either: int | list[int]

    with pytest.raises(ValidationError) as found:
        Outer.model_validate({"inner": {"number": "x"}, "either": [1, "y"]})
    with pytest.raises(errors.InputError) as named:
        problems.invalid(found.value)

    assert "inner.number" in named.value.fields

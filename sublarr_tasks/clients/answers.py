"""Reading what a service answers as what it should be."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sublarr_tasks.errors import AnswerMalformed


class Told(BaseModel):
    """An object of a service's answer; what is new to us is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


def understood(kind: type[ModelT], answer: object, service: str) -> ModelT:
    """Read an answer; raises AnswerMalformed, which names the field and never what it holds."""
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the answer"
        raise AnswerMalformed(f"It is not what {service} answers, at {where}.") from error

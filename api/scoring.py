"""How subtitles are scored."""

from typing import Annotated

from flask import Response
from pydantic import Field

from api.auth import viewer
from api.fields import Answer, Body, Text, Whole, absent, reply
from api.openapi import resource
from api.problems import answers
from sublarr_tasks.clients.providers import Media
from sublarr_tasks.db import transaction
from sublarr_tasks.wanted import scoring

api = resource("scoring", "How subtitles are scored.")

Points = Annotated[Whole, Field(ge=-scoring.MOST_POINTS, le=scoring.MOST_POINTS)]

Success = Annotated[Whole, Field(ge=0, le=scoring.MOST_SUCCESS)]


class Bonuses(Answer):
    """Points that decide among candidates and are no part of their score."""

    styled: int = Field(description="for ASS, where it is preferred")
    hearing_impaired: int = Field(description="where those are preferred")
    trusted: int = Field(description="for somebody that the provider trusts")
    provisional: int = Field(description="for what a machine made")
    success: int = Field(
        description="at most so many, more or less, for how often what a provider gave was kept"
    )
    providers: dict[str, int]


class Scoring(Answer):
    """What each agreement is worth, and what decides among equals."""

    weights: dict[Media, dict[str, int]]
    bonuses: Bonuses
    earned: dict[str, int] = Field(description="the points of each provider by its success")


class BonusChanges(Body):
    """Bonuses that are to change."""

    styled: Points = Field(default_factory=absent)
    hearing_impaired: Points = Field(default_factory=absent)
    trusted: Points = Field(default_factory=absent)
    provisional: Points = Field(default_factory=absent)
    success: Success = Field(default_factory=absent)
    providers: dict[Text, Points] = Field(default_factory=absent)


class ScoringChanges(Body):
    """What is to change; the rest stays."""

    weights: dict[Media, dict[Text, Points]] = Field(default_factory=absent)
    bonuses: BonusChanges = Field(default_factory=absent)


class PresetPath(Answer):
    """The preset that an address names."""

    preset: Text


class Presets(Answer):
    """The presets by name: what each says otherwise than the standard."""

    presets: dict[str, dict[str, dict[str, int | dict[str, int]]]]


@api.get("/scoring", responses={200: Scoring})
def read() -> Response:
    """Read how subtitles are scored."""
    with transaction() as db:
        return reply(Scoring.model_validate(scoring.to_json(scoring.rules(db))))


@api.patch("/scoring", responses={200: Scoring, **answers(400, 413, 415, 422)})
def change(body: ScoringChanges) -> Response:
    """Change weights and bonuses."""
    changes = body.model_dump(exclude_unset=True, mode="json")
    with transaction() as db:
        changed = scoring.change(db, viewer(), changes)
    return reply(Scoring.model_validate(scoring.to_json(changed)))


@api.get("/scoring/presets", responses={200: Presets})
def presets() -> Response:
    """List the presets."""
    return reply(Presets.model_validate({"presets": scoring.PRESETS}))


@api.put("/scoring/presets/<preset>", responses={200: Scoring, **answers(422)})
def take(path: PresetPath) -> Response:
    """Put a preset in place of all that was chosen."""
    with transaction() as db:
        taken = scoring.take_preset(db, viewer(), path.preset)
    return reply(Scoring.model_validate(scoring.to_json(taken)))

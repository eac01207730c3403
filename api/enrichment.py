"""How the metadata services are asked."""

from datetime import time
from typing import Annotated

from flask import Response
from pydantic import Field, PlainSerializer

from api.auth import viewer
from api.fields import Answer, Body, Flag, Text, Whole, absent, reply
from api.openapi import resource
from api.problems import answers
from sublarr_tasks import preferences
from sublarr_tasks.clients.metadata.facts import PictureType
from sublarr_tasks.db import transaction

api = resource("enrichment", "How metadata services are asked.")

Clock = Annotated[
    time,
    PlainSerializer(lambda moment: moment.isoformat("minutes"), return_type=str),
    Field(description="hours and minutes, such as 22:30"),
]


class Enrichment(Answer):
    """How metadata services are asked; nobody is during the quiet hours."""

    language: str = Field(description="of titles and texts, as BCP 47 writes it")
    country: str = Field(description="whose content ratings are taken, of ISO 3166-1")
    paused: bool
    quiet_from: Clock | None
    quiet_until: Clock | None
    time_zone: str
    artwork: dict[PictureType, int] = Field(
        description="how many pictures of a type an item is given; of others 1, of fanart 3"
    )


class EnrichmentChanges(Body):
    """What may change of it."""

    language: Text = Field(default_factory=absent)
    country: Text = Field(default_factory=absent)
    paused: Flag = Field(default_factory=absent)
    quiet_from: Annotated[Text, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = Field(
        default_factory=absent
    )
    quiet_until: Annotated[Text, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = Field(
        default_factory=absent
    )
    time_zone: Text = Field(default_factory=absent)
    artwork: dict[PictureType, Annotated[Whole, Field(ge=0, le=preferences.MOST_PICTURES)]] = Field(
        default_factory=absent
    )


@api.get("/enrichment", responses={200: Enrichment})
def read() -> Response:
    """Read how metadata services are asked."""
    with transaction() as db:
        return reply(Enrichment.model_validate(preferences.enrichment(db)))


@api.patch("/enrichment", responses={200: Enrichment, **answers(400, 413, 415, 422)})
def change(body: EnrichmentChanges) -> Response:
    """Change how metadata services are asked."""
    changes = body.model_dump(exclude_unset=True)
    for name in ("quiet_from", "quiet_until"):
        if changes.get(name) is not None:
            changes[name] = time.fromisoformat(changes[name])
    with transaction() as db:
        changed = preferences.change_enrichment(db, viewer(), changes)
    return reply(Enrichment.model_validate(changed))

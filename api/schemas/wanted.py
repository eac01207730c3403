"""A wanted subtitle, and how many there are."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.fields import Answer, Body, Flag, GivenId, OptionalBody, PathText, Text
from api.paging import PageAnswer
from sublarr_tasks.models import (
    Amendment,
    ItemKind,
    LandedState,
    SearchKind,
    SearchStatus,
    Trigger,
    WantedStatus,
)
from sublarr_tasks.wanted.items import Mark
from sublarr_tasks.wanted.judging import Judged, Refusal
from sublarr_tasks.wanted.requests import MOST_NAMED


class Wanted(Answer):
    """A subtitle that a video lacks, or could have a better one of."""

    id: int
    media_file_id: int
    item_id: int
    title_id: int = Field(description="the film or series")
    library_id: int
    profile_id: int | None
    kind: ItemKind
    title_of: str = Field(description="the film's or series' title")
    title: str
    season_number: int | None
    episode_number: int | None
    year: int | None
    path: PathText
    language: str = Field(description="as BCP 47 writes it")
    forced: bool = Field(description="of the foreign parts alone")
    optional: bool = Field(description="nobody counts its lack")
    upgrade: bool = Field(description="there is one; a better one is looked for")
    existing: str = Field(description='what is there: a format, "embedded_" before a stream\'s, ""')
    status: WantedStatus
    reason: str = Field(description="why it is wanted")
    outcome: str | None = Field(description="how the last search ended")
    detail: str | None
    score: int | None = Field(description="of what was found, from 0 to 100")
    attempts: int = Field(description="searches that came to their end")
    search_id: int | None = Field(description="the search that it waits for")
    first_searched_at: datetime | None
    last_searched_at: datetime | None
    next_attempt_at: datetime
    added_at: datetime
    updated_at: datetime


class WantedPage(PageAnswer[Wanted]):
    """A page of wanted subtitles."""


class WantedChanges(Body):
    """What a person says of a wanted subtitle."""

    status: Mark


class WantedSummary(Answer):
    """How many are lacking; what could only be better, is optional or ignored is not counted."""

    total_wanted: int
    upgradeable: int
    optional: int
    by_status: dict[str, int] = Field(description="of all, whatever their status")
    by_language: dict[str, int]
    by_existing: dict[str, int]
    by_kind: dict[str, int]


class Search(Answer):
    """A search for some wanted subtitles, and what came of it so far."""

    id: int
    kind: SearchKind
    trigger: Trigger
    status: SearchStatus
    total: int
    processed: int
    found: int
    failed: int = Field(description="searched for, and not found")
    skipped: int = Field(description="could not be asked for, or went by itself")
    current_item: str | None
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: float

    @classmethod
    def of(cls, row: Any) -> "Search":  # noqa: ANN401 - a row
        ends = row.completed_at or datetime.now(UTC)
        seconds = max(0.0, (ends - row.started_at).total_seconds())
        return cls.model_validate(row._asdict() | {"duration_seconds": round(seconds, 3)})


class SearchPage(PageAnswer[Search]):
    """A page of searches."""


class SearchRequest(OptionalBody):
    """What is to be searched for; without any of it all that is lacking."""

    ids: Annotated[list[GivenId], Field(max_length=MOST_NAMED)] = Field(default_factory=list)
    item_id: GivenId | None = Field(None, description="a film, series, season or episode")
    library_id: GivenId | None = None
    language: Annotated[Text, StringConstraints(max_length=40)] | None = None
    upgrades: Flag = Field(default=False, description="what is there and could be better, too")


class Choice(Body):
    """A candidate that a person picked."""

    provider: Annotated[Text, StringConstraints(min_length=1, max_length=100)]
    subtitle_id: Annotated[Text, StringConstraints(min_length=1, max_length=1000)]


class Offer(Answer):
    """A subtitle that a provider offers, and why it is taken or not."""

    provider: str
    subtitle_id: str
    language: str
    releases: list[str]
    forced: bool
    hearing_impaired: bool
    provisional: bool = Field(description="made by a machine")
    uploader: str | None
    trusted: bool
    downloads: int | None
    format: str | None
    url: str | None
    points: int
    score: int = Field(description="the points, from 0 to 100")
    breakdown: dict[str, int] = Field(description="the points by what agrees")
    rank: int = Field(description="the points with what decides among equals")
    refusals: list[Refusal] = Field(description="why it is not taken by itself")

    @classmethod
    def of(cls, judged: Judged) -> "Offer":
        said = judged.candidate.to_json()
        return cls.model_validate(
            said
            | {
                "subtitle_id": judged.candidate.id,
                "points": judged.score.points,
                "score": judged.score.percent,
                "breakdown": judged.score.breakdown,
                "rank": judged.rank,
                "refusals": judged.refusals,
            }
        )


class ProviderAnswer(Answer):
    """How a provider answered."""

    integration_id: int
    provider: str
    outcome: str
    detail: str | None
    seconds: float
    kept: bool = Field(description="it had said so before")
    seconds_left: float | None = Field(description="until it is worth asking again")


class Offers(Answer):
    """All that is offered, the best first, and how each provider answered."""

    candidates: list[Offer]
    providers: list[ProviderAnswer]


class Landed(Answer):
    """A subtitle that we wrote, and where it came from."""

    id: int
    library_id: int | None
    item_id: int | None
    media_file_id: int | None
    integration_id: int | None
    title: str
    name: PathText
    language: str
    forced: bool
    hearing_impaired: bool
    format: str
    provisional: bool
    provider: str
    subtitle_id: str
    release: str | None
    score: int
    breakdown: dict[str, int]
    charset: str
    size: int
    state: LandedState
    reason: str | None
    asked: Amendment | None = Field(description="what a worker shall do with it")
    refused: str | None = Field(description="why that was not done")
    landed_at: datetime
    ended_at: datetime | None


class LandedPage(PageAnswer[Landed]):
    """A page of the history."""


class BlacklistEntry(Answer):
    """A provider's subtitle that is never taken again."""

    id: int
    provider: str
    subtitle_id: str
    language: str | None
    title: str | None
    reason: str | None
    added_at: datetime


class BlacklistPage(PageAnswer[BlacklistEntry]):
    """A page of the blacklist."""


class NewBlacklistEntry(Body):
    """A subtitle to be taken never again."""

    provider: Annotated[Text, StringConstraints(min_length=1, max_length=100)]
    subtitle_id: Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
    language: Annotated[Text, StringConstraints(max_length=40)] | None = None
    title: Annotated[Text, StringConstraints(max_length=1000)] | None = None
    reason: Annotated[Text, StringConstraints(max_length=1000)] | None = None


class Provider(Answer):
    """A provider, how it has done, and what stands in its way."""

    id: int = Field(description="the integration")
    kind: str
    name: str
    enabled: bool
    searches: int
    searches_failed: int
    candidates: int
    downloads: int
    downloads_failed: int
    landed: int
    average_score: float | None
    average_seconds: float | None
    success_rate: float | None = Field(description="downloads that succeeded, from 0 to 1")
    failures_in_a_row: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None
    blocked_until: datetime | None
    blocked_reason: str | None
    quota_left: int | None
    quota_reset_at: datetime | None
    cached_answers: int

    @classmethod
    def of(cls, row: Any) -> "Provider":  # noqa: ANN401 - a row
        tried = row.downloads + row.downloads_failed
        return cls.model_validate(
            row._asdict()
            | {
                "average_score": row.score_sum / row.landed if row.landed else None,
                "average_seconds": row.seconds_sum / row.searches if row.searches else None,
                "success_rate": row.downloads / tried if tried else None,
            }
        )


class Providers(Answer):
    """The providers that were set up."""

    results: list[Provider]


class Forgotten(Answer):
    """How many answers were forgotten."""

    answers: int

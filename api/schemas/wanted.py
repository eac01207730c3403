"""A wanted subtitle, and how many there are."""

from datetime import datetime

from pydantic import Field

from api.fields import Answer, Body, PathText
from api.paging import PageAnswer
from sublarr_tasks.models import ItemKind, WantedStatus
from sublarr_tasks.wanted.items import Mark


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

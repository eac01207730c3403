"""All providers asked at once, under one deadline that keeps what has come by then."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import structlog
from sqlalchemy import Connection, select

from sublarr_tasks.clients.providers import Candidate, Provider, Query
from sublarr_tasks.errors import ServiceError, seconds_in_the_way
from sublarr_tasks.integrations import building, rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import LanguageProfile
from sublarr_tasks.subtitles.sources import MEDIA, PROVIDERS, UNKEPT
from sublarr_tasks.wanted import answers
from sublarr_tasks.wanted.answers import Question
from sublarr_tasks.wanted.profiles import Embedded

DEADLINE = 25.0
# More than there are kinds of providers; those that are late go on in the background.
THREADS = 24

log = structlog.get_logger()


class Outcome(StrEnum):
    """How it went to ask a provider; the others are the codes of ServiceError."""

    FOUND = "found"
    NONE = "none"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider said; without an answer `seconds_left` tell when to ask again."""

    integration_id: int
    provider: str
    outcome: str
    candidates: tuple[Candidate, ...] = ()
    seconds: float = 0.0
    kept: bool = False
    detail: str | None = None
    seconds_left: float | None = None

    @property
    def answered(self) -> bool:
        return self.outcome in (Outcome.FOUND, Outcome.NONE)

    @property
    def in_the_way(self) -> bool:
        """Tell whether the provider could not be asked, and may be later."""
        return not self.answered and self.seconds_left is not None


def providers(db: Connection) -> Sequence[Any]:
    """Return the providers that are switched on, as rows."""
    return rows.enabled(db, *(Kind(name) for name in PROVIDERS))


def is_of_use(db: Connection) -> bool:
    """Tell whether there is a provider, or a profile that has streams written out."""
    extracting = select(LanguageProfile.id).where(
        LanguageProfile.wishes.contains([{"embedded": Embedded.EXTRACT.value}])
    )
    return bool(providers(db)) or db.scalar(extracting.limit(1)) is not None


def client(row: Any) -> Provider:  # noqa: ANN401 - an integration's row
    """Return this thread's client of a provider."""
    connected = building.kept(row)
    return PROVIDERS[row.kind](connected.http, connected.secrets)


def ask(found: Sequence[Any], query: Query, deadline: float = DEADLINE) -> list[Asked]:
    """Ask providers about a video; each answers, or it is known why it does not."""
    pending = {
        _threads().submit(_ask, row, query, deadline): row
        for row in found
        if query.media in MEDIA[row.kind]
    }
    done = wait(pending, timeout=deadline).done
    return [future.result() if future in done else _late(row) for future, row in pending.items()]


def _ask(row: Any, query: Query, patience: float) -> Asked:  # noqa: ANN401 - an integration's row
    began = time.monotonic()
    question = Question(row.id, row.kind, row.version, query)
    try:
        found, kept = _said(question, lambda: client(row).search(query), patience)
    except ServiceError as error:
        return _refused(row, error, time.monotonic() - began)
    except Exception as error:
        log.exception("provider_failed", integration_id=row.id, provider=row.kind)
        detail = f"{type(error).__name__}: {error}"
        return Asked(row.id, row.kind, "internal_error", detail=detail)
    outcome = Outcome.FOUND if found else Outcome.NONE
    seconds = time.monotonic() - began
    return Asked(row.id, row.kind, outcome, tuple(found), seconds, kept)


def _said(
    question: Question, ask: Callable[[], Sequence[Candidate]], patience: float
) -> tuple[Sequence[Candidate], bool]:
    if question.provider in UNKEPT:
        return ask(), False
    return answers.answered(question, ask, patience)


def _refused(row: Any, error: ServiceError, seconds: float) -> Asked:  # noqa: ANN401 - an integration's row
    return Asked(
        row.id,
        row.kind,
        error.code,
        seconds=seconds,
        detail=str(error),
        seconds_left=seconds_in_the_way(error),
    )


def _late(row: Any) -> Asked:  # noqa: ANN401 - an integration's row
    return Asked(
        row.id,
        row.kind,
        Outcome.LATE,
        detail="It does not answer in time.",
        seconds_left=60.0,
    )


@cache
def _threads() -> ThreadPoolExecutor:
    """Return this process's threads for providers; made after any fork."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="provider")

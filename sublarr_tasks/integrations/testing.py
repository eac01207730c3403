"""The test button: whether a service answers, is the one that was meant, and lets us in."""

from dataclasses import dataclass
from enum import StrEnum

from sublarr_tasks.clients.providers import Media, Query
from sublarr_tasks.errors import (
    AccessDenied,
    AddressRefused,
    AnswerMalformed,
    QuotaReached,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)
from sublarr_tasks.integrations.building import Connected, filled
from sublarr_tasks.integrations.kinds import REQUIREMENTS
from sublarr_tasks.subtitles.sources import PROVIDERS

FILM = Query(Media.MOVIE, "Inception", ("en",), 2010, imdb_id="tt1375666")


class Outcome(StrEnum):
    """How a test ended."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    AUTH = "auth"
    OTHER_SERVICE = "other_service"
    THROTTLED = "throttled"
    QUOTA = "quota"
    ADDRESS_REFUSED = "address_refused"


OUTCOMES: tuple[tuple[type[ServiceError], Outcome], ...] = (
    (AccessDenied, Outcome.AUTH),
    (AddressRefused, Outcome.ADDRESS_REFUSED),
    (QuotaReached, Outcome.QUOTA),
    (Throttled, Outcome.THROTTLED),
    (ServiceUnavailable, Outcome.UNAVAILABLE),
    (RequestRefused, Outcome.OTHER_SERVICE),
    (AnswerMalformed, Outcome.OTHER_SERVICE),
)


@dataclass(frozen=True, slots=True)
class Tested:
    """A test's outcome, and a sentence for people."""

    outcome: Outcome
    detail: str


def tried(service: Connected) -> Tested:
    """Ask a service for what only it knows; what is no service is asked for a film."""
    needs, probe = REQUIREMENTS[service.kind], REQUIREMENTS[service.kind].probe
    try:
        if needs.scheme is not None:
            PROVIDERS[service.kind](service.http, service.secrets).search(FILM)
            return Tested(Outcome.OK, "It can be used.")
        answer = service.http.request(
            probe.method,
            probe.path,
            params=probe.params,
            body=filled(probe.body, service.secrets),
        )
        said = answer.json() if probe.json else answer.content
    except ServiceError as error:
        outcome = next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))
        return Tested(outcome, str(error))
    if not probe.is_it(said):
        return Tested(Outcome.OTHER_SERVICE, f"It answers, but it is no {service.kind}.")
    return Tested(Outcome.OK, "It answers and takes our credentials.")

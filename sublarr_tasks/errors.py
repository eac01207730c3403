"""Every error that this product raises on purpose; the class decides what happens to it.

::

    SublarrError
    +-- InputError            a person's input; names each field       API 422, CLI 2
    +-- NotFound              nothing by that name or id               API 404, CLI 2
    +-- Unauthenticated       nobody that is known here                API 401
    +-- Limited               too many failed attempts                 API 429
    +-- Forbidden             known, but not allowed                   API 403
    +-- Conflict              true, but not now                        API 409, CLI 5
    |   +-- ScanRunning       one unfinished scan per library
    +-- StartError            the machine is not ready                 CLI 3
    +-- Unavailable           a server of ours does not answer         API 503, CLI 4
    +-- ServiceError          an outside service; `outcome` says how   API 502, CLI 4
    |   +-- Throttled         its limit, or ours for it; `seconds` to wait
    |   +-- QuotaReached      nothing left until `seconds` from now
    |   +-- AccessDenied      it does not take our credentials
    |   +-- ServiceUnavailable  no answer, or an error of its own
    |   +-- RequestRefused    it does not take the request (4xx)
    |   +-- AnswerMalformed   not what it should answer, or too much
    |   +-- AddressRefused    an address that we do not connect to
    +-- UnitError             one unit of work failed, with its reason
        +-- UnitSkipped       the unit needs no work after all
        +-- Postponed         an outside service is in the way: later
        +-- MountLost         the library is not there: the scan stops, nothing is removed
        +-- ProbeError        a file that cannot be read as media
        +-- NfoError          an NFO from which nothing can be taken (library.nfo)
"""

from collections.abc import Mapping
from typing import ClassVar


class SublarrError(Exception):
    """The root; `code` is stable and machine-readable, the message is a sentence for people."""

    code: ClassVar[str] = "error"


class InputError(SublarrError):
    """Input that cannot be taken; `fields` maps each field's name to its sentence."""

    code = "invalid_input"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {sentence}" for name, sentence in fields.items()))
        self.fields = dict(fields)


class NotFound(SublarrError):
    """What was asked for does not exist."""

    code = "not_found"


class Unauthenticated(SublarrError):
    """A name, password, code, token or key that does not fit; `code` says what is missing."""

    code = "unauthorized"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code  # type: ignore[misc]


class Limited(SublarrError):
    """Too many attempts failed; `seconds` from now another may be made."""

    code = "too_many_attempts"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many attempts failed. Try again in {max(1, round(seconds))} s.")
        self.seconds = seconds


class Forbidden(SublarrError):
    """Whoever asks may see this, and may not do it."""

    code = "forbidden"


class Conflict(SublarrError):
    """The request is valid and cannot be done in the present state."""

    code = "conflict"


class ScanRunning(Conflict):
    """The library has an unfinished scan."""

    code = "scan_running"

    def __init__(self, scan_id: int) -> None:
        super().__init__(f"Scan {scan_id} of this library has not finished.")
        self.scan_id = scan_id


class StartError(SublarrError):
    """This machine is not ready; the message says what to change."""

    code = "cannot_start"


class Unavailable(SublarrError):
    """PostgreSQL or Redis does not answer."""

    code = "unavailable"


class ServiceError(SublarrError):
    """An outside service could not be used; the message never holds what it sent.

    `seconds` from now another try is worth it, where that is known.
    """

    code = "service_error"

    def __init__(self, message: str, *, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Throttled(ServiceError):
    """Too many calls, by its word or by our own count."""

    code = "throttled"


class QuotaReached(ServiceError):
    """The account has used up what it may ask for."""

    code = "quota"


class AccessDenied(ServiceError):
    """The key, or the name and password, are not taken."""

    code = "auth"


class ServiceUnavailable(ServiceError):
    """It does not answer, or has an error of its own."""

    code = "unavailable"


class RequestRefused(ServiceError):
    """It does not take this request; `status` is its answer's."""

    code = "refused"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AnswerMalformed(ServiceError):
    """It answers something else than it should, or too much of it."""

    code = "malformed"


class AddressRefused(ServiceError):
    """Its address is one that we do not connect to."""

    code = "address_refused"


# What stands between us and every answer of a service, and for how many seconds where it does not
# say. The others are about one request.
IN_THE_WAY: Mapping[type[ServiceError], float] = {
    Throttled: 10.0,
    ServiceUnavailable: 10.0,
    AccessDenied: 60.0,
    AddressRefused: 60.0,
    QuotaReached: 3600.0,
}


def seconds_in_the_way(error: ServiceError) -> float | None:
    """Return for how long an error keeps us from a service, None where it is about one request."""
    usual = next((wait for kind, wait in IN_THE_WAY.items() if isinstance(error, kind)), None)
    return None if usual is None else error.seconds or usual


class UnitError(SublarrError):
    """One unit of work failed; `reason` is what its row keeps."""

    code = "unit_failed"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


class UnitSkipped(UnitError):
    """One unit needs no work after all; `reason` says why."""

    code = "unit_skipped"


class Postponed(UnitError):
    """One unit cannot be done for `seconds`, because of a service; nothing is lost by waiting."""

    code = "postponed"

    def __init__(self, reason: str, detail: str, seconds: float) -> None:
        super().__init__(reason, detail)
        self.seconds = seconds


class MountLost(UnitError):
    """The library's root is missing, empty or another one than before."""

    code = "mount_lost"

    def __init__(self, detail: str) -> None:
        super().__init__("mount_lost", detail)


class ProbeError(UnitError):
    """A file could not be read as media."""

    code = "probe_failed"

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
    +-- UnitError             one unit of work failed, with its reason
        +-- UnitSkipped       the unit needs no work after all
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


class MountLost(UnitError):
    """The library's root is missing, empty or another one than before."""

    code = "mount_lost"

    def __init__(self, detail: str) -> None:
        super().__init__("mount_lost", detail)


class ProbeError(UnitError):
    """A file could not be read as media."""

    code = "probe_failed"

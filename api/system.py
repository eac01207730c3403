"""Whether the API lives, and which versions of it there are."""

import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import structlog
from flask import Flask, Response, current_app
from pydantic import ConfigDict
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from api.auth import open_to_all
from api.fields import Answer, reply
from api.openapi import KEY_NEEDED, resource
from api.problems import answers
from sublarr_tasks import health, metrics
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import SublarrError

api = resource("system", "Whether the API lives.", open_to_all=True)
guarded = resource("health", "Whether all is well.")
# Where health checks and the tools around Sonarr and Radarr look.
root = resource("root", "Outside of any version.", prefix=None, open_to_all=True)
log = structlog.get_logger()
HEALTH = "health"
_METRICS: dict[str, Any] = {
    "description": "figures in Prometheus's text format",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


class Pulse(Answer):
    """Whether the database answers."""

    status: Literal["OK", "Error"]


class Versions(Answer):
    """The versions of the API."""

    current: str
    deprecated: list[str]


class Health(Answer):
    """Whether the product is well."""

    status: Literal["healthy", "unhealthy"]


class Subsystem(Answer):
    """A part of the product or of what it needs; each has fields of its own."""

    model_config = ConfigDict(extra="allow")

    healthy: bool
    message: str


class DetailedHealth(Answer):
    """How each subsystem is; the required ones decide the status."""

    status: Literal["healthy", "degraded"]
    subsystems: dict[str, Subsystem]


class Heartbeat:
    """A check that is asked again only when its answer has grown old."""

    def __init__(
        self,
        check: Callable[[], bool],
        seconds: float = 5.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._alive = False

    def alive(self) -> bool:
        with self._lock:
            if self._asked is None or self._now() - self._asked >= self._seconds:
                self._alive = self._check()
                self._asked = self._now()
            return self._alive


def install(app: Flask) -> None:
    app.extensions[Heartbeat.__name__] = Heartbeat(_database_answers)
    app.extensions[HEALTH] = Heartbeat(health.is_healthy)


@root.get("/ping", responses={200: Pulse, 500: Pulse})
@api.get("/ping", responses={200: Pulse, 500: Pulse})
@open_to_all
def ping() -> Response:
    """Say whether the database answers; asked at most every five seconds."""
    heartbeat: Heartbeat = current_app.extensions[Heartbeat.__name__]
    if heartbeat.alive():
        return reply(Pulse(status="OK"))
    return reply(Pulse(status="Error"), 500)


@root.get("/health", responses={200: Health, 503: Health})
@open_to_all
def health_() -> Response:
    """Say whether the product is well, and nothing else; asked at most every five seconds."""
    heartbeat: Heartbeat = current_app.extensions[HEALTH]
    well = heartbeat.alive()
    return reply(Health(status="healthy" if well else "unhealthy"), 200 if well else 503)


@guarded.get("/health/detailed", responses={200: DetailedHealth, 503: DetailedHealth})
def detailed() -> Response:
    """Ask every subsystem, side by side, each within five seconds."""
    found = health.report()
    body = DetailedHealth(
        status="healthy" if found.healthy else "degraded",
        subsystems={name: Subsystem(**facts) for name, facts in found.subsystems.items()},
    )
    return reply(body, 200 if found.healthy else 503)


@root.get(
    "/metrics",
    responses={200: _METRICS, **answers(401, 403, 429, 500)},
    security=KEY_NEEDED,
)
def figures() -> Response:
    """Give figures to Prometheus."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


@root.get("/api", responses={200: Versions, **answers(401, 403, 429, 500)}, security=KEY_NEEDED)
def versions() -> Response:
    """List the versions of the API."""
    return reply(Versions(current="v1", deprecated=[]))


def _database_answers() -> bool:
    try:
        with transaction() as db:
            db.execute(select(1))
    except (SublarrError, SQLAlchemyError) as error:
        log.warning("database_does_not_answer", error=str(error))
        return False
    return True

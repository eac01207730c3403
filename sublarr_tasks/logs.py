"""One line for each event, for people or as JSON: its request, task and scan, and no secret."""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from celery import current_task

from sublarr_tasks import scrubbing, settings
from sublarr_tasks.settings import LogFormat

# Two lines for each message would drown the rest.
QUIET = ("celery.app.trace", "celery.worker.strategy", "alembic", "kombu", "amqp")


def configure() -> None:
    """Send structlog's and the standard library's records down one road, to standard error."""
    current = settings.current()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_task,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _scrub,
                _renderer(current.log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(current.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(chosen: LogFormat) -> Any:  # noqa: ANN401 - one of structlog's processors
    if chosen is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _add_task(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    request = getattr(current_task, "request", None)
    if request is not None and request.id:
        event["task_id"] = request.id
        event["task"] = current_task.name
        request_id = getattr(request, "request_id", None)
        if request_id is not None:
            event.setdefault("request_id", request_id)
    return event


def _scrub(_: object, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Come last before the line is written, when tracebacks are text already."""
    hidden: dict[str, Any] = scrubbing.scrubbed(event)
    return hidden

"""Traces for OpenTelemetry, where the environment asks for them and the extra is installed.

`pip install 'sublarr-tasks[otel]'` and OTEL_EXPORTER_OTLP_ENDPOINT; everything else is set by the
OTEL_ variables of the OpenTelemetry specification.
"""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog

from sublarr_tasks import __version__

if TYPE_CHECKING:
    from flask import Flask

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NEEDED = (
    "opentelemetry.sdk.trace",
    "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry.instrumentation.celery",
    "opentelemetry.instrumentation.flask",
)

log = structlog.get_logger()


def is_wanted() -> bool:
    """Tell whether the environment asks for traces and they can be had."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return False
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    missing = [name for name in NEEDED if not _is_there(name)]
    if missing:
        log.warning("traces_not_sent", missing=missing, install="sublarr-tasks[otel]")
    return not missing


def of_worker() -> None:
    """Trace the tasks of this process; after the fork, for the exporter has a thread."""
    if is_wanted():
        _begin("worker")
        from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415 - an extra

        CeleryInstrumentor().instrument()


def of_api(app: "Flask") -> None:
    """Trace the requests of this process, and pass their traces on to the tasks they ask for."""
    if is_wanted():
        _begin("api")
        from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415 - an extra
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415 - the same

        CeleryInstrumentor().instrument()
        FlaskInstrumentor().instrument_app(app, excluded_urls="ping,health,metrics")


def _begin(role: str) -> None:
    from opentelemetry import trace  # noqa: PLC0415 - an extra
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - the same
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the same
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - the same

    named = Resource.create({"service.name": f"sublarr-{role}", "service.version": __version__})
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False

"""Traces reach a collector, where somebody asks for them."""

import os
import subprocess
import sys

import pytest

from stub import Said, serving_stub
from sublarr_tasks import tracing

REQUEST = """
from api import create_app
from opentelemetry import trace
client = create_app().test_client()
assert client.get("/api/v1/setup").status_code == 200
trace.get_tracer_provider().shutdown()
"""


@pytest.mark.usefixtures("database", "redis")
def test_a_request_is_a_span_at_the_collector() -> None:
    with serving_stub(lambda _: Said(raw=b"")) as collector:
        environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        subprocess.run([sys.executable, "-c", REQUEST], env=environment, check=True)

    spans = [asked for asked in collector.asked if asked.path == "/v1/traces"]
    assert spans
    assert b"sublarr-api" in spans[0].raw
    assert b"/api/v1/setup" in spans[0].raw


@pytest.mark.parametrize(
    "given", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}]
)
def test_nobody_is_traced_unasked(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert not tracing.is_wanted()


def test_what_is_missing_for_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x")
    monkeypatch.setattr(tracing, "NEEDED", ("no.such.module",))

    assert not tracing.is_wanted()

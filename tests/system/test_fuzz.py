"""The running API, fuzzed from its own OpenAPI document: no 5xx, and no answer it does not know."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis

from libraries import Library
from serving import serving
from sublarr_tasks.celery_app import QUEUES
from sublarr_tasks.fleet import signs

CONFIG = Path(__file__).parents[1] / "schemathesis.toml"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def fleet_lives(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave signs of life that last: without a fleet the health is rightly 503."""
    monkeypatch.setattr(signs, "WORKER_SECONDS", 600)
    signs.note_worker(redis, "all-1@here", list(QUEUES), 2)
    redis.set(signs._CLOCK, time.time() + 600)


@pytest.mark.parametrize("known", [True, False])
def test_nothing_that_is_sent_brings_a_5xx_or_an_unknown_answer(
    redis: Redis, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    library.scan()
    fleet_lives(redis, monkeypatch)
    with serving(tmp_path) as served:
        headers = ["--header", f"X-Api-Key: {served.key}"] if known else []
        run = subprocess.run(
            [
                *(str(SCHEMATHESIS), "--config-file", str(CONFIG)),
                *("run", f"{served.url}/api/v1/openapi.json", *headers),
                # Without a key all that can be sent is one thing.
                *("--max-examples", "5", "--max-time", "30" if known else "10"),
                *("--request-timeout", "30"),
                *("--no-color", "--warnings", "off", "--no-shrink"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2000:]
    assert "Tested:" in run.stdout

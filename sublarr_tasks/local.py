"""The processes of this machine: how each is called, and the stack that a command runs on."""

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from sublarr_tasks import celery_app, db, embedded, keys, settings
from sublarr_tasks.embedded import Home, Process, Running, Stack
from sublarr_tasks.fleet import connection
from sublarr_tasks.keys import ApiKey
from sublarr_tasks.settings import Settings

# A part ends within its hard time limit, and nearly always within a second; after this long a
# worker is stopped hard, and the parts it had come again.
WORKER_GRACE = 40.0


def worker(pool: str, group: str | None = None) -> list[str]:
    named = ["--group", group] if group else []
    return [sys.executable, "-m", "workers", pool, *named]


def beat() -> list[str]:
    level = settings.current().log_level
    if level == "INFO":  # two lines every ten seconds, and what they say is in Flower too
        level = "WARNING"
    return [sys.executable, "-m", "celery", "-q", "-A", "beat_schedule", "beat", "-l", level]


def watch() -> list[str]:
    return [sys.executable, "-m", "sublarr_tasks.watching"]


def api() -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "--config", "python:api.gunicorn"),
        "api:create_app()",
    ]


def flower() -> list[str]:
    current = settings.current()
    return [
        *(sys.executable, "-m", "celery", "-A", "sublarr_tasks.celery_app", "flower"),
        *(f"--address={current.flower_host}", f"--port={current.flower_port}"),
        *("--read_only=true", "--max_tasks=20000", "--logging=warning"),
        "--tasks_columns=name,state,args,received,runtime,worker,uuid",
    ]


def flower_environment(current: Settings) -> dict[str, str]:
    """Give Flower its password, or else the API key, where `ps` does not show it."""
    chosen = current.flower_password
    password = chosen.get_secret_value() if chosen else keys.obtain(current).value
    return {"FLOWER_BASIC_AUTH": f"sublarr:{password}"}


def use(stack: Stack) -> None:
    """Make a stack this process's own, and its children's."""
    os.environ.update(stack.environment())
    for name in ("SUBLARR_DATABASE_URL_FILE", "SUBLARR_REDIS_URL_FILE"):
        os.environ.pop(name, None)
    settings.current.cache_clear()
    db.engine.cache_clear()
    connection.forget()
    celery_app.connect()


def find() -> Stack | None:
    """Return the servers that the environment names, or else a running stack of this home."""
    current = settings.current()
    if current.database_url and current.redis_url:
        with embedded.servers(current) as stack:
            return stack
    return Home(current.home).running()


@contextmanager
def for_a_command(*, worker_needed: bool) -> Iterator[Stack]:
    """Find a stack, or run one, with a worker where the command needs one, until the end."""
    found = find()
    if found is not None:
        use(found)
        yield found
        return
    with embedded.start(settings.current()) as running:
        use(running.stack)
        migrate()
        if worker_needed:
            running.supervisor.start(
                Process("worker", tuple(worker("all")), grace_seconds=WORKER_GRACE)
            )
            running.supervisor.start(Process("beat", tuple(beat())))
        yield running.stack


@contextmanager
def everything(echo: TextIO) -> Iterator[tuple[Running, ApiKey]]:
    """Run the servers, a worker, beat, the watcher, the API and Flower; they end in reverse."""
    current = settings.current()
    if not Home(current.home).is_held():  # if it is, that is what there is to say
        embedded.check_port(current.host, current.port, "SUBLARR_PORT")
        embedded.check_port(current.flower_host, current.flower_port, "SUBLARR_FLOWER_PORT")
    with embedded.start(current, api_port=current.port, echo=echo) as running:
        use(running.stack)
        migrate()
        key = keys.obtain(current)
        for process in _processes(settings.current()):
            running.supervisor.start(process)
        yield running, key


def _processes(current: Settings) -> list[Process]:
    return [
        Process("worker", tuple(worker("all")), grace_seconds=WORKER_GRACE),
        Process("beat", tuple(beat())),
        Process("watch", tuple(watch())),
        Process("api", tuple(api()), ready=lambda: _answers(current.host, current.port, "/ping")),
        Process(
            "flower",
            tuple(flower()),
            env=os.environ | flower_environment(current),
            ready=lambda: _answers(current.flower_host, current.flower_port, "/healthcheck"),
        ),
    ]


def migrate() -> None:
    """Bring the database to this version's schema."""
    from sublarr_tasks import migrations  # noqa: PLC0415 - Alembic takes a third of a second

    with db.transaction() as connection_:
        migrations.upgrade(connection_)


def _answers(host: str, port: int, path: str) -> bool:
    here = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - where to knock
    try:
        with urllib.request.urlopen(f"http://{here}:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except OSError:
        return False

"""Everything on one machine: PostgreSQL and Redis from Python wheels, and their supervisor."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO

from pydantic import SecretStr

from sublarr_tasks.embedded.home import Home, Stack
from sublarr_tasks.embedded.ports import check_port
from sublarr_tasks.embedded.postgres import Postgres
from sublarr_tasks.embedded.processes import Process, Supervisor
from sublarr_tasks.embedded.redis import Redis, broker_url
from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import Settings

__all__ = [
    "Home",
    "Process",
    "Running",
    "Stack",
    "Supervisor",
    "broker_url",
    "check_port",
    "servers",
    "start",
]

# A first start with a slow disk, or a recovery after power loss, by another command.
_OTHERS_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Running:
    """The stack that this process holds; more processes may be given to the supervisor."""

    home: Home
    stack: Stack
    supervisor: Supervisor


@contextmanager
def start(
    settings: Settings, *, api_port: int | None = None, echo: TextIO | None = None
) -> Iterator[Running]:
    """Hold the home and run the servers that the settings do not name; raises StartError."""
    home = Home(settings.home)
    home.prepare()
    with home.held() as lock, Supervisor(home.logs, held=[lock], echo=echo) as supervisor:
        database_url, redis_url = _start_servers(settings, home, supervisor)
        stack = Stack(
            pid=os.getpid(),
            database_url=database_url,
            redis_url=redis_url,
            started_at=datetime.now(UTC),
            api_port=api_port,
        )
        home.announce(stack)
        yield Running(home, stack, supervisor)


@contextmanager
def servers(settings: Settings) -> Iterator[Stack]:
    """Find servers for the time of one command, or run them."""
    if settings.database_url and settings.redis_url:
        yield _outside(settings.database_url, settings.redis_url)
    elif (found := _find(Home(settings.home))) is not None:
        yield found
    else:
        with start(settings) as running:
            yield running.stack


def _start_servers(settings: Settings, home: Home, supervisor: Supervisor) -> tuple[str, str]:
    if settings.database_url and settings.redis_url:
        outside = _outside(settings.database_url, settings.redis_url)
        return outside.database_url, outside.redis_url
    sockets = home.new_sockets()
    database_url, redis_url = settings.database_url, settings.redis_url
    if database_url is None:
        postgres = Postgres(home, sockets)
        postgres.prepare()
        supervisor.start(postgres.process())
        database_url = SecretStr(postgres.url)
    if redis_url is None:
        redis = Redis(home, sockets)
        redis.prepare()
        _start_redis(redis, supervisor)
        redis_url = SecretStr(redis.url)
    return database_url.get_secret_value(), redis_url.get_secret_value()


def _start_redis(redis: Redis, supervisor: Supervisor) -> None:
    try:
        supervisor.start(redis.process())
    except StartError as error:
        if "append only file" not in str(error) or not redis.set_aside():
            raise
        supervisor.start(redis.process())


def _outside(database_url: SecretStr, redis_url: SecretStr) -> Stack:
    return Stack(
        pid=os.getpid(),
        database_url=database_url.get_secret_value(),
        redis_url=redis_url.get_secret_value(),
        started_at=datetime.now(UTC),
    )


def _find(home: Home) -> Stack | None:
    """Wait while another command starts or ends its stack; none once nobody holds the home."""
    deadline = time.monotonic() + _OTHERS_SECONDS
    while (found := home.running()) is None and home.is_held() and time.monotonic() < deadline:
        time.sleep(0.1)
    return found

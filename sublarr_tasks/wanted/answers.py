"""What providers said, kept: in front in Redis, and for good in a table that the API shows.

The key is the whole query with the provider's own settings, so that no answer serves for another
question. Only a complete answer is kept. Without Redis the table alone does.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks.clients.providers import Candidate, Partial, Query
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import cache, connection
from sublarr_tasks.fleet.connection import KEY_PREFIX
from sublarr_tasks.models import ProviderAnswer

# A provider that had nothing may have something soon.
KEPT, KEPT_EMPTY = timedelta(hours=12), timedelta(hours=3)
# For how long somebody who asks is believed to be alive; it is said again meanwhile.
FLIGHT_MILLISECONDS = 4000
LOOK_EVERY = 0.05

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    """A query to one provider, as it was set up at the time."""

    integration_id: int
    provider: str
    version: int
    query: Query

    @property
    def key(self) -> bytes:
        said = self.query.to_json()
        said |= {"languages": sorted(self.query.languages), "file_name": None}
        asked = [self.integration_id, self.provider, self.version, said]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def answered(
    question: Question, ask: Callable[[], Sequence[Candidate]], patience: float
) -> tuple[list[Candidate], bool]:
    """Return what a provider says to a question, and whether it had said so before.

    Of those who ask the same at once one asks the provider, and the others take its answer; where
    that takes longer than `patience` seconds they ask too. Raises what `ask` does.
    """
    kept = _kept(question)
    if kept is not None:
        return kept, True
    redis = connection.quick()
    with _flight(redis, question) as first:
        if not first:
            ends = time.monotonic() + patience
            while time.monotonic() < ends and _is_in_flight(redis, question):
                time.sleep(LOOK_EVERY)
            kept = _kept(question)
            if kept is not None:
                return kept, True
        found = ask()
        if not isinstance(found, Partial):
            _keep(question, found)
        return [*found], False


def forget(db: Connection, integration_id: int) -> int:
    """Forget what a provider said; returns how many answers that were."""
    keys = db.scalars(
        delete(ProviderAnswer)
        .where(ProviderAnswer.integration_id == integration_id)
        .returning(ProviderAnswer.key)
    ).all()
    for key in keys:
        cache.forget(connection.quick(), _name(key))
    return len(keys)


def prune(db: Connection) -> None:
    """Delete answers that hold no more."""
    db.execute(delete(ProviderAnswer).where(ProviderAnswer.expires_at < func.now()))


def _kept(question: Question) -> list[Candidate] | None:
    redis = connection.quick()
    text = cache.get(redis, _name(question.key))
    if text is not None:
        return _read(json.loads(text))
    with transaction() as db:
        row = db.execute(
            select(
                ProviderAnswer.candidates,
                func.extract("epoch", ProviderAnswer.expires_at - func.now()).label("seconds"),
            ).where(ProviderAnswer.key == question.key, ProviderAnswer.expires_at > func.now())
        ).one_or_none()
    if row is None:
        return None
    cache.put(redis, _name(question.key), json.dumps(row.candidates), max(1, int(row.seconds)))
    return _read(row.candidates)


def _read(kept: Sequence[Any]) -> list[Candidate]:
    return [Candidate.from_json(each) for each in kept]


def _keep(question: Question, found: Sequence[Candidate]) -> None:
    said = [each.to_json() for each in found]
    lasts = KEPT if found else KEPT_EMPTY
    written = upsert(ProviderAnswer).values(
        key=question.key,
        integration_id=question.integration_id,
        query=question.query.to_json(),
        candidates=said,
        expires_at=func.now() + literal(lasts),
    )
    with transaction(durable=False) as db:
        db.execute(
            written.on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "candidates": written.excluded.candidates,
                    "expires_at": written.excluded.expires_at,
                    "cached_at": func.now(),
                },
            )
        )
    seconds = int(lasts.total_seconds())
    cache.put(connection.quick(), _name(question.key), json.dumps(said), seconds)


@contextmanager
def _flight(redis: Redis, question: Question) -> Iterator[bool]:
    """Be the one who asks, where nobody else does; without Redis everybody is.

    The others wait no longer for one that died than a few seconds.
    """
    name = _lock(question)
    try:
        mine = bool(redis.set(name, 1, nx=True, px=FLIGHT_MILLISECONDS))
    except RedisError as error:
        log.debug("flight_not_seen", error=str(error))
        mine = True
    if not mine:
        yield False
        return
    landed = threading.Event()
    thread = threading.Thread(target=_fly, args=(redis, name, landed), daemon=True)
    thread.start()
    try:
        yield True
    finally:
        landed.set()
        thread.join()


def _fly(redis: Redis, name: str, landed: threading.Event) -> None:
    """Tell the others that somebody still asks, and that nobody does any more."""
    try:
        while not landed.wait(FLIGHT_MILLISECONDS / 4000):
            redis.pexpire(name, FLIGHT_MILLISECONDS)
        redis.delete(name)
    except RedisError as error:
        log.debug("flight_not_told", error=str(error))


def _is_in_flight(redis: Redis, question: Question) -> bool:
    try:
        return bool(redis.exists(_lock(question)))
    except RedisError:
        return False


def _name(key: bytes) -> str:
    return f"subtitles:{key.hex()}"


def _lock(question: Question) -> str:
    return f"{KEY_PREFIX}flight:{question.key.hex()}"

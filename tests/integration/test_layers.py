"""Whatever happens in whatever order: a person's word, then the NFO's, then a service's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import delete

from contract import Client
from libraries import Library, one, set_columns, video
from stub import Stub
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Directory, Item
from tmdb_stub import TmdbStub, movie, set_up

FIELDS = ("title", "plot", "genres", "studios")
TAGS = {"title": "title", "plot": "plot", "genres": "genre", "studios": "studio"}
TEXTS = {"title": "title", "plot": "overview"}
LISTS = {"genres": "genres", "studios": "production_companies"}
NAMED = {"title": "Alpha", "plot": None, "genres": [], "studios": []}

_fields = st.sampled_from(FIELDS)
_words = st.sampled_from(["One", "Two", "Three"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), _fields, _words),
        st.tuples(st.just("lock"), _fields),
        st.tuples(st.just("unlock"), _fields),
        st.tuples(st.just("write"), st.dictionaries(_fields, _words)),
        st.tuples(st.just("answer"), _fields, st.one_of(st.just(""), _words)),
        st.tuples(st.sampled_from(["scan", "scan_all", "enrich"])),
    ),
    min_size=4,
    max_size=12,
)


@pytest.fixture
def known() -> TmdbStub:
    return TmdbStub()


@pytest.fixture
def tmdb(client: Client, known: TmdbStub) -> Iterator[Stub]:
    with set_up(client, known) as stub:
        yield stub


def of(field: str, word: str) -> object:
    """Return a word as a field holds it; an empty one is nothing."""
    if field in LISTS:
        return [word] if word else []
    return word or None


class Film:
    """A film, and what has been said of it by whom."""

    def __init__(self, client: Client, library: Library, known: TmdbStub, redis: Redis) -> None:
        self.client, self.library, self.known, self.redis = client, library, known, redis

    def begin(self) -> None:
        """Forget the film that there was, and find another."""
        with transaction() as db:
            db.execute(delete(Directory))
        self.remote = movie(1, "Remote", 2001)
        self.known.movies[:] = [self.remote]
        self.folder = self.library.root / "Alpha (2001) [tmdbid-1]"
        video(self.folder / "Alpha (2001).mkv")
        (self.folder / "movie.nfo").unlink(missing_ok=True)
        self.written: dict[str, object] = {}
        self.said: dict[str, object] = {}
        self.scan(full=True)

    @property
    def shown(self) -> dict[str, object]:
        item = self.client.get(f"/items/{one(Item).id}").get_json()
        return {name: item[name] for name in FIELDS}

    @property
    def locked(self) -> dict[str, object]:
        return dict(one(Item).edits)

    @property
    def expected(self) -> dict[str, object]:
        return NAMED | self.said | self.nfo | self.locked

    def edit(self, field: str, word: str) -> None:
        self._patch(**{field: of(field, word)})

    def lock(self, field: str) -> None:
        self._patch(locked_fields=[*self.locked, field])

    def unlock(self, field: str) -> None:
        self._patch(locked_fields=[*self.locked.keys() - {field}])

    def write(self, words: dict[str, str]) -> None:
        tags = "".join(f"<{TAGS[name]}>{word}</{TAGS[name]}>" for name, word in words.items())
        Path(self.folder, "movie.nfo").write_text(f"<movie>{tags}</movie>")
        self.written = {name: of(name, word) for name, word in words.items()}

    def answer(self, field: str, word: str) -> None:
        if field in LISTS:
            self.remote[LISTS[field]] = [{"id": 1, "name": word}] if word else []
        else:
            self.remote[TEXTS[field]] = word

    def scan(self, *, full: bool = False) -> None:
        self.library.scan(full=full, options={"enable_enrichment": False})
        self.nfo = self.written

    def scan_all(self) -> None:
        self.scan(full=True)

    def enrich(self) -> None:
        self.redis.flushdb()  # what was asked a moment ago would be answered from there
        set_columns(Item, one(Item).id, enrich_due_at=datetime.now(UTC))
        self.library.scan()
        self.nfo = self.written
        lists = {name: [each["name"] for each in self.remote[key]] for name, key in LISTS.items()}
        said = lists | {name: self.remote[key] for name, key in TEXTS.items()}
        # What the service no longer says goes, but for a title: there must be one.
        kept = {name: self.said[name] for name in ("title",) if name in self.said}
        self.said = kept | {name: value for name, value in said.items() if value}

    def _patch(self, **changes: object) -> None:
        assert self.client.patch(f"/items/{one(Item).id}", changes).status_code == 200


@pytest.fixture
def film(client: Client, library: Library, known: TmdbStub, tmdb: Stub, redis: Redis) -> Film:
    return Film(client, library, known, redis)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_STEPS)
def test_each_field_is_what_the_first_of_them_says(film: Film, steps: list[Any]) -> None:
    film.begin()
    for step, *given_ in steps:
        before, locked = film.shown, film.locked
        getattr(film, step)(*given_)
        if step in ("scan", "scan_all", "enrich"):
            assert film.shown == film.expected
        elif step in ("write", "answer"):
            assert film.shown == before
        held = {name: value for name, value in locked.items() if name not in given_}
        assert {name: film.shown[name] for name in held} == held

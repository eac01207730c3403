"""The schema's history: up from nothing, down to nothing, and the same as the models."""

import sys
from collections.abc import Iterator
from subprocess import PIPE, Popen

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from stack import Servers
from sublarr_tasks import migrations
from sublarr_tasks.models import Base

RECORD = {"alembic_version"}


@pytest.fixture
def blank(servers: Servers, worker: int) -> Iterator[Engine]:
    """Give a database in which nothing ever was."""
    with servers.database(f"blank_{worker}", template="template1") as url:
        yield create_engine(url, poolclass=NullPool)


def upgrade(engine: Engine) -> None:
    with engine.begin() as db:
        migrations.upgrade(db)


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_up_from_nothing_makes_every_table(blank: Engine) -> None:
    upgrade(blank)
    assert tables(blank) == {*Base.metadata.tables} | RECORD


def test_down_to_the_base_leaves_no_table(blank: Engine) -> None:
    upgrade(blank)
    with blank.begin() as db:
        migrations.downgrade(db, "base")
    assert tables(blank) <= RECORD


def test_up_again_after_down_is_the_same_schema(blank: Engine) -> None:
    upgrade(blank)
    with blank.begin() as db:
        migrations.downgrade(db, "base")
    upgrade(blank)
    assert tables(blank) == {*Base.metadata.tables} | RECORD


def test_the_models_and_the_migrations_agree(blank: Engine) -> None:
    upgrade(blank)
    with blank.connect() as db:
        context = MigrationContext.configure(
            db, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_is_current_after_an_upgrade_and_not_before(blank: Engine) -> None:
    with blank.begin() as db:
        assert not migrations.is_current(db)
        migrations.upgrade(db)
        assert migrations.is_current(db)


def test_an_upgrade_of_a_current_database_changes_nothing(blank: Engine) -> None:
    upgrade(blank)
    with blank.begin() as db:
        db.execute(text("INSERT INTO libraries (name, path, kind) VALUES ('a', '/a', 'movies')"))
    upgrade(blank)
    with blank.connect() as db:
        assert db.scalar(text("SELECT count(*) FROM libraries")) == 1


UPGRADE = """
import sys
from sqlalchemy import create_engine
from sublarr_tasks import migrations
with create_engine(sys.argv[1]).begin() as db:
    print("ready", flush=True)
    sys.stdin.readline()
    migrations.upgrade(db)
"""


def test_upgrades_at_the_same_time_are_safe(blank: Engine) -> None:
    command = [sys.executable, "-c", UPGRADE, blank.url.render_as_string()]
    starting = [Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
    for process in starting:
        assert process.stdout is not None
        process.stdout.readline()
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in starting:
        process.communicate(timeout=60)
    assert [process.returncode for process in starting] == [0, 0, 0]
    assert tables(blank) == {*Base.metadata.tables} | RECORD


def test_an_upgrade_that_is_not_committed_leaves_nothing_behind(blank: Engine) -> None:
    with blank.connect() as db, db.begin() as transaction:
        migrations.upgrade(db)
        transaction.rollback()
    assert tables(blank) == set()

"""How Alembic runs here: on the connection it is given, one transaction for each revision."""

from alembic import context
from sqlalchemy import Connection, text

from sublarr_tasks.models import Base

# Any constant will do, as long as it is this one: whoever migrates waits for whoever does.
MIGRATION_LOCK = 5_765_001


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


run(context.config.attributes["connection"])

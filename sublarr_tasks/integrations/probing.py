"""Looking after the services: each is tested now and then, so that a person sees when it ails."""

import structlog

from sublarr_tasks.db import transaction
from sublarr_tasks.errors import SublarrError
from sublarr_tasks.integrations import building, rows, testing
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Category, Kind

# What costs nobody anything to be asked; a provider's quota is for searches.
PROBED = tuple(
    kind
    for kind, needs in REQUIREMENTS.items()
    if needs.category in (Category.ARR, Category.INDEXER, Category.MEDIA_SERVER)
)

log = structlog.get_logger()


def probe() -> None:
    """Test every service of one's own that is switched on, and keep how that went."""
    with transaction() as db:
        services = rows.enabled(db, *PROBED)
    for row in services:
        try:
            tested = testing.tried(building.connected(row, testing=True))
        except SublarrError as error:
            log.warning("service_not_probed", integration_id=row.id, error=str(error))
            continue
        if tested.outcome != row.test_outcome:
            log.info("service_changed", kind=Kind(row.kind), name=row.name, outcome=tested.outcome)
        with transaction() as db:
            rows.note_test(db, row.id, tested)

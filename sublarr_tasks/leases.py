"""Leases: what a process claimed stays its own for as long as it lives, however long it takes.

The hard time limit ends a process that hangs; then its leases pass.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection

from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Unavailable

log = structlog.get_logger()


@contextmanager
def renewing(renew: Callable[[Connection], None], seconds: float) -> Iterator[None]:
    """Call `renew` every so many seconds, each time in a transaction of its own."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(seconds):
            try:
                with transaction(durable=False) as db:
                    renew(db)
            except Unavailable as error:
                log.warning("lease_not_renewed", error=str(error))

    thread = threading.Thread(target=go_on, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

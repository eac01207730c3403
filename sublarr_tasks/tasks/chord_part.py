"""What a chord's part must keep to: it never raises, so its chord always ends."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import structlog

from sublarr_tasks.claims import Delivery
from sublarr_tasks.errors import Unavailable
from sublarr_tasks.parts import Outcome

if TYPE_CHECKING:
    from celery import Task

Body = Callable[[int, list[int], Delivery], Outcome]

# A countdown beyond two seconds may be delivered twice.
RETRY_SECONDS = 2
MOST_RETRIES = 30

log = structlog.get_logger()


def chord_part(body: Body) -> "Callable[[Task[Any, Any], int, list[int]], Outcome]":
    """Turn a function of (scan id, unit ids, delivery) into a bound task's body.

    While PostgreSQL is away the message comes again every other second, so that the window does
    not run empty. What was not done in the end stays in the units' rows: their leases pass, and
    the sweep sends them again.
    """

    @wraps(body)
    def run(self: "Task[Any, Any]", scan_id: int, unit_ids: list[int]) -> Outcome:
        delivery = Delivery(
            self.request.id or "",
            redelivered=bool((self.request.delivery_info or {}).get("redelivered")),
            retried=self.request.retries > 0,
        )
        try:
            with structlog.contextvars.bound_contextvars(scan_id=scan_id):
                return body(scan_id, unit_ids, delivery)
        except Unavailable as error:
            if self.request.retries < MOST_RETRIES:
                log.warning("part_put_off", scan_id=scan_id, error=str(error))
                raise self.retry(countdown=RETRY_SECONDS, max_retries=MOST_RETRIES) from error
            log.warning("part_given_up", scan_id=scan_id, error=str(error))
        except Exception:
            log.exception("part_failed", scan_id=scan_id)
        return Outcome(done=0)

    return run

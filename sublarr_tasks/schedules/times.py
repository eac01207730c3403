"""When a schedule runs: cron in a time zone, quiet hours, and a steady share of jitter.

Cron is read as Debian's does: an hour that the clock skips runs right after the gap, and one that
it repeats runs once; a schedule of every so many minutes goes on through both.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


@dataclass(frozen=True, slots=True)
class Timing:
    """What a schedule's moments come from; `seed` tells its share of the jitter from others'."""

    cron: str
    timezone: str
    quiet_from: str | None = None
    quiet_until: str | None = None
    jitter_seconds: int = 0
    seed: int = 0

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the moments after one, in UTC, each once; ends where there are no more."""
        zone = ZoneInfo(self.timezone)
        shift = timedelta(seconds=self._share())
        last = moment
        try:
            for planned in CronSim(self.cron, (moment - shift).astimezone(zone)):
                # In UTC first: adding to a local time forgets which of two equal hours it is in.
                due = self._let_sleep(planned.astimezone(UTC) + shift, zone).astimezone(UTC)
                if due > last:
                    last = due
                    yield due
        except CronSimError:  # no such day within fifty years
            return

    def first_after(self, moment: datetime) -> datetime | None:
        return next(self.after(moment), None)

    def _share(self) -> int:
        """Spread the schedules of one minute; each keeps its place for ever."""
        digest = hashlib.blake2b(str(self.seed).encode(), digest_size=8).digest()
        return int.from_bytes(digest) % (self.jitter_seconds + 1)

    def _let_sleep(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Put a moment within the quiet hours off to their end."""
        if self.quiet_from is None or self.quiet_until is None:
            return moment
        begin, end = clock_time(self.quiet_from), clock_time(self.quiet_until)
        local = moment.astimezone(zone)
        now = local.time()
        over_midnight = begin > end
        quiet = (now >= begin or now < end) if over_midnight else begin <= now < end
        if not quiet:
            return moment
        day = local.date() + timedelta(days=1 if over_midnight and now >= begin else 0)
        return datetime.combine(day, end, zone)


def clock_time(text: str) -> time:
    """Read "HH:MM"; raises ValueError."""
    hours, minutes = text.split(":")
    if not (len(hours) == len(minutes) == 2 and (hours + minutes).isdigit()):  # noqa: PLR2004 - HH:MM
        raise ValueError(text)
    return time(int(hours), int(minutes))

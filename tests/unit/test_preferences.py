"""When the metadata services are left in peace."""

from datetime import UTC, datetime, time

import pytest

from sublarr_tasks.preferences import Enrichment


@pytest.mark.parametrize(
    ("since", "until", "zone", "hour", "withheld"),
    [
        (None, None, "UTC", 3, None),
        ("22:00", "07:00", "UTC", 3, "quiet_hours"),
        ("22:00", "07:00", "UTC", 22, "quiet_hours"),
        ("22:00", "07:00", "UTC", 7, None),
        ("22:00", "07:00", "UTC", 21, None),
        ("09:00", "17:00", "UTC", 9, "quiet_hours"),
        ("09:00", "17:00", "UTC", 17, None),
        ("22:00", "07:00", "Asia/Tokyo", 14, "quiet_hours"),
        ("22:00", "07:00", "Asia/Tokyo", 3, None),
    ],
)
def test_quiet_hours_are_by_the_clock_of_their_zone(
    since: str | None, until: str | None, zone: str, hour: int, withheld: str | None
) -> None:
    chosen = Enrichment(
        quiet_from=since and time.fromisoformat(since),
        quiet_until=until and time.fromisoformat(until),
        time_zone=zone,
    )
    assert chosen.withheld(datetime(2026, 1, 15, hour, tzinfo=UTC)) == withheld


def test_a_pause_holds_at_any_hour() -> None:
    assert Enrichment(paused=True).withheld(datetime(2026, 1, 15, tzinfo=UTC)) == "paused"

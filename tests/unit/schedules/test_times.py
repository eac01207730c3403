from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.schedules.times import Timing

BERLIN = "Europe/Berlin"


def moments(timing: Timing, begin: str, count: int) -> list[str]:
    start = datetime.fromisoformat(begin)
    return [f"{each:%m-%d %H:%M}" for each in islice(timing.after(start), count)]


def test_the_text_is_read_in_its_time_zone() -> None:
    timing = Timing("30 4 * * *", BERLIN)

    assert moments(timing, "2026-01-01T00:00+00:00", 2) == ["01-01 03:30", "01-02 03:30"]
    assert moments(timing, "2026-07-01T00:00+00:00", 1) == ["07-01 02:30"]


def test_an_hour_that_the_clock_skips_runs_once_after_the_gap() -> None:
    timing = Timing("30 2 * * *", BERLIN)

    assert moments(timing, "2026-03-28T12:00+00:00", 2) == ["03-29 01:00", "03-30 00:30"]


def test_an_hour_that_the_clock_repeats_runs_once() -> None:
    timing = Timing("30 2 * * *", BERLIN)

    assert moments(timing, "2026-10-24T12:00+00:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_every_so_many_minutes_goes_on_through_both() -> None:
    timing = Timing("*/30 * * * *", BERLIN)
    for begin in ("2026-03-28T23:00+00:00", "2026-10-24T23:00+00:00"):
        found = list(islice(timing.after(datetime.fromisoformat(begin)), 10))

        assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=30)}


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        (("22:00", "06:30"), ["01-01 06:30", "01-01 10:00", "01-01 14:00", "01-01 18:00"]),
        (("09:00", "15:00"), ["01-01 02:00", "01-01 06:00", "01-01 15:00", "01-01 18:00"]),
        (("09:00", "14:00"), ["01-01 02:00", "01-01 06:00", "01-01 14:00", "01-01 18:00"]),
    ],
)
def test_what_falls_in_the_quiet_hours_is_one_run_at_their_end(
    quiet: tuple[str, str], expected: list[str]
) -> None:
    timing = Timing("0 2-22/4 * * *", "UTC", *quiet)

    assert moments(timing, "2026-01-01T00:30+00:00", 4) == expected


def test_quiet_hours_are_local() -> None:
    timing = Timing("0 * * * *", BERLIN, "22:00", "06:00")

    assert moments(timing, "2026-01-01T20:30+00:00", 2) == ["01-02 05:00", "01-02 06:00"]


def test_jitter_is_a_steady_share_that_differs_between_schedules() -> None:
    def delay(seed: int) -> float:
        timing = Timing("0 4 * * *", "UTC", jitter_seconds=600, seed=seed)
        found = list(islice(timing.after(datetime(2026, 1, 1, tzinfo=UTC)), 3))
        delays = {
            (each - each.replace(hour=4, minute=0, second=0)).total_seconds() for each in found
        }
        (only,) = delays
        return only

    delays = [delay(seed) for seed in range(50)]
    assert all(0 <= each <= 600 for each in delays)
    assert len(set(delays)) > 30
    assert delay(7) == delays[7]


def test_a_day_that_never_comes_has_no_moments() -> None:
    assert moments(Timing("0 0 30 2 *", "UTC"), "2026-01-01T00:00+00:00", 1) == []


@given(
    st.integers(1_704_067_200, 1_893_456_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    st.sampled_from(["*/15 * * * *", "30 2 * * *", "0 0 * * 0", "59 23 31 12 *", "5 4 1 * *"]),
    st.integers(0, 3600),
    st.sampled_from([(None, None), ("22:00", "06:00"), ("01:00", "03:00")]),
)
def test_moments_are_to_come_and_each_is_later_than_the_one_before(
    begin: datetime, zone: str, cron: str, jitter: int, quiet: tuple[str | None, str | None]
) -> None:
    timing = Timing(cron, zone, *quiet, jitter_seconds=jitter, seed=3)
    found = list(islice(timing.after(begin), 5))

    assert all(a < b for a, b in pairwise([begin, *found]))
    assert len(found) == 5
    if quiet[0] == "01:00":
        hours = {each.astimezone(ZoneInfo(zone)).hour for each in found}
        assert not hours & {1, 2}

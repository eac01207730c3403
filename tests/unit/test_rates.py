"""How evenly spaced calls are counted by a service's own clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.fleet import limiter
from sublarr_tasks.fleet.limiter import SPARE, Rate
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Kind

LONG_WINDOWS = [
    needs.rate for needs in REQUIREMENTS.values() if needs.rate and needs.rate.seconds >= 10
]


@given(st.sampled_from(LONG_WINDOWS), st.lists(st.floats(0, SPARE * 0.99), min_size=200))
def test_no_window_of_a_service_holds_one_too_many_though_calls_are_late(
    rate: Rate, delays: list[float]
) -> None:
    calls = sorted(n * rate.interval + delay for n, delay in enumerate(delays))
    for last, call in enumerate(calls):
        first = last - rate.calls
        assert first < 0 or call - calls[first] > rate.seconds


def test_what_is_to_spare_costs_little() -> None:
    assert all(rate.interval <= 1.03 * rate.seconds / rate.calls for rate in LONG_WINDOWS)


@pytest.mark.parametrize("kind", [kind for kind, needs in REQUIREMENTS.items() if needs.rate])
def test_who_searches_has_the_patience_for_two_calls_of_any_service(kind: Kind) -> None:
    rate = REQUIREMENTS[kind].rate
    assert rate is not None
    assert 2 * rate.interval <= limiter.patience(rate) <= limiter.LONGEST_PATIENCE


def test_nobody_waits_long_for_a_service_that_is_hardly_ever_called() -> None:
    assert limiter.patience(Rate(1, 3600)) == limiter.LONGEST_PATIENCE


def test_a_limit_of_a_second_is_used_up() -> None:
    assert Rate(40, 1).interval == 1 / 40

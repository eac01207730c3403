import pytest

from api.system import Heartbeat


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


def test_the_check_is_asked_again_after_five_seconds_only(clock: list[float]) -> None:
    answers = iter([True, False, True])
    heartbeat = Heartbeat(lambda: next(answers), now=lambda: clock[0])

    said = []
    for moment in (100.0, 104.9, 105.0, 109.9, 110.0):
        clock[0] = moment
        said.append(heartbeat.alive())

    assert said == [True, True, False, False, True]

"""Messages on a real broker: which queue and which of its priorities a wave goes to."""

import json

import pytest
from redis import Redis

from broker import connect
from sublarr_tasks import enqueue
from sublarr_tasks.conductor import Wave
from sublarr_tasks.fleet.connection import KEY_PREFIX
from sublarr_tasks.fleet.queues import PRIORITY_STEPS, SEPARATOR
from sublarr_tasks.models import ScanStatus, Step, Trigger
from sublarr_tasks.units import Part

PARTS = (
    Part((1, 2), ("Alpha (2001)", "Beta (2002)"), Step.READ),
    Part((3,), ("Gamma (2003)",), Step.READ),
)


@pytest.fixture
def broker(redis: Redis) -> Redis:
    connect()
    return redis


def waiting(broker: Redis, queue: str) -> dict[int, list[str]]:
    """Return what waits in a queue as Flower shows it, by priority."""
    found = {}
    for step in PRIORITY_STEPS:
        name = KEY_PREFIX + (f"{queue}{SEPARATOR}{step}" if step else queue)
        messages = [json.loads(message) for message in broker.lrange(name, 0, -1)]
        if messages:
            found[step] = sorted(message["headers"]["argsrepr"] for message in messages)
    return found


def wave(trigger: Trigger, group: str | None = None) -> Wave:
    return Wave(7, ScanStatus.SCANNING, Step.READ, PARTS, group, trigger)


SHOWN = ["scan 7: Alpha (2001), Beta (2002)", "scan 7: Gamma (2003)"]


def test_each_part_of_a_wave_is_a_message_that_names_its_subjects(broker: Redis) -> None:
    enqueue.send_waves([wave(Trigger.CLOCK)])
    assert waiting(broker, "directory-scan") == {6: SHOWN}


@pytest.mark.parametrize("trigger", [each for each in Trigger if each is not Trigger.CLOCK])
def test_what_somebody_waits_for_goes_ahead_of_the_clocks(broker: Redis, trigger: Trigger) -> None:
    enqueue.send_waves([wave(trigger)])
    assert waiting(broker, "directory-scan") == {3: SHOWN}


def test_a_worker_group_has_its_own_queue(broker: Redis) -> None:
    enqueue.send_waves([wave(Trigger.API, "nas")])
    assert waiting(broker, "directory-scan") == {}
    assert waiting(broker, "directory-scan@nas") == {3: SHOWN}


@pytest.mark.parametrize(
    ("full", "tasks"), [(False, {"upkeep.prune"}), (True, {"upkeep.prune", "upkeep.collect"})]
)
def test_tidying_up_comes_after_everything_else(broker: Redis, full: bool, tasks: set[str]) -> None:
    enqueue.send_upkeep(full=full)
    messages = broker.lrange(f"{KEY_PREFIX}upkeep{SEPARATOR}9", 0, -1)
    assert {json.loads(message)["headers"]["task"] for message in messages} == tasks

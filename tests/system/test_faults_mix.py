"""Many faults in one scan, drawn at random."""

import logging
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress

from exactness import assert_exact
from fleet import IMMEDIATE, Fleet, state
from libraries import Library
from sublarr_tasks.models import ENDED

log = logging.getLogger(__name__)

Fault = Callable[[Fleet, random.Random], object]

# The seed of a run that failed is in its output; this variable runs it again.
SEED = "FAULTS_SEED"
FAULTS = 6
# How many directories and assets are found, read or stored between two faults.
STEPS = (20, 250)


def test_a_scan_survives_faults_of_all_kinds(fleet: Fleet, library: Library) -> None:
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(1_000_000))
    log.warning("%s=%d", SEED, seed)
    rng = random.Random(seed)
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(library.id)
    for strike in rng.sample(KINDS, FAULTS):
        fleet.await_steps(scan_id, rng.randint(*STEPS))
        scan = state(scan_id)
        log.warning("%s while %s", strike.__name__, scan.current_operation)
        if scan.status in ENDED:
            break
        strike(fleet, rng)
    fleet.finish(scan_id)
    assert_exact(library, scan_id)


def kill_a_child(fleet: Fleet, rng: random.Random) -> None:
    children = fleet.children(rng.choice(["worker-1", "worker-2"]))
    with suppress(ProcessLookupError):
        os.kill(rng.choice(children), signal.SIGKILL)


def restart_a_worker(fleet: Fleet, rng: random.Random) -> None:
    name = rng.choice(["worker-1", "worker-2"])
    fleet.kill(name)
    fleet.start(name)


def restart_all_workers(fleet: Fleet, _: random.Random) -> None:
    fleet.kill("worker-1", "worker-2")
    fleet.start("worker-1", "worker-2")


def restart_beat(fleet: Fleet, _: random.Random) -> None:
    fleet.kill("beat")
    fleet.start("beat")


def restart_redis(fleet: Fleet, rng: random.Random) -> None:
    fleet.kill("redis", how=rng.choice([signal.SIGTERM, signal.SIGKILL]))
    fleet.start("redis")


def restart_postgres(fleet: Fleet, _: random.Random) -> None:
    fleet.kill("postgres", how=IMMEDIATE)
    fleet.start("postgres")


def flush_redis(fleet: Fleet, _: random.Random) -> None:
    fleet.redis.flushall()


def repeat_messages(fleet: Fleet, _: random.Random) -> None:
    fleet.repeat_messages()


KINDS: list[Fault] = [
    kill_a_child,
    restart_a_worker,
    restart_all_workers,
    restart_beat,
    restart_redis,
    restart_postgres,
    flush_redis,
    repeat_messages,
]

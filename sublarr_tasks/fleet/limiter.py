"""How often the whole fleet may call a service: one schedule in Redis, by Redis's own clock.

A call takes the next free slot; the slots are evenly spaced, so that no window of time holds more
calls than were agreed. A schedule that Redis lost begins anew one slot later, never with a burst:
libraries that start with a full bucket let a third too many through after a FLUSHALL. It begins
even where nobody has the patience for that slot, or a slow service would never be called.
"""

from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from sublarr_tasks.fleet.connection import KEY_PREFIX

# While Redis cannot tell, nobody calls: the limit must not be gone with it.
WITHOUT_REDIS = 5.0

# In windows of so many seconds or more, so much is to spare: at most a fortieth of the calls.
LONG, SPARE = 10.0, 0.25
# How long a call usually waits for its slot, in seconds; of a slow service, for so many slots.
PATIENCE, LONGEST_PATIENCE, SLOTS_WAITED_FOR = 2.0, 8.0, 2.2

_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local blocked = tonumber(redis.call('GET', KEYS[2]) or '0')
if blocked > now then return {0, math.ceil(blocked - now)} end
local interval = tonumber(ARGV[1])
if interval == 0 then return {1, 0} end
local known = redis.call('GET', KEYS[1])
local slot = tonumber(known or now + interval)
if slot < now then slot = now end
local taken = slot - now <= tonumber(ARGV[2])
local following = taken and slot + interval or slot
if taken or not known then
  local kept = math.ceil(following - now + interval + 60000)
  redis.call('SET', KEYS[1], string.format('%.3f', following), 'PX', kept)
end
if not taken then return {0, math.ceil(slot - now)} end
return {1, math.ceil(slot - now)}
"""
_BLOCK = """
local clock = redis.call('TIME')
local until_ = clock[1] * 1000 + clock[2] / 1000 + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.3f', until_), 'PX', math.ceil(tonumber(ARGV[1])))
end
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds, for all processes together."""

    calls: int
    seconds: float

    @property
    def interval(self) -> float:
        """Return the seconds from one slot to the next.

        Calls come to a slot a little late or early, so a whole window of evenly spaced ones may see
        one too many; what a service counts over some seconds is kept with a little to spare.
        """
        spare = SPARE if self.seconds >= LONG else 0.0
        return (self.seconds + spare) / self.calls


@dataclass(frozen=True, slots=True)
class Slot:
    """Whether a call may be made, and the seconds until then; a slot that is `taken` is ours."""

    taken: bool
    seconds: float


def patience(rate: Rate | None) -> float:
    """Return how long a call waits for its slot: a search may take two calls."""
    if rate is None:
        return PATIENCE
    return min(LONGEST_PATIENCE, max(PATIENCE, rate.interval * SLOTS_WAITED_FOR))


def take(redis: Redis, name: str, rate: Rate | None, patience: float) -> Slot:
    """Take the next slot of a service, if it comes within `patience` seconds."""
    interval = 0.0 if rate is None else rate.interval * 1000
    try:
        script = redis.register_script(_TAKE)
        taken, wait = script(keys=_keys(name), args=[interval, patience * 1000])
    except RedisError:
        return Slot(taken=rate is None, seconds=0.0 if rate is None else WITHOUT_REDIS)
    return Slot(bool(taken), wait / 1000)


def block(redis: Redis, name: str, seconds: float) -> None:
    """Let nobody call a service for so long, because it said so; a longer block stays."""
    script = redis.register_script(_BLOCK)
    script(keys=[_keys(name)[1]], args=[max(1.0, seconds * 1000)])


def _keys(name: str) -> list[str]:
    return [f"{KEY_PREFIX}limit:{name}", f"{KEY_PREFIX}blocked:{name}"]

"""How often something failed in the last minute, over all processes."""

from redis import Redis
from redis.exceptions import RedisError

from sublarr_tasks.fleet.connection import KEY_PREFIX

SECONDS = 60
# While Redis cannot count, whoever fails waits: the limit must not be gone with it.
WITHOUT_REDIS = 5.0

_COUNT = """
local failures = redis.call('INCR', KEYS[1])
if failures == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {failures, redis.call('PTTL', KEYS[1])}
"""


def failed(redis: Redis, subject: str, most: int) -> float:
    """Count a failure; returns the seconds to wait once there were more than `most`, else 0."""
    try:
        script = redis.register_script(_COUNT)
        failures, left = script(keys=[f"{KEY_PREFIX}attempts:{subject}"], args=[SECONDS])
    except RedisError:
        return WITHOUT_REDIS
    return left / 1000 if failures > most else 0.0

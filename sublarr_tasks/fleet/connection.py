"""Redis: one lazy client in each process, and the addresses as Celery spells them."""

from functools import cache
from urllib.parse import parse_qs, urlsplit

from redis import Redis, UnixDomainSocketConnection

from sublarr_tasks import settings
from sublarr_tasks.errors import StartError

KEY_PREFIX = "sublarr:"

# Without time-outs a half-open connection is never noticed (measured: no recovery in 150 s).
SOCKET_TIMEOUT = 10
CONNECT_TIMEOUT = 5
HEALTH_CHECK_INTERVAL = 10
QUICK_TIMEOUT = 1.0

# redis-py 7.4 asks any connection that fails for its port. One on a Unix socket has none, and the
# AttributeError would stand in for the ConnectionError that everybody handles.
if not hasattr(UnixDomainSocketConnection, "port"):
    UnixDomainSocketConnection.port = 0  # type: ignore[attr-defined]


def url() -> str:
    """Return the address as redis-py takes it; raises StartError where there is none."""
    current = settings.current().redis_url
    if current is None:
        raise StartError(
            "SUBLARR_REDIS_URL is not set and no running stack was found; `sublarr up` starts one."
        )
    return current.get_secret_value()


def celery_url(address: str) -> str:
    """Turn `unix:///path?db=1` into the `redis+socket:///path?virtual_host=1` of kombu."""
    parts = urlsplit(address)
    if parts.scheme != "unix":
        return address
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


@cache
def client() -> Redis:
    """Return this process's client; nothing connects before it is used."""
    return _client(SOCKET_TIMEOUT, CONNECT_TIMEOUT)


@cache
def quick() -> Redis:
    """Return a client that gives up soon, for whoever cannot wait for a Redis that hangs."""
    return _client(QUICK_TIMEOUT, QUICK_TIMEOUT)


def forget() -> None:
    """Drop this process's clients; the next use connects anew."""
    client.cache_clear()
    quick.cache_clear()


def _client(timeout: float, connect_timeout: float) -> Redis:
    return Redis.from_url(
        url(),
        socket_timeout=timeout,
        socket_connect_timeout=connect_timeout,
        health_check_interval=HEALTH_CHECK_INTERVAL,
        decode_responses=True,
    )

"""The one session for outside services: cache, breaker, limiter, request; then our typed errors.

Nothing connects but to an address that `addresses` has checked, in the moment of connecting. No
redirect leads to another host, no proxy of the environment is used, no answer is larger or slower
than agreed, and no text of an answer gets into an error.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
import structlog
import urllib3
from redis.exceptions import RedisError
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from sublarr_tasks import __version__
from sublarr_tasks.clients.addresses import Guard
from sublarr_tasks.errors import (
    AccessDenied,
    AddressRefused,
    AnswerMalformed,
    QuotaReached,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)
from sublarr_tasks.fleet import breaker, cache, connection, limiter, meters
from sublarr_tasks.fleet.limiter import Rate

USER_AGENT = f"Sublarr/{__version__}"
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PIECE = 1 << 16
# What a 429 without a Retry-After means.
THROTTLED_SECONDS = 60.0
LONGEST_BLOCK = 86_400.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """An outside service; `name` is what its limit, breaker and cache are kept under.

    `headers` and `params` go with every request and hold its credentials. Times are in seconds,
    `total` for a whole answer; `patience` is how long a call may wait for its slot, unset as the
    rate asks for. One that is not `limited` passes by the limit and the breaker of the others.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    rate: Rate | None = None
    private: bool = True
    verify: bool = True
    connect: float = 5.0
    read: float = 15.0
    total: float = 60.0
    patience: float | None = None
    most_bytes: int = 32 << 20
    limited: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """A link's parts: the `origin` is a service's address, the `path` holds the query too."""

    origin: str
    host: str
    path: str

    @classmethod
    def of(cls, url: str) -> "Address | None":
        """Take a link apart; None where it leads nowhere."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return cls(f"{parts.scheme}://{parts.netloc}", parts.hostname, path)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the service sent
        """Read the content as JSON; raises AnswerMalformed."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise AnswerMalformed("The answer is no JSON.") from error


Judge = Callable[[Answer], None]
"""Raises the ServiceError that an answer of this service means, where its status does not tell."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked of a service."""

    method: str
    path: str
    params: Mapping[str, object]
    body: object
    headers: Mapping[str, str] = field(repr=False)
    judge: Judge | None = None


class Http:
    """Calls one service; made once for it, used by one thread at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._redis = connection.quick()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = service.verify
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json"} | dict(service.headers)
        )
        adapter = _GuardedAdapter(Guard(service.private), service.total)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    @property
    def service(self) -> Service:
        return self._service

    def get_json(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        cache_seconds: int = 0,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the service sent
        """GET a path and read its JSON; raises ServiceError.

        With `cache_seconds` an answer is kept for so long, for every process. `headers` go with
        this request beside the service's own, and do not tell answers apart.
        """
        key = json.dumps([self._service.name, self._service.url, path, params or {}], default=str)
        if cache_seconds and (kept := cache.get(self._redis, key)) is not None:
            return json.loads(kept)
        answer = self.request("GET", path, params=params, headers=headers, judge=judge)
        found = answer.json()
        if cache_seconds:
            cache.put(self._redis, key, json.dumps(found), cache_seconds)
        return found

    def send_json(
        self, method: str, path: str, body: object, params: Mapping[str, object] | None = None
    ) -> Any:  # noqa: ANN401 - whatever the service sent
        """Send JSON and read the answer's, None where it is empty; raises ServiceError."""
        answer = self.request(method, path, params=params, body=body)
        return answer.json() if answer.content.strip() else None

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> Answer:
        """Make a request as the fleet's limits allow; raises ServiceError."""
        with self._guarded():
            return self._called(_Request(method, path, params or {}, body, headers or {}, judge))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Ask the breaker and the limiter first, and tell them how it went."""
        name = self._service.name
        if not self._service.limited:
            yield
            return
        wait = breaker.admit(self._redis, name)
        if wait:
            raise ServiceUnavailable("It failed too often and is left alone.", seconds=wait)
        rate, patience = self._service.rate, self._service.patience
        slot = limiter.take(
            self._redis, name, rate, limiter.patience(rate) if patience is None else patience
        )
        if slot.seconds:
            self._count_wait(slot)
        if not slot.taken:
            raise Throttled("Its limit of calls is reached.", seconds=slot.seconds)
        if slot.seconds:
            time.sleep(slot.seconds)
        try:
            yield
        except ServiceUnavailable:
            breaker.failed(self._redis, name)
            raise
        except (Throttled, QuotaReached) as error:
            limiter.block(self._redis, name, min(error.seconds or THROTTLED_SECONDS, LONGEST_BLOCK))
            raise
        except ServiceError:
            breaker.succeeded(self._redis, name)  # it answers, though not as we like
            raise
        breaker.succeeded(self._redis, name)

    def _count_wait(self, slot: limiter.Slot) -> None:
        try:
            meters.count_wait(self._redis, self._service.name, slot.seconds, refused=not slot.taken)
        except RedisError as error:
            log.debug("wait_not_counted", error=str(error))

    def _called(self, asked: "_Request") -> Answer:
        url = self._service.url + asked.path
        query = dict(self._service.params) | dict(asked.params)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._sent(asked, url, query)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                if asked.judge is not None:
                    asked.judge(answer)
                return _accepted(answer)
            url, query = self._redirected(url, answer.headers["location"], asked.method), {}
        raise AnswerMalformed("It redirects in circles.")

    def _redirected(self, url: str, location: str, method: str) -> str:
        """Follow within the host that was asked; the credentials are for nobody else."""
        target = urljoin(url, location)
        if _origin(target) != _origin(url):
            raise AddressRefused("It redirects to another host; give that host's address instead.")
        if method != "GET":
            raise RequestRefused("It redirects what should be changed; is the address complete?")
        return target

    def _sent(self, asked: "_Request", url: str, query: Mapping[str, object]) -> Answer:
        service = self._service
        deadline = time.monotonic() + service.total
        try:
            with self._session.request(
                asked.method,
                url,
                params=cast("Any", query),
                json=asked.body,
                headers=dict(asked.headers),
                timeout=(service.connect, service.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _content(response, service.most_bytes)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, content)
        except requests.Timeout as error:
            raise ServiceUnavailable("It does not answer in time.") from error
        except requests.exceptions.SSLError as error:
            raise ServiceUnavailable("Its certificate is not believed.") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            if time.monotonic() >= deadline:
                raise ServiceUnavailable("It does not answer in time.") from error
            raise ServiceUnavailable("It cannot be reached.") from error
        except UnicodeError as error:
            raise ServiceUnavailable("Its address is no name of a host.") from error


def _content(response: requests.Response, most: int) -> bytes:
    """Read an answer to its end, unless it is too long."""
    ending: _Ending = cast("Any", response.raw).ending
    pieces, size = [], 0
    try:
        for piece in response.iter_content(PIECE):
            size += len(piece)
            if size > most:
                raise AnswerMalformed(f"The answer is larger than {most} bytes.")
            pieces.append(piece)
        ending.require_ahead()
    finally:
        ending.cancel()
    return b"".join(pieces)


def _accepted(answer: Answer) -> Answer:
    """Turn a status into an error of ours; any 2xx is a success."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - the successes
        return answer
    seconds = _retry_after(answer.headers.get("retry-after"))
    if status in (401, 403):
        raise AccessDenied(f"It refuses our credentials ({status}).")
    if status == 429:  # noqa: PLR2004 - too many requests
        raise Throttled("It asks us to wait.", seconds=seconds or THROTTLED_SECONDS)
    if status >= 500:  # noqa: PLR2004 - its own errors
        raise ServiceUnavailable(f"It has an error of its own ({status}).", seconds=seconds)
    raise RequestRefused(f"It refuses the request ({status}).", status=status)


def _retry_after(given: str | None) -> float | None:
    """Read a Retry-After in either form of RFC 9110; None for what is neither."""
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            moment = parsedate_to_datetime(given)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_BLOCK) if seconds == seconds else None  # noqa: PLR0124 - NaN


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    standard = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, parts.port or standard


class _GuardedAdapter(HTTPAdapter):
    """Connections that look at the address they connect to, and end what takes too long."""

    def __init__(self, guard: Guard, total: float) -> None:
        self._guard = guard
        self._total = total
        super().__init__(pool_connections=4, pool_maxsize=8, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - urllib3's
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_pool, HTTPConnectionPool, _Plain, self._guard, self._total),
            "https": partial(_pool, HTTPSConnectionPool, _Secure, self._guard, self._total),
        }


def _pool(
    pool: type[HTTPConnectionPool],
    kind: "type[_Guarded]",
    guard: Guard,
    total: float,
    *args: Any,  # noqa: ANN401 - urllib3's
    **options: Any,  # noqa: ANN401 - urllib3's
) -> HTTPConnectionPool:
    made = pool(*args, **options)
    # urllib3 asks for a class; what it needs of one is that it can be called.
    made.ConnectionCls = type(kind.__name__, (kind,), {"guard": guard, "total": total})
    return made


class _Guarded(HTTPConnection):
    """A connection to an address that was checked."""

    guard: Guard
    total: float

    def _new_conn(self) -> socket.socket:
        try:
            places = self.guard.resolve(self._dns_host, self.port)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, "The name cannot be resolved.") from error
        last: OSError | None = None
        for family, place in places:
            made = socket.socket(family, socket.SOCK_STREAM)
            try:
                if isinstance(self.timeout, int | float):
                    made.settimeout(self.timeout)
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.connect(place)
            except TimeoutError as error:
                made.close()
                raise urllib3.exceptions.ConnectTimeoutError(self, "no answer") from error
            except OSError as error:
                made.close()
                last = error
            else:
                return made
        raise NewConnectionError(self, "Nobody listens there.") from last

    def getresponse(self) -> Any:  # noqa: ANN401 - urllib3's response
        """Read the head; an answer that comes byte by byte for too long ends with its socket."""
        ending = _Ending(self.sock, self.total)
        try:
            answer = super().getresponse()
        except BaseException:
            ending.cancel()
            raise
        answer.ending = ending  # type: ignore[attr-defined]
        try:
            ending.require_ahead()
        except TimeoutError:
            answer.close()
            raise
        return answer


class _Plain(_Guarded):
    """Over TCP."""


class _Secure(_Guarded, HTTPSConnection):
    """Over TLS; the certificate is the name's, wherever the name led."""


class _Ending:
    """The moment at which an exchange has taken too long: its socket is shut, whatever it does."""

    def __init__(self, connected: socket.socket | None, seconds: float) -> None:
        self._socket = connected
        self._passed = False
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True
        self._timer.start()

    def require_ahead(self) -> None:
        """Raise TimeoutError once it has passed: what was cut off may look complete."""
        if self._passed:
            raise TimeoutError("the answer took too long")

    def cancel(self) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self._passed = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                log.debug("already_closed", error=str(error))

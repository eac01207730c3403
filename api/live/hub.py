"""The hub: one thread and one event loop for all the streams of a process.

A bell says that a scan has changed. Its row is then read once for everybody: at once where the
last message is a fifth of a second old, else when it will be. So a scan costs five small queries a
second however many look, and the message after the last change is always sent.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api import auth
from api.live.messages import LibraryReady, ScanProgress
from api.live.streams import Stream
from sublarr_tasks import progress
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import SublarrError, Unauthenticated
from sublarr_tasks.fleet import bells, connection
from sublarr_tasks.progress import Progress

# At most five messages a second and scan.
PAUSE = 0.2
# How long a lost bell, and a scan that another host's clock ended, may go unnoticed.
LOOK_EVERY = 5.0
LOOK_EVERY_WITHOUT_BELLS = 0.5
KEEP_ALIVE_EVERY = 15.0
# A key that was revoked, or a session that was ended, ends its streams after so long.
ASK_AGAIN_EVERY = 30.0
MOST_STREAMS = 2000
STOP_SECONDS = 2.0

Maker = Callable[[], Stream]

log = structlog.get_logger()


@cache
def here() -> "Hub":
    """Return this process's hub, which runs from then on."""
    return Hub()


def stop() -> None:
    """End every stream of this process, telling the clients that it goes away."""
    if here.cache_info().currsize:
        here().stop()
        here.cache_clear()


class Hub:
    """Streams, and what they were last told."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._streams: set[Stream] = set()
        self._sent: dict[int, float] = {}  # when each scan's last message was sent
        self._due: dict[int, asyncio.TimerHandle] = {}
        self._open: set[int] = set()  # scans whose last message was not their end
        self._reading: set[int] = set()  # scans that were not ready when they were last told of
        self._queries = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._stopping = threading.Event()
        self._tasks: list[asyncio.Task[None]] = []
        threading.Thread(target=self._run, name="live", daemon=True).start()
        threading.Thread(target=self._listen, name="live-bells", daemon=True).start()

    @property
    def is_full(self) -> bool:
        return len(self._streams) >= MOST_STREAMS

    def adopt(self, taken: socket.socket, make: Maker, since: int | None) -> None:
        """Serve a client on a socket from now on: first what is, then what changes."""
        taken.setblocking(False)  # noqa: FBT003 - the socket's method
        asyncio.run_coroutine_threadsafe(self._serve(taken, make, since), self._loop)

    def stop(self) -> None:
        self._stopping.set()
        ending = asyncio.run_coroutine_threadsafe(self._end_all(), self._loop)
        ending.result(STOP_SECONDS * 2)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._queries.shutdown(wait=False)

    # In the loop's thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for forever in (self._keep_alive(), self._ask_again()):
            self._tasks.append(self._loop.create_task(forever))
        self._loop.run_forever()

    async def _serve(self, taken: socket.socket, make: Maker, since: int | None) -> None:
        try:
            stream = make()
            await self._loop.connect_accepted_socket(lambda: stream, taken)
        except OSError:
            taken.close()
            return
        self._streams.add(stream)
        expiry = stream.visitor.expires_at
        late = None
        if expiry is not None:
            late = self._loop.call_later(
                max(0.0, expiry - time.time()), stream.end, "token_expired"
            )
        try:
            for measured in await self._read(lambda: _snapshot(since)):
                self._tell(stream, measured)
            await stream.closed
        finally:
            self._streams.discard(stream)
            if late is not None:
                late.cancel()

    def _rung(self, scan_id: int) -> None:
        if self._streams and scan_id not in self._due:
            wait = self._sent.get(scan_id, 0.0) + PAUSE - self._loop.time()
            self._due[scan_id] = self._loop.call_later(max(0.0, wait), self._send, scan_id)

    def _send(self, scan_id: int) -> None:
        del self._due[scan_id]
        self._sent[scan_id] = self._loop.time()
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(self._loop.create_task(self._broadcast(scan_id)))

    async def _broadcast(self, scan_id: int) -> None:
        for measured in await self._read(lambda: _one(scan_id)):
            text, event_id = _written(measured)
            ready = self._ready(measured)
            for stream in tuple(self._streams):
                if _is_for(stream, measured):
                    if ready is not None:
                        stream.push(ready, event_id)
                    stream.tell(scan_id, text, event_id)
            if measured.ended:
                self._open.discard(scan_id)
                self._sent.pop(scan_id, None)
            else:
                self._open.add(scan_id)

    def _ready(self, measured: Progress) -> str | None:
        """Return the word that a library is ready, where it has become so since it was told of."""
        scan = measured.scan
        if scan.scanning_completed_at is None and not measured.ended:
            self._reading.add(scan.id)
            return None
        was_reading = scan.id in self._reading
        self._reading.discard(scan.id)
        if scan.scanning_completed_at is None or not was_reading:
            return None
        return LibraryReady.of(measured).model_dump_json(by_alias=True)

    def _tell(self, stream: Stream, measured: Progress) -> None:
        if not measured.ended:
            self._open.add(measured.scan.id)
            if measured.scan.scanning_completed_at is None:
                self._reading.add(measured.scan.id)
        if _is_for(stream, measured):
            stream.tell(measured.scan.id, *_written(measured))

    async def _read(self, query: Callable[[], list[Progress]]) -> list[Progress]:
        try:
            return await self._loop.run_in_executor(self._queries, query)
        except (SublarrError, SQLAlchemyError) as error:
            log.warning("progress_not_read", error=str(error))
            return []

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_EVERY)
            for stream in tuple(self._streams):
                stream.keep_alive()

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_EVERY)
            for stream in tuple(self._streams):
                if not await self._loop.run_in_executor(self._queries, _still_welcome, stream):
                    stream.end("session_ended")

    async def _end_all(self) -> None:
        streams = tuple(self._streams)
        for stream in streams:
            stream.end("going_away", going_away=True)
        if streams:
            await asyncio.wait([stream.closed for stream in streams], timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()

    # In a thread of its own

    def _listen(self) -> None:
        """Hear the bells; while Redis is away look at the rows instead, and often."""
        while not self._stopping.is_set():
            try:
                looked = time.monotonic()
                for scan_id in bells.listen(connection.client(), LOOK_EVERY):
                    if scan_id is not None:
                        self._loop.call_soon_threadsafe(self._rung, scan_id)
                    if time.monotonic() - looked >= LOOK_EVERY:
                        self._look()
                        looked = time.monotonic()
                    if self._stopping.is_set():
                        return
            except (RedisError, OSError) as error:
                log.warning("bells_not_heard", error=str(error))
                self._look()
                self._stopping.wait(LOOK_EVERY_WITHOUT_BELLS)

    def _look(self) -> None:
        """Ring for every scan that goes on, and for those whose end was not told yet."""
        if not self._streams:
            return
        try:
            with transaction() as db:
                going_on = progress.unfinished(db)
        except (SublarrError, SQLAlchemyError) as error:
            log.warning("progress_not_read", error=str(error))
            return
        for scan_id in {*going_on, *self._open}:
            self._loop.call_soon_threadsafe(self._rung, scan_id)


def _snapshot(since: int | None) -> list[Progress]:
    with transaction() as db:
        return progress.live(db, since=since)


def _one(scan_id: int) -> list[Progress]:
    with transaction() as db:
        return progress.live(db, scan_id=scan_id)


def _written(measured: Progress) -> tuple[str, int]:
    """Return a message's text, and its id: the microsecond of the change that it tells."""
    moment = measured.scan.updated_at
    text = ScanProgress.of(measured).model_dump_json(by_alias=True)
    return text, int(moment.timestamp() * 1_000_000)


def _is_for(stream: Stream, measured: Progress) -> bool:
    wanted = stream.scan_id in (None, measured.scan.id)
    return wanted and stream.visitor.viewer.may_see(measured.owner_id)


def _still_welcome(stream: Stream) -> bool:
    try:
        stream.visitor = auth.recognised_again(stream.visitor)
    except Unauthenticated:
        return False
    except (SublarrError, SQLAlchemyError) as error:
        # Nobody is shut out because the database is.
        log.warning("stream_not_checked", error=str(error))
    return True

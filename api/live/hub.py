"""The hub: one thread and one event loop for all the streams of a process.

A bell says that a row has changed, a scan's or a search's. It is then read once for everybody: at
once where the last message is a fifth of a second old, else when it will be. So each costs five
small queries a second however many look, and the message after the last change is always sent.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api import auth
from api.live import topics
from api.live.streams import Stream
from api.live.topics import Told
from sublarr_tasks.errors import SublarrError, Unauthenticated
from sublarr_tasks.fleet import bells, connection
from sublarr_tasks.fleet.bells import Bell

# At most five messages a second and row.
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
        self._sent: dict[Bell, float] = {}  # when each row's last message was sent
        self._due: dict[Bell, asyncio.TimerHandle] = {}
        self._open: set[Bell] = set()  # rows whose last message was not their end
        self._unready: set[Bell] = set()  # those of which there was no such word yet
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
            for told in await self._read(lambda: topics.live(since)):
                self._begin(told)
                if stream.wants(told):
                    stream.tell(told.bell, told.text, told.event_id)
            await stream.closed
        finally:
            self._streams.discard(stream)
            if late is not None:
                late.cancel()

    def _rung(self, bell: Bell) -> None:
        if self._streams and bell not in self._due:
            wait = self._sent.get(bell, 0.0) + PAUSE - self._loop.time()
            self._due[bell] = self._loop.call_later(max(0.0, wait), self._send, bell)

    def _send(self, bell: Bell) -> None:
        del self._due[bell]
        self._sent[bell] = self._loop.time()
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(self._loop.create_task(self._broadcast(bell)))

    async def _broadcast(self, bell: Bell) -> None:
        found = await self._read(lambda: topics.one(bell))
        for told in found:
            ready = told.ready if bell in self._unready else None
            if told.ready is not None:
                self._unready.discard(bell)
            self._begin(told)
            for stream in tuple(self._streams):
                if stream.wants(told):
                    if ready is not None:
                        stream.push(ready, told.event_id)
                    stream.tell(bell, told.text, told.event_id)

        # What was deleted is told no more either; should it go on, it is looked for anyway.
        if all(told.ended for told in found):
            self._open.discard(bell)
            self._unready.discard(bell)
            self._sent.pop(bell, None)

    def _begin(self, told: Told) -> None:
        """Remember that there will be more to tell, and that it is not ready."""
        if not told.ended:
            self._open.add(told.bell)
            if told.ready is None:
                self._unready.add(told.bell)

    async def _read(self, query: Callable[[], Sequence[Told]]) -> Sequence[Told]:
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
                for bell in bells.listen(connection.client(), LOOK_EVERY):
                    if bell is not None:
                        self._loop.call_soon_threadsafe(self._rung, bell)
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
        """Ring for all that goes on, and for that whose end was not told yet."""
        if not self._streams:
            return
        try:
            going_on = topics.unfinished()
        except (SublarrError, SQLAlchemyError) as error:
            log.warning("progress_not_read", error=str(error))
            return
        for bell in {*going_on, *self._open}:
            self._loop.call_soon_threadsafe(self._rung, bell)


def _still_welcome(stream: Stream) -> bool:
    try:
        stream.visitor = auth.recognised_again(stream.visitor)
    except Unauthenticated:
        return False
    except (SublarrError, SQLAlchemyError) as error:
        # Nobody is shut out because the database is.
        log.warning("stream_not_checked", error=str(error))
    return True

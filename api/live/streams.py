"""A client's stream: a WebSocket (RFC 6455) or server-sent events, on a socket that is ours now."""

import asyncio
from abc import abstractmethod
from typing import cast

from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.server import ServerProtocol

from api.auth import Visitor
from api.live.topics import Told
from sublarr_tasks.fleet.bells import Bell

# Somebody who lets so much pile up does not read; memory is for those who do.
MOST_UNREAD = 1 << 18


class Stream(asyncio.Protocol):
    """What the hub knows of a client; it lives in the hub's thread alone."""

    def __init__(self, visitor: Visitor, head: bytes, only: Bell | None) -> None:
        self.visitor = visitor
        self._only = only
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = head
        self._transport: asyncio.Transport | None = None
        self._heard = True
        self._told: dict[Bell, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._write(self._head)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's argument
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)

    def wants(self, told: Told) -> bool:
        """Tell whether the client asked for it and may see it."""
        wanted = self._only in (None, told.bell)
        return wanted and self.visitor.viewer.may_see(told.owner_id)

    def tell(self, bell: Bell, text: str, event_id: int) -> None:
        """Send a row's message, unless the client has had it, or a later one."""
        if event_id > self._told.get(bell, -1):
            self._told[bell] = event_id
            self.push(text, event_id)

    @abstractmethod
    def push(self, text: str, event_id: int) -> None:
        """Send one message."""

    @abstractmethod
    def keep_alive(self) -> None:
        """Send something that keeps proxies from closing, and find out who is gone."""

    @abstractmethod
    def end(self, reason: str, *, going_away: bool = False) -> None:
        """Say that there will be no more, and close."""

    def drop(self) -> None:
        """Close without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()
            return
        self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class EventStream(Stream):
    """Server-sent events, as the HTML standard has them; what the client sends is not read."""

    def push(self, text: str, event_id: int) -> None:
        self._write(f"id: {event_id}\ndata: {text}\n\n".encode())

    def keep_alive(self) -> None:
        self._write(b": still here\n\n")

    def end(self, reason: str, *, going_away: bool = False) -> None:  # noqa: ARG002 - the same for all
        self._write(f"event: end\ndata: {reason}\n\n".encode())
        self._close()


class WebSocketStream(Stream):
    """A WebSocket after its handshake; clients only listen, and answer pings."""

    def __init__(
        self, visitor: Visitor, head: bytes, only: Bell | None, protocol: ServerProtocol
    ) -> None:
        super().__init__(visitor, head, only)
        self._protocol = protocol

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._protocol.events_received()  # pings are answered by the protocol
        self._heard = True
        self._flush()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._flush()
        return False

    def push(self, text: str, event_id: int) -> None:  # noqa: ARG002 - its time is in the text
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode())
            self._flush()

    def keep_alive(self) -> None:
        if not self._heard:
            self.drop()
        elif self._protocol.state is State.OPEN:
            self._heard = False
            self._protocol.send_ping(b"")
            self._flush()

    def end(self, reason: str, *, going_away: bool = False) -> None:
        if self._protocol.state is State.OPEN:
            code = CloseCode.GOING_AWAY if going_away else CloseCode.POLICY_VIOLATION
            self._protocol.send_close(code, reason)
            self._flush()
        self._close()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._write(data)
            else:
                self._close()
        if self._protocol.close_expected():
            self._close()

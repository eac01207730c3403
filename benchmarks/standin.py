"""Outside services as a process of their own, on loopback: what they answer is a function."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from urllib.parse import parse_qs, urlsplit

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to one of the services; `host` is where it was reached."""

    service: str
    path: str
    query: dict[str, str]
    body: str
    host: str


@dataclass(frozen=True, slots=True)
class Call:
    """That a service was called, and when."""

    service: str
    at: float
    target: str


# Gives a content type and the content.
Respond = Callable[[Request], tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class StandIn:
    """The running services by name."""

    urls: dict[str, str]
    _pipe: Pipe

    def calls(self) -> Sequence[Call]:
        """Return the calls since this was asked last, in the order of their times."""
        self._pipe.send("calls")
        calls: list[Call] = self._pipe.recv()
        return sorted(calls, key=lambda each: each.at)


@contextmanager
def standing_in(
    services: Sequence[str], respond: Respond, latency: float = 0.0
) -> Iterator[StandIn]:
    """Run services for as long as a block does; each answer takes `latency` seconds."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, services, respond, latency)
    process = multiprocessing.Process(target=_run, args=arguments, daemon=True)
    process.start()
    try:
        yield StandIn(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


def busiest(calls: Sequence[Call], seconds: float = 1.0) -> int:
    """Count the calls in the busiest time of so many seconds."""
    most = first = 0
    for last, call in enumerate(calls):
        while calls[first].at <= call.at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _run(pipe: Pipe, services: Sequence[str], respond: Respond, latency: float) -> None:
    asyncio.run(_serve_all(pipe, services, respond, latency))


async def _serve_all(pipe: Pipe, services: Sequence[str], respond: Respond, latency: float) -> None:
    """Serve; each word from the pipe is answered with the calls since."""
    called: list[Call] = []

    async def serve(
        service: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                request, target = await _request(service, head, reader)
                called.append(Call(service, time.monotonic(), f"{target} {request.body}"))
                await asyncio.sleep(latency)
                kind, content = respond(request)
                start = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}"
                writer.write(f"{start}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    urls = {}
    for service in services:
        server = await asyncio.start_server(
            lambda reader, writer, name=service: serve(name, reader, writer),
            "127.0.0.1",
            0,
            backlog=1024,
        )
        urls[service] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pipe.send(urls)
    while True:
        await asyncio.to_thread(pipe.recv)
        pipe.send([*called])
        called.clear()


async def _request(service: str, head: str, reader: asyncio.StreamReader) -> tuple[Request, str]:
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    target = first.split(" ")[1]
    parts = urlsplit(target)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()}
    return Request(service, parts.path, query, body.decode(), headers["host"]), target

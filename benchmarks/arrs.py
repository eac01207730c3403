"""What a look at a Sonarr costs: calls and seconds, the first time and once more.

A Sonarr on loopback has `--series` series of `--episodes` episodes, which are in a library here; it
answers each call after `--latency` seconds. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from enriching import workers
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

import serving
from sublarr_tasks import bulk, db, enqueue, local
from sublarr_tasks.arr import syncs
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import SYNC_ENDED, Directory, Item, Library, MediaFile, Trigger
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing

KEY = "benchmark"


def answered(path: str, query: dict[str, str], series: int, episodes: int) -> object:
    """Answer as Sonarr does, as far as anybody listens."""
    if path.endswith("/series"):
        return [
            {
                "id": n,
                "title": f"Series {n}",
                "path": f"/tv/Series {n}",
                "tags": [],
                "statistics": {"episodeFileCount": episodes, "sizeOnDisk": episodes << 30},
            }
            for n in range(1, series + 1)
        ]
    if path.endswith("/episode"):
        return [_episode(int(query["seriesId"]), n, episodes) for n in range(1, episodes + 1)]
    return []


def _episode(series_id: int, n: int, episodes: int) -> dict[str, Any]:
    number = series_id * episodes + n
    return {
        "id": number,
        "seriesId": series_id,
        "episodeFileId": number,
        "seasonNumber": 1,
        "episodeNumber": n,
        "title": f"Episode {n}",
        "hasFile": True,
        "episodeFile": {
            "id": number,
            "seriesId": series_id,
            "seasonNumber": 1,
            "path": f"/tv/{_name(series_id, n)}",
            "size": 1 << 30,
            "dateAdded": "2024-01-02T00:00:00Z",
        },
    }


def _name(series_id: int, n: int) -> str:
    return f"Series {series_id}/Season 01/S01E{n:02}.mkv"


def answer(pipe: Pipe, chosen: argparse.Namespace) -> None:
    """Serve until the pipe closes; each word from it is answered with the calls since."""
    called: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                parts = urlsplit(head.split(" ")[1])
                called.append(parts.path)
                await asyncio.sleep(chosen.latency)
                query = {name: found[0] for name, found in parse_qs(parts.query).items()}
                found = answered(parts.path, query, chosen.series, chosen.episodes)
                body = json.dumps(found).encode()
                start = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                writer.write(f"{start}{len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv) is not None:
            pipe.send([*called])
            called.clear()

    asyncio.run(run())


@contextmanager
def sonarr(chosen: argparse.Namespace) -> Iterator[tuple[str, Pipe]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=answer, args=(theirs, chosen), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", ours
    finally:
        ours.send(None)
        process.join()


def prepare(url: str, chosen: argparse.Namespace) -> int:
    """Make a library with the same files and set Sonarr up; returns its integration's id."""
    with db.transaction() as connection:
        library_id = connection.execute(
            insert(Library).values(name="Shows", path="/tv", kind="series").returning(Library.id)
        ).scalar_one()
        for n in range(1, chosen.series + 1):
            folder = f"Series {n}"
            directory_id = connection.execute(
                insert(Directory)
                .values(library_id=library_id, path=folder, path_key=subtrees.key(folder))
                .returning(Directory.id)
            ).scalar_one()
            ids = bulk.reserve_ids(connection, Item, chosen.episodes + 2)
            kinds = ["series", "season", *["episode"] * chosen.episodes]
            parents = [None, ids[0], *[ids[1]] * chosen.episodes]
            here = {"library_id": library_id, "directory_id": directory_id}
            items = [
                here | {"id": ids[i], "parent_id": parents[i], "kind": kind} | _about(i)
                for i, kind in enumerate(kinds)
            ]
            bulk.copy(connection, Item, items)
            files = [_file(ids[e + 1], e, directory_id) for e in range(1, chosen.episodes + 1)]
            bulk.copy(connection, MediaFile, files)
        wishes = [{"language": "de"}]
        choosing.add(connection, INSTALLATION, {"name": "German", "wishes": wishes})
        draft = rows.Draft(Kind.SONARR, "Sonarr", url, secrets={"api_key": KEY})
        return int(rows.add(connection, INSTALLATION, draft).id)


def _about(n: int) -> dict[str, Any]:
    return {
        "key": str(n),
        "state": "identified",
        "title": f"Title {n}",
        "sort_title": f"Title {n}",
        "season_number": 1,
        "episode_number": n - 1,
        "genres": [],
        "details": {},
        "digest": b"",
    }


def _file(item_id: int, n: int, directory_id: int) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "directory_id": directory_id,
        "name": f"Season 01/S01E{n:02}.mkv",
        "role": "main",
        "size": 1,
        "mtime_ns": 1,
        "inode": item_id,
        "chapters": [],
        "attached_pictures": 0,
        "probe_state": "skipped",
        "digest": b"",
    }


def look(pipe: Pipe, integration_id: int, *, full: bool) -> dict[str, Any]:
    with db.transaction() as connection:
        begun = syncs.begin(connection, integration_id, trigger=Trigger.CLI, full=full)
    began = time.monotonic()
    enqueue.send_sync(begun.id)
    while True:
        time.sleep(0.02)
        with db.transaction() as connection:
            row = syncs.get(connection, INSTALLATION, begun.id)
        if row.status in SYNC_ENDED:
            break
    seconds = time.monotonic() - began
    pipe.send("calls")
    called = pipe.recv()
    return {
        "scan_type": row.scan_type,
        "status": row.status,
        "files": row.files_found,
        "linked": row.files_linked,
        "added": row.wanted_added,
        "calls": len(called),
        "seconds": round(seconds, 2),
        "own_seconds": round((row.completed_at - row.started_at).total_seconds(), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=199)
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=8)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slb-") as folder, sonarr(chosen) as running:
        serving.prepare(Path(folder, "home"))
        with local.for_a_command(worker_needed=False):
            local.migrate()
            integration_id = prepare(running[0], chosen)
            with workers(chosen.processes, 4):
                found = [
                    look(running[1], integration_id, full=full) for full in (True, False, True)
                ]
    table = Table("Look", "Files", "Linked", "Wanted", "Calls", "Seconds")
    for each in found:
        shown = (each["scan_type"], each["files"], each["linked"], each["added"], each["calls"])
        table.add_row(*map(str, (*shown, each["seconds"])))
    Console().print(table)
    print(json.dumps({"latency": chosen.latency, "processes": chosen.processes, "looks": found}))


if __name__ == "__main__":
    sys.exit(main())

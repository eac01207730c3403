"""How soon a change of a scan reaches those who follow it, with many of them on one process.

A stack of its own, one process of the API with `--clients` WebSockets, and a scan of a library of
its own making. The delay is from the moment that the database gave the change to the moment that
the client has the message, on one clock. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

import psutil
from rich.console import Console
from websockets.asyncio.client import connect

import serving
from sublarr_tasks import db, enqueue, keys, libraries, local, samples, scans, settings
from sublarr_tasks.models import ENDED, Trigger

CONNECTING_AT_ONCE = 25
PHASES_END = {str(status) for status in ENDED}


async def follow(url: str, key: str, delays: list[float], turn: asyncio.Semaphore) -> int:
    """Follow until the scan has ended; returns how many messages came."""
    count = 0
    headers = {"X-Api-Key": key}
    async with turn:
        client = await connect(url, additional_headers=headers, compression=None, proxy=None)
    async with client:
        async for text in client:
            now = time.time()
            message = json.loads(text)
            if message["type"] != "scan:progress":
                continue
            delays.append(now - datetime.fromisoformat(message["lastUpdatedAt"]).timestamp())
            count += 1
            if message["phase"] in PHASES_END:
                break
    return count


async def follow_all(url: str, key: str, clients: int, start: asyncio.Event) -> list[float]:
    delays: list[float] = []
    turn = asyncio.Semaphore(CONNECTING_AT_ONCE)
    followers = [asyncio.create_task(follow(url, key, delays, turn)) for _ in range(clients)]
    start.set()
    await asyncio.gather(*followers)
    return delays


async def measure(url: str, key: str, clients: int, library_id: int) -> list[float]:
    """Connect, wait until all are there, scan, and return every delay."""
    start = asyncio.Event()
    following = asyncio.create_task(follow_all(url, key, clients, start))
    await start.wait()
    await asyncio.sleep(3 + clients / 100)
    with db.transaction() as connection:
        asked = scans.request(connection, library_id, trigger=Trigger.API)
    enqueue.send_job(asked.job_id)
    return await following


def memory(pid: int) -> int:
    """Return the largest resident memory of the API's processes, in bytes."""
    family = psutil.Process(pid).children(recursive=True)
    return max(member.memory_info().rss for member in family)


def run(folder: Path, directories: int, clients: int) -> dict[str, float | int]:
    """Measure once; everything is below a folder and is gone with it."""
    root = folder / "Movies"
    samples.library(root, directories)
    port = serving.prepare(folder / "home")
    with local.for_a_command(worker_needed=True):
        with db.transaction() as connection:
            library_id = libraries.at(connection, str(root), None)
        key = keys.obtain(settings.current()).value
        with serving.serving(folder, port, "--workers", "1") as api:
            empty = memory(api.pid)
            url = f"ws://{api.address}/api/v1/ws"
            delays = asyncio.run(measure(url, key, clients, library_id))
            full = memory(api.pid)
    delays.sort()
    return {
        "clients": clients,
        "directories": directories,
        "messages": len(delays),
        "p50_ms": round(statistics.median(delays) * 1000, 1),
        "p95_ms": round(delays[int(len(delays) * 0.95)] * 1000, 1),
        "worst_ms": round(delays[-1] * 1000, 1),
        "memory_mb": round(full / 1e6),
        "kb_for_each_client": round((full - empty) / clients / 1000),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directories", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=500)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slb-") as folder:
        found = run(Path(folder), chosen.directories, chosen.clients)
    Console().print(found)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

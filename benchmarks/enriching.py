"""How fast films are enriched: against one service, with more and more processes.

A TMDB on loopback answers each call after `--latency` seconds. With a limit, all processes together
should come to its rate and never above it; without one, more processes should be as much faster.
The times are those at which the service was called. The last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rows_of_videos import identified
from sqlalchemy import insert, update
from standin import JSON, Request, StandIn, busiest, standing_in

import serving
from sublarr_tasks import bulk, db, enqueue, local, scans
from sublarr_tasks.fleet import connection as redis
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.models import (
    ENDED,
    Directory,
    Integration,
    Item,
    Library,
    Trigger,
)
from sublarr_tasks.viewers import INSTALLATION

KEY = "benchmark"
PEOPLE, PICTURES = 30, 20
LIST = "Drama", "Comedy", "Thriller"


@cache
def film() -> bytes:
    """Return a film as TMDB answers it, with %d for its id; as long as an ordinary one."""
    person = {"id": 7, "name": "Some Body", "profile_path": "/p.jpg"}
    image = {"file_path": "/i.jpg", "width": 2000, "height": 3000, "vote_average": 5.1}
    said: dict[str, Any] = {
        "id": 0,
        "imdb_id": "tt0000001",
        "title": "Film",
        "original_title": "Film",
        "overview": "It goes on and on. " * 20,
        "release_date": "2001-02-03",
        "runtime": 100,
        "vote_average": 7.1,
        "vote_count": 900,
        "genres": [{"id": n, "name": name} for n, name in enumerate(LIST)],
        "production_companies": [{"id": 1, "name": "Company"}],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "credits": {
            "cast": [person | {"character": "X", "order": n} for n in range(PEOPLE)],
            "crew": [person | {"job": "Grip"}] * PEOPLE,
        },
        "images": {"posters": [image] * PICTURES, "backdrops": [image] * PICTURES, "logos": []},
        "keywords": {"keywords": [{"id": n, "name": f"word {n}"} for n in range(10)]},
    }
    return json.dumps(said).replace('"id": 0,', '"id": %d,', 1).encode()


def respond(request: Request) -> tuple[str, bytes]:
    """Answer as TMDB does."""
    if request.path.startswith("/3/movie/"):
        return JSON, film().replace(b"%d", request.path.rpartition("/")[2].encode(), 1)
    return JSON, b'{"images": {"secure_base_url": "http://127.0.0.1/"}}'


def prepare(url: str, items: int) -> int:
    """Set the service up and make a library of films that it knows; returns the library's id."""
    with db.transaction() as connection:
        rows.add(
            connection, INSTALLATION, rows.Draft(Kind.TMDB, "TMDB", url, secrets={"api_key": KEY})
        )
        library_id = connection.execute(
            insert(Library)
            .values(name="Films", path="/nowhere", kind="movies")
            .returning(Library.id)
        ).scalar_one()
        directory_id = connection.execute(
            insert(Directory)
            .values(library_id=library_id, path="", path_key=b"")
            .returning(Directory.id)
        ).scalar_one()
        films = [
            identified(n, f"Film {n}")
            | {
                "library_id": library_id,
                "directory_id": directory_id,
                "kind": "movie",
                "tmdb_id": str(n + 1),
                "local_fields": ["tmdb_id"],
            }
            for n in range(items)
        ]
        bulk.copy(connection, Item, films)
    return int(library_id)


def enrich(library_id: int, rate: float | None) -> int:
    """Enrich the whole library; returns how many films an answer was written of."""
    redis.client().flushdb()
    with db.transaction() as connection:
        connection.execute(
            update(Item).values(enrich_due_at=Item.added_at, enrichment="pending", remote={})
        )
        connection.execute(
            update(Integration).values(
                calls_per_second=rate or 10_000, version=Integration.version + 1
            )
        )
        asked = scans.request(
            connection, library_id, trigger=Trigger.API, options={"only_enrichment": True}
        )
    enqueue.send_job(asked.job_id)
    while True:
        time.sleep(0.5)
        with db.transaction() as connection:
            scan = scans.get(connection, asked.scan_id)
        if scan.status in ENDED:
            return int(scan.enrichment_completed)


def measure(
    tmdb: StandIn, library_id: int, chosen: argparse.Namespace, processes: int
) -> dict[str, Any]:
    with serving.workers(processes, chosen.at_once):
        done = enrich(library_id, chosen.rate)
        called = [call for call in tmdb.calls() if "/3/movie/" in call.target]
    seconds = called[-1].at - called[0].at
    return {
        "processes": processes,
        "enriched": done,
        "calls": len(called),
        "seconds": round(seconds, 1),
        "a_second": round((len(called) - 1) / seconds, 2),
        "busiest_second": busiest(called),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rate", type=float, help="calls a second; without it no limit")
    parser.add_argument("--at-once", type=int, default=1, help="requests of one process at once")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="slb-") as folder,
        standing_in([Kind.TMDB], respond, chosen.latency) as tmdb,
    ):
        serving.prepare(Path(folder, "home"))
        with local.for_a_command(worker_needed=False):
            local.migrate()
            library_id = prepare(tmdb.urls[Kind.TMDB], chosen.items)
            found = [measure(tmdb, library_id, chosen, each) for each in chosen.processes]
    table = Table("Processes", "Calls", "Seconds", "Calls/s", "Times the first", "Busiest second")
    for each in found:
        times = each["times"] = round(each["a_second"] / found[0]["a_second"], 2)
        shown = (each["processes"], each["calls"], each["seconds"], each["a_second"], times)
        table.add_row(*map(str, (*shown, each["busiest_second"])))
    Console().print(table)
    print(json.dumps({"limit": chosen.rate, "latency": chosen.latency, "runs": found}))


if __name__ == "__main__":
    sys.exit(main())

"""What a look at a Sonarr costs: calls and seconds, the first time and once more.

A Sonarr on loopback has `--series` series of `--episodes` episodes, which are in a library here; it
answers each call after `--latency` seconds. The last look is one process alone, whose statements
are counted. The last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rows_of_videos import identified, media_file
from sqlalchemy import delete, event, insert
from standin import JSON, Request, StandIn, standing_in

import serving
from sublarr_tasks import bulk, db, enqueue, local
from sublarr_tasks.arr import syncs, work
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import (
    SYNC_ENDED,
    ArrTitle,
    Directory,
    Item,
    Library,
    MediaFile,
    Trigger,
    WantedItem,
)
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing

KEY = "benchmark"
# One process reads on for so long before it would ask for another.
PATIENCE = 600.0


def respond(series: int, episodes: int, request: Request) -> tuple[str, bytes]:
    """Answer as Sonarr does, as far as anybody listens."""
    said: list[dict[str, Any]] = []
    if request.path.endswith("/series"):
        said = [
            {
                "id": n,
                "title": f"Series {n}",
                "path": f"/tv/Series {n}",
                "tags": [],
                "statistics": {"episodeFileCount": episodes, "sizeOnDisk": episodes << 30},
            }
            for n in range(1, series + 1)
        ]
    elif request.path.endswith("/episode"):
        series_id = int(request.query["seriesId"])
        said = [_episode(series_id, n, episodes) for n in range(1, episodes + 1)]
    return JSON, json.dumps(said).encode()


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
            files = [
                media_file(ids[e + 1], directory_id, f"Season 01/S01E{e:02}.mkv")
                for e in range(1, chosen.episodes + 1)
            ]
            bulk.copy(connection, MediaFile, files)
        wishes = [{"language": "de"}]
        choosing.add(connection, INSTALLATION, {"name": "German", "wishes": wishes})
        draft = rows.Draft(Kind.SONARR, "Sonarr", url, secrets={"api_key": KEY})
        return int(rows.add(connection, INSTALLATION, draft).id)


def _about(n: int) -> dict[str, Any]:
    return identified(n, f"Title {n}") | {"season_number": 1, "episode_number": n - 1}


def look(sonarr: StandIn, integration_id: int, *, full: bool) -> dict[str, Any]:
    """Have the workers look, and wait for it."""
    with db.transaction() as connection:
        begun = syncs.begin(connection, integration_id, trigger=Trigger.CLI, full=full)
    began = time.monotonic()
    enqueue.send_sync(begun.id)
    while (row := _read(begun.id)).status not in SYNC_ENDED:
        time.sleep(0.02)
    return _figures(row, sonarr, time.monotonic() - began)


def counted(sonarr: StandIn, integration_id: int) -> dict[str, Any]:
    """Look at all titles in this process, and count the statements."""
    statements: list[str] = []
    event.listen(
        db.engine(),
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    with db.transaction() as connection:
        connection.execute(delete(ArrTitle))
        connection.execute(delete(WantedItem))
        begun = syncs.begin(connection, integration_id, trigger=Trigger.CLI, full=True)
    began = time.monotonic()
    statements.clear()
    while work.run(begun.id, PATIENCE, lambda _: None):
        pass
    seconds, n = time.monotonic() - began, len(statements)
    return _figures(_read(begun.id), sonarr, seconds) | {"statements": n}


def _read(sync_id: int) -> Any:  # noqa: ANN401 - a look's row
    with db.transaction() as connection:
        return syncs.get(connection, INSTALLATION, sync_id)


def _figures(row: Any, sonarr: StandIn, seconds: float) -> dict[str, Any]:  # noqa: ANN401 - a look's row
    return {
        "scan_type": row.scan_type,
        "status": row.status,
        "files": row.files_found,
        "linked": row.files_linked,
        "added": row.wanted_added,
        "calls": len(sonarr.calls()),
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
    has = partial(respond, chosen.series, chosen.episodes)
    with (
        tempfile.TemporaryDirectory(prefix="slb-") as folder,
        standing_in([Kind.SONARR], has, chosen.latency) as sonarr,
    ):
        serving.prepare(Path(folder, "home"))
        with local.for_a_command(worker_needed=False):
            local.migrate()
            integration_id = prepare(sonarr.urls[Kind.SONARR], chosen)
            with serving.workers(chosen.processes, 4):
                found = [look(sonarr, integration_id, full=full) for full in (True, False, True)]
            found.append(counted(sonarr, integration_id))
    table = Table("Look", "Files", "Linked", "Wanted", "Calls", "Seconds", "Statements")
    for each in found:
        shown = (each["scan_type"], each["files"], each["linked"], each["added"], each["calls"])
        table.add_row(*map(str, (*shown, each["seconds"], each.get("statements", ""))))
    Console().print(table)
    print(json.dumps({"latency": chosen.latency, "processes": chosen.processes, "looks": found}))


if __name__ == "__main__":
    sys.exit(main())

"""How fast missing subtitles are found: four providers, with more and more processes.

Each provider answers every call after `--latency` seconds, and has every film's subtitle. With a
limit, all processes together may call each provider so often a second and never more. No question
may be asked twice. The last line is one JSON object.
"""

import argparse
import io
import json
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rich.console import Console
from rich.table import Table
from rows_of_videos import identified, media_file
from sqlalchemy import delete, func, insert, select, update
from standin import JSON, Call, Request, StandIn, busiest, standing_in

import serving
from sublarr_tasks import bulk, db, enqueue, local
from sublarr_tasks.fleet import connection as redis
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Kind
from sublarr_tasks.models import (
    Directory,
    Integration,
    Item,
    LandedSubtitle,
    Library,
    MediaFile,
    ProviderAnswer,
    ProviderRecord,
    SearchKind,
    SearchStatus,
    Trigger,
    WantedItem,
)
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing, noting, searches

KEY = "benchmark"
PROVIDERS = (Kind.OPENSUBTITLES, Kind.SUBDL, Kind.SUBSOURCE, Kind.PODNAPISI)
XML, ZIP = "text/xml", "application/zip"
WAVE = 64


def srt(title: str) -> bytes:
    """Return a film's subtitle; no two have the same words."""
    lines = (
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n{title}, {n}\n"
        for n in range(1, 400)
    )
    return "\n".join(lines).encode()


def packed(title: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{title}.srt", srt(title))
    return held.getvalue()


def respond(request: Request) -> tuple[str, bytes]:
    """Answer as one of the providers would."""
    path, query = request.path, request.query
    if request.service == Kind.OPENSUBTITLES:
        return _opensubtitles(request)
    if request.service == Kind.SUBDL:
        if path.startswith("/subtitle/"):
            return ZIP, packed(unquote(path.rpartition("/")[2]))
        title = query["film_name"]
        row = {"release_name": f"{title}.2001.WEB", "language": "DE", "url": f"/subtitle/{title}"}
        results = [{"name": title, "year": 2001}]
        return JSON, _json({"status": True, "results": results, "subtitles": [row]})
    if request.service == Kind.SUBSOURCE:
        if path.endswith("/search"):
            number = int(query["q"].rpartition(" ")[2])
            return JSON, _json({"data": [{"movieId": number, "title": query["q"]}]})
        return JSON, _json({"data": []})
    return XML, b"<results><pagination><count>1</count></pagination></results>"


def _opensubtitles(request: Request) -> tuple[str, bytes]:
    if request.path.startswith("/files/"):
        return "text/plain", srt(f"Film {request.path.rpartition('/')[2]}")
    if request.path.endswith("/download"):
        link = f"http://{request.host}/files/{json.loads(request.body)['file_id']}"
        return JSON, _json({"link": link, "file_name": "a.srt", "requests": 1, "remaining": 9})
    number = request.query["query"].rpartition(" ")[2]
    row = {
        "subtitle_id": number,
        "language": "de",
        "release": f"Film {number}.2001.1080p.BluRay.x264-GROUP",
        "feature_details": {"title": f"Film {number}", "year": 2001},
        "files": [{"file_id": int(number), "file_name": f"{number}.srt"}],
    }
    return JSON, _json({"total_pages": 1, "data": [{"attributes": row}]})


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


def prepare(urls: dict[str, str], items: int, root: Path) -> int:
    """Set the providers up and make a library of films that lack German subtitles."""
    for n in range(1, items + 1):
        Path(root, f"Film {n}").mkdir(parents=True)
    with db.transaction() as connection:
        for kind in PROVIDERS:
            secrets = {} if kind is Kind.PODNAPISI else {"api_key": KEY}
            draft = rows.Draft(kind, kind.value, urls[kind], secrets=secrets)
            rows.add(connection, INSTALLATION, draft)
        library_id = connection.execute(
            insert(Library)
            .values(name="Films", path=str(root), kind="movies")
            .returning(Library.id)
        ).scalar_one()
        directory_id = connection.execute(
            insert(Directory)
            .values(library_id=library_id, path="", path_key=b"")
            .returning(Directory.id)
        ).scalar_one()
        ids = bulk.reserve_ids(connection, Item, items)
        bulk.copy(
            connection,
            Item,
            [_film(ids[n - 1], n, library_id, directory_id) for n in range(1, items + 1)],
        )
        name = "Film {0}/Film {0} (2001) 1080p BluRay.mkv"
        files = [media_file(ids[n - 1], directory_id, name.format(n)) for n in range(1, items + 1)]
        bulk.copy(connection, MediaFile, files)
        wishes = [{"language": "de", "upgrade": False}]
        choosing.add(connection, INSTALLATION, {"name": "German", "wishes": wishes})
    while True:
        with db.transaction() as connection:
            if not noting.walk(connection, library_id):
                return int(library_id)


def _film(item_id: int, n: int, library_id: int, directory_id: int) -> dict[str, Any]:
    here = {"id": item_id, "library_id": library_id, "directory_id": directory_id}
    return identified(n, f"Film {n}") | here | {"kind": "movie", "year": 2001}


def search(chosen: argparse.Namespace, root: Path) -> Any:  # noqa: ANN401 - a search's row
    """Forget all that was found, search for everything, and return the search."""
    limited = chosen.own or chosen.rate is not None
    redis.client().flushdb()
    for landed in root.rglob("*.srt"):
        landed.unlink()
    with db.transaction() as connection:
        for table in (LandedSubtitle, ProviderAnswer, ProviderRecord):
            connection.execute(delete(table))
        connection.execute(
            update(WantedItem).values(
                status="wanted",
                upgrade=False,
                search_id=None,
                score=None,
                next_attempt_at=func.now(),
            )
        )
        connection.execute(
            update(Integration).values(
                calls_per_second=None if chosen.own else chosen.rate or 10_000,
                version=Integration.version + 1,
            )
        )
        begun = searches.begin(connection, SearchKind.PERSON, (), trigger=Trigger.CLI)
    assert begun is not None
    enqueue.send_searches(None, WAVE)
    while True:
        time.sleep(0.2)
        with db.transaction() as connection:
            now = searches.get(connection, INSTALLATION, begun.id)
            searches.complete_all(connection)
            waiting = searches.waiting(connection, WAVE).get(None, 0)
        if now.status == SearchStatus.COMPLETED:
            return now
        if limited:  # what was put off has to be sent again, as the clock does
            enqueue.send_searches(None, min(waiting, 8))


def measure(
    providers: StandIn, root: Path, chosen: argparse.Namespace, processes: int
) -> dict[str, Any]:
    with serving.workers(processes, 1):
        began = time.monotonic()
        ended = search(chosen, root)
        seconds = time.monotonic() - began
        called = providers.calls()
    with db.transaction() as connection:
        landed = connection.scalar(select(func.count()).select_from(LandedSubtitle))
    again = sum(n - 1 for n in Counter((each.service, each.target) for each in called).values())
    by_provider = {kind: [each for each in called if each.service == kind] for kind in PROVIDERS}
    return {
        "processes": processes,
        "items": ended.total,
        "found": ended.found,
        "landed": landed,
        "files": len([*root.rglob("*.srt")]),
        "asked_twice": again,
        "calls": len(called),
        "seconds": round(seconds, 1),
        "a_second": round(ended.total / seconds, 2),
        "windows": {kind.value: _window(kind, calls) for kind, calls in by_provider.items()},
        "busiest_second": max(map(busiest, by_provider.values())),
    }


def _window(kind: Kind, calls: Sequence[Call]) -> str:
    """Say how many calls the busiest of a provider's own windows held, of how many it may hold."""
    rate = REQUIREMENTS[kind].rate
    assert rate is not None
    return f"{busiest(calls, rate.seconds)} of {rate.calls} in {rate.seconds:g} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--rate", type=float, help="calls a second to each; without it no limit")
    parser.add_argument("--own", action="store_true", help="each provider's own limit")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="slb-") as folder,
        standing_in(PROVIDERS, respond, chosen.latency) as providers,
    ):
        root = Path(folder, "films")
        serving.prepare(Path(folder, "home"))
        with local.for_a_command(worker_needed=False):
            local.migrate()
            prepare(providers.urls, chosen.items, root)
            found = [measure(providers, root, chosen, each) for each in chosen.processes]
    table = Table("Processes", "Found", "Seconds", "Items/s", "Times the first", "Busiest second")
    for each in found:
        times = each["times"] = round(each["a_second"] / found[0]["a_second"], 2)
        shown = (each["processes"], each["found"], each["seconds"], each["a_second"], times)
        table.add_row(*map(str, (*shown, each["busiest_second"])))
    Console().print(table)
    limit = "own" if chosen.own else chosen.rate
    print(json.dumps({"limit": limit, "latency": chosen.latency, "runs": found}))


if __name__ == "__main__":
    sys.exit(main())

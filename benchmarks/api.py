"""How fast the API's lists are over a million items, with wrk: one connection, and 64 at once.

A stack of its own whose tables are filled with SQL: a million films, five million assets, and a
scan with 200,000 units. Needs `wrk` on PATH. The last line is one JSON object.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

import serving
from sublarr_tasks import db, keys, local, settings

CROWD = 64
UNITS = 200_000
ASSETS_OF_ITEM = 5
REPORT = """
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.timeout + summary.errors.connect
  io.write(string.format("RESULT %.3f %.3f %d %d\\n", latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, summary.requests, bad))
end
"""
FILL = (
    "INSERT INTO libraries (name, path, kind) VALUES ('Films', '/films', 'movies')",
    """
    INSERT INTO directories (library_id, path, path_key)
    SELECT 1, 'Film ' || n, decode(md5(n::text), 'hex') FROM generate_series(1, :items) n
    """,
    """
    INSERT INTO items (library_id, directory_id, kind, key, state, title, sort_title, year,
                       genres, details, digest)
    SELECT 1, n, 'movie', 'Film ' || n, 'local', 'Film ' || md5(n::text), md5(n::text),
           1950 + n % 75, '["Drama"]', '{}', '\\x00'
    FROM generate_series(1, :items) n
    """,
    """
    INSERT INTO assets (library_id, item_id, directory_id, name, type, ordinal, format, forced,
                        hearing_impaired, "default", size, mtime_ns, inode, cache_state, digest)
    SELECT 1, n, n, 'file' || k, 'poster', k, 'jpg', false, false, false, 1, 1, 1, 'skipped',
           '\\x00'
    FROM generate_series(1, :items) n, generate_series(1, :assets) k
    """,
    """
    INSERT INTO scan_jobs (library_id, status, kind, profile, trigger, options)
    SELECT 1, 'completed', 'full', 'standard', 'api', '{}' FROM generate_series(1, 1000)
    """,
    """
    INSERT INTO scan_units (scan_id, phase, subject, subject_id, state, attempts)
    SELECT 1, 'scanning', 'Film ' || n, n, 'done', 1 FROM generate_series(1, :units) n
    """,
)
PATHS = {
    "/items": "/api/v1/items",
    "/items?sort=year&order=desc": "/api/v1/items?sort=year&order=desc",
    "/items?q=film a1": "/api/v1/items?q=film%20a1",
    "/items/500000": "/api/v1/items/{middle}",
    "/scans": "/api/v1/scans",
    "/scans/1/units": "/api/v1/scans/1/units",
    "/ping": "/ping",
}
Figures = dict[str, dict[str, float]]


def fill(items: int) -> None:
    for statement in FILL:
        with db.transaction() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            given = {"items": items, "assets": ASSETS_OF_ITEM, "units": UNITS}
            used = {name: given[name] for name in given if f":{name}" in statement}
            connection.execute(text(statement), used)
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def load(url: str, key: str, seconds: int, script: Path) -> dict[str, float]:
    """Ask one address as fast as it answers, alone and as a crowd; latencies in ms."""
    p50, p95, _ = _run(url, key, seconds, script, connections=1)
    crowd_p50, crowd_p95, per_second = _run(url, key, seconds, script, connections=CROWD)
    return {
        "alone_p50_ms": p50,
        "alone_p95_ms": p95,
        "p50_ms": crowd_p50,
        "p95_ms": crowd_p95,
        "per_second": per_second,
    }


def _run(
    url: str, key: str, seconds: int, script: Path, *, connections: int
) -> tuple[float, float, float]:
    run = subprocess.run(
        [
            *("wrk", f"-t{min(connections, 2)}", f"-c{connections}", f"-d{seconds}s"),
            *("--timeout", "10s"),
            *("-H", f"X-Api-Key: {key}", "-s", str(script), url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"RESULT (\S+) (\S+) (\d+) (\d+)", run.stdout)
    if found is None:
        sys.exit(run.stdout + run.stderr)
    p50, p95, requests, bad = map(float, found.groups())
    if bad:
        sys.exit(f"{bad:.0f} requests of {url} failed")
    return p50, p95, round(requests / seconds, 1)


def sequential_scans() -> dict[str, int]:
    """Count the sequential scans of each large table since the statistics were reset."""
    with db.transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT relname, seq_scan FROM pg_stat_user_tables"
                " WHERE relname IN ('items', 'assets', 'scan_units', 'directories')"
            )
        )
        return {name: count for name, count in rows}  # noqa: C416 - rows are no pairs to mypy


def run(folder: Path, items: int, seconds: int, console: Console) -> Figures:
    port = serving.prepare(folder / "home")
    script = folder / "report.lua"
    script.write_text(REPORT)
    with local.for_a_command(worker_needed=False):
        began = time.monotonic()
        fill(items)
        console.print(f"filled in {time.monotonic() - began:.0f} s")
        key = keys.obtain(settings.current()).value
        with serving.serving(folder, port) as api:
            before = sequential_scans()
            figures = {
                name: load(
                    f"http://{api.address}{path.format(middle=items // 2)}", key, seconds, script
                )
                for name, path in PATHS.items()
            }
            time.sleep(2)
            after = sequential_scans()
    scans = {name: after[name] - before[name] for name in after}
    console.print(f"sequential scans of the large tables: {scans}")
    figures["sequential_scans"] = {name: float(count) for name, count in scans.items()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=8)
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not on PATH.")
    console = Console()
    with tempfile.TemporaryDirectory(prefix="slb-") as folder:
        figures = run(Path(folder), chosen.items, chosen.seconds, console)
    table = Table(
        "address", "alone: p50 ms", "p95 ms", f"{CROWD} at once: p50 ms", "p95 ms", "requests/s"
    )
    for name, each in figures.items():
        if name != "sequential_scans":
            table.add_row(name, *(f"{value:.1f}" for value in each.values()))
    console.print(table)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""Series while the processes that read them die."""

import os
import signal
from collections import Counter
from pathlib import Path

from exactness import assert_counted
from fleet import Fleet
from libraries import Library, rows, subtitle, video
from sublarr_tasks.models import Asset, Item, LibraryKind, MediaFile, ScanStatus

SERIES, SEASONS, EPISODES = 40, 2, 4


def test_series_are_whole_after_their_workers_were_killed(fleet: Fleet, tmp_path: Path) -> None:
    shows = Library.register(tmp_path / "shows", kind=LibraryKind.SERIES)
    for number in range(SERIES):
        for season in range(1, SEASONS + 1):
            for episode in range(1, EPISODES + 1):
                folder = shows.root / f"Show {number:02}" / f"Season {season}"
                video(folder / f"Show S{season:02}E{episode:02}.mkv")
                subtitle(folder / f"Show S{season:02}E{episode:02}.en.srt")
    fleet.start("worker-1", "worker-2", "beat")
    scan_id = fleet.request(shows.id)
    fleet.reach(scan_id, ScanStatus.SCANNING, 8)
    os.kill(fleet.children("worker-1")[0], signal.SIGKILL)
    fleet.kill("worker-2")
    fleet.finish(scan_id)

    scan = assert_counted(scan_id)
    whole = SERIES * SEASONS * EPISODES
    assert (scan.status, scan.errors_count) == (ScanStatus.COMPLETED, 0)
    assert (scan.series_found, scan.episodes_found) == (SERIES, whole)
    kinds = Counter(row.kind for row in rows(Item))
    assert kinds == {"series": SERIES, "season": SERIES * SEASONS, "episode": whole}
    kind_of = {row.id: row.kind for row in rows(Item)}
    above = Counter((row.kind, kind_of.get(row.parent_id)) for row in rows(Item))
    assert above.keys() == {("series", None), ("season", "series"), ("episode", "season")}
    assert len(rows(MediaFile)) == whole
    assert {row.cache_state for row in rows(Asset)} == {"cached"}
    assert len(rows(Asset)) == whole

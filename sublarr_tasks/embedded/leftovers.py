"""Servers that outlived a stack whose every watcher was killed."""

import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_log = logging.getLogger(__name__)


def evict(folder: Path, programs: Sequence[str], stop_signal: signal.Signals) -> None:
    """End the servers that a killed stack left working in `folder`."""
    here = str(folder.resolve())
    found = [
        p
        for p in psutil.process_iter(["name", "cwd", "ppid"])
        if p.info["cwd"] == here and p.info["name"].startswith(tuple(programs))
    ]
    if not found:
        return
    _log.warning("Ending what an earlier start left running in %s.", folder)
    pids = {p.pid for p in found}
    for process in found:
        if process.info["ppid"] not in pids:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(stop_signal)
    _, alive = psutil.wait_procs(found, timeout=30)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=10)

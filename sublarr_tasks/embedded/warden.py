"""Ends what the supervisor left running when the supervisor itself was killed.

Run by its path with nothing but the standard library, so that it starts in milliseconds and
stays small. The supervisor writes one line of JSON for each change: its processes as
[pid, stop signal, grace in seconds], in the order of their start. When the pipe closes, what the
last whole line names is ended in reverse order; after an orderly stop that line is empty.

PR_SET_PDEATHSIG would reach the children alone, not theirs, and exists on Linux only.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress

# The supervisor is gone, and with it the person who waited for a slow, tidy end.
GRACE_MAX = 10.0


def main() -> None:
    # A service manager signals every process of a service; this one goes last.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    last = "[]"
    for line in sys.stdin:
        if line.endswith("\n"):
            last = line
    for pid, stop_signal, grace in reversed(json.loads(last)):
        end(pid, stop_signal, min(grace, GRACE_MAX))


def end(pid: int, stop_signal: int, grace: float) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    deadline = time.monotonic() + grace
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    # Each process was started as the leader of a group of its own. macOS answers EPERM for a
    # group that holds nothing but zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib doubles the start-up time
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except FileNotFoundError:
        return not sys.platform.startswith("linux")


if __name__ == "__main__":
    main()

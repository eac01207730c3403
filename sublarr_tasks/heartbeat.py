"""A sign of life: a file that a long-running process touches, and the check of its age.

A worker's main process beats with each heartbeat that it sends to the broker, beat with each
message. So a process that hangs, or that a dead connection holds, grows old. The check,
`python -m sublarr_tasks.heartbeat`, asks no broker and imports nothing that is slow.
"""

import os
import sys
import time
from pathlib import Path

# Not a field of the settings: a container's process and its health check agree on it, and the
# check must not need the rest of them.
VARIABLE = "SUBLARR_HEARTBEAT"
# Beat sends every 10 seconds, a worker every 2; a lost connection may take 35 to be noticed.
OLDEST = 60.0


def beat() -> None:
    """Touch the file, where one is named."""
    path = os.environ.get(VARIABLE)
    if path:
        Path(path).touch()


def age(path: Path) -> float | None:
    """Return the seconds since the last sign of life, or None where there was none."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None


def main() -> None:
    path = os.environ.get(VARIABLE)
    if not path:
        sys.exit(f"{VARIABLE} names no file.")
    seconds = age(Path(path))
    if seconds is None:
        sys.exit("No sign of life yet.")
    if seconds > OLDEST:
        sys.exit(f"The last sign of life is {seconds:.0f} seconds old.")


if __name__ == "__main__":
    main()

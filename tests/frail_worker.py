"""A worker whose demuxer and NFO parser die of certain bytes, and which obeys permissions as root.

Run by its path with the arguments of `python -m workers`. All else is the product's own.
"""

import ctypes
import os
import signal
import sys
import time
from typing import Any

import av

POISON = b"POISON"
# Long enough for a test to strike while directories are being read.
SECONDS_A_FILE = 0.01

CAPABILITIES_3 = 0x20080522
# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of <linux/capability.h>.
OVERRIDES = 1 << 1 | 1 << 2

_open = av.open


def frail_open(source: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - PyAV's signature
    head = source.read(len(POISON))
    source.seek(0, os.SEEK_SET)
    if head == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(SECONDS_A_FILE)
    return _open(source, *rest, **options)


def obey_permissions() -> None:
    """Give up root's right to read whatever it wants."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~OVERRIDES
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def frail_parse(raw: bytes, *rest: Any) -> Any:  # noqa: ANN401 - the parser's signature
    if raw.startswith(POISON):
        os.kill(os.getpid(), signal.SIGKILL)
    return _parse(raw, *rest)


if __name__ == "__main__":
    from sublarr_tasks.library import isolated, nfo
    from workers import __main__ as workers

    av.open = frail_open  # type: ignore[assignment]
    if sys.platform == "linux" and os.geteuid() == 0:
        obey_permissions()
    if sys.argv[1] == "isolated":
        isolated.serve(sys.stdin, sys.stdout)
    else:
        _parse, nfo.parse = nfo.parse, frail_parse
        isolated.PROGRAM = (__file__, "isolated")
        workers.main()

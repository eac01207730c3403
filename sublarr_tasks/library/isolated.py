"""Probing in a process of its own, for a directory in which a file may kill whoever reads it.

The process takes a path a line and answers with a line of JSON. Should it die or hang, the file
that it had is the one at fault, and another process goes on with the next.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pydantic import TypeAdapter

from sublarr_tasks.errors import ProbeError
from sublarr_tasks.library.probe import Probe, ProbeReason, probe

PROGRAM = ("-m", "sublarr_tasks.library.isolated")
MOST_SECONDS = 30.0

_PROBE = TypeAdapter(Probe)


@contextmanager
def reading() -> Iterator[Callable[[str], Probe]]:
    """Give a function that probes as `probe.probe` does, but cannot kill its caller."""
    reader = _Reader()
    try:
        yield reader.probe
    finally:
        reader.close()


class _Reader:
    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def probe(self, path: str) -> Probe:
        """Read a file's streams; raises ProbeError, with `crashed_reader` for the one at fault."""
        child = self._child = self._child or _started()
        assert child.stdin is not None
        assert child.stdout is not None
        limit = threading.Timer(MOST_SECONDS, child.kill)
        limit.start()
        try:
            print(json.dumps(path), file=child.stdin, flush=True)
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            limit.cancel()
        if not answer:
            self.close()
            raise ProbeError(ProbeReason.CRASHED_READER, "the process that read it died or hung")
        said = json.loads(answer)
        if "reason" in said:
            raise ProbeError(said["reason"], said["detail"])
        return _PROBE.validate_python(said["probe"])

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _started() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
    )


def serve(asked: TextIO, answers: TextIO) -> None:
    """Probe the paths that are asked for until there are no more."""
    for line in asked:
        try:
            said: dict[str, object] = {
                "probe": _PROBE.dump_python(probe(json.loads(line)), mode="json")
            }
        except ProbeError as error:
            said = {"reason": error.reason, "detail": error.detail}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)

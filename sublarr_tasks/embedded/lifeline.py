"""The pipe to the warden: when our end closes, by an exit or a SIGKILL, the warden acts."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

_WARDEN: Final = Path(__file__).with_name("warden.py")


class Lifeline:
    """Keeps a warden running and told what to end; `held` descriptors stay open in it."""

    def __init__(self, held: Sequence[int]) -> None:
        self._held = tuple(held)
        self._last = b"[]\n"
        self._warden: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        self._warden = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WARDEN)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=self._held,
            start_new_session=True,
            cwd="/",
        )

    def tell(self, rows: Sequence[tuple[int, int, float]]) -> None:
        """Name what must not outlive us: process, stop signal, grace; in order of their start."""
        with self._turn:
            self._last = json.dumps(rows).encode() + b"\n"
            self._send()

    def keep(self) -> None:
        """Start another warden if somebody ended it."""
        with self._turn:
            if self._warden is not None and self._warden.poll() is not None:
                self._close()
                self.start()
                self._send()

    def dismiss(self) -> None:
        """Let the warden go after an orderly stop."""
        self.tell([])
        if self._warden is not None:
            self._close()
            self._warden.wait()
            self._warden = None

    def _send(self) -> None:
        if self._warden is not None and self._warden.stdin is not None:
            with suppress(BrokenPipeError):  # `keep` starts another and sends it again
                self._warden.stdin.write(self._last)

    def _close(self) -> None:
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()

"""The supervisor: starts processes in order, keeps them running, ends them in reverse order."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Final, Self, TextIO

from sublarr_tasks.embedded.account import identity
from sublarr_tasks.embedded.home import explained
from sublarr_tasks.embedded.lifeline import Lifeline
from sublarr_tasks.embedded.output import Log
from sublarr_tasks.errors import StartError, Unavailable

_log = logging.getLogger(__name__)

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS: Final = 0.1
_READY_SECONDS: Final = 0.02
_HURRIED_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Process:
    """What to run and how to end it.

    Only the process itself gets `stop_signal`; after `grace_seconds` its whole group is killed.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    user: str | None = None


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How often one process may die, and the pause before each restart.

    A process that ran for `steady_seconds` starts its count again.
    """

    deaths_max: int = 10
    steady_seconds: float = 60.0
    pause_seconds: float = 0.2
    pause_max_seconds: float = 10.0

    def pause(self, deaths: int) -> float:
        return min(self.pause_seconds * 2.0 ** (deaths - 1), self.pause_max_seconds)


@dataclass(slots=True)
class _Child:
    process: Process
    log: Log
    popen: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    watched: bool = False
    deaths: int = 0
    restart_at: float | None = None


_RESTARTS: Final = RestartPolicy()


class Supervisor:
    """Runs processes until `stop`, or until this process ends for whatever reason.

    `held` are descriptors that stay open until the last process has ended, even if this process
    is killed: the lock of the home. `echo` gets each process's output with its name before it.
    """

    def __init__(
        self,
        logs: Path,
        *,
        held: Sequence[int] = (),
        echo: TextIO | None = None,
        restarts: RestartPolicy = _RESTARTS,
    ) -> None:
        self._logs = logs
        self._echo = echo
        self._restarts = restarts
        self._children: list[_Child] = []
        self._lifeline = Lifeline(held)
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._events: SimpleQueue[int | Unavailable] = SimpleQueue()
        self._failure: Unavailable | None = None
        self._signals = 0
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._lifeline.start()
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, process: Process) -> None:
        """Start a process and wait until it is ready; raises StartError with its complaint."""
        log = Log(self._logs / f"{process.name}.log")
        child = _Child(process, log, _spawn(process, log))
        self._children.append(child)
        self._tell_warden()
        try:
            self._require_ready(child)
        except BaseException:
            self._end(child)
            self._children.remove(child)
            raise
        child.watched = True

    def _tell_warden(self) -> None:
        self._lifeline.tell(
            [
                (c.popen.pid, int(c.process.stop_signal), c.process.grace_seconds)
                for c in self._children
            ]
        )

    def check(self) -> None:
        """Raise Unavailable if a process kept dying and was given up."""
        if self._failure is not None:
            raise self._failure

    def listen(self) -> None:
        """Take the stop signals from now on, for `wait`; before it they act as elsewhere."""
        if self._handlers or threading.current_thread() is not threading.main_thread():
            return
        for number in _STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
                self._handlers[number] = signal.signal(number, self._on_signal)

    def wait(self) -> None:
        """Block until SIGINT, SIGTERM or SIGHUP, or until `check` would raise."""
        self.listen()
        self._events.get()
        self.check()

    def stop(self) -> None:
        """End all processes, the last started first; another signal shortens their grace."""
        self.listen()
        self._stopping.set()
        self._watcher.join()
        already = self._signals
        while self._children:
            self._end(self._children[-1], hurried=lambda: self._signals > already)
            self._children.pop()
        self._follow()
        self._lifeline.dismiss()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._signals += 1
        self._events.put(number)

    def _require_ready(self, child: _Child) -> None:
        if not self._await_ready(child):
            raise StartError(_complaint(child))

    def _await_ready(self, child: _Child) -> bool:
        ready = child.process.ready
        deadline = time.monotonic() + child.process.ready_seconds
        while time.monotonic() < deadline and not self._stopping.is_set():
            if child.popen.poll() is not None:
                return False
            if ready is None or ready():
                return True
            time.sleep(_READY_SECONDS)
        return False

    def _watch(self) -> None:
        try:
            while not self._stopping.wait(_LOOK_SECONDS):
                self._lifeline.keep()
                for child in tuple(self._children):
                    # None is restarted before those that it may need: servers first.
                    if child.watched and not self._keep(child):
                        break
                self._follow()
        except BaseException:
            self._give_up("The supervisor failed; its trace is above.")
            raise

    def _keep(self, child: _Child) -> bool:
        """Restart a child that died, after a pause that grows; false while it is down."""
        if child.popen.poll() is None:
            return True
        now = time.monotonic()
        if child.restart_at is None:
            child.restart_at = now + self._note_death(child, now)
        if now < child.restart_at or self._failure:
            return False
        try:
            child.popen = _spawn(child.process, child.log)
        except StartError as error:
            _log.warning("%s cannot be restarted yet: %s", child.process.name, error)
            child.restart_at = now + self._restarts.pause_max_seconds
            return False
        child.started, child.restart_at = now, None
        self._tell_warden()
        return self._await_ready(child)

    def _note_death(self, child: _Child, now: float) -> float:
        """Count it and return the seconds to wait before the restart."""
        _kill_group(child.popen.pid)
        steady = now - child.started > self._restarts.steady_seconds
        child.deaths = 1 if steady else child.deaths + 1
        pause = self._restarts.pause(child.deaths)
        if child.deaths > self._restarts.deaths_max:
            self._give_up(f"Ended {child.deaths} times in a row: {_complaint(child)}")
        else:
            _log.warning("%s Restarting it in %.1f s.", _complaint(child), pause)
        return pause

    def _give_up(self, sentence: str) -> None:
        self._failure = Unavailable(sentence)
        self._events.put(self._failure)

    def _end(self, child: _Child, hurried: Callable[[], bool] = lambda: False) -> None:
        if child.popen.poll() is None:
            child.popen.send_signal(child.process.stop_signal)
        began = time.monotonic()
        while child.popen.poll() is None:
            grace = child.process.grace_seconds
            if time.monotonic() - began > (min(grace, _HURRIED_SECONDS) if hurried() else grace):
                _log.warning("%s did not end in time and was killed.", child.process.name)
                break
            time.sleep(_READY_SECONDS)
        _kill_group(child.popen.pid)
        child.popen.wait()

    def _follow(self) -> None:
        for child in tuple(self._children):
            lines = child.log.fresh_lines()
            child.log.bound()
            for line in lines:
                self._print(f"{child.process.name:>10} | {line}")

    def _print(self, line: str) -> None:
        if self._echo is None:
            return
        try:
            print(line, file=self._echo, flush=True)
        except OSError as error:  # the terminal or the other end of a pipe is gone
            _log.warning("The output of the processes is no longer shown: %s", error)
            self._echo = None


def _spawn(process: Process, log: Log) -> subprocess.Popen[bytes]:
    output = log.open()
    try:
        with explained(Path(process.argv[0])):
            return subprocess.Popen(
                process.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=process.env,
                # A terminal's Ctrl-C reaches the supervisor alone.
                start_new_session=True,
                **identity(process.user),
            )
    finally:
        os.close(output)


def _complaint(child: _Child) -> str:
    code = child.popen.poll()
    fate = "is not ready" if code is None else f"ended (exit status {code})"
    return f"{child.process.name} {fate}: {child.log.complaint()} (more in {child.log.path})."


def _kill_group(pid: int) -> None:
    # macOS answers EPERM for a group that holds nothing but zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)

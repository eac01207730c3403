"""The supervisor with small programs of its own; every child is a real process."""

import fcntl
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sublarr_tasks.embedded.output import Log
from sublarr_tasks.embedded.processes import Process, RestartPolicy, Supervisor
from sublarr_tasks.errors import StartError, Unavailable

QUICK = RestartPolicy(deaths_max=3, steady_seconds=60, pause_seconds=0.01, pause_max_seconds=0.05)

# Writes its name when it starts and when it is asked to end; "deaf" hears no SIGTERM, and its
# child neither.
CHILD = """
name=$1; journal=$2
case $name in
  deaf) trap '' TERM; sleep 1000 & ;;
  *) trap 'echo "stop $name" >> "$journal"; exit 0' TERM ;;
esac
echo "start $name" >> "$journal"
while :; do sleep 0.05; done
"""

OWNER = """
import fcntl, sys
from pathlib import Path
from sublarr_tasks.embedded.processes import Process, Supervisor
here = Path(sys.argv[1])
journal = str(here / "journal")
lock = open(here / "lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
with Supervisor(here, held=[lock.fileno()]) as supervisor:
    for name in sys.argv[3:]:
        argv = ("sh", "-c", (here / "child.sh").read_text(), name, name, journal)
        supervisor.start(Process(name, argv, grace_seconds=float(sys.argv[2])))
    supervisor.listen()
    print("ready", flush=True)
    supervisor.wait()
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "child.sh").write_text(CHILD)
    (tmp_path / "journal").write_text("")
    return tmp_path


@pytest.fixture
def start_owner(here: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    owners = []

    def start(*names: str, grace_seconds: float = 2) -> subprocess.Popen[str]:
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(here), str(grace_seconds), *names],
            stdout=subprocess.PIPE,
            text=True,
        )
        owners.append(owner)
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        until(lambda: len(journal(here)) >= len(names))
        return owner

    yield start
    for owner in owners:
        owner.kill()
        owner.wait()
        owner.stdout.close()


def child(here: Path, name: str, *, grace_seconds: float = 5) -> Process:
    argv = ("sh", "-c", CHILD, name, name, str(here / "journal"))
    return Process(
        name,
        argv,
        ready=lambda: f"start {name}" in journal(here),
        grace_seconds=grace_seconds,
    )


def names(owner: int) -> list[str]:
    """Return what an owner's processes are called, but for those that just ended."""
    found = []
    for process in family(owner):
        with suppress(psutil.NoSuchProcess):
            found.append(process.name())
    return found


def journal(here: Path) -> list[str]:
    return (here / "journal").read_text().splitlines()


def until(fact: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_processes_start_in_order_and_stop_in_reverse(here: Path) -> None:
    with Supervisor(here) as supervisor:
        for name in "abc":
            supervisor.start(child(here, name))
            until(lambda name=name: f"start {name}" in journal(here))
    assert journal(here) == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


def test_a_process_that_dies_is_started_again(here: Path) -> None:
    with Supervisor(here, restarts=QUICK) as supervisor:
        supervisor.start(child(here, "a"))
        next(p for p in family(os.getpid()) if p.name() == "sh").kill()
        until(lambda: journal(here).count("start a") == 2)
        supervisor.check()


def test_while_a_process_is_down_none_after_it_is_started(here: Path) -> None:
    tool, away = here / "tool", here / "away"
    tool.symlink_to("/bin/sh")
    with Supervisor(here, restarts=QUICK) as supervisor:
        first = child(here, "a")
        supervisor.start(replace(first, argv=(str(tool), *first.argv[1:])))
        supervisor.start(child(here, "b"))
        tool.rename(away)
        for process in psutil.Process().children():
            if "journal" in " ".join(process.cmdline()):
                process.kill()
        time.sleep(0.5)
        assert journal(here) == ["start a", "start b"]
        away.rename(tool)
        until(lambda: len(journal(here)) == 4)
    assert journal(here)[:4] == ["start a", "start b", "start a", "start b"]


def test_a_process_that_keeps_dying_is_given_up_with_what_it_said(here: Path) -> None:
    argv = ("sh", "-c", "sleep 0.2; echo FATAL: no luck >&2; exit 3")
    with Supervisor(here, restarts=QUICK) as supervisor:
        supervisor.start(Process("unlucky", argv))
        with pytest.raises(Unavailable, match=r"4 times.*unlucky.*status 3.*FATAL: no luck"):
            supervisor.wait()


def test_a_process_that_is_never_ready_is_ended_and_refused(here: Path) -> None:
    with Supervisor(here) as supervisor:
        never = Process("never", ("sleep", "1000"), ready=lambda: False, ready_seconds=0.2)
        with pytest.raises(StartError, match="never is not ready: it wrote nothing"):
            supervisor.start(never)
        assert [p.name() for p in family(os.getpid()) if p.name() == "sleep"] == []


def test_a_program_that_is_not_there_is_refused(here: Path) -> None:
    with Supervisor(here) as supervisor, pytest.raises(StartError, match="/no/such/program"):
        supervisor.start(Process("none", ("/no/such/program",)))


def test_one_that_hears_no_signal_is_killed_with_its_children(here: Path) -> None:
    before = set(family(os.getpid()))  # what other tests of this process leave, such as trackers
    with Supervisor(here) as supervisor:
        supervisor.start(child(here, "deaf", grace_seconds=0.3))
        until(lambda: "sleep" in [p.name() for p in family(os.getpid())])
        members = [member for member in family(os.getpid()) if member not in before]
    until(lambda: alive(members) == [])


def test_each_process_is_out_of_reach_of_the_terminal(here: Path) -> None:
    with Supervisor(here) as supervisor:
        supervisor.start(child(here, "a"))
        groups = {os.getpgid(p.pid) for p in psutil.Process().children()}
        assert os.getpgid(0) not in groups


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_order(
    here: Path, start_owner: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    owner = start_owner("a", "b")
    members = family(owner.pid)
    owner.send_signal(number)
    assert owner.wait(10) == 0
    assert journal(here)[-2:] == ["stop b", "stop a"]
    assert alive(members) == []


def test_a_second_interrupt_hurries(
    here: Path, start_owner: Callable[..., subprocess.Popen[str]]
) -> None:
    owner = start_owner("a", "deaf", grace_seconds=20)
    owner.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    owner.send_signal(signal.SIGINT)
    assert owner.wait(15) == 0
    assert time.monotonic() - began < 10
    assert journal(here)[-1] == "stop a"


def test_a_kill_of_the_supervisor_leaves_no_process(
    here: Path, start_owner: Callable[..., subprocess.Popen[str]]
) -> None:
    owner = start_owner("a", "b", "deaf")
    until(lambda: "sleep" in names(owner.pid))
    members = family(owner.pid)
    assert len(members) >= 5
    owner.kill()
    owner.wait()
    assert is_locked(here / "lock"), "the next owner waits for the warden to end its work"
    until(lambda: alive(members) == [], seconds=20)
    assert journal(here)[-2:] == ["stop b", "stop a"]
    assert not is_locked(here / "lock")


def is_warden(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "warden.py" in " ".join(process.cmdline())
    return False


def test_a_warden_that_is_killed_is_replaced_by_one_that_knows_as_much(
    here: Path, start_owner: Callable[..., subprocess.Popen[str]]
) -> None:
    def wardens() -> list[psutil.Process]:
        return [process for process in alive(family(owner.pid)) if is_warden(process)]

    owner = start_owner("a")
    first = wardens()[0]
    first.kill()
    until(lambda: [p for p in wardens() if p != first])
    members = family(owner.pid)
    owner.kill()
    until(lambda: alive(members) == [])
    assert journal(here)[-1] == "stop a"


def test_output_goes_to_a_file_and_with_a_name_to_the_terminal(here: Path) -> None:
    screen = io.StringIO()
    with Supervisor(here, echo=screen) as supervisor:
        supervisor.start(Process("talker", ("sh", "-c", "echo one; echo two >&2; sleep 1000")))
        until(lambda: "two" in screen.getvalue())
    assert screen.getvalue().splitlines() == ["    talker | one", "    talker | two"]
    assert (here / "talker.log").read_text() == "one\ntwo\n"


def test_a_terminal_that_went_away_stops_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    gone = io.TextIOWrapper(io.FileIO(writer, "w"), write_through=True)  # type: ignore[arg-type]
    with Supervisor(here, echo=gone, restarts=QUICK) as supervisor:
        supervisor.start(Process("talker", ("sh", "-c", "while :; do echo x; sleep 0.02; done")))
        supervisor.start(child(here, "a"))
        time.sleep(0.4)
        next(p for p in psutil.Process().children() if "journal" in " ".join(p.cmdline())).kill()
        until(lambda: journal(here).count("start a") == 2)
        supervisor.check()
    gone.close()
    assert capsys.readouterr().out == ""


def test_a_long_log_is_moved_aside_while_it_is_written(tmp_path: Path) -> None:
    log = Log(tmp_path / "x.log")
    descriptor = log.open()
    os.write(descriptor, b"a" * (17 * 2**20) + b"\n")
    log.bound()
    os.write(descriptor, b"next\n")
    os.close(descriptor)
    assert (tmp_path / "x.log").read_bytes() == b"next\n"
    assert (tmp_path / "x.log.1").stat().st_size > 17 * 2**20
    assert log.fresh_lines() == ["next"]


def test_a_log_that_a_person_deleted_is_no_error(tmp_path: Path) -> None:
    log = Log(tmp_path / "x.log")
    assert (log.fresh_lines(), log.complaint()) == ([], "it wrote nothing")
    log.bound()


def test_a_supervisor_off_the_main_thread_leaves_the_signals_alone(here: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    def work() -> None:
        with Supervisor(here) as supervisor:
            supervisor.start(child(here, "a"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert journal(here) == ["start a", "stop a"]
    assert signal.getsignal(signal.SIGINT) == before

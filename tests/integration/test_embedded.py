"""PostgreSQL and Redis from wheels in a home of their own; real servers, real processes."""

import errno
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import celery
import kombu
import psutil
import psycopg
import pytest
import redis
from pydantic import SecretStr

from sublarr_tasks import embedded
from sublarr_tasks.embedded.home import explained
from sublarr_tasks.embedded.leftovers import evict
from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import Settings

OWNER = """
import os, sys
from pathlib import Path
from sublarr_tasks import embedded
from sublarr_tasks.settings import Settings
if "as-nobody" in sys.argv and os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with embedded.start(Settings(home=Path(sys.argv[1]))) as running:
    if "slow-to-end" in sys.argv:
        slow = ("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
        running.supervisor.start(embedded.Process("slow", slow, grace_seconds=2.5))
    running.supervisor.listen()
    print("ready", flush=True)
    running.supervisor.wait()
print("ended", flush=True)
"""

STRANGERS: set[int] = set()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SUBLARR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def place() -> Iterator[Path]:
    # pytest closes the parent of `tmp_path` to others whenever another run starts, and as root
    # PostgreSQL's user has to pass through it.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def settings(place: Path) -> Iterator[Settings]:
    yield from tended(place / "home")


def tended(home: Path) -> Iterator[Settings]:
    yield Settings(home=home)
    evict(home / "postgres", ["postgres"], signal.SIGQUIT)
    evict(home / "redis", ["redis", "valkey"], signal.SIGTERM)
    if (run := home / "run").is_symlink():
        shutil.rmtree(run.resolve(), ignore_errors=True)


@pytest.fixture
def owner(settings: Settings, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    words = [request.param] if hasattr(request, "param") else []
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(settings.home), *words],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def until(fact: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def connect(stack: embedded.Stack) -> psycopg.Connection:
    url = stack.database_url.replace("postgresql+psycopg", "postgresql")
    return psycopg.connect(url, autocommit=True)


def broker(stack: embedded.Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.redis_url)


def keep(stack: embedded.Stack, value: int) -> None:
    with connect(stack) as db, broker(stack) as queue:
        db.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        db.execute("INSERT INTO kept VALUES (%s)", [value])
        queue.rpush("kept", value)


def kept(stack: embedded.Stack) -> tuple[list[int], list[int]]:
    with connect(stack) as db, broker(stack) as queue:
        rows = db.execute("SELECT value FROM kept ORDER BY value").fetchall()
        return [row[0] for row in rows], [int(x) for x in queue.lrange("kept", 0, -1)]


def found(settings: Settings) -> embedded.Stack:
    stack = embedded.Home(settings.home).running()
    assert stack is not None
    return stack


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_restart_keeps_the_data(settings: Settings) -> None:
    for value in (1, 2):
        with embedded.start(settings) as running:
            keep(running.stack, value)
    with embedded.start(settings) as running:
        assert kept(running.stack) == ([1, 2], [1, 2])


def test_the_database_sorts_by_code_point_and_holds_utf8_whatever_the_machine_speaks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    with embedded.start(settings) as running, connect(running.stack) as db:
        row = db.execute(
            "SELECT pg_encoding_to_char(encoding), datlocale, current_setting('TimeZone')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row == ("UTF8", "C.UTF-8", "UTC")


def test_the_servers_listen_on_sockets_that_only_their_user_reaches(settings: Settings) -> None:
    with embedded.start(settings) as running:
        inet = [c for p in family(os.getpid()) for c in p.net_connections(kind="inet")]
        assert inet == []
        sockets = settings.home / "run"
        assert stat.S_IMODE((sockets / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((sockets / "redis.sock").stat().st_mode) == 0o700
        assert not stat.S_IMODE(settings.home.stat().st_mode) & 0o066
        assert running.stack.pid == os.getpid()


def test_redis_appends_each_write_and_refuses_to_forget(settings: Settings) -> None:
    with embedded.start(settings) as running, broker(running.stack) as queue:
        info = queue.config_get("*")
    assert info["appendonly"] == "yes"
    assert info["appendfsync"] == "everysec"
    assert info["maxmemory-policy"] == "noeviction"
    assert info["save"] == ""


def test_celery_and_kombu_speak_to_the_broker_url(settings: Settings) -> None:
    with embedded.start(settings) as running:
        url = embedded.broker_url(running.stack.redis_url)
        with kombu.Connection(url) as link, link.SimpleQueue("q") as queue:
            queue.put({"x": 1})
            assert queue.get(timeout=5).payload == {"x": 1}
        with celery.Celery(broker=url, backend=url, set_as_current=False) as app:
            app.backend.set("k", "v")
            assert app.backend.get("k") == b"v"
        with broker(running.stack) as queue:
            assert queue.get("k") == b"v"


def test_a_broker_url_of_another_kind_stays_as_it_is() -> None:
    assert embedded.broker_url("redis://host:6379/1") == "redis://host:6379/1"
    assert embedded.broker_url("unix:///a/b?db=2") == "redis+socket:///a/b?virtual_host=2"


def test_a_second_start_names_the_process_that_holds_the_home(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    with pytest.raises(StartError, match=f"already in use by process {owner.pid}"):
        embedded.start(settings).__enter__()


def test_a_command_finds_the_running_stack_and_leaves_it_running(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    with embedded.servers(settings) as stack:
        assert stack.pid == owner.pid
        keep(stack, 1)
    assert kept(found(settings)) == ([1], [1])


def test_a_command_without_a_stack_has_servers_for_its_own_time(settings: Settings) -> None:
    with embedded.servers(settings) as stack:
        keep(stack, 1)
        assert stack == found(settings)
    assert embedded.Home(settings.home).running() is None
    assert not (settings.home / "stack.json").exists()


def test_servers_named_by_the_settings_are_used_and_no_home_is_made(tmp_path: Path) -> None:
    outside = Settings(
        home=tmp_path / "home",
        database_url=SecretStr("postgresql+psycopg://db/x"),
        redis_url=SecretStr("redis://r/0"),
    )
    with embedded.servers(outside) as stack:
        assert (stack.database_url, stack.redis_url) == ("postgresql+psycopg://db/x", "redis://r/0")
    assert not outside.home.exists()


def test_a_stack_on_outside_servers_starts_none_and_holds_the_home(tmp_path: Path) -> None:
    outside = Settings(
        home=tmp_path / "home",
        database_url=SecretStr("postgresql+psycopg://db/x"),
        redis_url=SecretStr("redis://r/0"),
    )
    before = family(os.getpid())  # the servers of this run may be ours
    with embedded.start(outside, api_port=5765):
        assert found(outside).api_port == 5765
        started = [p for p in family(os.getpid()) if p not in before]
        assert {p.name() for p in started} & {"postgres", "redis-server"} == set()


def test_an_interrupt_ends_the_stack_in_order(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    members = family(owner.pid)
    owner.send_signal(signal.SIGINT)
    assert owner.wait(15) == 0
    assert alive(members) == []
    assert "database system is shut down" in (settings.home / "logs/postgres.log").read_text()
    assert "ready to exit" in (settings.home / "logs/redis.log").read_text()


def test_after_a_kill_of_the_owner_a_start_finds_the_data(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    keep(found(settings), 1)
    members = family(owner.pid)
    owner.kill()
    owner.wait()
    with embedded.start(settings) as running:
        assert alive(members) == []
        assert kept(running.stack) == ([1], [1])


@pytest.mark.parametrize("owner", ["slow-to-end"], indirect=True)
def test_a_start_waits_for_what_a_killed_owner_left_to_end(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    members = family(owner.pid)
    owner.kill()
    owner.wait()
    assert embedded.Home(settings.home).running() is None
    with embedded.start(settings):
        assert alive(members) == []


def test_after_a_kill_of_owner_and_warden_a_start_ends_the_leftovers(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    keep(found(settings), 1)
    members = family(owner.pid)
    next(p for p in members if "warden.py" in " ".join(p.cmdline())).kill()
    owner.kill()
    owner.wait()
    servers = [p for p in members if p.is_running() and p.name() in {"postgres", "redis-server"}]
    assert servers
    with embedded.start(settings) as running:
        assert alive(servers) == []
        assert kept(running.stack) == ([1], [1])


def test_after_a_power_loss_a_start_finds_the_data(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    keep(found(settings), 1)
    with broker(found(settings)) as queue:
        queue.config_set("appendfsync", "always")
        queue.rpush("kept", 2)
    for process in [*family(owner.pid), psutil.Process(owner.pid)]:
        if process.is_running():
            process.kill()
    owner.wait()
    assert (settings.home / "postgres" / "postmaster.pid").exists()
    with embedded.start(settings) as running:
        assert kept(running.stack) == ([1], [1, 2])


def test_a_process_id_that_now_is_another_programs_does_not_hinder_a_start(
    settings: Settings, owner: subprocess.Popen[str]
) -> None:
    for process in [*family(owner.pid), psutil.Process(owner.pid)]:
        if process.is_running():
            process.kill()
    owner.wait()
    lock = settings.home / "postgres" / "postmaster.pid"
    user = lock.owner() if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=user) as stranger:
        first, rest = lock.read_text().split("\n", 1)
        lock.write_text(f"{stranger.pid}\n{rest}")
        assert first != str(stranger.pid)
        with embedded.start(settings):
            assert alive([psutil.Process(stranger.pid)])
        stranger.kill()


def test_what_the_environment_tells_other_postgresql_clients_hinders_no_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as until_end:
        with monkeypatch.context() as during_start:
            during_start.setenv("PGSSLMODE", "no such mode")
            running = until_end.enter_context(embedded.start(settings))
        keep(running.stack, 1)


@pytest.mark.parametrize(
    ("damage", "left"),
    [(b"*3\r\n$5\r\nRPUSH\r\n$4\r\nke", [1]), (b"\x00" * 64, [])],
    ids=["cut off", "zeroed"],
)
def test_redis_starts_from_a_damaged_file(
    settings: Settings, damage: bytes, left: list[int]
) -> None:
    with embedded.start(settings) as running:
        keep(running.stack, 1)
    with (settings.home / "redis" / "appendonly.aof").open("ab") as file:
        file.write(damage)
    with embedded.start(settings) as running:
        assert kept(running.stack) == ([1], left)


@pytest.mark.parametrize("program", ["postgres", "redis-server"])
def test_a_server_that_is_killed_comes_back(settings: Settings, program: str) -> None:
    with embedded.start(settings) as running:
        keep(running.stack, 1)
        # Redis writes its buffer before it answers; the fsync each second is for power loss.
        killed = next(p for p in running_servers() if p.name() == program)
        killed.kill()
        until(lambda: [p for p in running_servers() if p.name() == program and p != killed])
        until(lambda: answers(running.stack))
        assert kept(running.stack) == ([1], [1])


@pytest.fixture(autouse=True)
def strangers() -> set[int]:
    """Note the children that this test process had before, such as the keeper of the servers."""
    STRANGERS.clear()
    STRANGERS.update(child.pid for child in psutil.Process().children())
    return STRANGERS


def running_servers() -> list[psutil.Process]:
    return [each for each in alive(psutil.Process().children()) if each.pid not in STRANGERS]


def answers(stack: embedded.Stack) -> bool:
    try:
        kept(stack)
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True


def test_an_interrupted_first_start_is_begun_again(settings: Settings) -> None:
    (settings.home / "postgres.new" / "base").mkdir(parents=True)
    with embedded.start(settings) as running:
        keep(running.stack, 1)
    assert not (settings.home / "postgres.new").exists()


@pytest.mark.parametrize("name", ["h" * 120, "a home?of #1 100%2F é"])
def test_a_home_whose_path_no_socket_can_have_gets_a_short_private_folder(
    place: Path, name: str
) -> None:
    for settings in tended(place / name):
        with embedded.start(settings) as running:
            keep(running.stack, 1)
            short = (settings.home / "run").readlink()
            assert not stat.S_IMODE(short.stat().st_mode) & 0o066
        with embedded.start(settings) as running:
            assert kept(running.stack) == ([1], [1])
            assert not short.exists()


def test_the_children_of_a_stack_get_its_addresses_and_no_twins(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_REDIS_URL_FILE", "/run/secrets/redis")
    monkeypatch.setenv("SUBLARR_PORT", "1234")
    outside = settings.model_copy(
        update={"database_url": SecretStr("postgresql+psycopg://d/x"), "redis_url": SecretStr("r")}
    )
    with embedded.servers(outside) as stack:
        given = stack.environment()
    assert (given["SUBLARR_REDIS_URL"], given["SUBLARR_PORT"]) == ("r", "1234")
    assert "SUBLARR_REDIS_URL_FILE" not in given


def test_a_stack_shows_no_password_in_its_repr(settings: Settings) -> None:
    outside = settings.model_copy(
        update={"database_url": SecretStr("x://u:secret@d"), "redis_url": SecretStr("y://:secret@")}
    )
    with embedded.servers(outside) as stack:
        assert "secret" not in repr(stack)


def refusal(settings: Settings) -> str:
    with pytest.raises(StartError) as refused:
        embedded.start(settings).__enter__()
    return str(refused.value)


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_is_a_file_is_refused(settings: Settings, below: str) -> None:
    settings.home.write_text("")
    inside = settings.model_copy(update={"home": settings.home / below})
    sentence = f"{settings.home} is a file and not a folder; set SUBLARR_HOME to a folder."
    assert refusal(inside) == sentence
    with pytest.raises(StartError, match="is a file and not a folder"):
        embedded.servers(inside).__enter__()


def test_a_home_that_may_not_be_written_is_refused_in_one_sentence(place: Path) -> None:
    place.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", OWNER, str(place / "home"), "as-nobody"],
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert f"StartError: {place / 'home'} cannot be used by the user" in last


def test_a_disk_with_little_room_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 2**20))
    assert refusal(settings) == (
        f"The disk that holds {settings.home} has 1 MB left and 100 MB are needed;"
        " free some space and start again."
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(StartError, match=f"disk that holds {tmp_path} is full"),
        explained(tmp_path),
        open("/dev/full", "wb", buffering=0) as full,  # noqa: PTH123 - unbuffered, as os.open
    ):
        full.write(b"x")


def test_a_read_only_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="read-only disk; set SUBLARR_HOME"), explained(tmp_path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(tmp_path))


def test_a_cluster_of_another_version_is_refused(settings: Settings) -> None:
    with embedded.start(settings):
        pass
    (settings.home / "postgres" / "PG_VERSION").write_text("16\n")
    assert "was made by PostgreSQL 16 and this is 18" in refusal(settings)


def test_a_failed_start_says_what_postgresql_said_and_leaves_nothing_running(
    settings: Settings,
) -> None:
    with embedded.start(settings):
        pass
    (settings.home / "postgres" / "global" / "pg_control").unlink()
    sentence = refusal(settings)
    assert "postgres ended" in sentence
    assert "pg_control" in sentence
    assert running_servers() == []
    assert not embedded.Home(settings.home).is_held()


def test_a_port_in_use_is_refused_with_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} on .* set SUBLARR_PORT to a free one"):
            embedded.check_port("127.0.0.1", port, "SUBLARR_PORT")
    embedded.check_port("127.0.0.1", port, "SUBLARR_PORT")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartError, match=r"Nothing can listen on 192\.0\.2\.1.*SUBLARR_PORT"):
        embedded.check_port("192.0.2.1", 5765, "SUBLARR_PORT")

"""The first process of a container, run as a plain process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose_file import ROOT

SHOW = (
    "import os; old = os.umask(0);"
    " print(*os.getresuid(), *os.getresgid(), *os.getgroups(), oct(old), sep=',')"
)
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def enter(
    *command: str, user: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(ROOT / "docker" / "entrypoint.py"), *command],
        env={"PATH": os.environ["PATH"], **environment},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def unprivileged() -> int | None:
    """Give the account to run as: root steps down, everybody else stays."""
    return NOBODY if os.geteuid() == 0 else None


def test_under_a_user_it_stays_that_user_whatever_puid_says(unprivileged: int | None) -> None:
    found = enter(sys.executable, "-c", SHOW, user=unprivileged, PUID="1234", PGID="1234")
    who = os.geteuid() if unprivileged is None else unprivileged
    assert found.stdout.split(",")[:3] == [str(who)] * 3


@pytest.mark.parametrize(("given", "umask"), [("002", "0o2"), ("027", "0o27"), ("", "0o22")])
def test_the_umask_is_set(unprivileged: int | None, given: str, umask: str) -> None:
    found = enter(sys.executable, "-c", SHOW, user=unprivileged, UMASK=given)
    assert found.stdout.strip().split(",")[-1] == umask


@needs_root
def test_root_becomes_puid_and_pgid_with_no_way_back() -> None:
    found = enter(sys.executable, "-c", SHOW, PUID="1234", PGID="5678")
    assert found.stdout.strip() == "1234,1234,1234,5678,5678,5678,5678,0o22"


@needs_root
def test_root_gives_the_data_folders_away_and_follows_no_link(tmp_path: Path) -> None:
    home, cache, outside = tmp_path / "home", tmp_path / "cache", tmp_path / "outside"
    (home / "inner").mkdir(parents=True)
    (home / "inner" / "api_key").write_text("x")
    outside.write_text("x")
    (home / "link").symlink_to(outside)
    done = enter("true", PUID="1234", SUBLARR_HOME=str(home), SUBLARR_CACHE_DIR=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    for path in (home, home / "inner", home / "inner" / "api_key", cache):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1000)
    assert (home / "link").lstat().st_uid == 1234
    assert outside.stat().st_uid == 0


@needs_root
def test_a_folder_that_is_theirs_already_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "of_root").write_text("x")
    os.chown(tmp_path, 1234, 5678)
    enter("true", PUID="1234", PGID="5678", SUBLARR_HOME=str(tmp_path))
    assert (tmp_path / "of_root").stat().st_uid == 0


@needs_root
@pytest.mark.parametrize("puid", ["0", "me"])
def test_a_puid_that_will_not_do_is_refused_in_one_sentence(puid: str) -> None:
    refused = enter("true", PUID=puid)
    assert refused.returncode == 1
    assert refused.stderr.startswith("PUID ")
    assert refused.stderr.count("\n") == 1


def test_the_command_takes_its_place(unprivileged: int | None) -> None:
    ended = enter(sys.executable, "-c", "raise SystemExit(7)", user=unprivileged)
    assert ended.returncode == 7


@pytest.mark.parametrize("command", [(), ("no-such-program",)])
def test_a_command_that_cannot_be_is_refused_in_one_sentence(
    unprivileged: int | None, command: tuple[str, ...]
) -> None:
    refused = enter(*command, user=unprivileged)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1

"""The system user that PostgreSQL runs as when we are root, which it refuses to be."""

import logging
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any, Final

from sublarr_tasks.embedded.home import explained
from sublarr_tasks.errors import StartError

_log = logging.getLogger(__name__)

# The name that the wheel of PostgreSQL itself uses: it may exist already.
NAME: Final = "pgserver"


def ensure() -> None:
    """Create the account if there is none; raises StartError."""
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        _create()


def _create() -> None:
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise StartError(
            f"PostgreSQL does not run as root and its system user {NAME} could not be created;"
            " start as an ordinary user."
        ) from error


def identity(user: str | None) -> dict[str, Any]:
    """Give the arguments of subprocess that make a command run as `user`; none: as we do."""
    return {"user": user, "group": user, "extra_groups": [], "cwd": "/"} if user else {}


def let_pass(*paths: Path) -> None:
    """Let others pass through the folders above the paths, without seeing what is in them."""
    folders = {folder for path in paths for folder in (*path.parents, *path.resolve().parents)}
    for folder in sorted(folders):
        _open(folder, stat.S_IXOTH)


def let_read(*trees: Path) -> None:
    """Let others read what a strict umask hid when it was installed."""
    for tree in trees:
        if tree.exists() and not tree.stat().st_mode & stat.S_IROTH:
            for path in (tree, *tree.rglob("*")):
                _open(path, (path.stat().st_mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6)


def _open(path: Path, bits: int) -> None:
    with explained(path):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & bits != bits:
            _log.warning("Letting the system user %s into %s.", NAME, path)
            path.chmod(mode | bits)


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

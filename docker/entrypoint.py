"""First process of a container: set the umask, leave root, become the command.

Under `user:` only the umask is set. Started as root, it gives the data folders to PUID:PGID and
goes on as them, with no way back.
"""  # noqa: INP001 - a script, no package

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

DATA_FOLDERS = ("SUBLARR_HOME", "SUBLARR_CACHE_DIR")


def number(environment: Mapping[str, str], name: str, default: str, base: int = 10) -> int:
    value = environment.get(name) or default
    try:
        return int(value, base)
    except ValueError:
        sys.exit(f"{name} must be a number, and is {value!r}.")


def below(folder: Path) -> Iterator[Path]:
    """Yield a folder and all that is in it, without following links."""
    yield folder
    for path, folders, files in os.walk(folder):
        yield from (Path(path, name) for name in (*folders, *files))


def give(folder: Path, uid: int, gid: int) -> None:
    """Hand a data folder over; one that is theirs already is not searched."""
    folder.mkdir(parents=True, exist_ok=True)
    status = folder.stat()
    if (status.st_uid, status.st_gid) == (uid, gid):
        return
    # The folder itself comes last: cut short, the next start does it again.
    for path in reversed(list(below(folder))):
        os.chown(path, uid, gid, follow_symlinks=False)


def leave_root(environment: Mapping[str, str]) -> None:
    uid, gid = number(environment, "PUID", "1000"), number(environment, "PGID", "1000")
    if uid == 0:
        sys.exit("PUID is 0: sublarr does not run as root.")
    for name in DATA_FOLDERS:
        if name in environment:
            give(Path(environment[name]), uid, gid)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def main(command: list[str]) -> None:
    if not command:
        sys.exit("No command was given.")
    os.umask(number(os.environ, "UMASK", "022", base=8))
    if os.geteuid() == 0:
        leave_root(os.environ)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is what this is for
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}.")


if __name__ == "__main__":
    main(sys.argv[1:])

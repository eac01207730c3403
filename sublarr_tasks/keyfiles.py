"""Files that hold a secret: written whole, readable by us alone, made once however many begin."""

import os
from pathlib import Path
from uuid import uuid4

from sublarr_tasks.errors import StartError


def obtain(path: Path, fresh: str) -> tuple[str, bool]:
    """Return what a file holds, or write `fresh` there; says whether it did.

    Of several processes the first one wins. Raises StartError where the file cannot be used.
    """
    try:
        kept = _kept(path)
        return (kept, False) if kept is not None else _made(path, fresh)
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it holds no text"
        raise StartError(f"The secret in {path} cannot be used: {what}.") from error


def replace(path: Path, value: str) -> None:
    """Put a new value in a file's place, on the disk before this returns; raises OSError."""
    draft = _drafted(path, value)
    try:
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _kept(path: Path) -> str | None:
    try:
        value = path.read_text().strip()
    except FileNotFoundError:
        return None
    if not value:
        raise StartError(f"{path} is empty; delete it and a new one will be made.")
    return value


def _made(path: Path, value: str) -> tuple[str, bool]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _drafted(path, value)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return path.read_text().strip(), False
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)
    return value, True


def _drafted(path: Path, value: str) -> Path:
    draft = path.with_name(f"{path.name}.{uuid4().hex}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{value}\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

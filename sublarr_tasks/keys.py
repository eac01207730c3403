"""The key of the API: a setting, or a file that is made on the first start."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import Settings

FILE_NAME = "api_key"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key; `is_new` where this call made it, so that somebody may be told."""

    value: str = field(repr=False)
    is_new: bool


def obtain(current: Settings) -> ApiKey:
    """Give the key that is set, else the one in the home, else a new one; raises StartError."""
    if current.api_key is not None:
        value = current.api_key.get_secret_value().strip()
        if not value:
            raise StartError("SUBLARR_API_KEY is empty; give a key, or unset it.")
        return ApiKey(value, is_new=False)
    path = current.home / FILE_NAME
    try:
        return _kept(path) or _made(path)
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it holds no text"
        raise StartError(f"The key of the API in {path} cannot be used: {what}.") from error


def _kept(path: Path) -> ApiKey | None:
    try:
        value = path.read_text().strip()
    except FileNotFoundError:
        return None
    if not value:
        raise StartError(f"{path} is empty; delete it and a new key will be made.")
    return ApiKey(value, is_new=False)


def _made(path: Path) -> ApiKey:
    """Write a new key, whole and readable by us alone; of several processes the first one wins."""
    value = secrets.token_urlsafe(32)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid4().hex}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{value}\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return ApiKey(path.read_text().strip(), is_new=False)
    finally:
        draft.unlink(missing_ok=True)
    return ApiKey(value, is_new=True)

"""Secrets as rows keep them: Fernet under rotating keys, of which the newest encrypts.

The keys are a setting, or a file in the home that is made on first use. They protect rows and
nothing else: tokens are signed with other keys, so that either kind can be changed alone.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from sublarr_tasks import keyfiles, settings
from sublarr_tasks.errors import StartError

FILE_NAME = "encryption_keys"
KEPT = 2

_read: dict[Path, tuple[tuple[int, int, int], MultiFernet]] = {}


def encrypt(secret: str) -> str:
    """Encrypt under the newest key; raises StartError where there is none that can be used."""
    return _keyring().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """Give the secret back; raises StartError where no key of ours fits."""
    try:
        return _keyring().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise StartError(
            "A stored secret was encrypted with a key that is not here. Bring back the"
            f" {FILE_NAME} file, or SUBLARR_ENCRYPTION_KEYS, of the host that wrote it."
        ) from error


def add_key() -> bool:
    """Put a new key before the others; false where they are a setting, which a person changes."""
    if settings.current().encryption_keys is not None:
        return False
    path = _path()
    kept, _ = keyfiles.obtain(path, _fresh())
    keyfiles.replace(path, "\n".join([_fresh(), *kept.split()]))
    return True


def drop_old_keys() -> None:
    """Keep the newest keys only; right once every row was encrypted anew.

    One older key stays: a process may have taken it up a moment before the new one came.
    """
    if settings.current().encryption_keys is None:
        kept, _ = keyfiles.obtain(_path(), _fresh())
        keyfiles.replace(_path(), "\n".join(kept.split()[:KEPT]))


def anew(stored: str) -> str:
    """Encrypt a stored secret under the newest key; raises as `decrypt` does."""
    return encrypt(decrypt(stored))


def _keyring() -> MultiFernet:
    """Read the keys, again whenever their file was replaced: another process may rotate them."""
    given = settings.current().encryption_keys
    if given is not None:
        return _parsed(given.get_secret_value().replace(",", " "), "SUBLARR_ENCRYPTION_KEYS")
    path = _path()
    try:
        seen = path.stat()
    except OSError:
        keyfiles.obtain(path, _fresh())
        seen = path.stat()
    mark = (seen.st_ino, seen.st_mtime_ns, os.getuid())
    known = _read.get(path)
    if known is None or known[0] != mark:
        kept, _ = keyfiles.obtain(path, _fresh())
        known = _read[path] = (mark, _parsed(kept, str(path)))
    return known[1]


def _parsed(text: str, source: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in text.split()])
    except (ValueError, TypeError) as error:
        raise StartError(f"{source} holds no Fernet keys (32 bytes in base64 each).") from error


def _path() -> Path:
    return settings.current().home / FILE_NAME


def _fresh() -> str:
    return Fernet.generate_key().decode()

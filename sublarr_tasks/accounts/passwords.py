"""Passwords: Argon2id with the second recommended option of RFC 9106 (3 passes, 64 MiB, 4 lanes).

At most two are hashed at a time in each process, so that a crowd at the door takes 128 MiB and
not all there is.
"""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from sublarr_tasks.errors import InputError

SHORTEST, LONGEST = 12, 256

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_turns = threading.BoundedSemaphore(2)


def checked(password: str, name: str, field: str = "password") -> str:
    """Return a password that may be used; raises InputError, which never quotes it."""
    sentence = None
    if not SHORTEST <= len(password) <= LONGEST:
        sentence = f"Give {SHORTEST} to {LONGEST} characters."
    elif len(set(password)) < SHORTEST // 3:
        sentence = "Use more different characters."
    elif name.lower() in password.lower() and len(name) * 2 > len(password):
        sentence = "Give one that is not your name."
    if sentence is not None:
        raise InputError({field: sentence})
    return password


def hashed(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is right; without a hash it takes as long and says no."""
    with _turns:
        try:
            _hasher.verify(password_hash or _nobodys(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with older parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")

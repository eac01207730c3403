"""JSON Web Tokens (RFC 7519): signed with keys that are rows, so that every process has them.

A token names its session; whether the session still stands is asked of its row each time.
"""

import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import jwt
from sqlalchemy import Connection, delete, insert, select, text

from sublarr_tasks import encryption
from sublarr_tasks.errors import Unauthenticated
from sublarr_tasks.models import SigningKey

ALGORITHM = "HS256"  # the only one that is believed; one that a token chooses is not asked for
ISSUER = "sublarr"
ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
_CLAIMS = ["exp", "iat", "iss", "sub", "sid", "typ"]
_LOCK = 5767 << 40


class Kind(StrEnum):
    """What a token is good for; one is never taken for the other."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says, once its signature is believed; `expires_at` in seconds since 1970."""

    user_id: int
    session_id: int
    generation: int
    expires_at: int


def make(db: Connection, kind: Kind, user_id: int, session_id: int, generation: int) -> str:
    key_id, secret = _newest(db)
    life = ACCESS_LIFE if kind is Kind.ACCESS else REFRESH_LIFE
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "typ": kind.value,
        "sub": str(user_id),
        "sid": session_id,
        "gen": generation,
        "iat": now,
        "exp": now + int(life.total_seconds()),
    }
    return jwt.encode(claims, secret, ALGORITHM, headers={"kid": str(key_id)})


def read(db: Connection, token: str, kind: Kind) -> Token:
    """Believe a token, or raise Unauthenticated: wrong key, algorithm, kind or form, or too old."""
    try:
        header = jwt.get_unverified_header(token)
        secret = _secret(db, header.get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token, secret, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": _CLAIMS}
        )
        if claims["typ"] != kind.value:
            raise Unauthenticated(f"This is no {kind.value} token.")
        return Token(int(claims["sub"]), int(claims["sid"]), int(claims["gen"]), int(claims["exp"]))
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("The token has expired.", "token_expired") from error
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
        raise Unauthenticated("The token is not valid.") from error


def csrf(db: Connection, session_id: int) -> str:
    """Make the token that shows that a request with a session's cookies came from our own page."""
    _, secret = _newest(db)
    return hmac.new(secret.encode(), f"csrf:{session_id}".encode(), "sha256").hexdigest()


def looks_like_one(text_: str) -> bool:
    """Tell a token from an API key, which has no dots."""
    return text_.count(".") == 2  # noqa: PLR2004 - header, claims, signature


def change_key(db: Connection) -> None:
    """Sign with a new key from now on and believe no other; everybody logs in again."""
    db.execute(delete(SigningKey))


def _newest(db: Connection) -> tuple[int, str]:
    found = _stored(db)
    if not found:
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = _stored(db)
    if not found:
        secret = encryption.encrypt(secrets.token_urlsafe(48))
        db.execute(insert(SigningKey).values(secret=secret))
        found = _stored(db)
    newest = max(found)
    return newest, found[newest]


def _stored(db: Connection) -> dict[int, str]:
    rows = db.execute(select(SigningKey.id, SigningKey.secret)).all()
    return {row.id: _opened(row.secret) for row in rows}


def _secret(db: Connection, key_id: object) -> str:
    """Find the key that a token names; one that was taken away is gone at once."""
    if not isinstance(key_id, str) or not key_id.isascii() or not key_id.isdigit():
        raise jwt.InvalidTokenError("no key is named")
    stored = db.scalar(select(SigningKey.secret).where(SigningKey.id == min(int(key_id), 1 << 62)))
    if stored is None:
        raise jwt.InvalidTokenError("the key is not known")
    return _opened(stored)


@lru_cache(maxsize=16)
def _opened(stored: str) -> str:
    return encryption.decrypt(stored)

"""Logging in, going on, and logging out; each step is committed before the next may fail."""

from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, update

from sublarr_tasks.accounts import lockout, passwords, sessions, tokens, totp, users
from sublarr_tasks.accounts.sessions import Tokens
from sublarr_tasks.accounts.tokens import Kind, Token
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import NotFound, Unauthenticated
from sublarr_tasks.models import User

log = structlog.get_logger()


def login(
    name: str, password: str, code: str | None, address: str | None, user_agent: str | None
) -> Tokens:
    """Open a session; raises Unauthenticated, whose code says what is missing, and Limited."""
    user = _proven(name, password, address)
    with transaction() as db:
        user = users.get(db, user.id)
        if user.totp_enabled:
            _require_code(db, user, code)
        lockout.succeeded(db, name, address)
        values: dict[str, Any] = {"last_login_at": func.now()}
        if passwords.is_outdated(user.password_hash):
            values["password_hash"] = passwords.hashed(password)
        db.execute(update(User).where(User.id == user.id).values(values))
        return sessions.begin(db, user.id, address, user_agent)


def refresh(token: str) -> Tokens:
    """Go on with a session; a token that was used before ends it, for everybody."""
    with transaction() as db:
        known = tokens.read(db, token, Kind.REFRESH)
        made = sessions.refresh(db, known)
    if made is None:
        _end(known, "refresh_token_reused")
        raise Unauthenticated("The session has ended; log in.", "session_ended")
    return made


def prove(
    user_id: int,
    password: str,
    address: str | None,
    *,
    code: str | None = None,
    whole: bool = False,
) -> Row[Any]:
    """Ask a person who is logged in for the password again; raises as `login` does.

    With `whole` the second factor is asked for too, where there is one. A right password alone
    forgives nothing: else it would be a way to guess codes for ever.
    """
    with transaction() as db:
        name = users.get(db, user_id).name
    user = _proven(name, password, address)
    with transaction() as db:
        if whole and user.totp_enabled:
            _require_code(db, user, code)
        lockout.was_right(db, name, address)
    return user


def _proven(name: str, password: str, address: str | None) -> Row[Any]:
    with transaction() as db:
        lockout.attempt(db, name, address)
        user = users.find(db, name)
    enabled = user is not None and user.enabled
    right = passwords.fits(user.password_hash if enabled and user is not None else None, password)
    if user is None or not right:
        log.warning("login_failed", client=address)
        raise Unauthenticated("The name or the password is wrong.", "invalid_credentials")
    return user


def _require_code(db: Connection, user: Row[Any], code: str | None) -> None:
    if not code:
        raise Unauthenticated("Give the code of your second factor too.", "totp_required")
    if not totp.passes(db, user, code):
        raise Unauthenticated("The code is wrong or was used before.", "invalid_totp")


def _end(token: Token, reason: str) -> None:
    with transaction() as db:
        try:
            sessions.revoke(db, token.session_id, reason)
        except NotFound:
            return  # it had ended before
    log.warning(reason, session_id=token.session_id, user_id=token.user_id)

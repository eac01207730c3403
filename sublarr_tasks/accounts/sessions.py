"""Sessions: one for each login; its row decides whether the tokens that name it are good."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from sublarr_tasks.accounts import tokens
from sublarr_tasks.accounts.tokens import Kind, Token
from sublarr_tasks.errors import NotFound, Unauthenticated
from sublarr_tasks.models import Role, Scope, Session, User
from sublarr_tasks.viewers import Viewer

LONGEST_USER_AGENT = 256
_STANDING = (Session.revoked_at.is_(None), Session.expires_at > func.now())


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login or a refresh gives; `expires_in` is the access token's, in seconds."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    session_id: int
    user_id: int
    expires_in: int = int(tokens.ACCESS_LIFE.total_seconds())


def begin(db: Connection, user_id: int, address: str | None, user_agent: str | None) -> Tokens:
    """Open a session."""
    made = db.execute(
        insert(Session)
        .values(
            user_id=user_id,
            address=address,
            user_agent=(user_agent or "")[:LONGEST_USER_AGENT] or None,
            expires_at=func.now() + tokens.REFRESH_LIFE,
        )
        .returning(Session.id, Session.generation)
    ).one()
    return _tokens(db, user_id, made.id, made.generation)


def refresh(db: Connection, token: Token) -> Tokens | None:
    """Trade a refresh token for new ones; None for one that was traded before.

    Such a token is in two hands, so the caller ends its session, in a transaction that stays.
    """
    moved = db.execute(
        update(Session)
        .where(Session.id == token.session_id, Session.generation == token.generation, *_STANDING)
        .where(User.id == Session.user_id, User.enabled)
        .values(
            generation=Session.generation + 1,
            last_used_at=func.now(),
            expires_at=func.now() + tokens.REFRESH_LIFE,
        )
        .returning(Session.user_id, Session.generation)
    ).one_or_none()
    if moved is None:
        return None
    return _tokens(db, moved.user_id, token.session_id, moved.generation)


def viewer(db: Connection, token: Token) -> Viewer:
    """Tell who an access token stands for; raises Unauthenticated once its session has ended."""
    found = db.execute(
        select(User.id, User.role)
        .join(Session, Session.user_id == User.id)
        .where(Session.id == token.session_id, User.id == token.user_id, User.enabled, *_STANDING)
    ).one_or_none()
    if found is None:
        raise Unauthenticated("The session has ended; log in.", "session_ended")
    role = Role(found.role)
    return Viewer(found.id, role, Scope.ADMIN if role is Role.ADMIN else Scope.WRITE)


def of_user(db: Connection, user_id: int) -> Sequence[Row[Any]]:
    """List a person's open sessions, the one used last first."""
    return db.execute(
        select(*Session.__table__.c)
        .where(Session.user_id == user_id, *_STANDING)
        .order_by(Session.last_used_at.desc(), Session.id)
    ).all()


def revoke(db: Connection, session_id: int, reason: str, *, user_id: int | None = None) -> None:
    """End a session; raises NotFound where the person has no such open session."""
    ending = update(Session).where(Session.id == session_id, Session.revoked_at.is_(None))
    if user_id is not None:
        ending = ending.where(Session.user_id == user_id)
    if not db.execute(ending.values(revoked_at=func.now(), revoked_reason=reason)).rowcount:
        raise NotFound(f"There is no open session {session_id}.")


def revoke_all(db: Connection, user_id: int, reason: str, *, besides: int | None = None) -> None:
    """End every session of a person, or all but one."""
    db.execute(
        update(Session)
        .where(
            Session.user_id == user_id,
            Session.revoked_at.is_(None),
            Session.id.is_distinct_from(besides),
        )
        .values(revoked_at=func.now(), revoked_reason=reason)
    )


def forget_old(db: Connection) -> None:
    """Delete sessions whose last token expired."""
    db.execute(delete(Session).where(Session.expires_at < func.now()))


def _tokens(db: Connection, user_id: int, session_id: int, generation: int) -> Tokens:
    made = {kind: tokens.make(db, kind, user_id, session_id, generation) for kind in Kind}
    return Tokens(made[Kind.ACCESS], made[Kind.REFRESH], session_id, user_id)

"""API keys: how programs come in. Shown once, kept as a digest, no stronger than their owner."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from sublarr_tasks import paging
from sublarr_tasks.accounts import users
from sublarr_tasks.errors import Forbidden, InputError, NotFound, Unauthenticated
from sublarr_tasks.models import ApiKey, Role, Scope, User
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer

PREFIX = "slr_"
SHOWN = len(PREFIX) + 8
LONGEST_NAME = 100
# A row a request would be a write a request.
NOTE_USE_AFTER = timedelta(minutes=1)

_COLUMNS = tuple(column for column in ApiKey.__table__.c if column.name != "digest")
_NOT_NOTED = or_(
    ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - NOTE_USE_AFTER
).label("not_noted")
_BY_ID = Order("api_keys", (ApiKey.__table__.c.id,), (int,))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only time that it can be read."""

    row: Row[Any]
    value: str = field(repr=False)


def add(
    db: Connection,
    viewer: Viewer,
    *,
    name: str,
    scope: Scope,
    expires_at: datetime | None = None,
    user_id: int | None = None,
) -> NewKey:
    """Make a key for oneself or, as an admin, for somebody; raises InputError and Forbidden."""
    owner_id = user_id if user_id is not None else viewer.user_id
    if owner_id is None:
        raise InputError({"user_id": "Say whose key it is to be."})
    if owner_id != viewer.user_id:
        viewer.require_admin()
    if not viewer.may(scope):
        raise Forbidden("A key cannot do more than whoever makes it.")
    _check(db, name, scope, expires_at, owner_id)
    value = PREFIX + secrets.token_urlsafe(36).replace("-", "x").replace("_", "y")
    row = db.execute(
        insert(ApiKey)
        .values(
            user_id=owner_id,
            name=name.strip(),
            scope=scope,
            prefix=value[:SHOWN],
            digest=_digest(value),
            expires_at=expires_at,
        )
        .returning(*_COLUMNS)
    ).one()
    return NewKey(row, value)


def find(db: Connection, value: str) -> Viewer:
    """Tell who a key stands for; raises Unauthenticated."""
    found = db.execute(
        select(ApiKey.id, ApiKey.scope, User.id.label("user_id"), User.role, _NOT_NOTED)
        .join(User)
        .where(ApiKey.digest == _digest(value), User.enabled, *_usable())
    ).one_or_none()
    if found is None:
        raise Unauthenticated("The key is wrong, has expired or was revoked.")
    if found.not_noted:
        db.execute(update(ApiKey).where(ApiKey.id == found.id).values(last_used_at=func.now()))
    return Viewer(found.user_id, Role(found.role), Scope(found.scope))


def page(db: Connection, viewer: Viewer, window: Window) -> Page:
    """List the keys that were not revoked: one's own, or as an admin everybody's."""
    matching = select(ApiKey.id).where(ApiKey.revoked_at.is_(None), _mine(viewer))
    return paging.fetch(db, matching, select(*_COLUMNS), _BY_ID, window)


def get(db: Connection, viewer: Viewer, key_id: int) -> Row[Any]:
    """Return a key that was not revoked; raises NotFound."""
    found = db.execute(
        select(*_COLUMNS).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), _mine(viewer))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no API key {key_id}.")
    return found


def revoke(db: Connection, viewer: Viewer, key_id: int) -> None:
    """Make a key worthless; raises NotFound."""
    ended = db.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), _mine(viewer))
        .values(revoked_at=func.now())
    )
    if not ended.rowcount:
        raise NotFound(f"There is no API key {key_id}.")


def _mine(viewer: Viewer) -> Any:  # noqa: ANN401 - an SQL condition
    return viewer.sees(ApiKey.user_id)


def _usable() -> tuple[Any, ...]:
    return (
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
    )


def _check(
    db: Connection, name: str, scope: Scope, expires_at: datetime | None, owner_id: int
) -> None:
    wrong = {}
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        wrong["name"] = f"Give 1 to {LONGEST_NAME} characters."
    if expires_at is not None and expires_at <= db.execute(select(func.now())).scalar_one():
        wrong["expires_at"] = "Give a moment that is still to come."
    try:
        owner = users.get(db, owner_id)
    except NotFound as error:
        wrong["user_id"] = str(error)
    else:
        if scope is Scope.ADMIN and owner.role != Role.ADMIN:
            wrong["scope"] = "Only an admin's key can have this scope."
    if wrong:
        raise InputError(wrong)


def _digest(value: str) -> bytes:
    # A key is 36 random bytes: nothing slower than SHA-256 is needed to hide it.
    return hashlib.sha256(value.encode()).digest()

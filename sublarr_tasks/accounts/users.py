"""People: added by an admin or the first set-up, changed, and taken away."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from sublarr_tasks import paging
from sublarr_tasks.accounts import passwords, sessions
from sublarr_tasks.errors import Conflict, InputError, NotFound
from sublarr_tasks.models import Integration, Library, Role, User
from sublarr_tasks.paging import Order, Page, Window

_NAME = re.compile(r"[\w.@-]{1,64}")
# Names and the number of admins are looked at and changed by one at a time.
_LOCK = 5768 << 40
_BY_ID = Order("users", (User.__table__.c.id,), (int,))
_COLUMNS = tuple(User.__table__.c)


def is_set_up(db: Connection) -> bool:
    """Tell whether there is an admin."""
    return db.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None


def set_up(db: Connection, name: str, password: str) -> Row[Any]:
    """Add the first admin; raises Conflict once there is one."""
    _locked(db)
    if is_set_up(db):
        raise Conflict("An admin exists already; log in and add users.")
    return add(db, name, password, Role.ADMIN)


def add(db: Connection, name: str, password: str, role: Role) -> Row[Any]:
    """Add a person; raises InputError that names each field."""
    _locked(db)
    if not _NAME.fullmatch(name):
        raise InputError({"name": "Give 1 to 64 letters, digits or any of . _ - @"})
    if find(db, name) is not None:
        raise InputError({"name": f'There is a user "{name}" already.'})
    password_hash = passwords.hashed(passwords.checked(password, name))
    values = {"name": name, "role": role, "password_hash": password_hash}
    return db.execute(insert(User).values(values).returning(*_COLUMNS)).one()


def find(db: Connection, name: str) -> Row[Any] | None:
    """Find a person by name, in whatever case it is written."""
    wanted = func.lower(name.strip())
    return db.execute(select(*_COLUMNS).where(func.lower(User.name) == wanted)).one_or_none()


def named(db: Connection, name: str) -> Row[Any]:
    """Find a person by name; raises NotFound."""
    found = find(db, name)
    if found is None:
        raise NotFound(f'There is no user "{name}".')
    return found


def get(db: Connection, user_id: int) -> Row[Any]:
    """Return a person; raises NotFound."""
    found = db.execute(select(*_COLUMNS).where(User.id == user_id)).one_or_none()
    if found is None:
        raise NotFound(f"There is no user {user_id}.")
    return found


def page(db: Connection, window: Window) -> Page:
    return paging.fetch(db, select(User.id), select(*_COLUMNS), _BY_ID, window)


def change(db: Connection, user_id: int, changes: Mapping[str, Any]) -> Row[Any]:
    """Change `role` or `enabled`, or set a `password`; what a person may do changes at once.

    Raises NotFound, InputError, and Conflict where no admin would be left.
    """
    _locked(db)
    user = get(db, user_id)
    values = {name: changes[name] for name in ("role", "enabled") if name in changes}
    if _is_working_admin(user) and not _is_working_admin(user, **values):
        _require_another_admin(db, user_id)
    if "password" in changes:
        set_password(db, user, changes["password"])
    if values.get("enabled") is False:
        sessions.revoke_all(db, user_id, "disabled")
    db.execute(update(User).where(User.id == user_id).values(updated_at=func.now(), **values))
    return get(db, user_id)


def set_password(
    db: Connection,
    user: Row[Any],
    password: str,
    *,
    keep_session: int | None = None,
    field: str = "password",
) -> None:
    """Give a person a new password and end all sessions but one; raises InputError."""
    made = passwords.hashed(passwords.checked(password, user.name, field))
    db.execute(
        update(User).where(User.id == user.id).values(password_hash=made, updated_at=func.now())
    )
    sessions.revoke_all(db, user.id, "password_changed", besides=keep_session)


def remove(db: Connection, user_id: int) -> None:
    """Delete a person with sessions and keys; raises NotFound, and Conflict.

    Who owns something stays, so that nobody else comes to see it by mistake.
    """
    _locked(db)
    user = get(db, user_id)
    if _is_working_admin(user):
        _require_another_admin(db, user_id)
    owned = [
        *db.scalars(select(Library.name).where(Library.owner_id == user_id)),
        *db.scalars(select(Integration.name).where(Integration.owner_id == user_id)),
    ]
    if owned:
        shown = ", ".join(f'"{name}"' for name in sorted(owned)[:3])
        raise Conflict(f"{user.name} owns {len(owned)} things ({shown}); give them away first.")
    db.execute(delete(User).where(User.id == user_id))


def _is_working_admin(user: Row[Any], **changes: Any) -> bool:  # noqa: ANN401 - column values
    values = user._asdict() | changes
    return bool(values["role"] == Role.ADMIN and values["enabled"])


def _require_another_admin(db: Connection, user_id: int) -> None:
    other = select(User.id).where(User.role == Role.ADMIN, User.enabled, User.id != user_id)
    if db.scalar(other.limit(1)) is None:
        raise Conflict("This is the last admin who can log in.")


def _locked(db: Connection) -> None:
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

"""Who asks, what they see and what they may change: the one place where that is decided.

A resource belongs to a person, or to all where it has no owner. What belongs to somebody else does
not exist for a viewer who is no admin.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    SQLColumnExpression,
    exists,
    or_,
    select,
    true,
)

from sublarr_tasks.errors import Forbidden, NotFound
from sublarr_tasks.models import Library, Role, ScanJob, Scope

_LEVELS = (Scope.READ, Scope.WRITE, Scope.ADMIN)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or a program; `user_id` is None for the installation itself."""

    user_id: int | None
    role: Role
    scope: Scope

    @property
    def is_admin(self) -> bool:
        """Tell whether everything may be done."""
        return self.role is Role.ADMIN and self.scope is Scope.ADMIN

    def may(self, scope: Scope) -> bool:
        """Tell whether a scope is within this one's."""
        return _LEVELS.index(scope) <= _LEVELS.index(self.scope)

    def sees(
        self, owner: SQLColumnExpression[int | None] | SQLColumnExpression[int]
    ) -> ColumnElement[bool]:
        """Match the rows that exist for this viewer, by the column that names their owner."""
        if self.role is Role.ADMIN:
            return true()
        return or_(owner.is_(None), owner == self.user_id)

    def may_see(self, owner_id: int | None) -> bool:
        """Tell the same of one row."""
        return self.role is Role.ADMIN or owner_id is None or owner_id == self.user_id

    def require_change(self, owner_id: int | None) -> None:
        """Raise Forbidden where a visible resource is not the viewer's to change."""
        if not self.is_admin and (owner_id is None or owner_id != self.user_id):
            raise Forbidden("This belongs to all; an admin may change it.")

    def require_admin(self) -> None:
        if not self.is_admin:
            raise Forbidden("This takes an admin.")


INSTALLATION = Viewer(None, Role.ADMIN, Scope.ADMIN)
"""The command line, the clock and the key of the installation."""


def in_libraries(
    viewer: Viewer, library_id: SQLColumnExpression[int] | SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """Match what lies in the libraries that a viewer sees."""
    if viewer.role is Role.ADMIN:
        return true()
    return library_id.in_(select(Library.id).where(viewer.sees(Library.owner_id)))


def require_library(db: Connection, viewer: Viewer, library_id: int) -> None:
    """Raise NotFound where there is no such library for a viewer."""
    _require(
        db,
        select(Library.id).where(Library.id == library_id, viewer.sees(Library.owner_id)),
        f"There is no library {library_id}.",
    )


def require_change_in(db: Connection, viewer: Viewer, library_id: int | None) -> None:
    """Raise Forbidden where what a viewer sees in a library is not the viewer's to change."""
    viewer.require_change(db.scalar(select(Library.owner_id).where(Library.id == library_id)))


def require_scan(db: Connection, viewer: Viewer, scan_id: int) -> None:
    """Raise NotFound where there is no such scan for a viewer."""
    _require(
        db,
        select(ScanJob.id).where(ScanJob.id == scan_id, in_libraries(viewer, ScanJob.library_id)),
        f"There is no scan {scan_id}.",
    )


def _require(db: Connection, one: Select[Any], sentence: str) -> None:
    if not db.scalar(select(exists(one))):
        raise NotFound(sentence)

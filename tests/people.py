"""People and programs for tests: made with rows, since a password takes a tenth of a second."""

from dataclasses import dataclass

from sqlalchemy import insert

from sublarr_tasks.accounts import api_keys, sessions
from sublarr_tasks.accounts.sessions import Tokens
from sublarr_tasks.db import transaction
from sublarr_tasks.models import Role, Scope, User
from sublarr_tasks.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a session; `password_hash` fits no password."""

    id: int
    name: str
    role: Role
    tokens: Tokens

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access}"}

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.id, self.role, Scope.ADMIN if self.role is Role.ADMIN else Scope.WRITE)

    def key(self, scope: Scope) -> dict[str, str]:
        """Make an API key and return the header that bears it."""
        with transaction() as db:
            made = api_keys.add(db, self.viewer, name=f"a {scope} key", scope=scope)
        return {"X-Api-Key": made.value}


def person(name: str, role: Role = Role.USER) -> Person:
    """Add a user and log in."""
    with transaction() as db:
        user_id = db.execute(
            insert(User).values(name=name, role=role, password_hash="none").returning(User.id)
        ).scalar_one()
        return Person(user_id, name, role, sessions.begin(db, user_id, None, None))

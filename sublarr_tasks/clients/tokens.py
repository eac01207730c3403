"""Tokens that a login gave, shared by the fleet for as long as they last; encrypted in Redis."""

from collections.abc import Callable
from dataclasses import dataclass

from sublarr_tasks import encryption
from sublarr_tasks.errors import StartError
from sublarr_tasks.fleet import cache, connection


@dataclass(frozen=True, slots=True)
class Token:
    """Where one account's token is kept; `login` gets a new one, which lasts so many seconds."""

    place: str
    seconds: int
    login: Callable[[], str]

    def kept(self) -> str | None:
        """Return the token that somebody got before, None where there is none to be read."""
        sealed = cache.get(connection.quick(), self.place)
        if sealed is None:
            return None
        try:
            return encryption.decrypt(sealed)
        except StartError:  # its key was rotated away
            return None

    def renewed(self) -> str:
        """Log in and keep the token for everybody; raises what the login does."""
        token = self.login()
        cache.put(connection.quick(), self.place, encryption.encrypt(token), self.seconds)
        return token

"""The key of this installation's API: a setting, or a file that is made on the first start."""

import secrets
from dataclasses import dataclass, field

from sublarr_tasks import keyfiles
from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import Settings

FILE_NAME = "api_key"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key; `is_new` where this call made it, so that somebody may be told."""

    value: str = field(repr=False)
    is_new: bool


def obtain(current: Settings) -> ApiKey:
    """Give the key that is set, else the one in the home, else a new one; raises StartError."""
    if current.api_key is not None:
        value = current.api_key.get_secret_value().strip()
        if not value:
            raise StartError("SUBLARR_API_KEY is empty; give a key, or unset it.")
        return ApiKey(value, is_new=False)
    value, is_new = keyfiles.obtain(current.home / FILE_NAME, secrets.token_urlsafe(32))
    return ApiKey(value, is_new)

"""Taking secrets out of what is logged: out of texts, addresses, structures and tracebacks."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
_NAMES = (
    r"api[-_]?key|x-api-key|apikey|access[-_]?token|refresh[-_]?token|csrf[-_]?token|token"
    r"|password|passwd|secret|secrets|authorization|x-emby-token|x-plex-token|cookie|set-cookie"
    r"|totp_secret|encryption_keys|client_key|pin"
)
_SECRET_NAME = re.compile(rf"(?:\w*[-_])?(?:{_NAMES})", re.IGNORECASE)
_PATTERNS = (
    # name=value in an address or a form; name: value in a header, a dictionary or JSON
    (re.compile(rf"(?i)\b({_NAMES})(=)([^\s&#'\"<>]+)"), r"\1\2***"),
    (
        re.compile(rf"(?i)(['\"]?\b(?:{_NAMES})['\"]?\s*:\s*)(['\"])(?:\\.|(?!\2).)*\2"),
        r"\1\2***\2",
    ),
    (re.compile(r"(?i)\b(authorization|x-api-key|cookie)(:\s*)[^\r\n'\"]+"), r"\1\2***"),
    (re.compile(r"(?i)\b(bearer|basic|deepl-auth-key)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    # the password in the address of a server
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@"), r"\1:***@"),
    # our own keys, and tokens, wherever they stand
    (re.compile(r"\bslr_\w{8,}"), "slr_***"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "***"),
)


def scrubbed(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    """Return a value without what looks like a secret in it."""
    if isinstance(value, str):
        for pattern, shown in _PATTERNS:
            value = pattern.sub(shown, value)
        return value
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if _is_secret(name, inner) else scrubbed(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(inner) for inner in value]
    return value


def _is_secret(name: object, value: object) -> bool:
    named = isinstance(name, str) and _SECRET_NAME.fullmatch(name) is not None
    return named and value is not None and not isinstance(value, bool | int | float)

"""From a row to a client with its secrets: nobody else makes one."""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sublarr_tasks import encryption, settings
from sublarr_tasks.clients.arr import Radarr, Sonarr
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.fleet.limiter import Rate
from sublarr_tasks.integrations import paths
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Kind, Requirements
from sublarr_tasks.integrations.paths import PathMapping

# Somebody who presses a button waits this long and no longer.
TEST_SECONDS = 10.0

# By thread and integration: a version and its client.
_kept: "dict[tuple[int, int], tuple[int, Connected]]" = {}


@dataclass(frozen=True, slots=True)
class Connected:
    """A service that is ready to be called."""

    id: int
    kind: Kind
    http: Http
    secrets: Mapping[str, str] = field(repr=False)
    path_mappings: tuple[PathMapping, ...] = ()

    def arr(self) -> Sonarr | Radarr:
        """Return the client of a Sonarr or Radarr."""
        return Sonarr(self.http) if self.kind is Kind.SONARR else Radarr(self.http)


def connected(row: Any, *, testing: bool = False, seconds: float = TEST_SECONDS) -> Connected:  # noqa: ANN401 - an integration's row
    """Make a row's client; while testing, one that no limit or breaker of the work holds up.

    A test takes at most so many seconds.
    """
    kind = Kind(row.kind)
    needs = REQUIREMENTS[kind]
    secrets = opened(row.secrets)
    service = Service(
        name=service_name(row),
        url=row.url,
        headers=_filled(needs.headers, secrets) | _basic(needs, secrets),
        params=_filled(needs.params, secrets),
        rate=needs.rate if row.calls_per_second is None else Rate(1, 1 / row.calls_per_second),
        limited=not testing,
        private=settings.current().allow_private_addresses,
        verify=row.verify_tls,
    )
    if testing:
        service = replace(service, total=seconds, read=seconds, connect=min(5.0, seconds))
    return Connected(row.id, kind, Http(service), secrets, paths.parsed(row.path_mappings))


def kept(row: Any) -> Connected:  # noqa: ANN401 - an integration's row
    """Return this thread's client of a row, with its connections, anew once the row has changed."""
    mine = threading.get_ident(), row.id
    version, client = _kept.get(mine, (None, None))
    if client is None or version != row.version:
        client = connected(row)
        _kept[mine] = row.version, client
    return client


def forget() -> None:
    """Drop this process's clients, which after a fork are another's."""
    _kept.clear()


def service_name(row: Any) -> str:  # noqa: ANN401 - an integration's row
    """Return what a service's limit, breaker and cache are kept under."""
    return f"{row.kind}:{row.id}"


def opened(stored: str | None) -> dict[str, str]:
    """Decrypt a row's secrets."""
    found: dict[str, str] = json.loads(encryption.decrypt(stored)) if stored else {}
    return found


def sealed(secrets: Mapping[str, str]) -> str | None:
    """Encrypt secrets for their row."""
    return encryption.encrypt(json.dumps(dict(secrets))) if secrets else None


def filled(template: object, secrets: Mapping[str, str]) -> object:
    """Put secrets into the strings of a JSON value; an entry that lacks its secret is left out."""
    if isinstance(template, str):
        return template.format_map(secrets)
    if isinstance(template, Mapping):
        return {
            name: filled(value, secrets)
            for name, value in template.items()
            if not isinstance(value, str) or _has_all(value, secrets)
        }
    return template


def _filled(templates: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text.format_map(secrets)
        for name, text in templates.items()
        if _has_all(text, secrets)
    }


def _has_all(text: str, secrets: Mapping[str, str]) -> bool:
    try:
        text.format_map(secrets)
    except KeyError:
        return False
    return True


def _basic(needs: Requirements, secrets: Mapping[str, str]) -> dict[str, str]:
    """Kodi alone asks for a name and a password with every request (RFC 7617)."""
    if needs is not REQUIREMENTS[Kind.KODI] or "username" not in secrets:
        return {}
    pair = f"{secrets['username']}:{secrets.get('password', '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

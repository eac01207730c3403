"""Integrations as rows: added, changed, tested, taken away; their secrets go in and never out."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from sublarr_tasks import paging, settings
from sublarr_tasks.clients.addresses import Guard, checked_url
from sublarr_tasks.errors import IN_THE_WAY, InputError, NotFound
from sublarr_tasks.integrations import building, paths
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Category, Kind, Requirements
from sublarr_tasks.integrations.paths import PathMapping
from sublarr_tasks.integrations.testing import Tested
from sublarr_tasks.library import subtrees
from sublarr_tasks.models import Integration, Item, User
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer

LONGEST_NAME = 100
LONGEST_SECRET = 1024
LONGEST_URL = 4096
FILE = "file"
_COLUMNS = tuple(Integration.__table__.c)
_BY_ID = Order("integrations", (Integration.__table__.c.id,), (int,))
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A service to be set up; without a URL it is where everybody finds it."""

    kind: Kind
    name: str
    url: str | None = None
    enabled: bool = True
    verify_tls: bool = True
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    path_mappings: Sequence[PathMapping] = ()
    calls_per_second: float | None = None
    add_libraries: bool = True
    owner_id: int | None = None


def page(db: Connection, viewer: Viewer, window: Window, kind: Kind | None = None) -> Page:
    """List the integrations that a viewer sees."""
    matching = select(Integration.id).where(viewer.sees(Integration.owner_id))
    if kind is not None:
        matching = matching.where(Integration.kind == kind)
    return paging.fetch(db, matching, select(*_COLUMNS), _BY_ID, window)


def get(db: Connection, viewer: Viewer, integration_id: int) -> Row[Any]:
    """Return an integration; raises NotFound."""
    return _one(db, viewer, integration_id, lock=False)


def enabled(db: Connection, *kinds: Kind) -> Sequence[Row[Any]]:
    """Return the integrations of some kinds that are switched on, the oldest first."""
    return db.execute(
        select(*_COLUMNS)
        .where(Integration.kind.in_(kinds), Integration.enabled)
        .order_by(Integration.id)
    ).all()


def add(db: Connection, viewer: Viewer, draft: Draft) -> Row[Any]:
    """Set a service up; raises InputError that names each field.

    What somebody who is no admin sets up is that person's own.
    """
    needs = REQUIREMENTS[draft.kind]
    given = {
        "name": draft.name,
        "url": draft.url if draft.url is not None else needs.url or "",
        "secrets": draft.secrets,
        "path_mappings": draft.path_mappings,
        "owner_id": draft.owner_id if viewer.is_admin else viewer.user_id,
    }
    values = _checked(db, draft.kind, given, {}, besides=None)
    values |= {
        "kind": draft.kind,
        "enabled": draft.enabled,
        "verify_tls": draft.verify_tls,
        "calls_per_second": draft.calls_per_second,
        "add_libraries": draft.add_libraries,
    }
    return db.execute(insert(Integration).values(values).returning(*_COLUMNS)).one()


def change(
    db: Connection, viewer: Viewer, integration_id: int, changes: Mapping[str, Any]
) -> Row[Any]:
    """Change some of a Draft's fields; raises NotFound, Forbidden and InputError.

    Of secrets those change that are given; null takes one away. Credentials are not sent to
    another address unasked: who changes the URL gives the secrets again.
    """
    row = _one(db, viewer, integration_id, lock=True)
    viewer.require_change(row.owner_id)
    if "owner_id" in changes:
        viewer.require_admin()
    kept = building.opened(row.secrets)
    moved = "url" in changes and str(changes["url"]).rstrip("/") != row.url
    if moved and set(kept) - set(changes.get("secrets", {})):
        raise InputError({"secrets": "Give the secrets again; the address is another one."})
    values = _checked(db, Kind(row.kind), changes, kept, besides=integration_id)
    if REQUIREMENTS[Kind(row.kind)].category is Category.METADATA:
        _ask_again(db)
    statement = update(Integration).where(Integration.id == integration_id)
    return db.execute(
        statement.values(
            updated_at=func.now(), version=Integration.version + 1, **values
        ).returning(*_COLUMNS)
    ).one()


def remove(db: Connection, viewer: Viewer, integration_id: int) -> None:
    """Forget a service and its secrets; raises NotFound and Forbidden."""
    viewer.require_change(_one(db, viewer, integration_id, lock=True).owner_id)
    db.execute(delete(Integration).where(Integration.id == integration_id))


def note_test(db: Connection, integration_id: int, tested: Tested) -> None:
    """Keep how the last test ended."""
    db.execute(
        update(Integration)
        .where(Integration.id == integration_id)
        .values(tested_at=func.now(), test_outcome=tested.outcome, test_detail=tested.detail)
    )


def secret_names(row: Any) -> list[str]:  # noqa: ANN401 - an integration's row
    """Name the secrets that are there."""
    return sorted(building.opened(row.secrets))


def _ask_again(db: Connection) -> None:
    """Let the films and series be asked for at once that a service was in the way of."""
    thwarted = [kind.code for kind in IN_THE_WAY]
    db.execute(
        update(Item)
        .where(Item.enrichment_reason.in_(thwarted), Item.enrich_due_at > func.now())
        .values(enrich_due_at=func.now(), enrich_attempts=0)
    )


def _one(db: Connection, viewer: Viewer, integration_id: int, *, lock: bool) -> Row[Any]:
    statement = select(*_COLUMNS).where(
        Integration.id == integration_id, viewer.sees(Integration.owner_id)
    )
    found = db.execute(statement.with_for_update() if lock else statement).one_or_none()
    if found is None:
        raise NotFound(f"There is no integration {integration_id}.")
    return found


def _checked(
    db: Connection,
    kind: Kind,
    given: Mapping[str, Any],
    kept: Mapping[str, str],
    besides: int | None,
) -> dict[str, Any]:
    """Return the values to store, all of them good; raises InputError."""
    needs = REQUIREMENTS[kind]
    checks: dict[str, Callable[[], Any]] = {
        "name": lambda: _name(db, kind, given["name"], besides),
        "url": lambda: _url(needs, given["url"]),
        "secrets": lambda: building.sealed(_secrets(needs, given["secrets"], kept)),
        "path_mappings": lambda: _mappings(needs, given["path_mappings"]),
        "owner_id": lambda: _owner(db, given["owner_id"]),
    }
    values = {name: given[name] for name in given.keys() - checks.keys()}
    wrong: dict[str, str] = {}
    for name in given.keys() & checks.keys():
        try:
            values[name] = checks[name]()
        except InputError as error:
            wrong |= error.fields
    if wrong:
        raise InputError(dict(sorted(wrong.items())))
    return values


def _name(db: Connection, kind: Kind, name: str, besides: int | None) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not _PRINTABLE.fullmatch(name):
        raise InputError({"name": f"Give 1 to {LONGEST_NAME} printable characters."})
    taken = db.scalar(
        select(Integration.id).where(
            Integration.kind == kind,
            func.lower(Integration.name) == name.lower(),
            Integration.id.is_distinct_from(besides),
        )
    )
    if taken is not None:
        raise InputError({"name": f'Another {kind} is named "{name}".'})
    return name


def _url(needs: Requirements, url: str) -> str:
    if not url:
        raise InputError({"url": "Say where the service is."})
    if needs.scheme is not None:
        return _local(needs.scheme, url)
    return checked_url(url, Guard(settings.current().allow_private_addresses))


def _local(scheme: str, url: str) -> str:
    """Check an address that is none of the web: a folder's must be among the permitted."""
    if not url.isascii() or not url.startswith(f"{scheme}:") or len(url) > LONGEST_URL:
        raise InputError({"url": f"Give an address that begins with {scheme}:."})
    if scheme == FILE:
        folder = unquote(urlsplit(url).path)
        if not folder.startswith("/") or "\0" in folder:
            raise InputError({"url": "Give a folder as file:///path/to/it."})
        roots = settings.current().library_roots
        if not any(
            subtrees.holds(os.path.realpath(root), os.path.realpath(folder)) for root in roots
        ):
            raise InputError({"url": "This folder lies outside of the permitted ones."})
    return url


def _secrets(
    needs: Requirements, given: Mapping[str, str | None], kept: Mapping[str, str]
) -> dict[str, str]:
    known = {*needs.secrets, *needs.optional}
    wrong = {f"secrets.{name}": "There is no such secret." for name in given.keys() - known}
    for name, value in given.items():
        if value is not None and not (
            len(value) <= LONGEST_SECRET and _PRINTABLE.fullmatch(value) and value.isascii()
        ):
            # What goes into a header must not begin another one.
            wrong[f"secrets.{name}"] = f"Give 1 to {LONGEST_SECRET} printable ASCII characters."
    merged = dict(kept) | dict(given)
    present = {name: value for name, value in merged.items() if value is not None}
    for name in needs.secrets:
        if name not in present and f"secrets.{name}" not in wrong:
            wrong[f"secrets.{name}"] = "This service needs it."
    if wrong:
        raise InputError(wrong)
    return present


def _mappings(needs: Requirements, given: Sequence[PathMapping]) -> list[dict[str, str]]:
    if given and not needs.has_paths:
        raise InputError({"path_mappings": "This service knows no paths."})
    return paths.checked(given)


def _owner(db: Connection, owner_id: int | None) -> int | None:
    if owner_id is not None and db.scalar(select(User.id).where(User.id == owner_id)) is None:
        raise InputError({"owner_id": f"There is no user {owner_id}."})
    return owner_id

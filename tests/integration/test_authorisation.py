"""Every route, for everybody: the table below is held against the routes themselves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import insert

from api import create_app
from broker import connect
from conftest import forget
from contract import BASE, Client
from libraries import Library, one
from people import Person, person
from stack import Servers
from sublarr_tasks import scans, settings
from sublarr_tasks.arr import syncs
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import rows
from sublarr_tasks.integrations.kinds import Kind as Service
from sublarr_tasks.models import (
    ApiKey,
    Artwork,
    Asset,
    IgnorePattern,
    Item,
    LandedSubtitle,
    Role,
    Scope,
    Search,
    SearchKind,
    Session,
    Trigger,
    WantedItem,
)
from sublarr_tasks.schedules import rows as schedules
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing, history


class Kind(Enum):
    """What a route gives to whom, where it names a resource of the user's."""

    OPEN = auto()  # whoever asks
    SEEN = auto()  # whoever may read at all
    DONE = auto()  # whoever may write at all
    OWN = auto()  # read by the owner and the admins, for others not there
    CHANGE = auto()  # the same, and not with a key that only reads
    ADMIN = auto()
    LOGIN = auto()  # people who are logged in, and no key


@dataclass(frozen=True)
class Route:
    kind: Kind
    body: dict[str, object] | None = None
    query: str = ""


PASSWORD = {"password": "not the password"}
ROUTES = {
    "GET /ping": Route(Kind.OPEN),
    "GET /health/detailed": Route(Kind.SEEN),
    "GET /setup": Route(Kind.OPEN),
    "POST /setup": Route(Kind.ADMIN, {"name": "first", "password": "correct horse staple"}),
    "POST /auth/login": Route(Kind.OPEN, {"name": "nobody", "password": "no"}),
    "POST /auth/refresh": Route(Kind.OPEN, {"refresh_token": "x"}),
    "POST /auth/logout": Route(Kind.LOGIN),
    "POST /auth/logout-everywhere": Route(Kind.LOGIN),
    "GET /auth/me": Route(Kind.SEEN),
    "GET /auth/sessions": Route(Kind.SEEN),
    "DELETE /auth/sessions/<session_id>": Route(Kind.LOGIN),
    "POST /auth/password": Route(Kind.LOGIN, {"new_password": "correct horse staple"} | PASSWORD),
    "POST /auth/totp": Route(Kind.LOGIN, PASSWORD),
    "POST /auth/totp/confirm": Route(Kind.LOGIN, {"code": "000000"}),
    "POST /auth/totp/disable": Route(Kind.LOGIN, PASSWORD),
    "GET /users": Route(Kind.ADMIN),
    "POST /users": Route(Kind.ADMIN, {"name": "new", "password": "correct horse staple"}),
    "GET /users/<user_id>": Route(Kind.ADMIN),
    "PATCH /users/<user_id>": Route(Kind.ADMIN, {"role": "user"}),
    "DELETE /users/<user_id>": Route(Kind.ADMIN),
    "POST /users/<user_id>/unlock": Route(Kind.ADMIN),
    "DELETE /users/<user_id>/totp": Route(Kind.ADMIN),
    "GET /api-keys": Route(Kind.SEEN),
    "POST /api-keys": Route(Kind.DONE, {"name": "a"}),
    "GET /api-keys/<key_id>": Route(Kind.OWN),
    "DELETE /api-keys/<key_id>": Route(Kind.CHANGE),
    "GET /enrichment": Route(Kind.SEEN),
    "PATCH /enrichment": Route(Kind.ADMIN, {"paused": True}),
    "GET /items/<item_id>/artwork": Route(Kind.OWN),
    "POST /items/<item_id>/artwork": Route(Kind.CHANGE, query="?type=poster"),
    "POST /items/<item_id>/artwork/reset": Route(Kind.CHANGE, {}),
    "PATCH /artwork/<artwork_id>": Route(Kind.CHANGE, {"state": "rejected"}),
    "GET /artwork/<artwork_id>/file": Route(Kind.OWN),
    "GET /language-profiles": Route(Kind.SEEN),
    "POST /language-profiles": Route(Kind.ADMIN, {"name": "new", "wishes": [{"language": "fr"}]}),
    "GET /language-profiles/<profile_id>": Route(Kind.SEEN),
    "PATCH /language-profiles/<profile_id>": Route(Kind.ADMIN, {"name": "changed"}),
    "DELETE /language-profiles/<profile_id>": Route(Kind.ADMIN),
    "GET /profile-assignments": Route(Kind.SEEN),
    "PUT /profile-assignments": Route(Kind.ADMIN, {"profile_id": None, "tag": "x"}),
    "DELETE /profile-assignments/<assignment_id>": Route(Kind.ADMIN),
    "GET /wanted": Route(Kind.SEEN),
    "GET /wanted/summary": Route(Kind.SEEN),
    "GET /wanted/<wanted_id>": Route(Kind.OWN),
    "PATCH /wanted/<wanted_id>": Route(Kind.CHANGE, {"status": "ignored"}),
    "GET /wanted/<wanted_id>/candidates": Route(Kind.OWN),
    "POST /wanted/search": Route(Kind.DONE),
    "POST /wanted/<wanted_id>/search": Route(Kind.CHANGE),
    "POST /wanted/<wanted_id>/download": Route(
        Kind.CHANGE, {"provider": "gestdown", "subtitle_id": "1"}
    ),
    "GET /searches": Route(Kind.SEEN),
    "GET /searches/<search_id>": Route(Kind.OWN),
    "POST /searches/<search_id>/cancel": Route(Kind.CHANGE),
    "GET /subtitles": Route(Kind.SEEN),
    "GET /blacklist": Route(Kind.SEEN),
    "POST /blacklist": Route(Kind.ADMIN, {"provider": "gestdown", "subtitle_id": "1"}),
    "DELETE /blacklist/<entry_id>": Route(Kind.ADMIN),
    "GET /providers": Route(Kind.SEEN),
    "POST /integrations/<integration_id>/syncs": Route(Kind.CHANGE),
    "GET /arr-syncs": Route(Kind.SEEN),
    "GET /arr-syncs/<sync_id>": Route(Kind.OWN),
    "POST /arr-syncs/<sync_id>/cancel": Route(Kind.CHANGE),
    "GET /scoring": Route(Kind.SEEN),
    "PATCH /scoring": Route(Kind.ADMIN, {"bonuses": {"styled": 10}}),
    "GET /scoring/presets": Route(Kind.SEEN),
    "PUT /scoring/presets/<preset>": Route(Kind.ADMIN),
    "DELETE /providers/<integration_id>/answers": Route(Kind.CHANGE),
    "GET /subtitles/<landed_id>": Route(Kind.OWN),
    "DELETE /subtitles/<landed_id>": Route(Kind.CHANGE),
    "POST /subtitles/<landed_id>/restore": Route(Kind.CHANGE),
    "GET /labels": Route(Kind.SEEN),
    "GET /people": Route(Kind.SEEN),
    "POST /libraries/<library_id>/publish": Route(Kind.CHANGE, {"mode": "dry-run"}),
    "POST /items/<item_id>/publish": Route(Kind.CHANGE, {"mode": "dry-run"}),
    "GET /libraries": Route(Kind.SEEN),
    "POST /libraries": Route(Kind.DONE, {"name": "New", "path": "/tmp"}),
    "GET /libraries/<library_id>": Route(Kind.OWN),
    "PATCH /libraries/<library_id>": Route(Kind.CHANGE, {"full_every": 7}),
    "DELETE /libraries/<library_id>": Route(Kind.CHANGE),
    "POST /libraries/<library_id>/scans": Route(Kind.CHANGE),
    "GET /scans": Route(Kind.SEEN),
    "GET /scans/<scan_id>": Route(Kind.OWN),
    "GET /scans/<scan_id>/units": Route(Kind.OWN),
    "POST /scans/<scan_id>/cancel": Route(Kind.CHANGE),
    "POST /scans/<scan_id>/retry-failed": Route(Kind.CHANGE),
    "GET /items": Route(Kind.SEEN),
    "GET /items/<item_id>": Route(Kind.OWN),
    "GET /items/<item_id>/matches": Route(Kind.OWN),
    "PATCH /items/<item_id>": Route(Kind.CHANGE, {"title": "Changed"}),
    "GET /assets/<asset_id>": Route(Kind.OWN),
    "GET /assets/<asset_id>/file": Route(Kind.OWN),
    "GET /events": Route(Kind.SEEN),
    "GET /ws": Route(Kind.SEEN),
    "GET /integration-kinds": Route(Kind.SEEN),
    "GET /integrations": Route(Kind.SEEN),
    "POST /integrations": Route(Kind.DONE, {"kind": "gestdown", "name": "new"}),
    "GET /integrations/<integration_id>": Route(Kind.OWN),
    "PATCH /integrations/<integration_id>": Route(Kind.CHANGE, {"enabled": False}),
    "DELETE /integrations/<integration_id>": Route(Kind.CHANGE),
    "POST /integrations/<integration_id>/test": Route(Kind.CHANGE),
    "POST /integrations/<integration_id>/map-path": Route(Kind.CHANGE, {"path": "/x"}),
    "GET /schedules": Route(Kind.SEEN),
    "POST /schedules": Route(Kind.CHANGE, {"library_id": 1, "cron": "0 4 * * *"}),
    "POST /schedule-previews": Route(Kind.DONE, {"library_id": 1, "cron": "0 4 * * *"}),
    "GET /schedules/<schedule_id>": Route(Kind.OWN),
    "PATCH /schedules/<schedule_id>": Route(Kind.CHANGE, {"cron": "0 5 * * *"}),
    "DELETE /schedules/<schedule_id>": Route(Kind.CHANGE),
    "GET /schedules/<schedule_id>/next-runs": Route(Kind.OWN),
    "GET /schedules/<schedule_id>/runs": Route(Kind.OWN),
    "POST /schedules/<schedule_id>/run": Route(Kind.CHANGE),
    "POST /schedules/<schedule_id>/pause": Route(Kind.CHANGE, {"until": "2030-01-01T00:00:00Z"}),
    "POST /schedules/<schedule_id>/resume": Route(Kind.CHANGE),
    "POST /webhooks/<integration_id>": Route(Kind.CHANGE, {"eventType": "Test"}),
    "PUT /webhooks/<integration_id>": Route(Kind.CHANGE, {"eventType": "Test"}),
    "GET /webhooks/<integration_id>/events": Route(Kind.OWN),
    "GET /jobs": Route(Kind.SEEN),
    "GET /jobs/<job_id>": Route(Kind.OWN),
    "GET /ignore-patterns": Route(Kind.SEEN),
    "POST /ignore-patterns": Route(Kind.ADMIN, {"pattern": "x"}),
    "PATCH /ignore-patterns/<pattern_id>": Route(Kind.CHANGE, {"enabled": False}),
    "DELETE /ignore-patterns/<pattern_id>": Route(Kind.CHANGE),
}
WELCOME = "welcome"  # anything but a refusal
EXPECTED = {
    #            nobody, wrong key, read key, user, other user, admin
    Kind.OPEN: (WELCOME, WELCOME, WELCOME, WELCOME, WELCOME, WELCOME),
    Kind.SEEN: (401, 401, WELCOME, WELCOME, WELCOME, WELCOME),
    Kind.DONE: (401, 401, 403, WELCOME, WELCOME, WELCOME),
    Kind.OWN: (401, 401, WELCOME, WELCOME, 404, WELCOME),
    Kind.CHANGE: (401, 401, 403, WELCOME, 404, WELCOME),
    Kind.ADMIN: (401, 401, 403, 403, 403, WELCOME),
    Kind.LOGIN: (401, 401, 403, WELCOME, WELCOME, WELCOME),
}
CALLERS = ("nobody", "wrong key", "read key", "user", "other user", "admin")
# A login that fails is refused whoever asks; so is what asks for the password once more.
PROVING = {
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/password",
    "POST /auth/totp",
    "POST /auth/totp/disable",
}
# The test's client has no socket to give away, and no fleet runs.
STREAMS = {"GET /events", "GET /ws", "GET /health/detailed"}


def expected(name: str, callers: list[str]) -> dict[str, object]:
    line = EXPECTED[ROUTES[name].kind]
    return {caller: line[CALLERS.index(caller)] for caller in callers}


@dataclass(frozen=True)
class House:
    """A user with a scanned library, another user, and an admin."""

    user: Person
    other: Person
    admin: Person
    ids: dict[str, int | str]

    def headers(self, caller: str) -> dict[str, str]:
        makers: dict[str, Callable[[], dict[str, str]]] = {
            "nobody": dict,
            "wrong key": lambda: {"X-Api-Key": "slr_wrong"},
            "read key": lambda: self.user.key(Scope.READ),
            "user": lambda: self.user.headers,
            "other user": lambda: self.other.headers,
            "admin": lambda: self.admin.headers,
        }
        return makers[caller]()

    def outcomes(self, client: Client, name: str, callers: list[str]) -> dict[str, object]:
        """Let some call a route one after another, those who are refused first."""
        return {caller: self._outcome(client, name, caller) for caller in callers}

    def _outcome(self, client: Client, name: str, caller: str) -> object:
        method, template = name.split()
        route, wanted = ROUTES[name], expected(name, [caller])[caller]
        if name == "POST /libraries/<library_id>/scans" and wanted == WELCOME:
            client.post(f"/scans/{self.ids['scan_id']}/cancel")
        path = re.sub(r"<(\w+)>", lambda found: str(self.ids[found[1]]), template)
        if template.endswith("<session_id>"):
            whose = {"other user": self.other, "admin": self.admin}.get(caller, self.user)
            path = f"/auth/sessions/{whose.tokens.session_id}"
        path += route.query
        options = {} if route.body is None else {"json": route.body}
        answer = client.call(method, path, key=None, headers=self.headers(caller), **options)
        refusals = (403, 404, 405) if name in PROVING else (401, 403, 404, 405)
        refused = answer.status_code in refusals
        refused |= answer.status_code >= 500 and name not in STREAMS
        return WELCOME if wanted == WELCOME and not refused else answer.status_code


@dataclass(frozen=True)
class Built:
    """A house whose database is copied for each test."""

    house: House
    library: Library
    home: Path
    template: str


@pytest.fixture(scope="session")
def built(
    servers: Servers, worker: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Build the house once: a scan takes longer than all that a test asks."""
    folder, template = tmp_path_factory.mktemp("house"), f"house_{worker}"
    with servers.database(template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUBLARR_HOME", str(folder / "home"))
        patch.setenv("SUBLARR_DATABASE_URL", url)
        patch.setenv("SUBLARR_REDIS_URL", servers.redis_database(worker))
        forget()
        library = Library.register(folder / "library")
        house = _build(library)
        forget()  # a database is copied while nobody is connected
        yield Built(house, library, folder / "home", template)


@pytest.fixture
def database(
    servers: Servers, worker: int, redis: Redis, built: Built, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Give the URL of a copy of the house's database, which the settings name."""
    with servers.database(f"visit_{worker}", template=built.template) as url:
        monkeypatch.setenv("SUBLARR_DATABASE_URL", url)
        monkeypatch.setenv("SUBLARR_HOME", str(built.home))
        settings.current.cache_clear()
        yield url
        forget()


@pytest.fixture
def library(built: Built) -> Library:
    return built.library


@pytest.fixture
def house(database: str, built: Built) -> House:
    connect()
    return built.house


def _build(library: Library) -> House:
    connect()
    user, other = person("user"), person("other")
    admin = person("admin", Role.ADMIN)
    person("spare admin", Role.ADMIN)
    library.film()
    with transaction() as db:
        wishes = [{"language": "de"}]
        profile = choosing.add(db, INSTALLATION, {"name": "German", "wishes": wishes})
        assignment = choosing.assign(db, INSTALLATION, profile.id, {"tag": "dubbed"})
    library.scan()
    with transaction() as db:
        db.exec_driver_sql("UPDATE libraries SET owner_id = %s", (user.id,))
        pattern = db.execute(
            insert(IgnorePattern)
            .values(library_id=library.id, target="any", pattern="own")
            .returning(IgnorePattern.id)
        ).scalar_one()
        picture = {
            "item_id": one(Item).id,
            "type": "poster",
            "provider": "tmdb",
            "url": "https://example.org/poster.jpg",
            "score": 50.0,
            "factors": {},
            "cache_sha256": one(Asset, name="poster.jpg").cache_sha256,
        }
        artwork = db.execute(insert(Artwork).values(picture).returning(Artwork.id)).scalar_one()
        asked = scans.request(db, library.id, trigger=Trigger.API)
        search = db.execute(
            insert(Search).values(kind=SearchKind.PERSON, owner_id=user.id).returning(Search.id)
        ).one()
        entry = history.ban(db, INSTALLATION, {"provider": "subdl", "subtitle_id": "7"})
        landed = db.execute(
            insert(LandedSubtitle)
            .values(
                library_id=library.id,
                title="Alpha (2001)",
                name="a.srt",
                language="de",
                forced=False,
                hearing_impaired=False,
                format="srt",
                provider="subdl",
                subtitle_id="7",
                score=70,
                breakdown={},
                charset="utf-8",
                size=1,
                mtime_ns=1,
                sha256=b"",
                text_sha256=b"",
            )
            .returning(LandedSubtitle.id)
        ).scalar_one()
        service = rows.add(db, user.viewer, rows.Draft(Service.OLLAMA, "own", "http://127.0.0.1:1"))
        sync = syncs.begin(db, service.id, trigger=Trigger.API)
        schedule = schedules.add(
            db, user.viewer, schedules.Draft(library_id=library.id, cron="0 4 * * *")
        )
    user.key(Scope.READ)
    ids = {
        "library_id": library.id,
        "scan_id": asked.scan_id,
        "job_id": asked.job_id,
        "item_id": one(Item).id,
        "artwork_id": artwork,
        "profile_id": profile.id,
        "assignment_id": assignment.id,
        "wanted_id": one(WantedItem).id,
        "search_id": search.id,
        "sync_id": sync.id,
        "preset": "standard",
        "entry_id": entry.id,
        "landed_id": landed,
        "asset_id": one(Asset, name="poster.jpg").id,
        "pattern_id": pattern,
        "integration_id": service.id,
        "schedule_id": schedule.id,
        "key_id": one(ApiKey).id,
        "user_id": other.id,
        "session_id": one(Session, user_id=user.id).id,
    }
    return House(user, other, admin, ids)


def test_every_route_has_its_line_in_the_table() -> None:
    routes = {
        f"{method} {rule.rule.removeprefix(BASE)}"
        for rule in create_app().url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(BASE) and not rule.endpoint.startswith("docs.")
    }

    assert routes == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_the_route_refuses_whom_it_should_and_serves_the_user(
    client: Client, house: House, name: str
) -> None:
    callers = sorted(CALLERS[:-1], key=lambda caller: caller == "user")

    assert house.outcomes(client, name, callers) == expected(name, callers)


@pytest.mark.parametrize("name", ROUTES)
def test_the_route_serves_an_admin(client: Client, house: House, name: str) -> None:
    assert house.outcomes(client, name, ["admin"]) == expected(name, ["admin"])


@pytest.mark.parametrize(
    "path", ["/libraries", "/items", "/scans", "/jobs", "/integrations", "/schedules"]
)
def test_a_list_holds_what_is_ones_own_and_no_strangers_thing(
    client: Client, house: House, path: str
) -> None:
    def total(caller: str) -> int:
        answer = client.call("GET", path, key=None, headers=house.headers(caller))
        found: int = answer.get_json()["total"]
        return found

    assert total("user") == total("admin") > 0
    assert total("other user") == 0


def test_what_has_no_owner_is_seen_by_all_and_changed_by_admins(
    client: Client, house: House
) -> None:
    with transaction() as db:
        db.exec_driver_sql("UPDATE libraries SET owner_id = NULL")
    path = f"/libraries/{house.ids['library_id']}"

    def status(method: str, caller: str, body: dict[str, object] | None = None) -> int:
        headers = house.headers(caller)
        return client.call(method, path, key=None, headers=headers, json=body).status_code

    assert status("GET", "other user") == 200
    assert status("PATCH", "other user", {"full_every": 9}) == 403
    assert status("PATCH", "admin", {"full_every": 9}) == 200


def test_a_library_that_a_user_adds_is_the_users(
    client: Client, house: House, folder: Callable[[str], Path]
) -> None:
    body = {"name": "Mine", "path": str(folder("mine")), "owner_id": house.admin.id}

    answer = client.call("POST", "/libraries", key=None, headers=house.user.headers, json=body)

    assert answer.get_json()["owner_id"] == house.user.id


def test_a_user_cannot_give_a_library_away(client: Client, house: House) -> None:
    path = f"/libraries/{house.ids['library_id']}"

    answer = client.call(
        "PATCH", path, key=None, headers=house.user.headers, json={"owner_id": None}
    )

    assert answer.status_code == 403


def test_a_strangers_library_is_not_named_when_it_is_in_the_way(
    client: Client, house: House, library: Library
) -> None:
    body = {"name": "Mine", "path": str(library.root / "Alpha (2001)")}

    answer = client.call("POST", "/libraries", key=None, headers=house.other.headers, json=body)

    assert answer.status_code == 422
    assert "inside another library" in answer.text


@pytest.mark.parametrize(("scope", "status"), [(Scope.READ, 403), (Scope.WRITE, 403)])
def test_an_admins_smaller_key_is_no_admin(
    client: Client, house: House, scope: Scope, status: int
) -> None:
    headers = house.admin.key(scope)

    assert client.call("GET", "/users", key=None, headers=headers).status_code == status
    assert client.call("GET", "/libraries", key=None, headers=headers).get_json()["total"] == 1

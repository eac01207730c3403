"""Scans as they go on, told over WebSockets and server-sent events by a real server."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from sqlalchemy import func, insert, update
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from libraries import Library, one
from people import Person, person
from serving import Served
from sublarr_tasks import encryption, scans
from sublarr_tasks.accounts import sessions
from sublarr_tasks.db import transaction
from sublarr_tasks.fleet import bells, connection
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.models import (
    ScanJob,
    ScanStatus,
    Scope,
    Search,
    SearchKind,
    SigningKey,
    Trigger,
)

FIELDS = {
    "type": str,
    "scanJobId": int,
    "libraryId": int,
    "libraryName": str,
    "phase": str,
    "progress": dict,
    "stats": dict,
    "currentOperation": (str, type(None)),
    "estimatedTimeRemaining": (float, int, type(None)),
    "startedAt": (str, type(None)),
    "lastUpdatedAt": str,
}


@pytest.fixture
def scan_id(library: Library) -> int:
    with transaction() as db:
        scan_id = scans.request(db, library.id, trigger=Trigger.API).scan_id
        scans.begin(db, scan_id)
    return scan_id


def change(scan_id: int, **counters: int) -> None:
    """Count something, and ring."""
    with transaction() as db:
        scans.count(db, scan_id, counters)
    bells.ring(Topic.SCAN, scan_id)


def key(served: Served) -> dict[str, str]:
    return {"X-Api-Key": served.key}


@contextmanager
def following(
    served: Served, headers: dict[str, str] | None = None, query: str = ""
) -> Iterator[ClientConnection]:
    address = served.url.replace("http", "ws") + "/api/v1/ws" + query
    with connect(
        address,
        additional_headers=key(served) if headers is None else headers,
        compression=None,
        proxy=None,
    ) as client:
        yield client


def message(client: ClientConnection, seconds: float = 10) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(client.recv(seconds))
    return told


def silent(client: ClientConnection, seconds: float = 0.7) -> bool:
    with suppress(TimeoutError):
        client.recv(seconds)
        return False
    return True


def ending(client: ClientConnection) -> tuple[int, str]:
    """Wait until the server closes; returns its code and reason."""
    try:
        for _ in range(1000):
            client.recv(45)
    except ConnectionClosed as closed:
        said = closed.rcvd
        return (said.code, said.reason) if said else (0, "closed without a word")
    return 0, "it goes on"


def test_who_connects_is_told_how_the_scans_stand(served: Served, scan_id: int) -> None:
    with following(served) as client:
        told = message(client)

    assert told.keys() == FIELDS.keys()
    assert all(isinstance(told[name], kind) for name, kind in FIELDS.items())  # type: ignore[arg-type]
    assert (told["type"], told["scanJobId"], told["phase"]) == (
        "scan:progress",
        scan_id,
        "discovering",
    )
    assert told["progress"] == {
        "discovering": {"directoriesFound": 0, "inProgress": True},
        "scanning": {"scanned": 0, "total": 0, "percentage": 0.0},
        "caching": {"cached": 0, "queued": 0, "percentage": 0.0},
        "enriching": {"completed": 0, "queued": 0, "percentage": 0.0},
    }
    assert told["stats"].keys() == {
        "moviesFound",
        "moviesNew",
        "moviesUpdated",
        "assetsCached",
        "errorsCount",
    }


def test_a_change_is_told(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        change(scan_id, directories_total=3)

        assert message(client)["progress"]["discovering"]["directoriesFound"] == 3


def test_many_changes_are_at_most_five_messages_a_second_and_the_last_is_told(
    served: Served, scan_id: int
) -> None:
    with following(served) as client:
        message(client)
        began = time.monotonic()
        for _ in range(100):
            change(scan_id, directories_total=1)
        told = []
        while not told or told[-1]["progress"]["discovering"]["directoriesFound"] < 100:
            told.append(message(client))
        seconds = time.monotonic() - began

        assert len(told) <= 2 + seconds * 5
        assert silent(client)


def test_a_library_is_ready_once_all_of_it_was_read(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        with transaction() as db:
            now = {"scanning_completed_at": func.now(), "updated_at": func.clock_timestamp()}
            db.execute(update(ScanJob).values(status=ScanStatus.CACHING, **now))
        bells.ring(Topic.SCAN, scan_id)
        ready, told = message(client), message(client)
        change(scan_id, assets_cached=1)

        assert (ready["type"], ready["scanJobId"]) == ("library:ready", scan_id)
        assert ready.keys() == {*("type", "scanJobId", "libraryId", "libraryName", "lastUpdatedAt")}
        assert (told["type"], told["phase"]) == ("scan:progress", "caching")
        assert message(client)["type"] == "scan:progress"


def test_the_end_of_a_scan_is_told(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        with transaction() as db:
            scans.cancel(db, scan_id)
        bells.ring(Topic.SCAN, scan_id)

        assert message(client)["phase"] == "cancelled"


def test_a_change_whose_bell_was_lost_is_told_all_the_same(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        with transaction() as db:
            scans.cancel(db, scan_id)

        assert message(client, 15)["phase"] == "cancelled"


def test_who_comes_back_is_told_of_the_scans_that_ended_meanwhile(
    served: Served, scan_id: int
) -> None:
    with following(served) as client:
        last = datetime.fromisoformat(message(client)["lastUpdatedAt"])
    with transaction() as db:
        scans.cancel(db, scan_id)
    since = int(last.timestamp() * 1_000_000)

    with following(served, query=f"?since={since}") as client:
        assert message(client)["phase"] == "cancelled"
    with following(served) as client:
        assert silent(client)


def test_one_scan_alone_can_be_followed(served: Served, scan_id: int) -> None:
    with following(served, query=f"?scan_id={scan_id + 1}") as client:
        change(scan_id, directories_total=1)

        assert silent(client)


def give(library: Library, owner: Person) -> None:
    with transaction() as db:
        db.exec_driver_sql("UPDATE libraries SET owner_id = %s", (owner.id,))


def test_nobody_is_told_of_a_strangers_scan(served: Served, library: Library, scan_id: int) -> None:
    anna, bert = person("anna"), person("bert")
    give(library, anna)

    with following(served, anna.headers) as mine, following(served, bert.headers) as theirs:
        assert message(mine)["scanJobId"] == scan_id
        change(scan_id, directories_total=1)
        assert message(mine)["scanJobId"] == scan_id
        assert silent(theirs)


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}])
@pytest.mark.parametrize("path", ["/ws", "/events"])
def test_nobody_follows_without_a_key(served: Served, headers: dict[str, str], path: str) -> None:
    if path == "/ws":
        with pytest.raises(InvalidStatus) as refused, following(served, headers):
            pass
        assert refused.value.response.status_code == 401
    else:
        answer = requests.get(f"{served.url}/api/v1/events", headers=headers, timeout=10)
        assert answer.status_code == 401


def test_a_key_that_reads_may_follow_and_may_stand_in_the_address(
    served: Served, scan_id: int
) -> None:
    headers = person("anna").key(Scope.READ)

    with following(served, {}, f"?apikey={headers['X-Api-Key']}") as client:
        assert message(client)["scanJobId"] == scan_id
    assert headers["X-Api-Key"] not in served.log.read_text()


def short_lived(who: Person, seconds: int) -> dict[str, str]:
    """Make a token that expires soon."""
    claims = jwt.decode(who.tokens.access, options={"verify_signature": False})
    claims["exp"] = int(time.time()) + seconds
    kid = jwt.get_unverified_header(who.tokens.access)["kid"]
    secret = encryption.decrypt(one(SigningKey).secret)
    token = jwt.encode(claims, secret, "HS256", headers={"kid": kid})
    return {"Authorization": f"Bearer {token}"}


def test_a_stream_ends_with_its_token(served: Served, scan_id: int) -> None:
    with following(served, short_lived(person("anna"), 2)) as client:
        message(client)
        assert ending(client) == (1008, "token_expired")


def test_a_request_that_is_no_handshake_is_refused(served: Served) -> None:
    answer = requests.get(f"{served.url}/api/v1/ws", headers=key(served), timeout=10)

    assert answer.status_code == 426
    assert answer.json()["code"] == "no_websocket"


def events(answer: requests.Response) -> Iterator[tuple[int, dict[str, Any]]]:
    event_id = 0
    for line in answer.iter_lines(1, decode_unicode=True):
        if line.startswith("id: "):
            event_id = int(line[4:])
        elif line.startswith("data: "):
            yield event_id, json.loads(line[6:])


def test_the_same_messages_come_as_server_sent_events(served: Served, scan_id: int) -> None:
    address = f"{served.url}/api/v1/events"
    with requests.get(address, headers=key(served), stream=True, timeout=10) as answer:
        told = events(answer)
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        _, first = next(told)
        change(scan_id, directories_total=3)
        _, second = next(told)

    assert first.keys() == FIELDS.keys()
    assert second["progress"]["discovering"]["directoriesFound"] == 3


def test_an_event_source_goes_on_where_it_was(served: Served, scan_id: int) -> None:
    address = f"{served.url}/api/v1/events"
    with requests.get(address, headers=key(served), stream=True, timeout=10) as answer:
        last, _ = next(events(answer))
    with transaction() as db:
        scans.cancel(db, scan_id)

    again = key(served) | {"Last-Event-ID": str(last)}
    with requests.get(address, headers=again, stream=True, timeout=10) as answer:
        assert next(events(answer))[1]["phase"] == "cancelled"


def test_who_does_not_read_is_dropped_and_harms_nobody(served: Served, scan_id: int) -> None:
    where = urlsplit(served.url)
    sleepy = socket.socket()
    sleepy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleepy.connect((where.hostname, where.port))
    sleepy.sendall(
        f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nX-Api-Key: {served.key}\r\n\r\n".encode()
    )
    long = "x" * 400_000
    with sleepy, following(served) as client:
        for round_ in range(30):
            with transaction() as db:
                changes = {"current_operation": f"{round_} {long}"}
                now = func.clock_timestamp()
                db.execute(update(ScanJob).values(updated_at=now, **changes))
            bells.ring(Topic.SCAN, scan_id)
            while not (message(client)["currentOperation"] or "").startswith(f"{round_} "):
                pass
        sleepy.settimeout(10)
        received = sum(map(len, iter(lambda: sleepy.recv(1 << 16), b"")))

    assert received < 20 * len(long)


def test_without_bells_the_changes_are_told_all_the_same(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        connection.client().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        with transaction() as db:
            scans.cancel(db, scan_id)

        assert message(client)["phase"] == "cancelled"


@pytest.fixture
def search_id(database: str) -> int:
    with transaction() as db:
        begun = insert(Search).values(kind=SearchKind.PERSON, total=4).returning(Search.id)
        return db.execute(begun).scalar_one()


def settle(search_id: int, label: str) -> None:
    """Count one subtitle of a search as found, and ring."""
    with transaction() as db:
        db.execute(
            update(Search).values(
                processed=Search.processed + 1,
                found=Search.found + 1,
                current_item=label,
                updated_at=func.clock_timestamp(),
            )
        )
    bells.ring(Topic.SEARCH, search_id)


def test_a_search_is_told_after_each_item(served: Served, search_id: int) -> None:
    with following(served) as client:
        first = message(client)
        settle(search_id, "Alpha (2001)")
        told = message(client)

    assert (first["type"], first["searchId"], first["processed"]) == (
        "search:progress",
        search_id,
        0,
    )
    assert told == first | {
        "processed": 1,
        "found": 1,
        "percentage": 25.0,
        "currentItem": "Alpha (2001)",
        "lastUpdatedAt": told["lastUpdatedAt"],
    }


def test_the_end_of_a_search_is_told(served: Served, search_id: int) -> None:
    with following(served) as client:
        message(client)
        assert served.ask(f"/api/v1/searches/{search_id}/cancel", b"", **key(served))[0] == 200

        assert message(client)["status"] == "cancelled"


def test_one_search_alone_can_be_followed(served: Served, scan_id: int, search_id: int) -> None:
    with following(served, query=f"?search_id={search_id}") as client:
        assert message(client)["searchId"] == search_id
        change(scan_id, directories_total=1)
        assert silent(client)


def test_a_scan_and_a_search_are_not_followed_as_one(served: Served) -> None:
    status, problem = served.ask("/api/v1/events?scan_id=1&search_id=1", None, **key(served))
    assert status == 422
    assert isinstance(problem, dict)
    assert problem["errors"][0]["field"] == "search_id"


def test_nobody_is_told_of_a_strangers_search(served: Served, search_id: int) -> None:
    owner, stranger = person("owner"), person("stranger")
    with transaction() as db:
        db.execute(update(Search).values(owner_id=owner.id))
    with following(served, owner.headers) as client:
        assert message(client)["searchId"] == search_id
    with following(served, stranger.headers) as client:
        assert silent(client)


def test_a_server_that_stops_says_that_it_goes_away(served: Served, scan_id: int) -> None:
    with following(served) as client:
        message(client)
        served.process.send_signal(signal.SIGTERM)
        assert ending(client) == (1001, "going_away")
    assert served.process.wait(20) == 0


def test_a_stream_takes_no_thread_from_the_requests(served: Served, scan_id: int) -> None:
    streams = [
        requests.get(f"{served.url}/api/v1/events", headers=key(served), stream=True, timeout=10)
        for _ in range(40)
    ]
    try:
        assert served.ask("/api/v1/scans", **key(served))[0] == 200
    finally:
        for stream in streams:
            stream.close()


def test_a_session_that_was_ended_ends_its_stream(served: Served, scan_id: int) -> None:
    anna = person("anna")
    with following(served, anna.headers) as client:
        message(client)
        with transaction() as db:
            sessions.revoke_all(db, anna.id, "ended")
        assert ending(client) == (1008, "session_ended")


def test_a_scan_of_real_files_is_told_from_its_first_to_its_last_state(
    served: Served, library: Library
) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    with following(served) as client:
        asked = library.scan()
        bells.ring(Topic.SCAN, asked.id)
        while (told := message(client)).get("phase") != ScanStatus.COMPLETED:
            pass

    assert told["progress"]["scanning"] == {"scanned": 2, "total": 2, "percentage": 100.0}
    assert told["stats"]["moviesNew"] == 2
    moment = datetime.fromisoformat(told["lastUpdatedAt"])
    assert datetime.now(UTC) - moment < timedelta(minutes=1)

import pytest
from redis import Redis

from broker import connect
from contract import Client
from libraries import Library
from sublarr_tasks import enqueue, scans, settings
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Unavailable
from sublarr_tasks.fleet import queues
from sublarr_tasks.models import ScanJob, Trigger

pytestmark = pytest.mark.usefixtures("broker")


@pytest.fixture
def broker(database: str, redis: Redis) -> Redis:
    """Send the application's messages to the test's own Redis."""
    connect()
    return redis


def test_a_requested_scan_is_accepted_with_its_job(client: Client, library: Library) -> None:
    answer = client.post(f"/libraries/{library.id}/scans")

    assert answer.status_code == 202
    body = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/scans/{body['scan']['id']}"
    assert (body["scan"]["status"], body["scan"]["trigger"]) == ("queued", "api")
    assert body["job"]["id"] == body["scan"]["job_id"]
    assert client.get(answer.headers["Location"]).get_json()["id"] == body["scan"]["id"]
    assert client.get(f"/jobs/{body['job']['id']}").get_json() == body["job"]


def test_a_requested_scan_leaves_one_message(
    client: Client, library: Library, broker: Redis
) -> None:
    body = client.post(f"/libraries/{library.id}/scans", {}).get_json()

    assert queues.depth(broker, "scan") == 1
    assert body["job"]["sent_at"] is not None


def test_what_a_scan_is_told_to_do_is_kept(client: Client, library: Library) -> None:
    asked = {"full": True, "profile": "quick", "options": {"max_directories": 3}}

    scan = client.post(f"/libraries/{library.id}/scans", asked).get_json()["scan"]

    assert (scan["kind"], scan["profile"]) == ("full", "quick")
    assert scan["options"]["max_directories"] == 3
    assert scan["options"]["enable_caching"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"profile": "thorough"}, "profile"),
        ({"full": "perhaps"}, "full"),
        ({"options": {"max_directories": 0}}, "options.max_directories"),
        ({"options": {"enable_cachin": True}}, "options.enable_cachin"),
        ({"options": {"enable_caching": None}}, "options.enable_caching"),
        ({"options": []}, "options"),
        ([], "body"),
        ("{}", "body"),
    ],
)
def test_a_bad_option_is_named(client: Client, library: Library, body: object, field: str) -> None:
    answer = client.call("POST", f"/libraries/{library.id}/scans", json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_a_second_scan_is_refused_with_the_first_ones_id(client: Client, library: Library) -> None:
    first = client.post(f"/libraries/{library.id}/scans").get_json()["scan"]["id"]

    second = client.post(f"/libraries/{library.id}/scans")

    assert second.status_code == 409
    assert (second.get_json()["code"], second.get_json()["scan_id"]) == ("scan_running", first)


def test_a_scan_of_an_unknown_library_is_404(client: Client) -> None:
    assert client.post("/libraries/999/scans").status_code == 404


def test_without_a_broker_the_scan_is_accepted_and_its_job_waits(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_REDIS_URL", "unix:///nowhere/redis.sock")
    settings.current.cache_clear()
    connect()

    answer = client.post(f"/libraries/{library.id}/scans")

    assert answer.status_code == 202
    job = answer.get_json()["job"]
    assert (job["state"], job["sent_at"]) == ("queued", None)


def test_a_message_that_fails_after_the_commit_takes_nothing_back(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(job_id: int) -> bool:
        raise Unavailable(f"no database for job {job_id}")

    monkeypatch.setattr(enqueue, "send_job", fail)

    assert client.post(f"/libraries/{library.id}/scans").status_code == 202


def test_a_finished_scan_shows_its_counts(client: Client, library: Library) -> None:
    library.films("Alpha (2001)", "Beta (2002)")
    done = library.scan()

    scan = client.get(f"/scans/{done.id}").get_json()

    assert (scan["status"], scan["library_name"], scan["movies_new"]) == ("completed", "Films", 2)
    scanning = scan["phases"]["scanning"]
    assert (scanning["total"], scanning["failed"], scanning["left"]) == (2, 0, 0)
    assert scan["remaining_seconds"] is None
    assert scan["elapsed_seconds"] > 0


def test_scans_are_listed_newest_first_and_by_library_and_status(
    client: Client, library: Library
) -> None:
    other = Library.register(library.root.with_name("other"), "Other")
    library.films("Alpha (2001)")
    other.films("Beta (2002)")
    ids = [library.scan().id, other.scan().id, requested(library.id)]

    def listed(query: str) -> list[int]:
        return [each["id"] for each in client.get(f"/scans{query}").get_json()["results"]]

    assert listed("") == ids[::-1]
    assert listed(f"?library_id={library.id}") == [ids[2], ids[0]]
    assert listed("?status=queued") == [ids[2]]
    assert listed(f"?library_id={other.id}&status=queued") == []


def test_failed_units_say_which_and_why(client: Client, library: Library) -> None:
    library.films("Alpha (2001)")
    (library.root / "Beta (2002)").mkdir()
    done = library.scan()
    fail_unit(done.id, "Alpha (2001)")

    failed = client.get(f"/scans/{done.id}/units?state=failed&phase=scanning").get_json()

    (unit,) = failed["results"]
    assert (unit["subject"], unit["reason"]) == ("Alpha (2001)", "permission_denied")
    assert client.get(f"/scans/{done.id}/units?state=failed&phase=caching").get_json()["total"] == 0
    assert client.get(f"/scans/{done.id}/units").get_json()["total"] > 1


def test_units_of_an_unknown_scan_are_404(client: Client) -> None:
    assert client.get("/scans/999/units").status_code == 404


def test_a_cancelled_scan_stays_cancelled(client: Client, library: Library) -> None:
    scan_id = requested(library.id)

    answer = client.post(f"/scans/{scan_id}/cancel")

    assert (answer.status_code, answer.get_json()["status"]) == (200, "cancelled")
    assert client.post(f"/scans/{scan_id}/cancel").status_code == 409
    assert client.post("/scans/999/cancel").status_code == 404


def test_what_failed_is_tried_again(client: Client, library: Library) -> None:
    library.films("Alpha (2001)")
    done = library.scan()
    assert client.post(f"/scans/{done.id}/retry-failed").status_code == 409
    fail_unit(done.id, "Alpha (2001)")

    answer = client.post(f"/scans/{done.id}/retry-failed")

    assert answer.status_code == 202
    assert answer.get_json()["scan"]["status"] == "scanning"
    assert answer.get_json()["job"]["task"] == "scan.advance"


def test_jobs_are_listed_by_state(client: Client, library: Library) -> None:
    client.post(f"/libraries/{library.id}/scans")

    assert client.get("/jobs?state=queued").get_json()["total"] == 1
    assert client.get("/jobs?state=failed").get_json()["total"] == 0
    assert client.get("/jobs/999").status_code == 404


def requested(library_id: int) -> int:
    with transaction() as db:
        return scans.request(db, library_id, trigger=Trigger.API).scan_id


def fail_unit(scan_id: int, subject: str) -> None:
    """Let a unit have failed, in its row and in the counters."""
    with transaction() as db:
        db.exec_driver_sql(
            "UPDATE scan_units SET state = 'failed', reason = 'permission_denied'"
            " WHERE scan_id = %s AND subject = %s AND phase = 'scanning'",
            (scan_id, subject),
        )
        db.execute(
            ScanJob.__table__.update().values(scanning_failed=1, errors_count=1)  # type: ignore[attr-defined]
        )

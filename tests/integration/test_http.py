"""The guarded session against a service that behaves badly in every way."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from redis import Redis

from stub import Said, Stub, serving_stub
from sublarr_tasks import errors, settings
from sublarr_tasks.clients.http import Http, Service
from sublarr_tasks.fleet import breaker, connection, limiter
from sublarr_tasks.fleet.breaker import State
from sublarr_tasks.fleet.limiter import Rate


@pytest.fixture
def stub(redis: Redis) -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def client(stub: Stub, **changes: object) -> Http:
    service = Service("test", stub.url, connect=1, read=1, total=2)
    return Http(replace(service, **changes))  # type: ignore[arg-type]


def test_an_answer_is_read_as_json(stub: Stub) -> None:
    assert client(stub).get_json("/x", {"b": "2", "a": "1"}) == {"fine": True}
    assert (stub.asked[0].path, stub.asked[0].query) == ("/x", {"a": "1", "b": "2"})


def test_credentials_go_with_every_request_and_the_product_names_itself(stub: Stub) -> None:
    http = client(stub, headers={"X-Api-Key": "k"}, params={"token": "t"})

    http.get_json("/")

    assert stub.asked[0].headers["x-api-key"] == "k"
    assert stub.asked[0].query == {"token": "t"}
    assert stub.asked[0].headers["user-agent"].startswith("Sublarr/")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(status=401), errors.AccessDenied),
        (Said(status=403), errors.AccessDenied),
        (Said(status=404), errors.RequestRefused),
        (Said(status=422), errors.RequestRefused),
        (Said(status=429), errors.Throttled),
        (Said(status=500), errors.ServiceUnavailable),
        (Said(status=503), errors.ServiceUnavailable),
        (Said(raw=b"<html>Welcome</html>"), errors.AnswerMalformed),
        (Said(raw=b"[" * 100_000), errors.AnswerMalformed),
        (Said(raw=b""), errors.AnswerMalformed),
        (Said(raw=b"\xff\xfe{"), errors.AnswerMalformed),
        (Said(hang_up=True), errors.ServiceUnavailable),
        (Said(latency=1.5), errors.ServiceUnavailable),
        (Said(raw=b"x" * 300, drip=0.05), errors.ServiceUnavailable),
        (Said(raw=b"{}", drip=0.05, drip_head=True), errors.ServiceUnavailable),
        (Said(headers={"Content-Length": "100"}, raw=b"{}"), errors.ServiceUnavailable),
        (Said(headers={"Content-Encoding": "gzip"}, raw=b"no gzip"), errors.ServiceUnavailable),
    ],
)
def test_each_way_to_fail_is_an_error_of_ours(
    stub: Stub, said: Said, error: type[errors.ServiceError]
) -> None:
    stub.say(said)
    began = time.monotonic()

    with pytest.raises(error):
        client(stub).get_json("/")

    assert time.monotonic() - began < 5


def test_a_service_that_is_not_there_is_unavailable(redis: Redis) -> None:
    with pytest.raises(errors.ServiceUnavailable):
        Http(Service("test", "http://127.0.0.1:1")).get_json("/")
    with pytest.raises(errors.ServiceUnavailable):
        Http(Service("other", "http://no.such.name.invalid")).get_json("/")


def test_no_more_is_read_than_was_agreed(stub: Stub) -> None:
    stub.say(Said(raw=b"[" + b"1," * 600_000 + b"1]"))

    with pytest.raises(errors.AnswerMalformed, match="larger than 1000 bytes"):
        client(stub, most_bytes=1000).get_json("/")


def test_what_a_service_says_does_not_get_into_an_error(stub: Stub) -> None:
    stub.say(Said({"message": "<script>alert(1)</script>"}, status=400))

    with pytest.raises(errors.RequestRefused) as refused:
        client(stub).get_json("/")

    assert "script" not in str(refused.value)


def test_a_redirect_within_the_host_is_followed(stub: Stub) -> None:
    stub.answer = lambda asked: (
        Said(status=302, headers={"Location": "/new"})
        if asked.path == "/old"
        else Said({"at": asked.path})
    )

    assert client(stub).get_json("/old") == {"at": "/new"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_another_host(stub: Stub, status: int) -> None:
    with serving_stub() as other:
        stub.say(Said(status=status, headers={"Location": f"{other.url}/x"}))
        with pytest.raises(errors.AddressRefused):
            client(stub, headers={"X-Api-Key": "secret"}).get_json("/")

        assert other.asked == []


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest", "//evil.example/", "file:///etc/passwd", "http://[::1]/"],
)
def test_a_redirect_to_a_forbidden_place_is_refused(stub: Stub, location: str) -> None:
    stub.say(Said(status=302, headers={"Location": location}))

    with pytest.raises(errors.AddressRefused):
        client(stub).get_json("/")


def test_a_redirect_in_circles_ends(stub: Stub) -> None:
    stub.say(Said(status=302, headers={"Location": "/"}))

    with pytest.raises(errors.AnswerMalformed):
        client(stub).get_json("/")
    assert len(stub.asked) == 4


def test_a_change_is_not_sent_on(stub: Stub) -> None:
    stub.say(Said(status=307, headers={"Location": "/new"}))

    with pytest.raises(errors.RequestRefused):
        client(stub).send_json("POST", "/", {})


def test_private_addresses_are_refused_where_the_setting_says_so(stub: Stub) -> None:
    with pytest.raises(errors.AddressRefused):
        client(stub, private=False).get_json("/")
    assert stub.asked == []


def test_the_address_is_looked_at_in_the_moment_of_connecting(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(stub.url.rpartition(":")[2])
    answers = iter(["127.0.0.1", "169.254.169.254"])

    def resolve(host: str, number: int, **_: object) -> list[tuple[object, ...]]:
        place = (next(answers), number)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    stub.say(Said({"fine": True}, headers={"Connection": "close"}))
    rebinding = Http(Service("test", f"http://rebinding.example:{port}"))

    assert rebinding.get_json("/") == {"fine": True}
    with pytest.raises(errors.AddressRefused):
        rebinding.get_json("/")


def test_no_proxy_of_the_environment_is_used(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert client(stub).get_json("/") == {"fine": True}


# The limit

PATIENCE = 0.2


def test_the_first_call_waits_for_its_slot_and_the_rest_are_evenly_spaced(stub: Stub) -> None:
    http = client(stub, rate=Rate(20, 1))

    for _ in range(10):
        http.get_json("/")

    gaps = [b.at - a.at for a, b in zip(stub.asked, stub.asked[1:], strict=False)]
    assert min(gaps) > 0.035


def test_a_slot_too_far_away_is_not_waited_for(stub: Stub) -> None:
    http = client(stub, rate=Rate(1, 10), patience=0.5)

    with pytest.raises(errors.Throttled) as throttled:
        http.get_json("/")

    assert 9 < (throttled.value.seconds or 0) <= Rate(1, 10).interval
    assert stub.asked == []


def test_after_a_flush_nobody_calls_at_once(redis: Redis) -> None:
    rate = Rate(10, 1)
    limiter.take(redis, "x", rate, 5)
    redis.flushdb()

    slots = [limiter.take(redis, "x", rate, 5).seconds for _ in range(3)]

    assert slots == pytest.approx([0.1, 0.2, 0.3], abs=0.03)


def test_without_redis_a_limited_service_is_not_called(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.current.cache_clear()
    connection.forget()
    away = client(stub, rate=Rate(10, 1))
    unlimited = client(stub)

    with pytest.raises(errors.Throttled):
        away.get_json("/")
    assert unlimited.get_json("/") == {"fine": True}


def test_a_service_that_is_slower_than_anybodys_patience_is_called_in_the_end(
    redis: Redis,
) -> None:
    slow = Rate(1, 0.4)
    refused = limiter.take(redis, "slow", slow, 0.1)
    assert not refused.taken
    time.sleep(refused.seconds)
    assert limiter.take(redis, "slow", slow, 0.1).taken
    assert not limiter.take(redis, "slow", slow, 0.1).taken


def call_for(redis_url: str, seconds: float, flush: bool) -> list[float]:
    """Call as often as the limit allows; returns when that was."""
    redis = Redis.from_url(redis_url, decode_responses=True)
    ending = time.monotonic() + seconds
    calls: list[float] = []
    while time.monotonic() < ending:
        slot = limiter.take(redis, "x", Rate(50, 1), PATIENCE)
        if slot.taken:
            calls.append(time.monotonic() + slot.seconds)
            time.sleep(slot.seconds)
        if flush and len(calls) == 20:
            redis.flushdb()
    redis.close()
    return calls


@pytest.mark.parametrize("flush", [False, True])
def test_many_processes_together_keep_the_limit_in_every_second(redis: Redis, flush: bool) -> None:
    url = settings.current().redis_url
    assert url is not None
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(
            call_for, [(url.get_secret_value(), 3.0, flush and n == 0) for n in range(4)]
        )
        pool.close()
        pool.join()
    calls = sorted(moment for each in found for moment in each)

    # Those who already wait for a slot when Redis loses the schedule keep theirs.
    waiting = 50 * PATIENCE if flush else 0
    most = max(sum(1 for call in calls if moment <= call < moment + 1) for moment in calls)
    assert most <= 50 + 2 + waiting
    assert len(calls) > 100


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("in an hour", 3600),
        ("soon", 60),
        ("-5", 60),
        ("nan", 60),
        ("99999999999", 86_400),
    ],
)
def test_who_is_asked_to_wait_waits_for_all(stub: Stub, header: str, seconds: float) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    header = in_an_hour if header == "in an hour" else header
    stub.say(Said(status=429, headers={"Retry-After": header}), Said({"fine": True}))
    with pytest.raises(errors.Throttled) as throttled:
        client(stub).get_json("/")
    assert throttled.value.seconds == pytest.approx(seconds, abs=60)

    with pytest.raises(errors.Throttled) as blocked:
        client(stub).get_json("/")

    assert blocked.value.seconds == pytest.approx(seconds, abs=60)
    assert len(stub.asked) == 1


# The breaker


def fail(http: Http, times: int) -> None:
    for _ in range(times):
        with pytest.raises(errors.ServiceUnavailable):
            http.get_json("/")


def test_a_service_that_fails_five_times_is_left_alone(stub: Stub, redis: Redis) -> None:
    stub.say(Said(status=500))

    fail(client(stub), 8)

    assert len(stub.asked) == 5
    assert breaker.state(redis, "test") == (State.OPEN, 5)


def test_a_success_in_between_begins_the_count_anew(stub: Stub) -> None:
    bad = Said(status=500)
    stub.say(*[bad] * 4, Said({}), *[bad] * 5)
    http = client(stub)

    fail(http, 4)
    http.get_json("/")
    fail(http, 4)

    assert len(stub.asked) == 9


def test_what_is_our_own_fault_does_not_open_the_breaker(stub: Stub) -> None:
    stub.say(Said(status=404))

    for _ in range(8):
        with pytest.raises(errors.RequestRefused):
            client(stub).get_json("/")

    assert len(stub.asked) == 8


def cool_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "COOL_DOWN", 0.2)


def test_after_a_while_one_may_try_and_the_others_wait(
    stub: Stub, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    cool_down(monkeypatch)
    stub.say(Said(status=500))
    fail(client(stub), 5)
    time.sleep(0.3)

    admitted = [breaker.admit(redis, "test") for _ in range(5)]

    assert admitted[0] == 0
    assert all(each > 0 for each in admitted[1:])
    assert breaker.state(redis, "test")[0] is State.HALF_OPEN


def test_a_trial_that_succeeds_closes_the_breaker(
    stub: Stub, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    cool_down(monkeypatch)
    stub.say(*[Said(status=500)] * 5, Said({}))
    http = client(stub)
    fail(http, 5)
    time.sleep(0.3)

    http.get_json("/")

    assert breaker.state(redis, "test") == (State.CLOSED, 0)


def test_a_trial_that_fails_opens_it_again(
    stub: Stub, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    cool_down(monkeypatch)
    stub.say(Said(status=500))
    http = client(stub)
    fail(http, 5)
    time.sleep(0.3)

    fail(http, 2)

    assert len(stub.asked) == 6
    assert breaker.state(redis, "test")[0] is State.OPEN


# The cache


def test_an_answer_is_kept_for_as_long_as_was_agreed(stub: Stub) -> None:
    http = client(stub)

    for _ in range(3):
        http.get_json("/", {"a": 1}, cache_seconds=60)
    http.get_json("/", {"a": 2}, cache_seconds=60)

    assert len(stub.asked) == 2


def test_a_failure_is_not_kept(stub: Stub) -> None:
    stub.say(Said(status=500), Said({"fine": 1}))

    with pytest.raises(errors.ServiceUnavailable):
        client(stub).get_json("/", cache_seconds=60)

    assert client(stub).get_json("/", cache_seconds=60) == {"fine": 1}


def test_what_is_to_be_changed_is_sent_as_json(stub: Stub) -> None:
    client(stub).send_json("PUT", "/x", {"a": [1]})

    assert (stub.asked[0].method, stub.asked[0].body) == ("PUT", {"a": [1]})

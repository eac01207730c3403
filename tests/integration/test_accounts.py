"""People come in, go on, and are kept out."""

import base64
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pyotp
import pytest
from redis import Redis
from sqlalchemy import update
from werkzeug.test import TestResponse

from api import create_app
from contract import Client
from libraries import one, rows
from people import person
from sublarr_tasks import encryption, settings
from sublarr_tasks.accounts import lockout, logins, passwords, totp, users
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Limited, Unauthenticated
from sublarr_tasks.fleet import connection
from sublarr_tasks.models import (
    ApiKey,
    LoginFailure,
    RecoveryCode,
    Role,
    Scope,
    Session,
    SigningKey,
    User,
)

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little memory: these tests are about what happens around it."""
    monkeypatch.setattr(passwords, "_hasher", type(passwords._hasher)(1, 8, 1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def anna(database: str) -> int:
    with transaction() as db:
        return int(users.add(db, "Anna", PASSWORD, Role.ADMIN).id)


def login(client: Client, **changes: object) -> TestResponse:
    body = {"name": "anna", "password": PASSWORD} | changes
    return client.call("POST", "/auth/login", key=None, json=body)


def tokens(client: Client, **changes: object) -> dict[str, Any]:
    granted: dict[str, Any] = login(client, **changes).get_json()
    return granted


def status(client: Client, token: str, path: str = "/auth/me") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.call("GET", path, key=None, headers=headers).status_code


def refresh(client: Client, token: str) -> TestResponse:
    return client.call("POST", "/auth/refresh", key=None, json={"refresh_token": token})


# The first admin


def test_the_first_start_makes_an_admin_with_the_installations_key(client: Client) -> None:
    assert client.get("/setup").get_json() == {"needed": True}

    made = client.post("/setup", {"name": "Anna", "password": PASSWORD})

    assert made.status_code == 201
    assert made.get_json()["role"] == "admin"
    assert client.get("/setup").get_json() == {"needed": False}
    assert login(client).status_code == 200


def test_the_set_up_is_closed_once_there_is_an_admin(client: Client, anna: int) -> None:
    again = client.post("/setup", {"name": "Mallory", "password": PASSWORD})

    assert again.status_code == 409
    assert [user.name for user in rows(User)] == ["Anna"]


def test_of_many_set_ups_at_once_one_makes_the_admin(database: str) -> None:
    def attempt(number: int) -> bool:
        try:
            with transaction() as db:
                users.set_up(db, f"admin{number}", PASSWORD)
        except Exception:  # noqa: BLE001 - whatever the losers are told
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(rows(User)) == 1


# Passwords


def test_a_password_is_kept_as_argon2id(anna: int) -> None:
    kept = one(User).password_hash

    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


@pytest.mark.parametrize("password", ["shortpass", "aaaaaaaaaaaaaaaa", "x" * 257, "annaannaanna"])
def test_a_weak_password_is_refused_and_not_repeated(client: Client, password: str) -> None:
    answer = client.post("/setup", {"name": "annaanna", "password": password})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == ["password"]
    assert password not in answer.text
    assert rows(User) == []


def test_a_new_password_ends_the_other_sessions(client: Client, anna: int) -> None:
    here, there = tokens(client)["access_token"], tokens(client)["access_token"]

    answer = client.call(
        "POST",
        "/auth/password",
        key=None,
        headers={"Authorization": f"Bearer {here}"},
        json={"password": PASSWORD, "new_password": "another horse battery"},
    )

    assert answer.status_code == 204
    assert (status(client, here), status(client, there)) == (200, 401)
    assert login(client).status_code == 401
    assert login(client, password="another horse battery").status_code == 200


# Tokens


def test_a_login_gives_tokens_that_open_the_door(client: Client, anna: int) -> None:
    granted = tokens(client)

    assert granted["expires_in"] == 900
    assert status(client, granted["access_token"]) == 200


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"name": "nobody"}])
def test_a_wrong_login_does_not_say_what_was_wrong(
    client: Client, anna: int, changes: dict[str, object]
) -> None:
    answer = login(client, **changes)

    assert answer.status_code == 401
    assert answer.get_json()["code"] == "invalid_credentials"


def test_a_refresh_token_is_good_once(client: Client, anna: int) -> None:
    first = tokens(client)

    second = refresh(client, first["refresh_token"]).get_json()

    assert second["refresh_token"] != first["refresh_token"]
    assert status(client, second["access_token"]) == 200


def test_a_refresh_token_that_is_used_again_ends_the_session_for_everybody(
    client: Client, anna: int
) -> None:
    first = tokens(client)
    second = refresh(client, first["refresh_token"]).get_json()

    replayed = refresh(client, first["refresh_token"])

    assert (replayed.status_code, replayed.get_json()["code"]) == (401, "session_ended")
    assert status(client, second["access_token"]) == 401
    assert refresh(client, second["refresh_token"]).status_code == 401
    assert one(Session).revoked_reason == "refresh_token_reused"


def test_of_one_refresh_token_used_by_many_at_once_one_gets_through(
    client: Client, anna: int
) -> None:
    token = tokens(client)["refresh_token"]

    def trade(_: int) -> bool:
        try:
            logins.refresh(token)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(trade, range(8))) == 1


def test_a_logout_holds_in_every_process(client: Client, anna: int) -> None:
    token = tokens(client)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert client.call("POST", "/auth/logout", key=None, headers=headers).status_code == 204

    assert status(client, token) == 401


def test_who_is_disabled_is_out_at_once(client: Client, anna: int) -> None:
    bert = person("bert")
    assert status(client, bert.tokens.access) == 200

    client.patch(f"/users/{bert.id}", {"enabled": False})

    assert status(client, bert.tokens.access) == 401
    assert refresh(client, bert.tokens.refresh).status_code == 401


def test_who_is_no_admin_any_more_may_do_less_at_once(client: Client, anna: int) -> None:
    bert = person("bert", Role.ADMIN)
    assert status(client, bert.tokens.access, "/users") == 200

    client.patch(f"/users/{bert.id}", {"role": "user"})

    assert status(client, bert.tokens.access, "/users") == 403


def test_the_last_admin_stays(client: Client, anna: int) -> None:
    assert client.patch(f"/users/{anna}", {"role": "user"}).status_code == 409
    assert client.patch(f"/users/{anna}", {"enabled": False}).status_code == 409
    assert client.delete(f"/users/{anna}").status_code == 409


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def forged(token: str, secret: str, claims: dict[str, object], **header: str) -> str:
    """Sign changed claims with a key and header of one's own."""
    known = jwt.decode(token, options={"verify_signature": False}) | claims
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(known, secret, "HS256", headers={"kid": kid} | header)


def test_a_token_without_a_signature_is_not_believed(client: Client, anna: int) -> None:
    head, claims, _ = tokens(client)["access_token"].split(".")
    kid = json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]

    for name in ("none", "None", "NONE"):
        unsigned = f"{part({'alg': name, 'typ': 'JWT', 'kid': kid})}.{claims}."
        assert status(client, unsigned) == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_of_another_algorithm_is_not_believed(
    client: Client, anna: int, algorithm: str
) -> None:
    token = tokens(client)["access_token"]
    secret = encryption.decrypt(one(SigningKey).secret)
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]

    assert status(client, jwt.encode(claims, secret, algorithm, headers={"kid": kid})) == 401


@pytest.mark.parametrize(
    "header", [{}, {"kid": "999"}, {"kid": "../../dev/null"}, {"kid": "1' OR '1'='1"}]
)
def test_a_token_signed_with_another_key_is_not_believed(
    client: Client, anna: int, header: dict[str, str]
) -> None:
    token = tokens(client)["access_token"]

    assert status(client, forged(token, "x" * 40, {}, **header)) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"typ": "refresh"},
        {"typ": None},
        {"iss": "somebody else"},
        {"sid": 424242},
        {"sub": "999"},
        {"sub": "x"},
        {"sid": None},
    ],
)
def test_a_token_with_other_claims_is_not_believed(
    client: Client, anna: int, claims: dict[str, object]
) -> None:
    token = tokens(client)["access_token"]
    secret = encryption.decrypt(one(SigningKey).secret)
    assert status(client, forged(token, secret, {})) == 200

    assert status(client, forged(token, secret, claims)) == 401


def test_one_kind_of_token_is_never_taken_for_the_other(client: Client, anna: int) -> None:
    granted = tokens(client)

    assert status(client, granted["refresh_token"]) == 401
    assert refresh(client, granted["access_token"]).status_code == 401


def test_an_old_token_is_told_apart_from_a_wrong_one(client: Client, anna: int) -> None:
    token = tokens(client)["access_token"]
    secret = encryption.decrypt(one(SigningKey).secret)
    old = forged(token, secret, {"exp": int(time.time()) - 1})

    answer = client.call("GET", "/auth/me", key=None, headers={"Authorization": f"Bearer {old}"})

    assert answer.get_json()["code"] == "token_expired"


# Lock-out


def fail(times: int, name: str = "anna", address: str = "192.0.2.1") -> int:
    """Fail to log in; returns how often the password was looked at."""
    looked = 0
    for _ in range(times):
        try:
            logins.login(name, "wrong", None, address, None)
        except Unauthenticated:
            looked += 1
        except Limited:
            pass
    return looked


def after(seconds: float) -> None:
    """Let time pass for all failures."""
    with transaction() as db:
        moved = {
            "last_failed_at": LoginFailure.last_failed_at - timedelta(seconds=seconds),
            "locked_until": LoginFailure.locked_until - timedelta(seconds=seconds),
        }
        db.execute(update(LoginFailure).values(moved))


def test_the_sixth_guess_in_a_row_must_wait(client: Client, anna: int) -> None:
    assert fail(8) == 5

    answer = login(client)

    assert answer.status_code == 429
    assert answer.get_json()["code"] == "too_many_attempts"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_a_name_that_does_not_exist_is_locked_in_the_same_way(anna: int) -> None:
    assert fail(8, name="nobody") == 5


def test_guesses_at_once_are_counted_before_they_are_judged(anna: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: fail(1), range(24))) == 5


@pytest.mark.parametrize(("rounds", "minutes"), [(1, 1), (6, 5), (11, 15), (16, 30)])
def test_each_further_failure_waits_longer(anna: int, rounds: int, minutes: int) -> None:
    fail(5)
    for _ in range(rounds - 1):
        after(30 * 60)
        fail(1)

    with transaction() as db, pytest.raises(Limited) as limited:
        lockout.attempt(db, "anna", None)

    assert minutes * 60 - 30 < limited.value.seconds <= minutes * 60


def test_an_address_that_tries_many_names_must_wait(anna: int) -> None:
    assert sum(fail(1, name=f"name{number}") for number in range(30)) == 20


def test_the_addresses_of_one_ipv6_subscriber_count_as_one(anna: int) -> None:
    guesses = sum(
        fail(1, name=f"name{number}", address=f"2001:db8::{number:x}") for number in range(30)
    )

    assert guesses == 20


def test_a_login_that_succeeds_forgets_the_failures_of_the_name(client: Client, anna: int) -> None:
    fail(4)
    assert login(client).status_code == 200

    assert fail(4) == 4


def test_an_admin_lets_a_locked_user_try_again(client: Client, anna: int) -> None:
    fail(6)

    assert client.post(f"/users/{anna}/unlock").status_code == 204

    assert login(client).status_code == 200


def test_failures_of_an_earlier_day_do_not_count(anna: int) -> None:
    fail(4)
    after(25 * 3600)

    assert fail(8) == 5


# The second factor

STEP = 58_000_000


@dataclass(frozen=True)
class Authenticator:
    """An app on a phone, at one moment for ever; `recovery` is on paper."""

    secret: str
    recovery: tuple[str, ...] = ()

    def code(self, offset: int = 0) -> str:
        return pyotp.TOTP(self.secret).generate_otp(STEP + offset)


@pytest.fixture
def app(client: Client, anna: int, monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    """Switch the second factor on and give the authenticator."""
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: STEP * totp.STEP_SECONDS))
    headers = {"Authorization": f"Bearer {tokens(client)['access_token']}"}
    made = client.call(
        "POST", "/auth/totp", key=None, headers=headers, json={"password": PASSWORD}
    ).get_json()
    authenticator = Authenticator(made["secret"])
    body = {"code": authenticator.code(-1)}
    confirmed = client.call("POST", "/auth/totp/confirm", key=None, headers=headers, json=body)
    return replace(authenticator, recovery=confirmed.get_json()["recovery_codes"])


def test_with_a_second_factor_the_password_is_not_enough(
    client: Client, app: Authenticator
) -> None:
    answer = login(client)

    assert (answer.status_code, answer.get_json()["code"]) == (401, "totp_required")
    assert login(client, code=app.code()).status_code == 200


def test_a_code_is_good_once(client: Client, app: Authenticator) -> None:
    code = app.code()
    assert login(client, code=code).status_code == 200

    assert login(client, code=code).get_json()["code"] == "invalid_totp"


def test_a_code_older_than_the_last_one_is_good_no_more(client: Client, app: Authenticator) -> None:
    assert login(client, code=app.code(1)).status_code == 200

    assert login(client, code=app.code()).get_json()["code"] == "invalid_totp"


def test_wrong_codes_lock_the_account_however_often_the_password_is_right(
    client: Client, app: Authenticator
) -> None:
    answers = [login(client, code="000000").status_code for _ in range(8)]

    assert answers == [401] * 5 + [429] * 3
    assert login(client, code=app.code()).status_code == 429


def test_the_password_without_a_code_does_not_reset_the_count(
    client: Client, app: Authenticator
) -> None:
    answers = []
    for _ in range(4):
        answers += [
            login(client, code="000000").status_code,
            login(client).status_code,
        ]

    assert answers == [401] * 5 + [429] * 3


def test_a_recovery_code_stands_for_the_app_once(client: Client, app: Authenticator) -> None:
    (first, *_) = app.recovery

    assert login(client, code=first.upper()).status_code == 200
    assert login(client, code=first).status_code == 401
    assert len(rows(RecoveryCode)) == 9


def test_the_secret_of_a_second_factor_is_kept_encrypted(
    client: Client, app: Authenticator
) -> None:
    kept = one(User).totp_secret

    assert app.secret not in kept
    assert encryption.decrypt(kept) == app.secret


def test_the_second_factor_goes_with_the_password_and_a_code(
    client: Client, app: Authenticator
) -> None:
    headers = {"Authorization": f"Bearer {tokens(client, code=app.code())['access_token']}"}

    def disable(**body: str) -> int:
        return client.call(
            "POST", "/auth/totp/disable", key=None, headers=headers, json=body
        ).status_code

    assert disable(password=PASSWORD) == 401
    assert disable(password=PASSWORD, code=app.recovery[0]) == 204
    assert login(client).status_code == 200


def test_codes_cannot_be_guessed_by_taking_the_second_factor_away(
    client: Client, app: Authenticator
) -> None:
    headers = {"Authorization": f"Bearer {tokens(client, code=app.code())['access_token']}"}

    def attempt(path: str, **body: str) -> int:
        return client.call("POST", path, key=None, headers=headers, json=body).status_code

    statuses = []
    for _ in range(6):
        statuses.append(attempt("/auth/totp/disable", password=PASSWORD, code="000000"))
        attempt("/auth/password", password=PASSWORD, new_password="short")

    assert statuses == [401] * 5 + [429]


# API keys


def test_a_key_is_shown_once_and_kept_as_a_digest(client: Client, anna: int) -> None:
    made = client.post("/api-keys", {"name": "Homepage", "user_id": anna}).get_json()

    assert made["key"].startswith(made["prefix"])
    assert "key" not in client.get(f"/api-keys/{made['id']}").get_json()
    row = one(ApiKey)
    assert made["key"] not in str(row)
    assert len(row.digest) == 32


def test_a_key_notes_when_it_was_used(client: Client, anna: int) -> None:
    made = client.post("/api-keys", {"name": "Homepage", "user_id": anna}).get_json()
    assert made["last_used_at"] is None

    client.call("GET", "/libraries", key=made["key"])

    assert client.get(f"/api-keys/{made['id']}").get_json()["last_used_at"] is not None


def test_a_revoked_key_is_worthless(client: Client, anna: int) -> None:
    made = client.post("/api-keys", {"name": "Homepage", "user_id": anna}).get_json()

    assert client.delete(f"/api-keys/{made['id']}").status_code == 204

    assert client.call("GET", "/libraries", key=made["key"]).status_code == 401


def test_a_key_is_good_until_it_expires(client: Client, anna: int) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = client.post(
        "/api-keys", {"name": "Homepage", "user_id": anna, "expires_at": soon}
    ).get_json()
    assert client.call("GET", "/libraries", key=made["key"]).status_code == 200

    with transaction() as db:
        db.execute(update(ApiKey).values(expires_at=datetime.now(UTC)))

    assert client.call("GET", "/libraries", key=made["key"]).status_code == 401


def test_a_key_that_expired_before_it_was_made_is_refused(client: Client, anna: int) -> None:
    body = {"name": "a", "user_id": anna, "expires_at": "2001-01-01T00:00:00Z"}

    assert client.post("/api-keys", body).status_code == 422


def test_no_key_does_more_than_its_maker(client: Client, anna: int) -> None:
    bert = person("bert")

    def make(headers: dict[str, str], scope: str) -> int:
        body = {"name": "a", "scope": scope}
        return client.call("POST", "/api-keys", key=None, headers=headers, json=body).status_code

    assert make(bert.headers, "write") == 201
    assert make(bert.headers, "admin") == 403
    assert make(bert.key(Scope.READ), "read") == 403


def test_many_wrong_keys_from_one_address_must_wait(client: Client, redis: Redis) -> None:
    answers = [client.call("GET", "/libraries", key=f"wrong{n}").status_code for n in range(22)]

    assert answers == [401] * 20 + [429] * 2
    assert client.get("/libraries").status_code == 200  # a right one never waits


def test_while_redis_is_away_a_wrong_key_must_wait_and_a_right_one_is_good(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("SUBLARR_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.current.cache_clear()
    connection.forget()

    assert client.call("GET", "/libraries", key="wrong").status_code == 429
    assert client.get("/libraries").status_code == 200


# Cookies


@pytest.fixture
def page(client: Client, anna: int) -> str:
    """Log in as a page does; returns the token for its requests."""
    token: str = tokens(client, cookies=True)["csrf_token"]
    return token


def test_a_page_gets_cookies_and_no_tokens(client: Client, anna: int) -> None:
    answer = login(client, cookies=True)

    assert answer.get_json()["access_token"] is None
    access, refreshing, csrf = sorted(answer.headers.getlist("Set-Cookie"))
    for cookie in (access, csrf):
        assert ("HttpOnly" in cookie) == ("_csrf" not in cookie)
    assert all("SameSite=Strict" in each for each in (access, refreshing, csrf))


def change(client: Client, **headers: str) -> int:
    return client.call(
        "POST",
        "/auth/logout",
        key=None,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    ).status_code


def test_a_page_reads_with_its_cookies_alone(client: Client, page: str) -> None:
    assert client.call("GET", "/auth/me", key=None).status_code == 200


def test_a_change_needs_the_token_of_the_page(client: Client, page: str) -> None:
    assert change(client) == 403
    assert change(client, X_CSRF_Token="0" * 64) == 403
    assert change(client, X_CSRF_Token=page) == 204


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}],
)
def test_another_sites_page_gets_nowhere(
    client: Client, page: str, headers: dict[str, str]
) -> None:
    assert change(client, X_CSRF_Token=page, **headers) == 403


def test_a_page_goes_on_with_its_refresh_cookie(client: Client, page: str) -> None:
    headers = {"X-CSRF-Token": page}

    answer = client.call("POST", "/auth/refresh", key=None, headers=headers, json={})

    assert answer.status_code == 200
    assert client.call("GET", "/auth/me", key=None).status_code == 200


def test_cookies_are_secure_behind_a_proxy_that_speaks_https(
    client: Client, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("SUBLARR_TRUSTED_PROXIES", "1")
    settings.current.cache_clear()
    behind = create_app().test_client()
    body = {"name": "anna", "password": PASSWORD, "cookies": True}

    answer = behind.post("/api/v1/auth/login", json=body, headers={"X-Forwarded-Proto": "https"})

    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    assert "Strict-Transport-Security" in answer.headers


# Proxies


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ("0", "203.0.113.9", "127.0.0.1"),
        ("1", "203.0.113.9", "203.0.113.9"),
        ("1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("2", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("2", "203.0.113.9", "127.0.0.1"),
    ],
)
@pytest.mark.usefixtures("client", "anna")
def test_the_address_is_counted_from_the_right(
    monkeypatch: pytest.MonkeyPatch, proxies: str, forwarded: str, seen: str
) -> None:

    monkeypatch.setenv("SUBLARR_TRUSTED_PROXIES", proxies)
    settings.current.cache_clear()
    body = {"name": "anna", "password": PASSWORD}

    create_app().test_client().post(
        "/api/v1/auth/login", json=body, headers={"X-Forwarded-For": forwarded}
    )

    assert one(Session).address == seen


def test_a_csrf_token_is_the_sessions_own(client: Client, page: str) -> None:
    other = tokens(client, cookies=True)["csrf_token"]

    assert not hmac.compare_digest(page, other)
    assert change(client, X_CSRF_Token=page) == 403

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from api import auth, create_app
from contract import BASE, KEY, Client
from libraries import Library
from sublarr_tasks import __version__, db, keys
from sublarr_tasks import settings as settings_module

pytestmark = pytest.mark.usefixtures("database")


def test_the_document_is_valid_openapi(client: Client) -> None:
    validate(client.document)


def test_every_route_of_the_version_is_in_the_document(client: Client) -> None:
    app = create_app()
    routes = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(BASE) and not rule.endpoint.startswith("docs.")
    }

    documented = {
        (method, path)
        for path, operations in client.document["paths"].items()
        for method in operations
    }

    assert routes == {each for each in documented if each[1].startswith(BASE)}


def test_every_operation_but_the_open_ones_asks_for_a_key_in_the_document(client: Client) -> None:
    asks = {
        (method, path.removeprefix(BASE))
        for path, operations in client.document["paths"].items()
        for method, operation in operations.items()
        if "security" not in operation
    }

    assert asks == {
        ("get", "/health"),
        ("get", "/ping"),
        ("get", "/setup"),
        ("post", "/auth/login"),
        ("post", "/auth/refresh"),
    }


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/docs/start.js",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui.js",
        "/openapi.json",
        "/ping",
    ],
)
def test_the_page_and_the_ping_are_open(client: Client, path: str) -> None:
    answer = client._client.get(BASE + path, buffered=True)

    assert answer.status_code == 200
    assert b"http://" not in answer.get_data()[:1000]


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client._client.get(f"{BASE}/docs")

    assert "//" not in page.text.replace("<!doctype html>", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/libraries", "/items/1", "/no/such/address", "/docs/other.js"])
def test_nothing_else_answers_without_the_key(client: Client, path: str) -> None:
    answer = client._client.get(BASE + path, buffered=True)

    expected = 404 if path.startswith("/docs") else 401
    assert answer.status_code == expected
    if expected == 401:
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="sublarr"'
        assert answer.get_json()["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ({"apikey": KEY}, {}, 200),
        ({}, {"X-Api-Key": KEY}, 200),
        ({}, {"Authorization": f"Bearer {KEY}"}, 200),
        ({}, {"Authorization": f"bearer {KEY}"}, 200),
        ({"apikey": KEY}, {"X-Api-Key": "wrong"}, 200),
        ({"apikey": "wrong"}, {"X-Api-Key": KEY}, 401),
        ({}, {"X-Api-Key": "wrong", "Authorization": f"Bearer {KEY}"}, 401),
        ({"apikey": ""}, {"X-Api-Key": KEY}, 200),
        ({"apikey": KEY[:-1]}, {}, 401),
        ({"apikey": "\u00e9"}, {}, 401),
        ({}, {"Authorization": "Basic eDp5"}, 401),
        ({}, {"Authorization": "Bearer"}, 401),
        ({}, {}, 401),
    ],
)
def test_the_first_key_that_is_given_counts(
    client: Client, query: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answer = client.call("GET", "/libraries", key=None, query_string=query, headers=headers)

    assert answer.status_code == status


def test_the_key_is_compared_in_constant_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr(auth.hmac, "compare_digest", lambda a, b: asked.append((a, b)) or a == b)

    client.get("/libraries")

    assert asked == [(KEY.encode(), KEY.encode())]


def test_the_key_of_the_home_is_used_where_none_is_set(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUBLARR_API_KEY")
    settings_module.current.cache_clear()
    made = keys.obtain(settings_module.current())
    assert made.is_new

    answer = create_app().test_client().get("/api", headers={"X-Api-Key": made.value})

    assert answer.get_json() == {"current": "v1", "deprecated": []}


def test_a_request_is_logged_without_the_key(
    client: Client, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    client.call("GET", f"/items?year=1999&apikey={KEY}&q=a%0Ab", key=None)

    said = "".join(capsys.readouterr()) + caplog.text
    assert "year=1999" in said
    assert "apikey=***" in said
    assert "q=a%0Ab" in said
    assert KEY not in said


def test_the_alias_answers_as_the_current_version(client: Client, library: Library) -> None:
    assert client.get("/api/libraries").get_json() == client.get("/libraries").get_json()
    assert client.get(f"/api/libraries/{library.id}").status_code == 200
    assert client.get("/api").get_json() == {"current": "v1", "deprecated": []}
    assert client.get("/libraries/").status_code == 200


def test_every_answer_names_the_version_and_forbids_guessing(client: Client) -> None:
    for answer in (client.get("/libraries"), client.get("/nowhere"), client.get("/ping")):
        assert answer.headers["X-Application-Version"] == __version__
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_ping_takes_head(client: Client) -> None:
    for path in ("/ping", "/api/ping", f"{BASE}/ping"):
        answer = client._client.head(path)
        assert (answer.status_code, answer.get_data()) == (200, b"")


def test_ping_says_error_without_a_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_database(monkeypatch)

    answer = client.get("/ping", key=None)

    assert (answer.status_code, answer.get_json()) == (500, {"status": "Error"})


def test_without_a_database_a_list_is_503_and_says_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_database(monkeypatch)

    answer = client.get("/libraries")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["code"] == "unavailable"
    assert "nowhere" not in answer.text


def test_an_error_of_ours_is_logged_and_not_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr("sublarr_tasks.libraries.page", fail)

    answer = client.get("/libraries")

    assert answer.status_code == 500
    assert answer.get_json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "code": "internal_error",
    }


def test_an_unknown_address_is_404(client: Client) -> None:
    answer = client.get("/nowhere")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_405_and_says_which_are_right(client: Client) -> None:
    answer = client.call("PUT", "/libraries", json={})

    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_request"),
        (b"\xff", "application/json", 400, "malformed_request"),
        (b"[" * 100_000, "application/json", 400, "malformed_request"),
        (b'{"a": ' + b"1" * 5000 + b"}", "application/json", 400, "malformed_request"),
        (b"name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "", 415, "unsupported_media_type"),
        (b" " * ((1 << 20) + 1), "application/json", 413, "body_too_large"),
        (b"null", "application/json", 422, "invalid_input"),
        (b'"{}"', "application/json", 422, "invalid_input"),
        (b"", "application/json", 422, "invalid_input"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    client: Client, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = client.call("POST", "/libraries", data=data, content_type=content_type)

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=a",
        "offset=-1",
        "offset=20001",
        "cursor=nonsense",
        "cursor=%00",
        "cursor=bnVsbA",
        "cursor=W10",
        "cursor=" + "a" * 5000,
        "limits=5",
    ],
)
@pytest.mark.parametrize("path", ["/libraries", "/items", "/scans", "/jobs", "/ignore-patterns"])
def test_a_bad_page_is_named(client: Client, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [query.partition("=")[0]]


def test_a_cursor_and_an_offset_exclude_each_other(client: Client) -> None:
    assert client.get("/jobs?cursor=a&offset=1").get_json()["errors"][0]["field"] == "offset"


TEXTS = st.text(max_size=20) | st.sampled_from(
    ["0", "1", "-1", "9" * 30, "true", "title", "failed", "caching", "nan", "1e9", "\0", "%", "'"]
)
NAMES = st.sampled_from(
    "limit offset cursor library_id state status phase year q missing sort order v".split()
)


@pytest.fixture
def reused(client: Client, library: Library) -> Client:
    library.films("Alpha (2001)")
    library.scan()
    return client


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(
        "/libraries /items /items/1 /scans /scans/1 /scans/1/units /jobs /assets/1/file"
        " /ignore-patterns".split()
    ),
    query=st.dictionaries(NAMES, TEXTS, max_size=4),
)
def test_no_query_is_too_much(reused: Client, path: str, query: dict[str, str]) -> None:
    assert reused.get(path, query_string=query).status_code in (200, 422)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    target=st.sampled_from(["/libraries", "/ignore-patterns", "/libraries/1/scans"]),
    body=st.dictionaries(
        st.sampled_from(
            "name path kind symlinks full_every worker_group pattern target library_id enabled"
            " full profile options".split()
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just({"a": []}),
        max_size=5,
    ),
)
def test_no_body_is_too_much(reused: Client, target: str, body: dict[str, object]) -> None:
    assert reused.post(target, body).status_code in (201, 202, 409, 422)


def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_DATABASE_URL", "postgresql+psycopg://x@/x?host=/nowhere")
    settings_module.current.cache_clear()
    db.engine().dispose()
    db.engine.cache_clear()


def test_two_applications_live_side_by_side(client: Client) -> None:
    assert Client(create_app()).get("/libraries").status_code == 200

"""Outside services are set up, tested, and keep their secrets."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from arr_stub import KEY, ArrStub
from contract import Client
from libraries import one
from stub import Said, Stub, serving_stub
from sublarr_tasks import encryption, rotation
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import probing
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Kind
from sublarr_tasks.models import Integration


@pytest.fixture
def arr() -> ArrStub:
    return ArrStub("Sonarr")


@pytest.fixture
def stub(arr: ArrStub) -> Iterator[Stub]:
    with serving_stub(arr) as stub:
        yield stub


def sonarr(where: str, /, **changes: object) -> dict[str, object]:
    body = {"kind": "sonarr", "name": "Main", "url": where, "secrets": {"api_key": KEY}}
    return body | changes


@pytest.fixture
def made(client: Client, stub: Stub) -> int:
    return int(client.post("/integrations", sonarr(stub.url)).get_json()["id"])


def test_a_service_is_set_up_and_shows_no_secret(client: Client, stub: Stub) -> None:
    answer = client.post("/integrations", sonarr(stub.url + "/"))

    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["url"], body["secrets"], body["category"]) == (stub.url, ["api_key"], "arr")
    for path in ("/integrations", f"/integrations/{body['id']}"):
        assert KEY not in client.get(path).text


def test_secrets_are_kept_encrypted(client: Client, made: int) -> None:
    with transaction() as db:
        kept = str(db.execute(text("SELECT * FROM integrations")).one())

    assert KEY not in kept
    assert KEY in encryption.decrypt(one(Integration).secrets)


def test_a_rotation_takes_the_secrets_along(client: Client, made: int) -> None:
    for _ in range(3):
        encryption.add_key()
        with transaction() as db:
            rotation.reencrypt(db)
        encryption.drop_old_keys()

    assert client.post(f"/integrations/{made}/test").get_json()["outcome"] == "ok"


def test_a_kind_may_be_there_several_times(client: Client, stub: Stub, made: int) -> None:
    assert client.post("/integrations", sonarr(stub.url, name="4K")).status_code == 201
    again = client.post("/integrations", sonarr(stub.url, name="main"))
    assert (again.status_code, again.get_json()["errors"][0]["field"]) == (422, "name")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "sonar"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"url": "sonarr:8989"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, "url"),
        ({"url": "http://[64:ff9b::a9fe:a9fe]/"}, "url"),
        ({"url": "http://0.0.0.0:8989/"}, "url"),
        ({"url": "http://[::]:8989/"}, "url"),
        ({"url": "http://2852039166/"}, "url"),
        ({"url": None}, "url"),
        ({"secrets": {}}, "secrets.api_key"),
        ({"secrets": {"api_key": None}}, "secrets.api_key"),
        ({"secrets": {"api_key": "a\r\nX-Injected: 1"}}, "secrets.api_key"),
        ({"secrets": {"api_key": KEY, "other": "x"}}, "secrets.other"),
        ({"path_mappings": [{"remote": "tv", "local": "/tv"}]}, "path_mappings.0.remote"),
        ({"owner_id": 99}, "owner_id"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_cannot_be_is_named(
    client: Client, stub: Stub, changes: dict[str, object], field: str
) -> None:
    answer = client.post("/integrations", sonarr(stub.url, **changes))

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_a_secret_that_is_refused_is_not_repeated(client: Client, stub: Stub) -> None:
    bad = sonarr(stub.url, secrets={"api_key": "hush\nhush"})

    assert "hush" not in client.post("/integrations", bad).text


def test_a_service_everybody_finds_needs_no_address(client: Client) -> None:
    made = client.post("/integrations", {"kind": "gestdown", "name": "Gestdown"}).get_json()

    assert made["url"] == REQUIREMENTS[Kind.GESTDOWN].url


def test_a_change_leaves_the_rest(client: Client, made: int) -> None:
    changed = client.patch(f"/integrations/{made}", {"enabled": False}).get_json()

    assert (changed["enabled"], changed["secrets"], changed["name"]) == (False, ["api_key"], "Main")


def test_secrets_do_not_follow_to_another_address_unasked(client: Client, made: int) -> None:
    with serving_stub() as other:
        refused = client.patch(f"/integrations/{made}", {"url": other.url})
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["field"] == "secrets"

        moved = {"url": other.url, "secrets": {"api_key": "theirs"}}
        assert client.patch(f"/integrations/{made}", moved).status_code == 200


def test_a_service_is_forgotten_with_its_secrets(client: Client, made: int) -> None:
    assert client.delete(f"/integrations/{made}").status_code == 204
    assert client.get(f"/integrations/{made}").status_code == 404


# The test button


def outcome(client: Client, integration_id: int) -> str:
    answer = client.post(f"/integrations/{integration_id}/test")
    assert answer.status_code == 200
    said: str = answer.get_json()["outcome"]
    shown = client.get(f"/integrations/{integration_id}").get_json()
    assert shown["test_outcome"] == said
    assert shown["tested_at"] is not None
    return said


def test_a_service_that_answers_is_ok(client: Client, made: int) -> None:
    assert outcome(client, made) == "ok"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(status=401, raw=b""), "auth"),
        (Said(status=403), "auth"),
        (Said(status=404), "other_service"),
        (Said({"appName": "Radarr", "version": "5"}), "other_service"),
        (Said([1, 2]), "other_service"),
        (Said(raw=b"<html>router</html>"), "other_service"),
        (Said(status=502), "unavailable"),
        (Said(hang_up=True), "unavailable"),
        (Said(status=429), "throttled"),
        (Said(status=301, headers={"Location": "http://evil.example/"}), "address_refused"),
    ],
)
def test_each_way_to_fail_has_its_word(
    client: Client, arr: ArrStub, made: int, said: Said, expected: str
) -> None:
    arr.misbehave = said

    assert outcome(client, made) == expected


def test_a_service_that_is_down_is_unavailable(client: Client) -> None:
    body = sonarr("http://127.0.0.1:1")
    made = client.post("/integrations", body).get_json()["id"]

    assert outcome(client, made) == "unavailable"


def test_a_test_is_not_held_up_by_the_breaker_of_the_work(
    client: Client, arr: ArrStub, made: int
) -> None:
    arr.misbehave = Said(status=500)
    for _ in range(7):
        assert outcome(client, made) == "unavailable"
    arr.misbehave = None

    assert outcome(client, made) == "ok"


# A folder and a library are no services; their own tests set them up.
SERVICES = [kind for kind, needs in REQUIREMENTS.items() if needs.scheme is None]


@pytest.mark.parametrize("kind", SERVICES)
def test_each_kind_can_be_set_up_and_tested(client: Client, kind: Kind) -> None:
    needs = REQUIREMENTS[kind]
    with serving_stub(lambda _: Said(status=401)) as stub:
        body = {
            "kind": kind,
            "name": "x",
            "url": stub.url,
            "secrets": {name: f"secret-{name}" for name in (*needs.secrets, *needs.optional)},
        }
        made = client.post("/integrations", body).get_json()["id"]

        assert outcome(client, made) == "auth"
        sent = str(stub.asked[0])
        basic = kind is Kind.KODI
        unused = {"username", "password"} if kind is Kind.OPENSUBTITLES or basic else set()
        unused |= {"api_key"} if kind is Kind.LIBRETRANSLATE else set()
        for name in {*needs.secrets, *needs.optional} - unused:
            assert f"secret-{name}" in sent
        assert ("Basic " in sent) == basic


def test_the_kinds_say_what_they_need(client: Client) -> None:
    kinds = {each["kind"]: each for each in client.get("/integration-kinds").get_json()["results"]}

    assert kinds.keys() == set(Kind)
    assert kinds["sonarr"]["secrets"] == ["api_key"]
    assert kinds["sonarr"]["has_paths"]


def test_services_are_tested_now_and_then_by_themselves(
    client: Client, arr: ArrStub, made: int
) -> None:
    probing.probe()
    assert one(Integration).test_outcome == "ok"
    arr.misbehave = Said(status=500)

    probing.probe()

    assert one(Integration).test_outcome == "unavailable"


# Paths


def test_a_path_of_the_service_is_shown_where_it_is_here(client: Client, made: int) -> None:
    mappings = [{"remote": "/tv", "local": "/mnt/tv"}]
    client.patch(f"/integrations/{made}", {"path_mappings": mappings})

    def ask(path: str) -> dict[str, object]:
        found: dict[str, object] = client.post(
            f"/integrations/{made}/map-path", {"path": path}
        ).get_json()
        return found

    assert ask("/tv/Show/a.mkv") == {"local": "/mnt/tv/Show/a.mkv", "mapped": True}
    assert ask("/tvshows/Show") == {"local": "/tvshows/Show", "mapped": False}

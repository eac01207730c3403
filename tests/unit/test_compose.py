"""compose.yaml against the compose specification, and against what we promise of it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from compose_file import (
    OURS,
    ROOT,
    SECRETS,
    SERVERS,
    MissingVariable,
    Service,
    document,
    services,
)
from compose_spec import FILE, SERVICE
from sublarr_tasks import heartbeat, units
from sublarr_tasks.celery_app import QUEUES
from sublarr_tasks.embedded.postgres import VERSION
from sublarr_tasks.settings import PREFIX, Settings
from workers.pools import Pool, queues

VARIABLES = {"MEDIA": "/srv/films"}
LONG_RUNNING = (*SERVERS, *(name for name in OURS if name != "migrate"))


@pytest.fixture(scope="module")
def composed() -> Mapping[str, Service]:
    return services(VARIABLES)


def service(name: str) -> Service:
    return services(VARIABLES)[name]


def test_the_top_level_holds_only_keys_of_the_specification_in_their_form() -> None:
    for key, value in document(VARIABLES).items():
        assert key.startswith("x-") or (key in FILE and FILE[key](value)), key


@pytest.mark.parametrize("name", [*SERVERS, *OURS])
def test_a_service_holds_only_keys_of_the_specification_in_their_form(name: str) -> None:
    for key, value in service(name).raw.items():
        assert key in SERVICE, key
        assert SERVICE[key](value), f"{key}: {value}"


def test_the_services_are_those_of_the_stack(composed: Mapping[str, Service]) -> None:
    assert composed.keys() == {*SERVERS, *OURS}


def test_what_a_service_refers_to_exists(composed: Mapping[str, Service]) -> None:
    whole = document(VARIABLES)
    for one in composed.values():
        assert set(one.raw["networks"]) <= whole["networks"].keys()
        assert set(one.raw.get("secrets", ())) <= whole["secrets"].keys()
        assert one.raw.get("depends_on", {}).keys() <= composed.keys()
        named = {mount.source for mount in one.mounts if not mount.source.startswith("/")}
        assert named <= whole["volumes"].keys()


def test_nothing_is_declared_in_vain(composed: Mapping[str, Service]) -> None:
    whole = document(VARIABLES)
    used = {secret for one in composed.values() for secret in one.raw.get("secrets", ())}
    assert used == whole["secrets"].keys()
    mounted = {mount.source for one in composed.values() for mount in one.mounts}
    assert whole["volumes"].keys() <= mounted


def test_dependencies_have_no_circle(composed: Mapping[str, Service]) -> None:
    left = {name: set(one.raw.get("depends_on", ())) for name, one in composed.items()}
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def test_without_media_the_file_says_what_to_set() -> None:
    with pytest.raises(MissingVariable, match=r"Set MEDIA in \.env"):
        services({})


@pytest.mark.parametrize("name", [*SERVERS, *OURS])
def test_every_service_is_hardened(name: str) -> None:
    raw = service(name).raw
    assert raw["read_only"] is True
    assert raw["init"] is True
    assert raw["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in raw["security_opt"]
    assert raw["logging"]["options"].keys() == {"max-size", "max-file"}


def test_only_the_migration_begins_as_root_to_hand_over_the_volumes(
    composed: Mapping[str, Service],
) -> None:
    roots = {name for name, one in composed.items() if one.raw["user"].startswith(("0", "root"))}
    assert roots == {"migrate"}
    assert {name for name, one in composed.items() if "cap_add" in one.raw} == roots
    powers = {"CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"}
    assert set(composed["migrate"].raw["cap_add"]) == powers
    assert {"PUID", "PGID"} <= composed["migrate"].environment.keys()
    kept = {
        mount.target
        for name in OURS
        for mount in composed[name].mounts
        if not mount.read_only and mount.target != "/media"
    }
    assert {mount.target for mount in composed["migrate"].mounts} == kept


def test_puid_pgid_and_umask_reach_every_service() -> None:
    chosen = services({**VARIABLES, "PUID": "1234", "PGID": "5678", "UMASK": "002"})
    for name in OURS:
        assert chosen[name].environment["UMASK"] == "002"
        if name != "migrate":
            assert chosen[name].raw["user"] == "1234:5678"
    migration = chosen["migrate"].environment
    assert (migration["PUID"], migration["PGID"]) == ("1234", "5678")


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_long_running_service_restarts_and_has_a_health_check(name: str) -> None:
    one = service(name)
    assert one.raw["restart"] == "unless-stopped"
    assert one.probe
    assert not {"curl", "wget"} & set(" ".join(one.probe).split())


@pytest.mark.parametrize("name", [name for name in OURS if name != "migrate"])
def test_our_services_wait_for_the_migration_and_for_redis(name: str) -> None:
    needs = service(name).raw["depends_on"]
    assert needs["migrate"]["condition"] == "service_completed_successfully"
    assert needs["redis"]["condition"] == "service_healthy"


def test_the_migration_runs_once_when_postgresql_is_ready() -> None:
    migration = service("migrate")
    assert migration.raw["restart"] == "no"
    assert migration.raw["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", [*SERVERS, *OURS])
def test_an_image_has_a_version(name: str) -> None:
    _, _, tag = service(name).raw["image"].rpartition(":")
    assert re.match(r"\d", tag)


def test_postgresql_has_the_version_that_is_embedded() -> None:
    assert service("postgres").raw["image"].startswith(f"postgres:{VERSION}")


def test_redis_keeps_its_messages() -> None:
    command = service("redis").command
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "everysec"
    assert options["--maxmemory-policy"] == "noeviction"


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_reached_only_from_inside_and_keeps_its_data(name: str) -> None:
    one = service(name)
    assert "ports" not in one.raw
    assert one.raw["networks"] == ["data"]
    assert document(VARIABLES)["networks"]["data"]["internal"] is True
    assert [mount.source for mount in one.mounts] == [name]


@pytest.mark.parametrize("name", ["worker-control", "worker-disk"])
def test_a_worker_can_be_scaled(name: str) -> None:
    assert not service(name).raw.keys() & {"container_name", "hostname", "ports"}


@pytest.mark.parametrize("name", ["worker-control", "worker-disk"])
def test_a_worker_has_more_time_to_end_than_its_units_are_leased_for(name: str) -> None:
    assert service(name).grace_seconds > units.LEASE.total_seconds()


def test_the_worker_services_serve_every_queue(composed: Mapping[str, Service]) -> None:
    pools = [Pool(one.command[2]) for one in composed.values() if "worker" in one.command]
    assert {queue for pool in pools for queue in queues(pool, None)} == QUEUES.keys()


def test_media_is_written_to_by_those_alone_that_search_for_subtitles(
    composed: Mapping[str, Service],
) -> None:
    writable = {
        name: not mount.read_only
        for name, one in composed.items()
        for mount in one.mounts
        if mount.source == "/srv/films"
    }
    assert writable == {"api": False, "watch": False, "worker-disk": False, "worker-net": True}


def test_media_that_is_not_there_is_never_made() -> None:
    for name in ("api", "watch", "worker-disk", "worker-net"):
        bind = next(v for v in service(name).raw["volumes"] if isinstance(v, dict))
        assert bind["bind"]["create_host_path"] is False


def test_whoever_reads_or_writes_the_cache_shares_one_volume() -> None:
    for name in ("api", "worker-control", "worker-disk"):
        one = service(name)
        assert "cache" in {m.source for m in one.mounts}
        assert one.environment["SUBLARR_CACHE_DIR"] in {m.target for m in one.mounts}


@pytest.mark.parametrize("name", OURS)
def test_the_home_is_a_volume(name: str) -> None:
    one = service(name)
    assert one.environment["SUBLARR_HOME"] in {mount.target for mount in one.mounts}


def test_flower_is_published_on_loopback_only() -> None:
    assert service("flower").raw["ports"] == ["127.0.0.1:5555:5555"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    ours = {v for v in service(name).environment if v.startswith(PREFIX)} - {heartbeat.VARIABLE}
    assert {variable.removesuffix("_FILE") for variable in ours} <= known


@pytest.mark.parametrize("name", [*SERVERS, *OURS])
def test_what_is_secret_is_a_file_that_the_service_was_given(name: str) -> None:
    one = service(name)
    for variable, value in one.environment.items():
        if re.search("PASSWORD|_URL|_KEY|SECRET", variable):
            assert variable.endswith("_FILE")
        if variable.endswith("_FILE"):
            assert Path(value).parent == Path(SECRETS)
            assert Path(value).name in one.raw["secrets"]


def test_every_variable_and_secret_of_the_file_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text()
    variables = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert {name for name in variables if f"`{name}`" not in guide} == set()
    secrets = document(VARIABLES)["secrets"]
    assert {one["file"] for one in secrets.values() if f"> {one['file']}" not in guide} == set()

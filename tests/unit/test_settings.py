"""The environment as settings: every variable, its `_FILE` twin, and sentences for mistakes."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from sublarr_tasks import settings
from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import CacheLink, LogFormat


@pytest.fixture(autouse=True)
def _plain(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUBLARR_HOME")


def test_nothing_needs_to_be_set() -> None:
    found = settings.read()
    assert (found.host, found.port, found.flower_host) == ("127.0.0.1", 5765, "127.0.0.1")
    assert (found.database_url, found.redis_url, found.api_key) == (None, None, None)
    assert found.home == Path.home() / ".sublarr"
    assert found.cache_root == found.home / "cache"
    assert (found.cache_link, found.log_format) == (CacheLink.REFLINK, LogFormat.CONSOLE)


def test_the_home_may_begin_with_a_tilde_and_becomes_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SUBLARR_HOME", "~/here")
    assert settings.read().home == Path.home() / "here"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBLARR_HOME", "there")
    assert settings.read().home == tmp_path / "there"


def test_the_cache_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUBLARR_CACHE_DIR", str(tmp_path))
    assert settings.read().cache_root == tmp_path


def test_library_roots_are_separated_like_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_LIBRARY_ROOTS", os.pathsep.join(["/films", "/more", ""]))
    assert settings.read().library_roots == (Path("/films"), Path("/more"))


def test_a_file_twin_gives_the_value_without_its_line_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("secret\n")
    monkeypatch.setenv("SUBLARR_API_KEY_FILE", str(tmp_path / "key"))
    key = settings.read().api_key
    assert key is not None
    assert key.get_secret_value() == "secret"


@pytest.mark.parametrize("name", settings.Settings.model_fields)
def test_every_variable_has_a_file_twin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    values = {"cache_link": "copy", "log_format": "json", "database_prepare": "false"}
    values["allow_private_addresses"] = "false"
    value = values.get(name, "7")
    monkeypatch.setenv(f"SUBLARR_{name.upper()}", value)
    direct = getattr(settings.read(), name)
    monkeypatch.delenv(f"SUBLARR_{name.upper()}")
    (tmp_path / "value").write_text(value)
    monkeypatch.setenv(f"SUBLARR_{name.upper()}_FILE", str(tmp_path / "value"))
    assert getattr(settings.read(), name) == direct


def test_a_variable_and_its_twin_are_a_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("secret")
    monkeypatch.setenv("SUBLARR_API_KEY", "other")
    monkeypatch.setenv("SUBLARR_API_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(StartError, match="SUBLARR_API_KEY and SUBLARR_API_KEY_FILE are both set"):
        settings.read()


def test_a_twin_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_REDIS_URL_FILE", "/nowhere/url")
    with pytest.raises(StartError, match="SUBLARR_REDIS_URL_FILE names /nowhere/url"):
        settings.read()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SUBLARR_PORT", "70000"),
        ("SUBLARR_PORT", "many"),
        ("SUBLARR_CACHE_LINK", "symlink"),
        ("SUBLARR_CACHE_MAX_BYTES", "0"),
        ("SUBLARR_CONCURRENCY", "-1"),
        ("SUBLARR_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_variables_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(StartError, match=f"^{variable}: "):
        settings.read()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_DATABASE_URL", "postgresql+psycopg://me:hush@host/db")
    monkeypatch.setenv("SUBLARR_API_KEY", "hush")
    assert "hush" not in repr(settings.read()) + str(settings.read())


def test_unknown_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBLARR_OF_ANOTHER_TOOL", "1")
    settings.read()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        settings.read().port = 1  # type: ignore[misc]


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings.current()
    monkeypatch.setenv("SUBLARR_PORT", "1")
    assert settings.current() is first

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from sublarr_tasks import keys
from sublarr_tasks.errors import StartError
from sublarr_tasks.settings import Settings


def settings(home: Path, api_key: str | None = None) -> Settings:
    return Settings(home=home, api_key=None if api_key is None else SecretStr(api_key))


def test_the_first_start_makes_a_key_that_the_next_finds(tmp_path: Path) -> None:
    first = keys.obtain(settings(tmp_path / "home"))
    second = keys.obtain(settings(tmp_path / "home"))

    assert (first.is_new, second.is_new) == (True, False)
    assert first.value == second.value
    assert len(first.value) >= 32


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    keys.obtain(settings(tmp_path))

    assert stat.S_IMODE((tmp_path / "api_key").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["api_key"]


def test_a_key_that_is_set_leaves_the_home_alone(tmp_path: Path) -> None:
    assert keys.obtain(settings(tmp_path, " chosen ")).value == "chosen"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="SUBLARR_API_KEY is empty"):
        keys.obtain(settings(tmp_path, ""))
    (tmp_path / "api_key").write_text("\n")
    with pytest.raises(StartError, match="is empty; delete it"):
        keys.obtain(settings(tmp_path))


def test_a_home_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartError, match="cannot be used: Not a directory"):
        keys.obtain(settings(tmp_path / "file" / "home"))


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: keys.obtain(settings(tmp_path)), range(64)))

    assert len({key.value for key in found}) == 1
    assert sum(key.is_new for key in found) == 1


def test_a_key_is_not_shown(tmp_path: Path) -> None:
    key = keys.obtain(settings(tmp_path))

    assert key.value not in repr(key)

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from sublarr_tasks import encryption, settings
from sublarr_tasks.errors import StartError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUBLARR_HOME", str(tmp_path))
    monkeypatch.delenv("SUBLARR_ENCRYPTION_KEYS", raising=False)
    settings.current.cache_clear()
    return tmp_path


def test_a_secret_comes_back_and_does_not_show(home: Path) -> None:
    stored = encryption.encrypt("open sesame")

    assert "sesame" not in stored
    assert encryption.decrypt(stored) == "open sesame"


def test_the_first_use_makes_a_key_for_the_owner_alone(home: Path) -> None:
    encryption.encrypt("x")

    assert stat.S_IMODE((home / "encryption_keys").stat().st_mode) == 0o600


def test_what_was_encrypted_before_a_new_key_is_still_read(home: Path) -> None:
    stored = encryption.encrypt("open sesame")

    encryption.add_key()

    assert encryption.decrypt(stored) == "open sesame"
    assert len((home / "encryption_keys").read_text().split()) == 2


def test_a_key_is_kept_for_one_change_more(home: Path) -> None:
    stored = encryption.encrypt("open sesame")
    encryption.add_key()
    encryption.drop_old_keys()
    assert encryption.decrypt(stored) == "open sesame"

    encryption.add_key()
    encryption.drop_old_keys()

    with pytest.raises(StartError, match="encrypted with a key that is not here"):
        encryption.decrypt(stored)


def test_a_change_of_keys_by_another_process_is_seen(home: Path) -> None:
    encryption.encrypt("x")
    theirs = Fernet.generate_key().decode()
    (home / "new").write_text(theirs)
    (home / "new").replace(home / "encryption_keys")

    stored = encryption.encrypt("open sesame")

    assert Fernet(theirs).decrypt(stored.encode()) == b"open sesame"


def test_keys_that_are_set_leave_the_home_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    monkeypatch.setenv("SUBLARR_ENCRYPTION_KEYS", ", ".join(keys))
    settings.current.cache_clear()

    stored = encryption.encrypt("open sesame")

    assert Fernet(keys[0]).decrypt(stored.encode()) == b"open sesame"
    assert encryption.add_key() is False
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("text", ["short", "!" * 44, ""])
def test_a_key_that_is_none_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUBLARR_ENCRYPTION_KEYS", text)
    settings.current.cache_clear()

    with pytest.raises(StartError, match="SUBLARR_ENCRYPTION_KEYS holds no Fernet keys"):
        encryption.encrypt("x")


@pytest.mark.parametrize("spoilt", ["", "not a token", None])
def test_a_spoilt_secret_is_an_error_and_never_its_ciphertext(spoilt: str | None) -> None:
    stored = encryption.encrypt("open sesame")
    changed = stored[:-8] + "AAAAAAA=" if spoilt is None else spoilt

    with pytest.raises(StartError):
        encryption.decrypt(changed)

"""Which mount points lie inside a library, and which of them are empty."""

import errno
import os
from pathlib import Path

import psutil
import pytest

from mount_table import mount_at
from sublarr_tasks.library import mounts


def test_only_what_lies_below_the_root_and_has_content_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("library/full", "library/empty", "library beside/full"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("library/full/x", "library beside/full/x"):
        (tmp_path / name).touch()
    root = tmp_path / "library"
    folders = ["full", "empty", ".", "../library beside/full", "../.."]
    mount_at(monkeypatch, *((root / name).resolve() for name in folders))
    assert mounts.below(str(root)) == {"full"}


def test_a_root_behind_a_link_is_looked_up_by_its_real_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real/shelf").mkdir(parents=True)
    (tmp_path / "real/shelf/x").touch()
    (tmp_path / "link").symlink_to("real")
    mount_at(monkeypatch, (tmp_path / "real/shelf").resolve())
    assert mounts.below(str(tmp_path / "link")) == {"shelf"}


def test_the_systems_own_table_can_be_read() -> None:
    assert "proc" in mounts.below("/") or not os.path.ismount("/proc")


def test_no_mounts_are_known_where_the_table_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert mounts.below(str(tmp_path)) == set()


def test_an_empty_folder_has_been_emptied_and_one_that_is_gone_has_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full/x").mkdir(parents=True)
    assert mounts.emptied(str(tmp_path), ["empty", "full", "gone"]) == ["empty"]

"""The host's mount table, as a test wants it: mounting for true takes root."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest


def mount_at(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let the system name these folders as its mount points."""
    table = [SimpleNamespace(mountpoint=str(folder)) for folder in folders]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: table)

"""What the system may refuse; root may read everything, so the refusals are made here."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def refuse_to_list(
    monkeypatch: pytest.MonkeyPatch, *folders: Path, error: int = errno.EACCES
) -> None:
    """Make `os.scandir` fail for some folders, until the test undoes it with an empty call."""
    refused = {str(folder) for folder in folders}

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).rstrip("/") in refused:
            raise OSError(error, os.strerror(error), path)
        return _scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)


_scandir = os.scandir

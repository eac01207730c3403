"""Directories for tests, written as their file names; "Film.mkv|900" is 900 bytes long."""

from sublarr_tasks.library.contents import Asset, AssetType, Work, arrange
from sublarr_tasks.library.listing import Entry, Listing


def listing(*files: str) -> Listing:
    entries = []
    for inode, file in enumerate(files):
        name, _, size = file.partition("|")
        entries.append(Entry(name, int(size or 100), 1_700_000_000, inode))
    return Listing("", tuple(sorted(entries, key=lambda entry: entry.name)), b"")


def films(folder: str, *files: str, is_root: bool = False) -> tuple[Work, ...]:
    return arrange(listing(*files), folder, is_root=is_root)


def film(folder: str, *files: str) -> Work:
    (only,) = films(folder, *files)
    return only


def root(*files: str) -> dict[str, Work]:
    """Arrange a library's root; each film by the name of its main video."""
    return {each.videos[0].entry.name: each for each in films("", *files, is_root=True)}


def assets(of: Work, kind: AssetType) -> list[Asset]:
    return [asset for asset in of.assets if asset.type is kind]


def names(of: Work, kind: AssetType) -> list[str]:
    return [asset.entry.name for asset in assets(of, kind)]

"""Items and their files as a scan writes them, as far as the benchmarks need them."""

from typing import Any


def identified(n: int, title: str) -> dict[str, Any]:
    """Return the columns of an item with a title; `n` tells it from the others of its directory."""
    return {
        "key": str(n),
        "state": "identified",
        "title": title,
        "sort_title": title,
        "genres": [],
        "details": {},
        "digest": b"",
    }


def media_file(item_id: int, directory_id: int, name: str) -> dict[str, Any]:
    """Return the columns of an item's one video, which nobody has read."""
    return {
        "item_id": item_id,
        "directory_id": directory_id,
        "name": name,
        "role": "main",
        "size": 1,
        "mtime_ns": 1,
        "inode": item_id,
        "chapters": [],
        "attached_pictures": 0,
        "probe_state": "skipped",
        "digest": b"",
    }

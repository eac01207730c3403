"""Asking a Sonarr or Radarr: one call lists all, one more reads a series."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sublarr_tasks import settings
from sublarr_tasks.arr.files import Found
from sublarr_tasks.arr.titles import Listed, signature
from sublarr_tasks.clients.arr import Radarr, Sonarr
from sublarr_tasks.clients.arr.resources import MediaFile, Movie, Series
from sublarr_tasks.errors import ServiceError
from sublarr_tasks.integrations import building

# Clocks differ, and a record may be written a moment after its date.
OVERLAP = timedelta(minutes=5)


def listing(integration: Any, since: datetime | None) -> list[Listed]:  # noqa: ANN401 - an integration's row
    """Return every title, those marked that something happened to since; raises ServiceError."""
    arr = building.kept(integration).arr()
    labels = {tag.id: tag.label for tag in arr.tags()}
    if isinstance(arr, Radarr):
        return [_film(film, labels) for film in arr.movies() if film.path]
    touched = _touched(arr, since)
    return [_series(series, labels, touched) for series in arr.series() if series.path]


def read(
    integration: Any,  # noqa: ANN401 - an integration's row
    claimed: Sequence[Any],
) -> tuple[dict[int, list[Found]], dict[int, str]]:
    """Return the files of some series, and why others' could not be read."""
    asked = {row.id: _threads().submit(_files, integration, row.arr_id) for row in claimed}
    found: dict[int, list[Found]] = {}
    refused: dict[int, str] = {}
    for title_id, future in asked.items():
        try:
            found[title_id] = future.result()
        except ServiceError as error:
            refused[title_id] = f"{error.code}: {error}"
    return found, refused


def _files(integration: Any, series_id: int) -> list[Found]:  # noqa: ANN401 - an integration's row
    arr = building.kept(integration).arr()
    assert isinstance(arr, Sonarr)
    files = {
        episode.episode_file.id: episode.episode_file
        for episode in arr.episodes(series_id)
        if episode.has_file and episode.episode_file is not None
    }
    return [_found(file) for file in files.values() if file.path]


def _found(file: MediaFile) -> Found:
    return Found(
        file.id, file.path or "", file.size, file.date_added, file.scene_name, file.release_group
    )


def _touched(arr: Sonarr, since: datetime | None) -> set[int]:
    """Return the series whose history has something new: a file may change and keep its size."""
    if since is None:
        return set()
    records = arr.history_since(since - OVERLAP)
    return {record.series_id for record in records if record.series_id is not None}


def _series(series: Series, labels: Mapping[int, str], touched: set[int]) -> Listed:
    said = series.statistics
    tags = tuple(labels[tag] for tag in series.tags if tag in labels)
    counted = (said.episode_file_count, said.size_on_disk) if said is not None else None
    return Listed(
        series.id,
        series.title,
        series.path or "",
        _root(series),
        tags,
        signature(series.path, counted, sorted(tags)),
        # One that has no files need not be asked for them.
        files=() if said is not None and not said.episode_file_count else None,
        # Without statistics nothing tells whether it changed.
        changed=series.id in touched or counted is None,
    )


def _film(film: Movie, labels: Mapping[int, str]) -> Listed:
    tags = tuple(labels[tag] for tag in film.tags if tag in labels)
    file = film.movie_file
    found = () if file is None or not file.path else (_found(file),)
    about = None if file is None else (file.id, file.path, file.size, file.date_added)
    return Listed(
        film.id,
        film.title,
        film.path or "",
        _root(film),
        tags,
        signature(film.path, about, sorted(tags)),
        files=found,
    )


def _root(title: Series | Movie) -> str:
    """Return the folder that it is in, as far as the service says: else what lies above it."""
    if title.root_folder_path:
        return title.root_folder_path
    path = (title.path or "").rstrip("/\\")
    return path[: max(path.rfind("/"), path.rfind("\\"))]


@cache
def _threads() -> ThreadPoolExecutor:
    """Return this process's threads for what waits for Sonarr; made after any fork."""
    return ThreadPoolExecutor(settings.current().requests_at_once, thread_name_prefix="arr")

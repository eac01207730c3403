"""What an NFO says, as values."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Rating:
    """A value on the scale from 0 to `max`, as the file has it."""

    source: str
    value: float
    max: float = 10
    votes: int | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """One part and who plays it."""

    name: str
    role: str | None = None
    order: int | None = None
    type: str | None = None
    thumb: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artwork:
    """An image's address or path; `aspect` is Kodi's word for its kind, "thumb" where unsaid."""

    aspect: str
    url: str
    season: int | None = None


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A video stream as the file claims it."""

    codec: str | None = None
    aspect: float | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: int | None = None
    language: str | None = None
    format_3d: str | None = None
    hdr_type: str | None = None


@dataclass(frozen=True, slots=True)
class AudioStream:
    """An audio stream as the file claims it."""

    codec: str | None = None
    language: str | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """A subtitle stream as the file claims it."""

    language: str | None = None


@dataclass(frozen=True, slots=True)
class FileInfo:
    """The streams of the film's file at the time when the NFO was written."""

    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()


@dataclass(frozen=True, slots=True)
class Nfo:
    """One root of an NFO file; `root` is its name in lower case, "" where there was none.

    `problems` are codes such as "bad_number:rating"; `unread` names the elements that have no
    field here.
    """

    root: str
    title: str | None = None
    original_title: str | None = None
    local_title: str | None = None
    sort_title: str | None = None
    year: int | None = None
    plot: str | None = None
    outline: str | None = None
    tagline: str | None = None
    review: str | None = None
    runtime_minutes: int | None = None
    content_rating: str | None = None
    custom_rating: str | None = None
    premiered: date | None = None
    end_date: date | None = None
    date_added: datetime | None = None
    user_rating: float | None = None
    critic_rating: float | None = None
    top250: int | None = None
    ratings: tuple[Rating, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = ()
    trailer: str | None = None
    set_name: str | None = None
    set_overview: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    default_id: str | None = None
    artwork: tuple[Artwork, ...] = ()
    lock_data: bool = False
    locked_fields: tuple[str, ...] = ()
    file_info: FileInfo | None = None
    edition: str | None = None
    source: str | None = None
    status: str | None = None
    display_order: str | None = None
    play_count: int | None = None
    watched: bool | None = None
    last_played: datetime | None = None
    show_title: str | None = None
    season: int | None = None
    episode: int | None = None
    display_season: int | None = None
    display_episode: int | None = None
    unread: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def to_json(nfo: Nfo) -> dict[str, Any]:
    """Return plain JSON: dates in ISO 8601, nothing that is empty."""
    return _plain_object(nfo)


def _plain_object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass of this module
    pairs = ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))
    return {name: _plain(held) for name, held in pairs if held not in (None, "", (), {})}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON has no type in Python
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return _plain_object(value) if dataclasses.is_dataclass(value) else value


_OWN = frozenset({"root", "ids", "unread", "problems", "set_overview", "lock_data"})
_GAPS = tuple(item.name for item in dataclasses.fields(Nfo) if item.name not in _OWN)


def about(found: Sequence[Nfo], root: str, episode: int | None, position: int) -> Nfo:
    """Choose from the roots of a file the one about a work; `position` is the episode's in it.

    A file of several episodes has a root for each, by number or at least in their order.
    """
    fitting = [one for one in found if one.root == root] or list(found)
    numbered = [one for one in fitting if episode is not None and one.episode == episode]
    if numbered:
        return numbered[0]
    return fitting[min(position, len(fitting) - 1)]


def merge(first: Nfo, rest: Sequence[Nfo]) -> Nfo:
    """Fill what `first` leaves empty from the others, the earlier before the later.

    One of another kind, or with another id at a provider that both name, tells of another title:
    it gives nothing and leaves the problem "conflicting_file".
    """
    for other in rest:
        if _agree(first, other):
            first = _filled(first, other)
        elif "conflicting_file" not in first.problems:
            first = dataclasses.replace(first, problems=(*first.problems, "conflicting_file"))
    return first


def _agree(first: Nfo, other: Nfo) -> bool:
    same_kind = not first.root or not other.root or first.root == other.root
    shared = first.ids.keys() & other.ids.keys()
    return same_kind and all(first.ids[provider] == other.ids[provider] for provider in shared)


def _filled(first: Nfo, other: Nfo) -> Nfo:
    taken: dict[str, Any] = {
        name: getattr(other, name) for name in _GAPS if getattr(first, name) in (None, "", ())
    }
    if not first.set_overview and first.set_name in (None, other.set_name):
        taken["set_overview"] = other.set_overview
    return dataclasses.replace(
        first,
        **taken,
        root=first.root or other.root,
        ids={**other.ids, **first.ids},
        lock_data=first.lock_data or other.lock_data,
    )

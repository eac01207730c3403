"""What was read about a film as the values of its rows."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from hashlib import blake2b
from typing import Any

from sublarr_tasks import filenames
from sublarr_tasks.library import kinds, nfo
from sublarr_tasks.library.examine import Examined, Looked
from sublarr_tasks.library.listing import Entry
from sublarr_tasks.library.probe import Stream
from sublarr_tasks.library.sidecars import Asset
from sublarr_tasks.library.works import Extra, Work
from sublarr_tasks.models import ItemKind, ProbeState, signed

ARTICLE = re.compile(r"(?:the|a|an)\s+(?=\S)", re.IGNORECASE)
MUSIC = frozenset({ItemKind.ARTIST, ItemKind.ALBUM, ItemKind.TRACK})
# The row has columns for these; `details` keeps the rest of the NFO.
IN_COLUMNS = frozenset(
    "title original_title sort_title year plot tagline runtime_minutes content_rating premiered"
    " set_name genres studios countries tags actors directors writers edition season"
    " episode".split()
)
# A stream is flat: asdict, which copies deep, takes ten times as long.
STREAM = tuple(field.name for field in fields(Stream))


def item(library_id: int, examined: Examined) -> dict[str, Any]:
    """Return an item's values without its directory; the NFO comes before the file's name."""
    work, read = examined.work, examined.nfo or nfo.Nfo("")
    ids = dict(work.ids) | dict(read.ids)
    details = {k: v for k, v in nfo.to_json(read).items() if k not in IN_COLUMNS}
    said = _said(work, read, ids)
    title = said["title"] or work.title
    return {
        "library_id": library_id,
        "kind": work.kind.value,
        "key": filenames.to_text(work.key),
        "state": "identified" if _is_identified(work, read, ids) else "unidentified",
        **said,
        "title": title,
        "sort_title": said["sort_title"] or sort_title(title),
        "year": said["year"] or work.year,
        **_numbers(work, read),
        "local_fields": sorted(name for name, value in said.items() if value),
        "details": details | ({"ids": ids} if ids else {}),
        "nfo_reason": examined.nfo_reason,
    }


def _said(work: Work, read: nfo.Nfo, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return what the NFO, an id or an edition in a name and a song's tags say of an item."""
    return {
        "title": read.title,
        "original_title": read.original_title,
        "sort_title": read.sort_title,
        "year": read.year or (read.premiered.year if read.premiered else None),
        "edition": read.edition or work.edition,
        "plot": read.plot or read.outline or (read.review if work.kind in MUSIC else None),
        "tagline": read.tagline,
        "runtime_minutes": read.runtime_minutes,
        "content_rating": read.content_rating,
        "premiered": read.premiered or work.place.aired,
        "set_name": read.set_name,
        "genres": list(read.genres or work.genres),
        "studios": list(read.studios),
        "countries": list(read.countries),
        "tags": list(read.tags),
        "actors": [_actor(each) for each in read.actors],
        "directors": [{"name": name} for name in read.directors],
        "writers": [{"name": name} for name in read.writers],
        "imdb_id": ids.get("imdb"),
        "tmdb_id": ids.get("tmdb"),
        "tvdb_id": ids.get("tvdb"),
    }


def _actor(read: nfo.Actor) -> dict[str, Any]:
    said = {"name": read.name, "role": read.role, "picture_url": read.thumb, "ids": dict(read.ids)}
    return {name: value for name, value in said.items() if value}


def _numbers(work: Work, read: nfo.Nfo) -> dict[str, Any]:
    """Return an item's place in its series: the name comes before the NFO, as in Kodi."""
    if work.kind is ItemKind.MOVIE:
        return {}
    place = work.place
    if work.kind in MUSIC:
        return {"disc_number": place.disc, "track_number": place.track, "artist": work.artist}
    is_open = work.kind is ItemKind.EPISODE and not place.is_known
    return {
        "season_number": read.season if is_open and place.season is None else place.season,
        "episode_number": read.episode if is_open else place.episode,
        "absolute_number": place.absolute,
    }


def _is_identified(work: Work, read: nfo.Nfo, ids: Mapping[str, str]) -> bool:
    """Tell whether it is known what a work is; of a season and an episode its number tells it."""
    if work.kind is ItemKind.SEASON:
        return True
    if work.kind in MUSIC:
        return work.artist is not None
    if work.kind is ItemKind.EPISODE:
        return work.place.is_known or read.episode is not None or bool(ids)
    return bool(ids)


def sort_title(title: str) -> str:
    """Leave the leading article out, as Kodi and Jellyfin sort."""
    return ARTICLE.sub("", title, count=1) if ARTICLE.match(title) else title


def media_file(looked: Looked) -> dict[str, Any]:
    """Return a video file's values; those of its streams only where it was read now."""
    file = looked.file
    place = (
        {"role": "extra", "extra_kind": file.kind, "part": None, "version": None, "disc": None}
        if isinstance(file, Extra)
        else {
            "role": file.role.value,
            "extra_kind": None,
            "part": file.part,
            "version": file.version,
            "disc": file.disc,
        }
    )
    return _stamp(file.entry) | place


def probed(looked: Looked) -> dict[str, Any]:
    """Return what the probe said about a file as a whole, or why it said nothing."""
    probe = looked.probe
    if probe is None:
        skipped = looked.known or looked.reason == "skip_ffprobe"
        return {
            "container": None,
            "duration": None,
            "bit_rate": None,
            "chapters": [],
            "attached_pictures": 0,
            "tags": None,
            "probe_state": ProbeState.SKIPPED if skipped else ProbeState.FAILED,
            "probe_reason": "not_read_yet" if looked.known else looked.reason,
            "probe_detail": _clean(looked.detail),
        }
    return {
        "container": probe.container,
        "duration": probe.duration,
        "bit_rate": probe.bit_rate,
        "chapters": [asdict(c) | {"title": _clean(c.title)} for c in probe.chapters],
        "attached_pictures": probe.attached_pictures,
        "tags": dict(probe.tags) or None,
        "probe_state": ProbeState.PROBED,
        "probe_reason": None,
        "probe_detail": None,
    }


def stream(found: Stream) -> dict[str, Any]:
    return {name: getattr(found, name) for name in STREAM} | {
        "kind": found.kind.value,
        "title": _clean(found.title),
        "hdr": None if found.hdr is None else found.hdr.value,
    }


def assets(work: Work) -> list[dict[str, Any]]:
    """Return the values of a film's assets; the data file of a VobSub pair is one of its own."""
    found = []
    for asset in work.assets:
        found.append(_asset(asset, asset.entry, asset.type.value, asset.companion))
        if asset.companion is not None:
            found.append(_asset(asset, asset.companion, "subtitle_data", asset.entry))
    return found


def _asset(asset: Asset, entry: Entry, type_: str, companion: Entry | None) -> dict[str, Any]:
    extension = kinds.extension(entry.name) or "bin"
    return _stamp(entry) | {
        "companion": None if companion is None else companion.name,
        "type": type_,
        "ordinal": asset.ordinal,
        "format": (asset.format if entry is asset.entry else None) or extension,
        "title": asset.title,
        "person": asset.person,
        "language": asset.language,
        "forced": asset.forced,
        "hearing_impaired": asset.hearing_impaired,
        "default": asset.default,
    }


def digest(values: Mapping[str, Any]) -> bytes:
    """Stand for a row's values; 16 bytes."""
    return blake2b(
        repr(sorted(values.items())).encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()


def _stamp(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "size": entry.size,
        "mtime_ns": entry.mtime_ns,
        "inode": signed(entry.inode),
    }


def _clean(text: str | None) -> str | None:
    """Make text from inside a file storable: PostgreSQL takes neither NUL nor lone surrogates."""
    if text is None:
        return None
    return text.replace("\0", "").encode("utf-8", "replace").decode()

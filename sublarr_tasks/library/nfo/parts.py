"""The elements of an NFO that have parts of their own."""

from collections.abc import Iterator

from lxml import etree

from sublarr_tasks.library.nfo import ids, values
from sublarr_tasks.library.nfo.document import (
    Actor,
    Artwork,
    AudioStream,
    FileInfo,
    Rating,
    SubtitleStream,
    VideoStream,
)
from sublarr_tasks.library.nfo.fields import Fields, attributes_of, text_of
from sublarr_tasks.library.nfo.markup import name_of

_SCALE = 10
# Sources that count in per cent, and are written down without saying so.
_PER_CENT = ("tomato", "rottentomatoes", "metacritic", "metascore")


def collection(fields: Fields) -> tuple[str | None, str | None]:
    """Return the name and overview of the set, from `<set>Name</set>` or its parts."""
    for element in fields.elements("set"):
        inner = Fields(element, fields.problems)
        name = inner.text("name") or " ".join((element.text or "").split()) or None
        if name:
            return name, inner.prose("overview")
    return None, None


def ratings(fields: Fields) -> tuple[Rating, ...]:
    """Read `<ratings>`; the old `<rating>` counts unless it repeats one of those."""
    found: dict[str, Rating] = {}
    for group in fields.elements("ratings"):
        for rating in _rated(group, "", fields):
            found.setdefault(rating.source, rating)
    votes = fields.text("votes") or ""
    for element in fields.elements("rating"):
        rating_or_none = _rating(element, votes, fields.problems)
        if rating_or_none and all(rating_or_none.value != held.value for held in found.values()):
            found.setdefault(rating_or_none.source, rating_or_none)
    community = fields.decimal("communityrating", most=_SCALE)
    if community and not found:
        found["community"] = Rating("community", community)
    return tuple(found.values())


def _rated(group: etree._Element, votes: str, fields: Fields) -> Iterator[Rating]:
    for element in Fields(group, fields.problems).elements("rating"):
        if rating := _rating(element, votes, fields.problems):
            yield rating


def _rating(element: etree._Element, votes: str, problems: list[str]) -> Rating | None:
    """Read one rating; 0 without votes means that nobody rated."""
    attributes, inner = attributes_of(element), Fields(element, problems)
    source = attributes.get("name", "").lower() or "default"
    written = inner.text("value") or " ".join((element.text or "").split())
    read = values.decimal(written) if written else None
    if read is None:
        if written:
            problems.append("bad_number:rating")
        return None
    counted = _counted(inner.text("votes") or votes, problems)
    value, scale = read[0], values.whole(attributes.get("max", "")) or read[1]
    if not value and not counted:
        return None
    most = scale or (100 if value > _SCALE and source.startswith(_PER_CENT) else _SCALE)
    if not 0 <= value <= most:
        problems.append("out_of_range:rating")
        return None
    if not scale and most != _SCALE:
        problems.append("scale_guessed:rating")
    default = attributes.get("default", "").lower() == "true"
    return Rating(source, value, most, counted, default)


def _counted(written: str, problems: list[str]) -> int | None:
    votes = values.whole(written)
    if written and (votes is None or votes < 0):
        problems.append("bad_number:votes")
        return None
    return votes


def actors(fields: Fields) -> Iterator[Actor]:
    for element in fields.elements("actor"):
        inner = Fields(element, fields.problems)
        name = inner.text("name") or " ".join((element.text or "").split())
        if not name:
            fields.problems.append("actor_without_name")
            continue
        order = inner.whole("order")
        yield Actor(
            name=name,
            role=inner.text("role"),
            order=inner.whole("sortorder") if order is None else order,
            type=inner.text("type"),
            thumb=inner.text("thumb"),
            ids=ids.of_person(inner),
        )


def artwork(fields: Fields) -> tuple[Artwork, ...]:
    """Read `<thumb>`, `<fanart><thumb>` and `<art>`, each image once."""
    found = [_image(element, "thumb") for element in fields.elements("thumb")]
    for group in fields.elements("fanart"):
        thumbs = Fields(group, fields.problems).elements("thumb")
        base = attributes_of(group).get("url", "")
        found.extend(_image(element, "fanart", base) for element in thumbs or [group])
    for group in fields.elements("art"):
        found.extend(_image(element, name_of(element)) for element in group)
    return tuple(dict.fromkeys(image for image in found if image.url))


def _image(element: etree._Element, kind: str, base: str = "") -> Artwork:
    """Read one image; the old `<fanart url="...">` holds the beginning of its thumbs' addresses."""
    attributes, url = attributes_of(element), text_of(element)
    season = values.whole(attributes.get("season", ""))
    aspect = attributes.get("aspect", "").lower() or kind
    return Artwork(aspect, base + url if url and "://" not in url else url, season)


def file_info(fields: Fields) -> FileInfo | None:
    video: list[VideoStream] = []
    audio: list[AudioStream] = []
    subtitles: list[SubtitleStream] = []
    for outer in fields.elements("fileinfo"):
        for details in Fields(outer, fields.problems).elements("streamdetails"):
            inner = Fields(details, fields.problems)
            video.extend(map(_video, _each(inner, "video")))
            audio.extend(map(_audio, _each(inner, "audio")))
            subtitles.extend(SubtitleStream(s.text("language")) for s in _each(inner, "subtitle"))
    if not (video or audio or subtitles):
        return None
    return FileInfo(tuple(video), tuple(audio), tuple(subtitles))


def _each(fields: Fields, name: str) -> Iterator[Fields]:
    return (Fields(element, fields.problems) for element in fields.elements(name))


def _video(stream: Fields) -> VideoStream:
    seconds = stream.whole("durationinseconds")
    length = stream.minutes("duration")
    return VideoStream(
        codec=stream.text("codec"),
        aspect=_aspect(stream),
        width=stream.whole("width"),
        height=stream.whole("height"),
        duration_seconds=seconds or (length * 60 if length else None),
        language=stream.text("language"),
        format_3d=stream.text("format3d", "stereomode"),
        hdr_type=stream.text("hdrtype"),
    )


def _aspect(stream: Fields) -> float | None:
    """Read "1.78" and "16:9"."""
    wide, colon, high = (stream.text("aspect") or "").partition(":")
    if colon and (across := values.decimal(wide)) and (down := values.decimal(high)) and down[0]:
        return round(across[0] / down[0], 3)
    return stream.decimal("aspect", most=100)


def _audio(stream: Fields) -> AudioStream:
    return AudioStream(stream.text("codec"), stream.text("language"), stream.whole("channels"))

"""From the bytes of an NFO file to values."""

import dataclasses
from functools import partial

from lxml import etree

from sublarr_tasks.errors import UnitError
from sublarr_tasks.library.nfo import encoding, ids, markup, parts, values
from sublarr_tasks.library.nfo.document import Nfo, about
from sublarr_tasks.library.nfo.fields import Fields
from sublarr_tasks.library.nfo.markup import name_of
from sublarr_tasks.library.nfo.vocabulary import FIELDS, FIELDS_TOO, PARTS, ROOTS

EPISODE = "episodedetails"
MAX_BYTES = 2 * 1024 * 1024
_MOST_CODES = 50
_MOST_ROOTS = 200  # more than the episodes of any file


class NfoError(UnitError):
    """An NFO from which nothing can be taken: nfo_empty, nfo_too_large or nfo_not_understood."""

    code = "nfo_unusable"


def parse(raw: bytes, root: str = "movie", episode: int | None = None, position: int = 0) -> Nfo:
    """Read what a file says about one work: a film, or as `document.about` chooses."""
    found = parse_all(raw)
    nfo = about(found, root, episode, position)
    if len(found) == 1 or nfo.root == EPISODE:
        return nfo
    return dataclasses.replace(nfo, problems=(*nfo.problems, "several_roots"))


def parse_all(raw: bytes) -> tuple[Nfo, ...]:
    """Read every root of a file, at least one; several stand in a file of several episodes."""
    if len(raw) > MAX_BYTES:
        raise NfoError("nfo_too_large", f"The file has more than {MAX_BYTES} bytes.")
    problems: list[str] = []
    text = encoding.decode(raw, problems)
    if not text.strip():
        raise NfoError("nfo_empty", "The file holds no text.")
    tree = markup.tree(text, problems)
    around = "\n".join(filter(None, (tree.text, *(element.tail for element in tree))))
    roots = _roots(tree, problems)
    if not roots:
        roots, around = [tree], "".join(tree.itertext())
    found = [
        _nfo(
            root,
            ids.root_in(around) if root is tree else name_of(root),
            around if root is roots[0] else "",
            problems,
        )
        for root in roots
    ]
    understood = tuple(nfo for nfo in found if nfo.root in ROOTS or _says_something(nfo))
    if not understood:
        raise NfoError("nfo_not_understood", "The file holds neither fields nor a known address.")
    return understood


def _roots(tree: etree._Element, problems: list[str]) -> list[etree._Element]:
    """Return the roots; a field that stands beside them is put into the first."""
    roots: list[etree._Element] = []
    beside: list[etree._Element] = []
    for element in tree:
        within = [child for child in element if name_of(child) in ROOTS - FIELDS_TOO]
        if within:
            roots.extend(within)
        elif _is_root(element):
            roots.append(element)
        elif name_of(element) in FIELDS:
            beside.append(element)
    if beside:
        problems.append("fields_outside_root" if roots else "root_missing")
    if roots:
        roots[0].extend(beside)
    if len(roots) > _MOST_ROOTS:
        problems.append("too_many_roots")
    return roots[:_MOST_ROOTS]


def _is_root(element: etree._Element) -> bool:
    name = name_of(element)
    if name in ROOTS:
        return True
    return name not in PARTS and any(name_of(child) in FIELDS for child in element)


def _says_something(nfo: Nfo) -> bool:
    return dataclasses.replace(nfo, root="", unread=(), problems=()) != Nfo(root="")


def _nfo(element: etree._Element, root: str, loose: str, shared: list[str]) -> Nfo:
    fields = Fields(element, list(shared))
    known_ids, default_id = ids.read(fields, root, loose)
    set_name, set_overview = parts.collection(fields)
    nfo = Nfo(
        root=root,
        title=fields.text("title") or (fields.text("name") if root == "artist" else None),
        original_title=fields.text("originaltitle"),
        local_title=fields.text("localtitle"),
        sort_title=fields.text("sorttitle"),
        plot=fields.prose("plot") or fields.prose("biography"),
        outline=fields.prose("outline"),
        tagline=fields.text("tagline"),
        review=fields.prose("review"),
        set_name=set_name,
        set_overview=set_overview,
        ids=known_ids,
        default_id=default_id,
        ratings=parts.ratings(fields),
        actors=tuple(parts.actors(fields)),
        artwork=parts.artwork(fields),
        file_info=parts.file_info(fields),
    )
    nfo = _with_state(_with_labels(_with_numbers(nfo, fields), fields), fields)
    return dataclasses.replace(
        nfo,
        unread=fields.unread()[:_MOST_CODES],
        problems=tuple(dict.fromkeys(fields.problems))[:_MOST_CODES],
    )


def _with_numbers(nfo: Nfo, fields: Fields) -> Nfo:
    premiered = fields.day("premiered", "releasedate", "aired")
    if premiered is None:
        premiered = values.day(fields.text("year") or "")
    return dataclasses.replace(
        nfo,
        year=fields.year("year") or (premiered.year if premiered else None),
        premiered=premiered,
        end_date=fields.day("enddate"),
        runtime_minutes=fields.minutes("runtime"),
        user_rating=fields.decimal("userrating", most=10) or None,
        critic_rating=fields.decimal("criticrating", most=100),
        top250=fields.whole("top250") or None,
        season=fields.whole("season") if nfo.root == EPISODE else fields.whole("seasonnumber"),
        episode=fields.whole("episode") if nfo.root == EPISODE else None,
        display_season=fields.whole("displayseason"),
        display_episode=fields.whole("displayepisode"),
    )


def _with_labels(nfo: Nfo, fields: Fields) -> Nfo:
    items, names = partial(values.items, commas=False), partial(values.items, commas=True)
    return dataclasses.replace(
        nfo,
        genres=fields.names("genre", split=values.genres),
        styles=fields.names("style", split=items),
        tags=fields.names("tag", split=items),
        countries=fields.names("country", split=names),
        languages=fields.names("language", "languages", split=names),
        studios=fields.names("studio", split=items),
        directors=fields.names("director", split=names),
        writers=fields.names("writer", "credits", split=names),
    )


def _with_state(nfo: Nfo, fields: Fields) -> Nfo:
    return dataclasses.replace(
        nfo,
        content_rating=fields.text("mpaa", "certification"),
        custom_rating=fields.text("customrating"),
        trailer=fields.text("trailer"),
        edition=fields.text("edition"),
        source=fields.text("source"),
        status=fields.text("status"),
        show_title=fields.text("showtitle"),
        display_order=fields.text("displayorder"),
        lock_data=fields.flag("lockdata") or False,
        locked_fields=fields.names("lockedfields", split=partial(values.items, commas=False)),
        play_count=fields.whole("playcount"),
        watched=fields.flag("watched"),
        date_added=fields.moment("dateadded"),
        last_played=fields.moment("lastplayed"),
    )

"""An NFO as Kodi and Jellyfin read it: made anew, or an old one with some of its elements changed.

Whatever an old one holds beside stays: elements that are unknown here, attributes, comments.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from sublarr_tasks.errors import UnitError

# What Kodi calls the fields; https://kodi.wiki/view/NFO_files/Templates
TAGS: Mapping[str, str] = {
    "title": "title",
    "original_title": "originaltitle",
    "sort_title": "sorttitle",
    "year": "year",
    "plot": "plot",
    "tagline": "tagline",
    "runtime_minutes": "runtime",
    "content_rating": "mpaa",
    "premiered": "premiered",
    "set_name": "set",
    "genres": "genre",
    "studios": "studio",
    "countries": "country",
    "tags": "tag",
    "directors": "director",
    "writers": "credits",
    "actors": "actor",
}
IDS: Mapping[str, str] = {"tmdb_id": "tmdb", "imdb_id": "imdb", "tvdb_id": "tvdb"}
_AIRED = {"premiered": "aired"}
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MALFORMED = "nfo_malformed"


def compose(old: bytes | None, root: str, values: Mapping[str, Any]) -> bytes:
    """Return an NFO that says some fields, by their names in `items`; those left out stay.

    Raises UnitError where the old one is no XML with that one root: then it is not touched.
    """
    top = etree.Element(root) if old is None else _parsed(old, root)
    tags = dict(TAGS) | (_AIRED if root == "episodedetails" else {})
    for name, value in values.items():
        if name in tags:
            _replace(top, tags[name], [*_elements(tags[name], name, value)])
    _identify(top, {IDS[name]: value for name, value in values.items() if name in IDS and value})
    for number in ("season", "episode"):
        if root == "episodedetails" and values.get(number) is not None and old is None:
            _replace(top, number, [_element(number, values[number])])
    etree.indent(top, "  ")
    return _HEAD + etree.tostring(top, encoding="UTF-8") + b"\n"


def _parsed(old: bytes, root: str) -> Any:  # noqa: ANN401 - lxml's element
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True
    )
    try:
        top = etree.fromstring(old, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnitError(MALFORMED, "it is no well-formed XML, and is left as it is") from error
    if top.tag != root or top.getroottree().docinfo.doctype:
        raise UnitError(MALFORMED, f"its root is not <{root}>, and it is left as it is")
    return top


def _replace(top: Any, tag: str, made: Sequence[Any]) -> None:  # noqa: ANN401 - lxml's element
    """Put elements where the first of their name was, or at the end."""
    before = top.findall(tag)
    place = top.index(before[0]) if before else len(top)
    for each in before:
        top.remove(each)
    for offset, each in enumerate(made):
        top.insert(place + offset, each)


def _elements(tag: str, name: str, value: Any) -> Iterable[Any]:  # noqa: ANN401 - any field's value
    if value in (None, "", []):
        return
    if name == "actors":
        for order, credit in enumerate(value):
            yield _actor(credit, order)
    elif name == "set_name":
        element = etree.Element(tag)
        etree.SubElement(element, "name").text = _clean(value)
        yield element
    elif isinstance(value, list):
        for each in value:
            yield _element(tag, each["name"] if isinstance(each, Mapping) else each)
    else:
        yield _element(tag, value)


def _actor(credit: Mapping[str, Any], order: int) -> Any:  # noqa: ANN401 - lxml's element
    element = etree.Element("actor")
    said = (("name", credit["name"]), ("role", credit.get("role")), ("order", order))
    for tag, value in (*said, ("thumb", credit.get("picture_url"))):
        if value is not None:
            etree.SubElement(element, tag).text = _clean(value)
    return element


def _identify(top: Any, ids: Mapping[str, str]) -> None:  # noqa: ANN401 - lxml's element
    """Set the unique ids; the first is the default where there is none yet."""
    known = {each.get("type"): each for each in top.findall("uniqueid")}
    has_default = any(each.get("default") == "true" for each in known.values())
    for site, value in ids.items():
        element = known.get(site)
        if element is None:
            element = etree.SubElement(top, "uniqueid", type=site)
            if not has_default:
                element.set("default", "true")
                has_default = True
        element.text = _clean(value)


def _element(tag: str, value: object) -> Any:  # noqa: ANN401 - lxml's element
    element = etree.Element(tag)
    element.text = _clean(value)
    return element


def _clean(value: object) -> str:
    """Leave out what XML 1.0 has no way to write."""
    return "".join(c for c in str(value) if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))

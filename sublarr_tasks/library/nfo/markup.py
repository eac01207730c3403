"""Text that was meant to be XML as a tree: read strictly where it is XML, repaired where not.

No DTD reaches the parser, so there is no entity to expand and nothing outside to fetch; every
step is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from html.entities import html5

from lxml import etree

from sublarr_tasks.library.nfo.vocabulary import KNOWN, PARTS, ROOTS


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


_STRICT = _parser(recover=False)
_RECOVERING = _parser(recover=True)

_OPENER = re.compile(r"<\?|<!--|<!\[CDATA\[|<!DOCTYPE", re.IGNORECASE)
_CLOSERS = {
    "<?": re.compile(">"),
    "<!--": re.compile("-->"),
    "<![CDATA[": re.compile("]]>"),
    "<!DOCTYPE": re.compile(r"[^\[>]*+(?:>|\[.*?\]\s*+>)", re.DOTALL),
}
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_XML_ENTITIES = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
_TAG = re.compile(
    r"</(?P<end>[A-Za-z_][\w.:-]{0,63})\s*+(?:>|(?=<)|\Z)"
    r"|<(?P<start>[A-Za-z_][\w.:-]{0,63})"
    r"""(?P<attributes>(?:[\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[\s/][^<>]*+)?)>""",
    re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[A-Za-z_][\w.:-]{0,63})\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.ASCII
)
_RUNNING_TEXT = frozenset("a b br div em font i li ol p small span strong u ul".split())
_NEVER_INSIDE = ROOTS - {"season"}  # an episode has a number by that name
_DEEPEST = 32


def tree(text: str, problems: list[str]) -> etree._Element:
    """Return an element of our own that holds all elements and the text between them."""
    if "<" not in text:
        return etree.fromstring(f"<nfo>{escape(text)}</nfo>".encode(), _STRICT)
    body = _resolve_references(_without_declarations(text, problems), problems)
    try:
        return etree.fromstring(f"<nfo>{body}</nfo>".encode(), _STRICT)
    except etree.XMLSyntaxError:
        problems.append("recovered_markup")
    return etree.fromstring(f"<nfo>{balanced(body)}</nfo>".encode(), _RECOVERING)


def name_of(element: etree._Element) -> str:
    """Return the element's name in lower case and without its namespace."""
    return local_name(str(element.tag))


def local_name(qualified: str) -> str:
    return qualified.rpartition("}")[2].lower()


def _without_declarations(text: str, problems: list[str]) -> str:
    """Take out prologs, comments and DOCTYPEs; turn CDATA into ordinary text."""
    kept: list[str] = []
    never_closed: set[str] = set()
    at = 0
    while found := _OPENER.search(text, at):
        opener = found[0].upper()
        kept.append(text[at : found.start()])
        at = found.end()
        end = None if opener in never_closed else _end_of(opener, text, at)
        if end is None:
            never_closed.add(opener)
            problems.append("recovered_markup")
            continue
        if opener == "<![CDATA[":
            kept.append(escape(text[at : end - 3]))
        elif opener == "<!DOCTYPE":
            problems.append("doctype_ignored")
        at = end
    return "".join((*kept, text[at:]))


def _end_of(opener: str, text: str, at: int) -> int | None:
    closer = _CLOSERS[opener]
    found = closer.match(text, at) if opener == "<!DOCTYPE" else closer.search(text, at)
    return found.end() if found else None


def _resolve_references(text: str, problems: list[str]) -> str:
    """Write HTML's entities as characters and every other stray ampersand as `&amp;`."""

    def resolved(reference: re.Match[str]) -> str:
        written = reference[0]
        if written in _XML_ENTITIES:
            return written
        if written.startswith("&#"):
            return escape(unescape(written))
        problems.append("recovered_markup")
        return escape(html5.get(written[1:], written))

    return _REFERENCE.sub(resolved, text) if "&" in text else text


def balanced(text: str) -> str:
    """Return well-formed XML content for text whose references are resolved.

    A closing tag closes everything inside its element. A field that was not closed ends where the
    next field begins, unless that is one of its parts; a misspelt closing tag closes its field.
    """
    written: list[str] = []
    open_names: list[str] = []
    at = 0
    for tag in _TAG.finditer(text):
        written.append(_text(text[at : tag.start()]))
        at = tag.end()
        if tag["end"]:
            written.extend(_close(open_names, _plain(tag["end"])))
        else:
            written.extend(_open(open_names, _plain(tag["start"]), tag["attributes"]))
    written.append(_text(text[at:]))
    written.extend(f"</{name}>" for name in reversed(open_names))
    return "".join(written)


def _text(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _plain(qualified: str) -> str:
    return qualified.rpartition(":")[2].lower() or "_"


def _open(open_names: list[str], name: str, attributes: str) -> Iterator[str]:
    while open_names and _ends_at(open_names[-1], name):
        yield f"</{open_names.pop()}>"
    if len(open_names) >= _DEEPEST:
        return
    inside = attributes.rstrip()
    empty = inside.endswith("/")
    yield f"<{name}{_attributes(inside.removesuffix('/'))}{'/' if empty else ''}>"
    if not empty:
        open_names.append(name)


def _ends_at(outer: str, name: str) -> bool:
    if name in PARTS.get(outer, ()):
        return False
    if name in _NEVER_INSIDE:
        return outer in ROOTS or outer in KNOWN
    return outer in KNOWN and name in KNOWN


def _close(open_names: list[str], name: str) -> Iterator[str]:
    if name in open_names:
        while (last := open_names.pop()) != name:
            yield f"</{last}>"
        yield f"</{name}>"
    elif open_names and open_names[-1] in KNOWN and name not in _RUNNING_TEXT:
        yield f"</{open_names.pop()}>"


def _attributes(text: str) -> str:
    values: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(text):
        value = found[2] or found[3] or found[4] or ""
        values.setdefault(_plain(found["name"]), value.replace('"', "&quot;"))
    return "".join(f' {name}="{value}"' for name, value in values.items() if name != "xmlns")

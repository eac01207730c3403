"""File names of any encoding as text that PostgreSQL, JSON and a terminal can hold.

A Linux file name is bytes; Python gives bytes that are not UTF-8 as lone surrogates, which
neither a UTF-8 database nor JSON accepts. Such a byte 0xNN is written as U+F7NN (private use);
a name that really holds one of those characters has its own bytes written the same way, so that
`from_text(to_text(name)) == name` for every name there is.
"""

import os
import re

_FIRST, _LAST = 0xF780, 0xF7FF
_PRIVATE = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]+")
_SPECIAL = re.compile(f"[\udc80-\udcff{chr(_FIRST)}-{chr(_LAST)}]+")


def to_text(name: str) -> str:
    """Turn a name as the `os` module gives it into storable text."""
    if name.isascii():
        return name
    return _SPECIAL.sub(lambda run: "".join(chr(0xF700 + b) for b in os.fsencode(run[0])), name)


def from_text(text: str) -> str:
    """Turn stored text back into the name that the `os` module takes."""
    if text.isascii() or not _PRIVATE.search(text):
        return text
    raw = _PRIVATE.sub(lambda run: "".join(chr(ord(c) - 0xF700 + 0xDC00) for c in run[0]), text)
    return os.fsdecode(raw.encode("utf-8", "surrogateescape"))


def printable(name: str) -> str:
    """Turn a name into text for people and logs: a byte that is not UTF-8 shows as hex."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def readable(name: str) -> str:
    """Turn a name into the text it was most likely meant to be: UTF-8, else Windows-1252."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")

"""An NFO's bytes as text, whatever encoding they are in and whatever they say they are in."""

import codecs
import re

# UTF-32 before UTF-16: its little-endian mark begins with the other's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})""", re.IGNORECASE
)
# The only names handed to Python's codec registry, which also knows punycode and unicode_escape.
# gb2312 and shift_jis are read as the supersets that files under those names really use.
_LEGACY = {
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (*range(2, 12), 13, 14, 15, 16)},
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"cp{page}": f"cp{page}" for page in (437, 850, 852, 866, *range(1250, 1259))},
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gb18030": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "macintosh": "mac_roman",
    "shift_jis": "cp932",
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufeff\ufffe\uffff]")
_HEAD = 1024


def decode(raw: bytes, problems: list[str]) -> str:
    """Return text without byte order mark, NUL or any other character that XML forbids."""
    declared = _declared(raw)
    text, used = _decoded(raw, declared, problems)
    if declared and not _is_right(declared, used, text):
        problems.append("declared_encoding_wrong")
    elif not declared and used == "cp1252":
        problems.append("encoding_guessed")
    text = text.removeprefix("\ufeff")
    if not _NOT_XML.search(text):
        return text
    problems.append("control_characters")
    return _NOT_XML.sub("", text)


def _declared(raw: bytes) -> str:
    # Without its NULs the declaration reads the same in UTF-8, UTF-16 and UTF-32.
    found = _DECLARATION.search(raw[:_HEAD].replace(b"\0", b""))
    return found[1].decode("ascii", "replace").lower() if found else ""


def _decoded(raw: bytes, declared: str, problems: list[str]) -> tuple[str, str]:
    wide = _marked(raw) or _unmarked_utf16(raw)
    if wide and wide != "utf-8":
        return _replacing(raw, wide, problems), wide
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        legacy = _LEGACY.get(declared, "cp1252")
    if legacy != "cp1252" and not wide:
        return _replacing(raw, legacy, problems), legacy
    # What is no UTF-8 is read as cp1252 byte by byte: right for a whole file in cp1252 or
    # ISO-8859-1 as well as for a UTF-8 file into which somebody pasted such bytes.
    return raw.decode("utf-8", _CP1252_BYTES), "cp1252"


def _marked(raw: bytes) -> str | None:
    return next((name for mark, name in _BYTE_ORDER_MARKS if raw.startswith(mark)), None)


def _unmarked_utf16(raw: bytes) -> str | None:
    """Tell UTF-16 without a mark by the zero half of its ASCII characters."""
    head = raw[: _HEAD // 4 * 2]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd * 4 > len(head) and not even:
        return "utf-16-le"
    if even * 4 > len(head) and not odd:
        return "utf-16-be"
    return None


def _replacing(raw: bytes, encoding: str, problems: list[str]) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        problems.append("undecodable_bytes")
        return raw.decode(encoding, "replace")


def _is_right(declared: str, used: str, text: str) -> bool:
    if declared.startswith("utf"):
        return used.startswith(declared if "-" in declared else declared.replace("utf", "utf-"))
    return text.isascii() if used == "utf-8" else _LEGACY.get(declared) == used


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(_CP1252[byte] for byte in wrong), error.end


# The five bytes that cp1252 leaves open are the control characters of ISO-8859-1.
_CP1252 = tuple(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_CP1252_BYTES = "nfo-cp1252-bytes"
codecs.register_error(_CP1252_BYTES, _as_cp1252)

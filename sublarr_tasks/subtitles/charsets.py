"""The text of a subtitle in any character set; never a replacement character for a lost letter.

A byte order mark says it, or UTF-8 does by being valid. Else the code pages that the language was
written in are tried, and the one is taken whose text looks most like the language; a detector
decides where none fits.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

from sublarr_tasks.errors import UnitError

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CENTRAL = ("cp1250", "iso8859_2")
_CYRILLIC = ("cp1251", "koi8_r", "iso8859_5", "cp866")
_UKRAINIAN = ("cp1251", "koi8_u", "iso8859_5")
# By language, or language and script; the first is the most usual.
CODE_PAGES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "sk", "sl", "sq", "sr-Latn"), _CENTRAL),
    "ro": ("cp1250", "iso8859_16", "iso8859_2"),
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr"), _CYRILLIC),
    "uk": _UKRAINIAN,
    "el": ("cp1253", "iso8859_7"),
    "tr": ("cp1254",),
    "az": ("cp1254",),
    "he": ("cp1255", "cp862"),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256", "iso8859_6")),
    **dict.fromkeys(("et", "lt", "lv"), ("cp1257", "iso8859_13")),
    "vi": ("cp1258",),
    "th": ("cp874",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "zh-Hans": ("gb18030", "big5hkscs"),
    "zh-Hant": ("big5hkscs", "gb18030"),
    "zh": ("gb18030", "big5hkscs"),
}
_WESTERN = ("cp1252",)
_SCRIPTS = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), ("CYRILLIC",)),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    **dict.fromkeys(("ar", "fa", "ur"), ("ARABIC",)),
    "th": ("THAI",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "ko": ("HANGUL", "CJK"),
    "zh": ("CJK",),
}
# Written where the text's own script is: they tell nothing.
_NEUTRAL = frozenset(
    "\u2026\u2013\u2014\u2015\u2018\u2019\u201c\u201d\u201e\u201a\u00ab\u00bb\u2039\u203a\u2022\u00b7"
    "\u266a\u266b\u00b0\u00a9\u00ae\u2122\u00a1\u00bf\u00a7\u00aa\u00ba\u20ac\u00a3\u00a0\u200e\u200f"
    "\u3001\u3002\u300c\u300d\u300e\u300f\uff1f\uff01\uff0c\uff1a\uff1b\uff08\uff09\u30fb\u30fc\u2015"
)
_MARKUP = re.compile(r"<[^<>\n]{1,60}>|\{[^{}\n]{1,200}\}")
_PLAUSIBLE = 0.8
# ISO 2022 is ASCII, but for the escapes that change the character set.
_TO_JAPANESE = b"\x1b$"
# Enough to tell one language's letters from another's.
_SAMPLE = 40_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and the character set that its bytes were in."""

    text: str
    charset: str


def decode(content: bytes, language: str | None = None) -> Decoded:
    """Read bytes as text in a BCP 47 language; raises UnitError where no character set fits."""
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return Decoded(_strictly(content, charset), charset)
    with_zeros = _without_mark(content)
    if with_zeros is not None:
        return Decoded(_strictly(content, with_zeros), with_zeros)
    if _TO_JAPANESE in content and (text := _tried(content, "iso2022_jp")) is not None:
        return Decoded(text, "iso2022_jp")
    if (text := _tried(content, "utf-8")) is not None:
        return Decoded(text, "utf-8")
    pages = _pages(language)
    read = [(page, text) for page in pages if (text := _tried(content, page)) is not None]
    if read:
        likeness = [_likeness(text, language) for _, text in read]
        best = max(likeness)
        if best >= _PLAUSIBLE:
            charset, text = read[likeness.index(best)]
            return Decoded(text, charset)
    return _detected(content, read[0] if read else None)


def _detected(content: bytes, otherwise: tuple[str, str] | None) -> Decoded:
    found = from_bytes(content[:_SAMPLE]).best()
    text = None if found is None else _tried(content, found.encoding)
    if found is not None and text is not None:
        return Decoded(text, found.encoding)
    if otherwise is None:
        raise UnitError("charset_unknown", "no character set that we know makes text of it")
    return Decoded(otherwise[1], otherwise[0])


def _pages(language: str | None) -> Sequence[str]:
    if language is None:
        return ()
    parts = language.split("-")
    return CODE_PAGES.get("-".join(parts[:2])) or CODE_PAGES.get(parts[0]) or _WESTERN


def _without_mark(content: bytes) -> str | None:
    """Know UTF-16 by its zeros: digits and line ends have one in every second byte."""
    head = content[:2000]
    if len(head) < 4 or not head.count(0):  # noqa: PLR2004 - two characters
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 8 < len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _strictly(content: bytes, charset: str) -> str:
    text = _tried(content, charset)
    if text is None:
        raise UnitError("charset_broken", f"it says that it is {charset}, and is not")
    return text


def _tried(content: bytes, charset: str) -> str | None:
    try:
        text = content.decode(charset)
    except (UnicodeError, LookupError):
        return None
    return None if "\0" in text else text


def _likeness(text: str, language: str | None) -> float:
    """Tell how much of what is not ASCII could be in a language, from 0 to 1.

    A letter of another script counts against it, as does a sign that no sentence has; so does a
    capital inside a word, which is what one Cyrillic code page read as another looks like.
    """
    scripts = _SCRIPTS.get((language or "").partition("-")[0], ("LATIN",))
    plain = _MARKUP.sub(" ", text[:_SAMPLE])
    good = bad = 0.0
    before = " "
    for sign in plain:
        if sign > "\x7f" and sign not in _NEUTRAL:
            if _belongs(sign, scripts):
                good += 1
            else:
                bad += 1
            if sign.isupper() and before.islower():
                bad += 2
        before = sign
    return 1.0 if not good and not bad else good / (good + bad)


def _belongs(sign: str, scripts: Sequence[str]) -> bool:
    name = unicodedata.name(sign, "")
    return name.startswith(tuple(scripts)) or (
        unicodedata.category(sign) in ("Mn", "Lm") or name.startswith("FULLWIDTH")
    )

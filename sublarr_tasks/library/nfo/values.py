"""What people write into NFO files as numbers, dates, running times and lists of names."""

import re
from collections.abc import Iterable
from datetime import date, datetime

_WHOLE = re.compile(r"([+-]?\d{1,15})(?:[.,]0+)?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[.,' \u00a0\u202f]\d{3}){1,4}", re.ASCII)
_DECIMAL = re.compile(r"([+-]?\d{1,9})(?:[.,](\d{1,9}))?\s*(?:%|/\s*(\d{1,4}))?", re.ASCII)
_YEAR = re.compile(r"(?<!\d)(?:1[89]|2[01])\d\d(?!\d)", re.ASCII)

_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ].*)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_MONTH_FIRST = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII)
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\.? ([A-Z][a-z]{2})[a-z]*\.?,? (\d{4})", re.ASCII
)
_MONTHS = {
    name: 1 + i for i, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
}

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_SPELT = re.compile(
    r"(?:PT)?\s*(?:(\d{1,3})\s*h[a-z.]*)?\s*(?:and|,)?\s*(?:(\d{1,5})(?:\.\d+)?\s*(?:m[a-z.]*|'|\u2032)?)?"
    r"\s*(?:\d{1,2}\s*s[a-z.]*)?",
    re.ASCII | re.IGNORECASE,
)

_ITEM_END = re.compile(r"\s*[|;]\s*|\s+/\s+")
_COMMA = re.compile(r"\s*,\s+(?!(?:jr|sr|inc|ltd|llc|phd|i{2,3}|iv)\b)|,(?=\S)", re.IGNORECASE)
_GENRES = frozenset(
    "action adventure animation anime biography children comedy crime documentary drama family"
    " fantasy foreign history horror indie kids martial-arts music musical mystery reality romance"
    " sci-fi science-fiction short sport sports suspense thriller war western".split()
)


def whole(text: str) -> int | None:
    """Read "1234", "1,234", "1.234", "1 234" and "1234.0"; None for anything else."""
    if _GROUPED.fullmatch(text):
        return int(re.sub(r"[^0-9]", "", text))
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found else None


def decimal(text: str) -> tuple[float, int | None] | None:
    """Read "7.8", "7,8", "7.8/10" and "78%" as the number and its scale where one is written."""
    found = _DECIMAL.fullmatch(text)
    if not found:
        return None
    scale = 100 if text.endswith("%") else int(found[3]) if found[3] else None
    return float(f"{found[1]}.{found[2] or 0}"), scale


def year(text: str) -> int | None:
    found = _YEAR.search(text)
    return int(found[0]) if found else None


def day(text: str) -> date | None:
    """Read a date; None too for 03/04/2010, which is April in Europe and March in America."""
    numbers = _numbers(text)
    try:
        found = date(*numbers) if numbers else None
    except ValueError:
        return None
    # Kodi and .NET write 1601-01-01 and 0001-01-01 for "unknown".
    return found if found and found.year >= 1800 else None  # noqa: PLR2004 - older than film


def _numbers(text: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _YEAR_LAST.fullmatch(text):
        return _day_and_month(int(found[1]), int(found[3]), int(found[4]), dotted=found[2] == ".")
    if found := _MONTH_FIRST.fullmatch(text):
        return int(found[3]), _MONTHS.get(found[1], 0), int(found[2])
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[3]), _MONTHS.get(found[2], 0), int(found[1])
    return None


def _day_and_month(
    first: int, second: int, of_year: int, *, dotted: bool
) -> tuple[int, int, int] | None:
    months = 12
    if dotted or first > months or first == second:
        return of_year, second, first
    return (of_year, first, second) if second > months else None


def moment(text: str) -> datetime | None:
    """Read a date with or without a time; without a zone it is the writer's own."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        known = day(text)
        return datetime.combine(known, datetime.min.time()) if known else None
    return found if day(found.date().isoformat()) else None


def minutes(text: str) -> int | None:
    """Read "142", "142 min", "2h 22m", "PT2H22M", "2:22" (hours first) and "01:42:00"."""
    if found := _CLOCK.fullmatch(text):
        return int(found[1]) * 60 + int(found[2])
    if (found := _SPELT.fullmatch(text)) and (found[1] or found[2]):
        return int(found[1] or 0) * 60 + int(found[2] or 0)
    return None


def flag(text: str) -> bool | None:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
        text.lower()
    )


def items(text: str, *, commas: bool) -> list[str]:
    """Split at `|`, `;` and " / ", and at commas where asked and none of those stands there."""
    parts = _ITEM_END.split(text)
    if commas and len(parts) == 1:
        parts = _COMMA.split(text)
    return [part for part in (part.strip(" ,;|") for part in parts) if part]


def genres(text: str) -> list[str]:
    """Split as `items` does, and at a slash without spaces between genres that are known.

    So "Action/Drama" is two and "AC/DC" or "Film/TV" stays one.
    """
    found: list[str] = []
    for item in (name for part in items(text, commas=False) for name in items(part, commas=True)):
        parts = [part.strip() for part in item.split("/")]
        known = all(part.lower().replace(" ", "-") in _GENRES for part in parts)
        found.extend(parts if known else [item])
    return found


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of each text, whatever the case."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.casefold(), text)
    return tuple(first.values())

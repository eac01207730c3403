"""The day that a file's name gives: "2015.01.02", "02-01-2015", "2 January 2015", "20150102"."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AirDate:
    """A day, and where in the text it stands."""

    day: date
    start: int
    end: int


_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)([ ._-])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([ ._-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_WRITTEN = re.compile(
    rf"(?<!\d)(?:(?P<y1>(?:19|20)\d\d)[ ._-](?P<m1>{'|'.join(_MONTHS)})[a-z]*"
    r"[ ._-](?P<d1>\d{1,2})"
    rf"|(?P<d2>\d{{1,2}})[ ._-](?P<m2>{'|'.join(_MONTHS)})[a-z]*[ ._-](?P<y2>(?:19|20)\d\d))(?!\d)",
    re.IGNORECASE,
)


def find(text: str) -> AirDate | None:
    """Find the first day that there is; the day comes before the month where the year is last."""
    for form, read in _FORMS:
        for found in form.finditer(text):
            day = read(found)
            if day is not None:
                return AirDate(day, found.start(), found.end())
    return None


def _day(year: str, month: str, day: str) -> date | None:
    """Make a date; a month beyond twelve is the day."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        pass
    try:
        return date(int(year), int(day), int(month))
    except ValueError:
        return None


def _written(found: re.Match[str]) -> date | None:
    year, month, day = (found["y1"], found["m1"], found["d1"])
    if year is None:
        year, month, day = (found["y2"], found["m2"], found["d2"])
    try:
        return date(int(year), _MONTHS[month.lower()], int(day))
    except ValueError:
        return None


def _compact(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date | None]], ...] = (
    (_YEAR_FIRST, lambda found: _day(found[1], found[3], found[4])),
    (_YEAR_LAST, lambda found: _day(found[4], found[3], found[1])),
    (_WRITTEN, _written),
    (_COMPACT, _compact),
)

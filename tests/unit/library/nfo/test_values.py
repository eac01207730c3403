from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library.nfo import values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234", 1234),
        ("1,234", 1234),
        ("1.234", 1234),
        ("1 234 567", 1234567),
        ("1'234", 1234),
        ("1\u202f234", 1234),
        ("1234.0", 1234),
        ("-5", -5),
        ("12,34", None),
        ("1.5", None),
        ("", None),
        ("12k", None),
        ("9" * 5000, None),
    ],
)
def test_whole_numbers(text: str, number: int | None) -> None:
    assert values.whole(text) == number


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("7.8", (7.8, None)),
        ("7,8", (7.8, None)),
        ("-7,85", (-7.85, None)),
        ("8", (8.0, None)),
        ("7.8/10", (7.8, 10)),
        ("78 %", (78.0, 100)),
        ("nan", None),
        ("1e9", None),
        ("7.8.9", None),
        ("9" * 400, None),
    ],
)
def test_decimals_and_their_scale(text: str, read: tuple[float, int | None] | None) -> None:
    assert values.decimal(text) == read


@pytest.mark.parametrize(
    ("text", "number"),
    [("1999", 1999), ("2010-07-16", 2010), ("(2010)", 2010), ("0", None), ("20101", None)],
)
def test_years(text: str, number: int | None) -> None:
    assert values.year(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "2010-07-16",
        "2010/7/16",
        "2010.07.16",
        "20100716",
        "2010-07-16T22:00:00Z",
        "2010-07-16 22:00:00",
        "16.07.2010",
        "16/07/2010",
        "07/16/2010",
        "16-7-2010",
        "July 16, 2010",
        "Jul 16 2010",
        "16 July 2010",
        "16th Jul. 2010",
    ],
)
def test_dates(text: str) -> None:
    assert values.day(text) == date(2010, 7, 16)


@pytest.mark.parametrize(
    "text", ["", "2010", "2010-13-01", "03/04/2010", "1601-01-01", "0001-01-01", "Foo 1, 2010"]
)
def test_no_dates(text: str) -> None:
    assert values.day(text) is None


def test_a_dotted_date_is_european() -> None:
    assert values.day("03.04.2010") == date(2010, 4, 3)


def test_moments() -> None:
    assert values.moment("2020-03-04 05:06:07") == datetime.fromisoformat("2020-03-04T05:06:07")
    assert values.moment("2020-03-04T05:06:07Z") == datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert values.moment("4.3.2020") == datetime.fromisoformat("2020-03-04")
    assert values.moment("1601-01-01 00:00:00") is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("142", 142),
        ("142 min", 142),
        ("142 minutes", 142),
        ("142min.", 142),
        ("142'", 142),
        ("142.0", 142),
        ("2h 22m", 142),
        ("2 hrs 22 mins", 142),
        ("2 hours and 22 minutes", 142),
        ("2h22", 142),
        ("2h", 120),
        ("PT2H22M", 142),
        ("2:22", 142),
        ("01:42:00", 102),
        ("long", None),
        ("", None),
        ("9999999", None),
    ],
)
def test_running_times(text: str, minutes: int | None) -> None:
    assert values.minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        ("Action / Drama", ["Action", "Drama"]),
        ("Action, Drama", ["Action", "Drama"]),
        ("Action,Drama", ["Action", "Drama"]),
        ("Action|Drama;War", ["Action", "Drama", "War"]),
        ("Action/Science Fiction", ["Action", "Science Fiction"]),
        ("AC/DC", ["AC/DC"]),
        ("Sci-Fi & Fantasy", ["Sci-Fi & Fantasy"]),
        ("", []),
    ],
)
def test_genres(text: str, genres: list[str]) -> None:
    assert values.genres(text) == genres


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Joel Coen, Ethan Coen", ["Joel Coen", "Ethan Coen"]),
        ("Robert Downey, Jr.", ["Robert Downey, Jr."]),
        ("Zack Snyder,", ["Zack Snyder"]),
        ("A, Jr. / B", ["A, Jr.", "B"]),
        ("One|Two, Three", ["One", "Two, Three"]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert values.items(text, commas=True) == names


def test_a_comma_stays_where_it_is_no_separator() -> None:
    assert values.items("MGM, a company", commas=False) == ["MGM, a company"]


def test_distinct_keeps_the_first_spelling() -> None:
    assert values.distinct(["Drama", "War", "DRAMA"]) == ("Drama", "War")


@given(st.text())
def test_any_text_is_read_or_is_nothing(text: str) -> None:
    for read in (values.whole, values.decimal, values.year, values.day, values.moment):
        read(text)
    values.minutes(text)
    values.flag(text)
    values.genres(text)


@given(st.dates(min_value=date(1800, 1, 1)))
def test_every_iso_date_is_read(day: date) -> None:
    assert values.day(day.isoformat()) == day

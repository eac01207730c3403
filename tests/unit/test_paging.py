from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column

from sublarr_tasks import paging
from sublarr_tasks.errors import InputError
from sublarr_tasks.paging import Order

KEYS = (column("title"), column("added_at"), column("id"))
ORDER = Order("films", KEYS, (str, datetime, int))


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-paging.LARGEST_ID, paging.LARGEST_ID),
)
def test_a_cursor_gives_back_what_it_was_made_of(title: str, at: datetime, number: int) -> None:
    cursor = paging._encode(ORDER, (title, at, number))

    assert paging._decode(ORDER, cursor) == [title, at, number]
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_nonsense_is_refused_as_the_field_it_is(cursor: str) -> None:
    with pytest.raises(InputError) as refused:
        paging._decode(ORDER, cursor)

    assert refused.value.fields.keys() == {"cursor"}


@pytest.mark.parametrize(
    "values",
    [
        ("a", "2001-01-01", 1),  # no time zone
        ("a", datetime.max.replace(tzinfo=UTC), paging.LARGEST_ID + 1),
        ("a", datetime.max.replace(tzinfo=UTC), True),
        ("a", datetime.max.replace(tzinfo=UTC), 1.0),
        ("a\0", datetime.max.replace(tzinfo=UTC), 1),
        ("\ud800", datetime.max.replace(tzinfo=UTC), 1),
        (1, datetime.max.replace(tzinfo=UTC), 1),
        ("a", datetime.max.replace(tzinfo=UTC)),
        ("a", datetime.max.replace(tzinfo=UTC), 1, 1),
    ],
)
def test_a_forged_cursor_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(InputError):
        paging._decode(ORDER, paging._encode(ORDER, values))


@pytest.mark.parametrize(
    "other",
    [Order("people", KEYS, ORDER.kinds), Order("films", KEYS, ORDER.kinds, descending=True)],
)
def test_a_cursor_of_another_order_is_refused(other: Order) -> None:
    cursor = paging._encode(other, ("a", datetime(2001, 1, 1, tzinfo=UTC), 1))

    with pytest.raises(InputError):
        paging._decode(ORDER, cursor)

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks import filenames

private_use = st.characters(min_codepoint=0xF700, max_codepoint=0xF800).map(str.encode)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5).map(str.encode)
raw_names = (
    st.lists(st.binary(max_size=4) | text | private_use, max_size=8)
    .map(b"".join)
    .map(lambda name: name.replace(b"\0", b"0").replace(b"/", b"|"))
)


@given(raw_names)
def test_any_name_comes_back_from_its_text(raw: bytes) -> None:
    name = os.fsdecode(raw)
    assert os.fsencode(filenames.from_text(filenames.to_text(name))) == raw


@given(raw_names)
def test_text_of_any_name_is_valid_utf8_and_json(raw: bytes) -> None:
    stored = filenames.to_text(os.fsdecode(raw))
    assert stored.encode().decode() == stored
    assert json.loads(json.dumps(stored, ensure_ascii=False).encode()) == stored


@given(raw_names, raw_names)
def test_different_names_have_different_texts(first: bytes, second: bytes) -> None:
    texts = {filenames.to_text(os.fsdecode(raw)) for raw in (first, second)}
    assert len(texts) == len({first, second})


@pytest.mark.parametrize("name", ["Film (2001).mkv", "Amélie.mkv", "千と千尋.mkv", "\ue000", ""])
def test_a_name_that_is_text_is_stored_as_it_is(name: str) -> None:
    assert filenames.to_text(name) == name
    assert filenames.from_text(name) == name


def test_a_byte_that_is_no_text_is_stored_as_private_use() -> None:
    assert filenames.to_text(os.fsdecode(b"caf\xe9")) == "caf\uf7e9"


def test_a_private_use_character_is_told_apart_from_a_byte() -> None:
    assert filenames.to_text("\uf7e9") == "\uf7ef\uf79f\uf7a9"


@given(raw_names)
def test_printable_is_valid_text(raw: bytes) -> None:
    shown = filenames.printable(os.fsdecode(raw))
    assert shown.encode().decode() == shown


def test_printable_shows_the_bytes_that_are_no_text() -> None:
    assert filenames.printable(os.fsdecode(b"caf\xe9 \xc3\xa9.mkv")) == "caf\\xe9 é.mkv"

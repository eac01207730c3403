import codecs

import pytest

from sublarr_tasks.library import nfo

TITLE = "Amélie „ 愛 Ω"
FILM = f"<movie><title>{TITLE}</title></movie>"


def parsed(raw: bytes) -> tuple[str | None, tuple[str, ...]]:
    found = nfo.parse(raw)
    return found.title, found.problems


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_is_believed(mark: bytes, codec: str) -> None:
    assert parsed(mark + FILM.encode(codec)) == (TITLE, ())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_needs_no_mark(codec: str) -> None:
    declared = '<?xml version="1.0" encoding="UTF-16"?>' + FILM
    assert parsed(declared.encode(codec)) == (TITLE, ())


@pytest.mark.parametrize(
    "declared", ["utf-16", "UTF-32", "iso-8859-1", "windows-1252", "shift_jis"]
)
def test_utf8_under_another_name_is_read_as_utf8(declared: str) -> None:
    raw = f'<?xml version="1.0" encoding="{declared}"?>{FILM}'.encode()
    assert parsed(raw) == (TITLE, ("declared_encoding_wrong",))


def test_a_mark_wins_over_the_declaration() -> None:
    raw = f'<?xml version="1.0" encoding="utf-8"?>{FILM}'.encode("utf-16")
    assert parsed(raw) == (TITLE, ("declared_encoding_wrong",))


@pytest.mark.parametrize("declared", ["ISO-8859-1", "windows-1252", "latin1"])
def test_western_bytes_are_read_where_they_are_declared(declared: str) -> None:
    raw = f"<?xml version='1.0' encoding='{declared}'?><movie><title>Été “1”</title></movie>"
    assert parsed(raw.encode("cp1252")) == ("Été “1”", ())


def test_western_bytes_are_read_without_a_declaration() -> None:
    raw = "<movie><title>Été “1”</title></movie>".encode("cp1252")
    assert parsed(raw) == ("Été “1”", ("encoding_guessed",))


def test_a_byte_that_no_encoding_names_is_kept() -> None:
    assert parsed(b"<movie><title>A\x81B</title></movie>") == ("A\x81B", ("encoding_guessed",))


def test_a_mark_wins_over_the_declaration_of_a_damaged_file() -> None:
    raw = f'<?xml version="1.0" encoding="windows-1251"?><movie><title>é {TITLE}</title></movie>'
    found = parsed(codecs.BOM_UTF8 + raw.encode().replace("é".encode(), b"\xe9"))
    assert found == (f"é {TITLE}", ("declared_encoding_wrong",))


def test_western_bytes_declared_as_utf8_are_read() -> None:
    raw = '<?xml version="1.0" encoding="UTF-8"?><movie><title>Été</title></movie>'
    assert parsed(raw.encode("latin-1")) == ("Été", ("declared_encoding_wrong",))


def test_a_western_byte_within_utf8_spoils_only_itself() -> None:
    raw = FILM.encode().replace(b"Am", b"Caf\xe9 Am")
    assert parsed(raw) == (f"Café {TITLE}", ("encoding_guessed",))


@pytest.mark.parametrize(
    ("declared", "codec", "title"),
    [
        ("windows-1251", "cp1251", "Сталкер"),
        ("iso-8859-2", "iso8859-2", "Krótki film"),
        ("KOI8-R", "koi8_r", "Сталкер"),
        ("Shift_JIS", "cp932", "千と千尋"),
        ("GB2312", "gb18030", "卧虎藏龍"),
    ],
)
def test_other_declared_encodings_are_believed(declared: str, codec: str, title: str) -> None:
    raw = f'<?xml version="1.0" encoding="{declared}"?><movie><title>{title}</title></movie>'
    assert parsed(raw.encode(codec)) == (title, ())


def test_bytes_that_the_declared_encoding_lacks_are_said() -> None:
    raw = b'<?xml version="1.0" encoding="gbk"?><movie><title>A\xff</title></movie>'
    assert parsed(raw) == ("A\ufffd", ("undecodable_bytes",))


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "zlib", "utf-7", "no-such", "idna"])
def test_a_declaration_reaches_no_codec_but_those_of_text(name: str) -> None:
    raw = f'<?xml version="1.0" encoding="{name}"?><movie><title>\\x41+AEE-é</title></movie>'
    assert parsed(raw.encode()) == ("\\x41+AEE-é", ("declared_encoding_wrong",))


def test_control_characters_and_nul_are_taken_out() -> None:
    raw = b"<movie><ti\0tle>A\x0b\x1fB\0</title></movie>"
    assert parsed(raw) == ("AB", ("control_characters",))


def test_lone_surrogates_do_not_survive() -> None:
    raw = codecs.BOM_UTF16_LE + "<movie><title>A".encode("utf-16-le") + b"\x00\xd8"
    found = nfo.parse(raw + "B</title></movie>".encode("utf-16-le"))
    assert found.title
    found.title.encode()


def test_a_cut_utf16_file_keeps_what_came_before() -> None:
    raw = "<movie><title>A</title><plot>B".encode("utf-16") + b"\x41"
    found = nfo.parse(raw)
    assert found.title == "A"
    assert "undecodable_bytes" in found.problems

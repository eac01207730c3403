import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sublarr_tasks.library import nfo
from sublarr_tasks.library.nfo import markup

RECOVERED = ("recovered_markup",)


def read(text: str) -> nfo.Nfo:
    return nfo.parse(text.encode())


# Around the root


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n  ",
        '<?xml version="1.0"?>',
        "<!-- by hand --><!-- twice -->\n<?xml version='1.0'?>",
        "some words first\n<?xml version='1.0'?>",
        "<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?>",
    ],
)
def test_whatever_stands_before_the_root_costs_nothing(before: str) -> None:
    found = read(f"{before}<movie><title>A</title></movie>")
    assert (found.root, found.title, found.problems) == ("movie", "A", ())


def test_tags_in_any_case_are_read() -> None:
    found = read("<Movie><Title>A</Title><YEAR>1999</YEAR></Movie>")
    assert (found.root, found.title, found.year, found.problems) == ("movie", "A", 1999, ())


def test_a_namespaced_root_is_read() -> None:
    found = read(
        '<k:movie xmlns:k="urn:k" xmlns="urn:d"><k:title>A</k:title><year>1</year></k:movie>'
    )
    assert (found.root, found.title) == ("movie", "A")


def test_prefixes_without_a_namespace_are_read() -> None:
    found = read('<k:movie><k:title xsi:type="s">A</k:title></k:movie>')
    assert (found.root, found.title, found.problems) == ("movie", "A", RECOVERED)


def test_a_comment_hides_what_it_holds() -> None:
    found = read("<movie><!-- <title>B</title> <!-- --><title>A</title></movie>")
    assert (found.title, found.problems) == ("A", ())


def test_a_comment_that_never_ends_hides_nothing() -> None:
    found = read("<movie><!-- oops <title>A</title></movie>")
    assert (found.title, found.problems) == ("A", RECOVERED)


# References


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Tom & Jerry", "Tom & Jerry"),
        ("R&B", "R&B"),
        ("A &amp B", "A &amp B"),
        ("caf&eacute;&nbsp;noir", "café noir"),
        ("&unknown; A", "&unknown; A"),
        ("A &LT;3 &AMP; B", "A <3 & B"),
    ],
)
def test_ampersands_and_html_entities_are_read(written: str, title: str) -> None:
    found = read(f"<movie><title>{written}</title><year>1999</year></movie>")
    assert (found.title, found.year, found.problems) == (title, 1999, RECOVERED)


@pytest.mark.parametrize(
    ("written", "title"),
    [("A &amp; B", "A & B"), ("&lt;3", "<3"), ("&#233;&#xE9;", "éé"), ("&amp;eacute;", "&eacute;")],
)
def test_references_of_xml_are_no_problem(written: str, title: str) -> None:
    found = read(f"<movie><title>{written}</title></movie>")
    assert (found.title, found.problems) == (title, ())


@pytest.mark.parametrize("reference", ["&#0;", "&#x1;", "&#xD800;", "&#xFFFE;", "&#9999999;"])
def test_references_to_no_character_leave_nothing_harmful(reference: str) -> None:
    title = read(f"<movie><title>A{reference}B</title></movie>").title
    assert title in ("AB", "A\ufffdB")


def test_a_reference_cannot_end_an_attribute() -> None:
    found = read('<movie><thumb aspect="a&#34;&quot;b">u</thumb></movie>')
    assert found.artwork == (nfo.Artwork('a""b', "u"),)


# DOCTYPE and entities


BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]>"
)


def test_entities_of_a_doctype_are_not_expanded() -> None:
    found = read(f"{BILLION_LAUGHS}<movie><title>A &lol9;</title><year>1999</year></movie>")
    assert (found.title, found.year) == ("A &lol9;", 1999)
    assert found.problems == ("doctype_ignored", "recovered_markup")


def test_entities_are_not_expanded_in_attributes() -> None:
    found = read(f'{BILLION_LAUGHS}<movie><thumb aspect="&lol9;">u</thumb></movie>')
    assert found.artwork == (nfo.Artwork("&lol9;", "u"),)


@pytest.mark.parametrize("kind", ["SYSTEM", "PUBLIC '-//a'"])
def test_external_entities_are_not_opened(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("classified")
    found = read(
        f'<!DOCTYPE m [<!ENTITY % p {kind} "{secret.as_uri()}"> %p;'
        f'<!ENTITY x {kind} "{secret.as_uri()}">]><movie><title>A&x;</title></movie>'
    )
    assert found.title == "A&x;"
    assert "classified" not in str(nfo.to_json(found))


@pytest.mark.parametrize(
    "doctype", ["<!DOCTYPE movie>", '<!doctype movie SYSTEM "http://a/b.dtd">', "<!DOCTYPE a []\n>"]
)
def test_a_doctype_costs_no_field(doctype: str) -> None:
    found = read(f"<?xml version='1.0'?>{doctype}<movie><title>A</title></movie>")
    assert (found.title, found.problems) == ("A", ("doctype_ignored",))


def test_markup_within_a_doctype_is_no_field() -> None:
    found = read('<!DOCTYPE m [<!ENTITY x "<movie><title>B</title></movie>">]><movie/>')
    assert found == nfo.Nfo("movie", problems=("doctype_ignored",))


# Broken tags


@pytest.mark.parametrize(
    "text",
    [
        "<movie><title>A</title><year>1999<plot>P</plot></movie>",
        "<movie><title>A</titel><year>1999</year><plot>P</plot></movie>",
        "<movie><title>A</title><year>1999</year><plot>P",
        "<movie><title>A</title><year>1999</year><plot>P</plot>",
        "<movie><title>A<year>1999<plot>P",
        "<movie><title>A</title</movie><year>1999</year><plot>P</plot></movie>",
        "<movie><title>A</title></b><year>1999</year></x></movie><plot>P</plot></movie>",
        "<movie><Title>A</title><year id=5 ok>1999</year><plot a='1' a='2'>P</plot></movie>",
        '<movie><title lang="en>A</title><year>1999</year><plot>P</plot></movie>',
        "</nfo><movie><title>A</title><year>1999</year><plot>P</plot></movie></nfo>",
    ],
)
def test_a_broken_tag_costs_no_field(text: str) -> None:
    found = read(text)
    assert (found.title, found.year, found.plot) == ("A", 1999, "P")
    assert "recovered_markup" in found.problems


def test_unclosed_parts_stay_with_their_element() -> None:
    found = read("<movie><actor><name>A<role>B</actor><actor><name>C</name><role>D<title>T</movie>")
    assert [(actor.name, actor.role) for actor in found.actors] == [("A", "B"), ("C", "D")]
    assert found.title == "T"


def test_unclosed_formatting_ends_with_its_text() -> None:
    found = read("<movie><plot>One <b>two<br> three</plot><title>A</title></movie>")
    assert (found.plot, found.title) == ("One two three", "A")


def test_a_closing_tag_of_formatting_does_not_end_the_text() -> None:
    assert read("<movie><plot>One</b> two</plot></movie>").plot == "One two"


def test_a_less_than_sign_is_text() -> None:
    found = read("<movie><plot>1 < 2 <3 <> 4</plot><title>A</title></movie>")
    assert (found.plot, found.title) == ("1 < 2 <3 <> 4", "A")


def test_an_unclosed_root_ends_where_the_next_begins() -> None:
    raw = b"<episodedetails><title>1</title><season>2<episodedetails><title>3</title>"
    assert [one.title for one in nfo.parse_all(raw)] == ["1", "3"]


_TEXT = st.text(st.sampled_from("<>/ab&;!='\" :é²movietitle[]-?\n"))


@pytest.mark.parametrize(
    "text",
    [
        "]]>",
        "<a b='\"'>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'>",
        "<a b=1 b=2/>",
        "<xml:a x:b>",
    ],
)
def test_balanced_text_needs_no_recovery(text: str) -> None:
    etree.fromstring(f"<nfo>{markup.balanced(text)}</nfo>")


@given(_TEXT | st.text().map(lambda text: text.encode(errors="replace").decode()))
def test_balanced_text_is_well_formed(text: str) -> None:
    clean = "".join(letter for letter in text if letter.isprintable()).replace("&", "&amp;")
    etree.fromstring(f"<nfo>{markup.balanced(clean)}</nfo>")


# Time


@pytest.mark.parametrize(
    "piece",
    "<a> </a> <!-- <![CDATA[ <!DOCTYPE[ <!DOCTYPE <? & &a; < <movie> <plot> ]]> <a\" <a'"
    " thetvdb.com/ \xff tt1234567 <title>a</title> <uniqueid/> <a= ] \xa0".split(" "),
)
@pytest.mark.parametrize("inside", ["{}", "<movie><plot>{}</plot></movie>"])
def test_repetition_costs_linear_time(piece: str, inside: str) -> None:
    raw = inside.format(piece * (nfo.MAX_BYTES // 2 // len(piece))).encode("latin-1")
    begun = time.process_time()
    with contextlib.suppress(nfo.NfoError):
        nfo.parse(raw)
    assert time.process_time() - begun < 20


def test_deep_nesting_keeps_the_fields() -> None:
    found = read(f"<movie><title>A</title>{'<a>' * 9000}{'</a>' * 9000}<year>1999</year></movie>")
    assert (found.title, found.year) == ("A", 1999)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.languages import serves, tag

SPELLINGS = {
    "en": "en EN eng ENG English english anglais",
    "fr": "fr fre fra French français francais",
    "de": "de ger deu German Deutsch",
    "cs": "cs cze ces cz čeština",
    "nl": "nl dut nld Dutch nederlands",
    "el": "el gre ell gr ελληνικά",
    "is": "is ice isl",
    "ms": "ms may msa zsm",
    "fa": "fa per fas pes Farsi Persian",
    "zh": "zh chi zho cmn cn Chinese 中文",
    "zh-Hans": "zh-Hans zh-hans ZH_HANS chs zh-CN zh-Hans-CN 简体中文",
    "zh-Hant": "zh-Hant cht zh-TW zh-Hant-TW big5",
    "zh-Hant-HK": "zh-HK zh-hant-hk",
    "yue": "yue Cantonese zh-yue",
    "pt": "pt por Portuguese português",
    "pt-BR": "pt-BR pt-br pt_BR PT-br por-BR pob pb ptbr Brazilian",
    "pt-PT": "pt-PT",
    "es": "es spa Spanish español",
    "es-419": "es-419 spa-419 latino",
    "es-MX": "es-mx",
    "sr-Latn": "sr-Latn sr-latn srp-Latn",
    "sr": "sr srp scc српски",
    "hr": "hr hrv scr",
    "he": "he heb iw עברית",
    "no": "no nor norsk",
    "nb": "nb nob",
    "id": "id ind in",
    "ja": "ja jpn jp 日本語",
    "hi": "hi hin Hindi",
    "fil": "fil tl tgl Tagalog",
    "en-US": "en-us en_US",
    "ro": "ro rum ron mo",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, expected) for expected, texts in SPELLINGS.items() for text in texts.split()],
)
def test_every_spelling_of_a_language_has_one_tag(text: str, expected: str) -> None:
    assert tag(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Portuguese (Brazil)", "pt-BR"),
        ("Brazilian Portuguese", "pt-BR"),
        ("European Portuguese", "pt-PT"),
        ("Latin American Spanish", "es-419"),
        ("Spanish (Latin America)", "es-419"),
        ("Simplified Chinese", "zh-Hans"),
        ("Chinese (Traditional)", "zh-Hant"),
        ("Canadian French", "fr-CA"),
        ("Norwegian Bokmål", "nb"),
        ("Serbian (Latin)", "sr-Latn"),
        ("espan\u0303ol", "es"),
    ],
)
def test_a_name_in_several_words_is_read(text: str, expected: str) -> None:
    assert tag(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *"und unknown Undetermined mul zxx qaa sdh cc default forced 1080p 2160p x a".split(),
        *"the movie extended her new old run cut American theatrical commentary dts mkv".split(),
        *("", " ", "Latin American", "it is", "The Matrix", "\udcff", "x" * 500),
    ],
)
def test_what_is_no_language_is_none(text: str) -> None:
    assert tag(text) is None


@given(st.text(max_size=60))
def test_any_text_has_a_stable_answer(text: str) -> None:
    found = tag(text)
    assert found is None or tag(found) == found


@pytest.mark.parametrize("canonical", SPELLINGS)
def test_a_tag_is_its_own_tag(canonical: str) -> None:
    assert tag(canonical) == canonical


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("de", "de"),
        ("de-DE", "de"),
        ("de", "de-AT"),
        ("en-GB", "en-US"),
        ("pt-PT", "pt"),
        ("pt-BR", "pt-BR"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("no", "nb"),
        ("zh-Hans", "zh"),
        ("zh-Hant-HK", "zh-Hant"),
        ("sr-Cyrl", "sr"),
    ],
)
def test_a_variety_that_makes_no_difference_serves(have: str, wanted: str) -> None:
    assert serves(have, wanted)


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("pt-BR", "pt"),
        ("pt", "pt-BR"),
        ("zh-Hans", "zh-Hant"),
        ("zh", "zh-Hant"),
        ("es-419", "es"),
        ("es", "es-MX"),
        ("fr-CA", "fr"),
        ("sr-Latn", "sr"),
        ("nn", "nb"),
        ("de", "nl"),
    ],
)
def test_a_variety_that_people_tell_apart_does_not_serve(have: str, wanted: str) -> None:
    assert not serves(have, wanted)


def test_languages_that_are_called_equal_serve_for_each_other() -> None:
    equal = (("pt-BR", "pt"),)
    assert serves("pt-BR", "pt", equal)
    assert serves("pt-PT", "pt-BR", equal)
    assert not serves("es", "pt", equal)

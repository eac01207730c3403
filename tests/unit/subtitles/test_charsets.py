# ruff: noqa: RUF001 - the letters of other languages are the matter
import pytest

from sublarr_tasks.errors import UnitError
from sublarr_tasks.subtitles import charsets

TEXTS = {
    "de": ("Größe, Straße, Äpfel — »Für dich!«", ["cp1252", "utf-8", "utf-16"]),
    "fr": ("Ça va, l’été à l’Œuvre… déjà vu", ["cp1252", "utf-8"]),
    "pl": ("Zażółć gęślą jaźń, Łódź", ["cp1250", "iso8859_2"]),
    "ru": ("Привет, как дела? Всё хорошо, спасибо.", ["cp1251", "koi8_r", "iso8859_5"]),
    "uk": ("Привіт, їжак і ґудзик, є що їсти", ["cp1251", "koi8_u"]),
    "el": ("Καλημέρα, τι κάνεις; Όλα καλά.", ["cp1253", "iso8859_7"]),
    "tr": ("Günaydın, şimdi çağır İstanbul ğ", ["cp1254"]),
    "he": ("שלום עולם, מה שלומך היום?", ["cp1255"]),
    "ar": ("مرحبا بالعالم، كيف حالك اليوم؟", ["cp1256"]),
    "fa": ("سلام دنیا، چطوری پسر؟", ["utf-8"]),
    "th": ("สวัสดีชาวโลก สบายดีไหม", ["cp874"]),
    "ja": ("こんにちは、世界。元気ですか？漢字", ["cp932", "euc_jp", "iso2022_jp"]),
    "ko": ("안녕하세요, 잘 지냈어요? 감사합니다", ["cp949"]),
    "zh-Hans": ("你好，世界。你今天过得怎么样？这是简体字。", ["gb18030", "utf-16-le"]),
    "zh-Hant": ("你好，世界。你今天過得怎麼樣？這是繁體字。", ["big5", "utf-16-be"]),
    "vi": ("Xin chào thế giới, bạn khỏe không?", ["utf-8", "utf-16"]),
}
CASES = [
    (language, charset, text)
    for language, (text, character_sets) in TEXTS.items()
    for charset in character_sets
]
FILE = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>{}</i>\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\n{} & more\r\n"
)


@pytest.mark.parametrize(("language", "charset", "text"), CASES)
def test_a_text_is_read_as_it_was_written(language: str, charset: str, text: str) -> None:
    whole = FILE.format(text, text)
    assert charsets.decode(whole.encode(charset), language).text == whole


def test_a_mark_says_what_it_is_whatever_the_language() -> None:
    for charset in ("utf-8-sig", "utf-16", "utf-32"):
        assert charsets.decode("Füße".encode(charset), "ru").text == "Füße"


def test_chinese_of_an_unknown_kind_is_told_by_its_bytes() -> None:
    simplified = FILE.format(*[TEXTS["zh-Hans"][0]] * 2)
    assert charsets.decode(simplified.encode("gb18030"), "zh").text == simplified


def test_what_claims_to_be_utf_8_and_is_not_is_refused() -> None:
    with pytest.raises(UnitError) as refused:
        charsets.decode(b"\xef\xbb\xbfGr\xf6\xdfe", "de")
    assert refused.value.reason == "charset_broken"

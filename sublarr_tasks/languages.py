"""Languages by any of their spellings, each turned into one canonical BCP-47 tag."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

import langcodes

# Names in English and in the language itself, and codes that tools write although no standard
# has them (or, like cht and spn, although another language does); cmn and the like are the
# members that a macrolanguage is usually said for.
_NAMES_BY_TAG = """
af: afrikaans
am: amharic, አማርኛ
ar: arabic, arb, العربية, عربي
as: assamese
ast: asturian, asturianu
az: azerbaijani, azeri
be: belarusian, беларуская
bg: bulgarian, български
bn: bengali, bangla, বাংলা
bo: tibetan
br: breton, brezhoneg
bs: bosnian, bosanski
ca: catalan, català, valencian
cnr: montenegrin, crnogorski, mne
cs: czech, čeština, česky, český, cz
cy: welsh, cymraeg
da: danish, dansk, dk
de: german, deutsch, allemand
el: greek, ελληνικά, gr
en: english, anglais, inglés, inglês, englisch
eo: esperanto
es: spanish, español, espanol, espagnol, spanisch, sp
es-419: latino, latinoamericano, latinoamérica, spl, ea
es-ES: castellano, castilian, spn
et: estonian, ekk, eesti
eu: basque, euskara
fa: persian, pes, farsi, فارسی
fi: finnish, suomi
fil: filipino, tagalog
fo: faroese, føroyskt
fr: french, français, francais, französisch
ga: irish, gaeilge
gd: gaelic, scottish gaelic
gl: galician, galego
gu: gujarati
he: hebrew, עברית
hi: hindi, हिन्दी, हिंदी
hr: croatian, hrvatski
ht: haitian, haitian creole
hu: hungarian, magyar
hy: armenian, հայերեն
id: indonesian, bahasa indonesia
is: icelandic, íslenska
it: italian, italiano, italien, italienisch
ja: japanese, 日本語, jp, jap
ka: georgian, ქართული
kk: kazakh, қазақша
kl: greenlandic, kalaallisut
km: khmer, cambodian
kn: kannada, ಕನ್ನಡ
ko: korean, 한국어
ku: kurdish, kurdî
ky: kyrgyz, kirghiz
la: latin
lb: luxembourgish, lëtzebuergesch
lo: lao, laotian
lt: lithuanian, lietuvių
lv: latvian, lvs, latviešu
mg: malagasy
mi: maori, māori
mk: macedonian, македонски
ml: malayalam, മലയാളം
mn: mongolian, монгол
mr: marathi, मराठी
ms: malay, zsm, bahasa melayu, bahasa malaysia
mt: maltese, malti
my: burmese, myanmar
nb: norwegian bokmål, norwegian bokmal, bokmål, bokmal
ne: nepali, नेपाली
nl: dutch, nederlands
nl-BE: flemish, vlaams
nn: norwegian nynorsk, nynorsk
no: norwegian, norsk
oc: occitan
or: odia, oriya
pa: punjabi, panjabi, ਪੰਜਾਬੀ
pl: polish, polski
ps: pashto, pushto
pt: portuguese, português, portugues, portugais
pt-BR: brazilian, brasileiro, pob, pb, ptbr
qu: quechua
ro: romanian, română, moldavian, moldovan
ru: russian, русский
sa: sanskrit
se: northern sami, sami
si: sinhala, sinhalese, සිංහල
sk: slovak, slovenčina, slovensky
sl: slovenian, slovene, slovenščina
so: somali
sq: albanian, shqip
sr: serbian, srpski, српски
sr-Latn: serbo croatian
sv: swedish, svenska
sw: swahili, swh, kiswahili
ta: tamil, தமிழ்
te: telugu, తెలుగు
tg: tajik
th: thai, ไทย
tr: turkish, türkçe, turkce
tt: tatar
ug: uyghur, uighur
uk: ukrainian, українська, ua
ur: urdu, اردو
uz: uzbek
vi: vietnamese, tiếng việt, vn
xh: xhosa
yi: yiddish, ייִדיש
yue: cantonese
zh: chinese, mandarin, cmn, 中文, cn
zh-Hans: chs, zhs, gb, 简体, 简体中文, 简中
zh-Hant: cht, zht, big5, 繁體, 繁體中文, 繁中
zu: zulu
"""

# What stands beside a language's name: "Portuguese (Brazil)", "Canadian French".
_VARIETIES = {
    "american": "US",
    "argentina": "AR",
    "australia": "AU",
    "australian": "AU",
    "austria": "AT",
    "austrian": "AT",
    "belgium": "BE",
    "brasil": "BR",
    "brazil": "BR",
    "brazilian": "BR",
    "british": "GB",
    "canada": "CA",
    "canadian": "CA",
    "canadien": "CA",
    "cyrillic": "Cyrl",
    "españa": "ES",
    "european": None,
    "france": "FR",
    "germany": "DE",
    "hong kong": "HK",
    "latin": "Latn",
    "latin america": "419",
    "latin american": "419",
    "latinoamérica": "419",
    "mexican": "MX",
    "mexico": "MX",
    "parisian": "FR",
    "portugal": "PT",
    "simplified": "Hans",
    "spain": "ES",
    "swiss": "CH",
    "switzerland": "CH",
    "taiwan": "TW",
    "traditional": "Hant",
    "uk": "GB",
    "united kingdom": "GB",
    "united states": "US",
    "us": "US",
    "usa": "US",
}
_EUROPEAN = {"es": "ES", "fr": "FR", "pt": "PT"}

# ISO 639-2 and 639-3 codes that are English words first: in a file name "the" is no language.
_WORDS = frozenset(
    "aac act add age aid aim air all alt and ant any ape arc are art ash ask ate avi awe axe"
    " bad bag ban bar bat bay bdr bed bee beg bet bid big bin bit bow box boy bud bug bus but"
    " buy cab cam can cap car cop cow cry cup cut day den did dig dim din dip dir doc don dot"
    " dry dts dub due duo ego end era eve ewe ext fan far fat fit fly for fox fry fun fur gag"
    " gap gas gay gel gem god got gum gun gut gym had ham has hat hay her hid him hit hop hot"
    " how hub hue hug hut ill inn jam jar jet job kid kit lab lad lag lap law lay led leg let"
    " lid lie lip log lot low lug mad man map mat max men met mix mkv mom mud mug nap net new"
    " nil nod not now nun nut old one owl pad pal pay pie pig pin pit pod pop pot pub put rag"
    " ram ran rap rat raw ray rim rob rod row rub rug run sad sag sat saw say sdh sea see set"
    " she shy sip sir sit six ski sky son spy sub sum sun tag tan tap tar tax tea ten the tie"
    " tin tip toe ton too top toy try tub two van vol war was wax way wed wet wig win wit won"
    " yes yet zoo".split()
)

# Codes that stand for no language, for several, or for one that the title's original decides.
_NO_LANGUAGE = frozenset("und mis mul zxx root art".split())
_PRIVATE_USE = re.compile(r"q[a-t][a-z]")

_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_NOT_WORD = re.compile(r"[\s()\[\]{},;:/_-]+")
_LONGEST = 40

# Chinese is told apart by script; people and tools often name the region instead.
_CHINESE_SCRIPTS = {
    "CN": "Hans",
    "SG": "Hans",
    "MY": "Hans",
    "TW": "Hant",
    "HK": "Hant",
    "MO": "Hant",
}
_PLAIN_CHINESE = {"zh-Hans-CN": "zh-Hans", "zh-Hant-TW": "zh-Hant"}

# What a macrolanguage's name is usually said for.
_USUAL = {"no": "nb"}
# Varieties that who reads the plain language has little use for.
_APART = frozenset({("pt", "BR"), ("fr", "CA"), ("sr", "Latn"), ("az", "Cyrl"), ("uz", "Cyrl")})


def _named() -> dict[str, str]:
    rows = (line.partition(": ") for line in _NAMES_BY_TAG.strip().splitlines())
    named = {name: tag for tag, _, names in rows for name in names.split(", ")}
    return {_words(name): tag for name, tag in named.items()}


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold()
    return _NOT_WORD.sub(" ", folded).strip()


@lru_cache(maxsize=8192)
def tag(text: str) -> str | None:
    """Return the canonical BCP-47 tag of a language in any spelling, None where it is none.

    A region that makes a difference stays: "pt-BR" is not "pt". "und" and its kin are None, and
    so are three-letter codes that are English words, for this also reads parts of file names.
    """
    if not text or len(text) > _LONGEST:
        return None
    words = _words(text)
    code = text.strip().replace("_", "-").lower()
    return _NAMES.get(words) or _from_code(code) or _from_phrase(words)


def serves(have: str, wanted: str, equal: Collection[tuple[str, str]] = ()) -> bool:
    """Tell whether a subtitle in one language, by its tag, is one in another.

    Where people tell varieties apart they are different: "pt-BR" is not "pt", nor is "zh-Hans"
    "zh-Hant"; "de-AT" is "de". Of a pair in `equal` each serves for the other.
    """
    has, needs = _ordinary(have), _ordinary(wanted)
    if has == needs or (needs == "zh" and has.startswith("zh-")):
        return True
    pairs = {(_ordinary(one), _ordinary(other)) for one, other in equal}
    return (has, needs) in pairs or (needs, has) in pairs


@lru_cache(maxsize=1024)
def _ordinary(tag_: str) -> str:
    """Leave out what makes no difference to who reads: most regions, and the usual script."""
    language, *subtags = tag_.split("-")
    language = _USUAL.get(language, language)
    script = next((each for each in subtags if each.istitle() and each.isalpha()), None)
    region = next((each for each in subtags if each.isupper() or each.isdigit()), None)
    if language == "zh" or (language, script) in _APART:
        return f"{language}-{script}" if script else language
    if language == "es" and region not in (None, "ES"):
        return "es-419"
    return f"{language}-{region}" if (language, region) in _APART else language


def name(tag_: str) -> str:
    """Return the English name of a tag's language, without its variety: "Portuguese" of "pt-BR"."""
    language = tag_.partition("-")[0]
    return _ENGLISH.get(language, language)


def _from_code(code: str) -> str | None:
    if not _TAG.fullmatch(code) or code in _WORDS:
        return None
    primary = code.partition("-")[0]
    if primary in _NO_LANGUAGE or _PRIVATE_USE.fullmatch(primary):
        return None
    if not langcodes.tag_is_valid(code):
        return None
    canonical = langcodes.standardize_tag(code).partition("-x-")[0]
    return _with_script(canonical) if canonical.startswith("zh-") else canonical


def _with_script(chinese: str) -> str:
    _, _, region = chinese.partition("-")
    script = _CHINESE_SCRIPTS.get(region)
    full = f"zh-{script}-{region}" if script else chinese
    return _PLAIN_CHINESE.get(full, full)


def _from_phrase(words: str) -> str | None:
    """Read "portuguese brazil" and "brazilian portuguese"."""
    parts = [] if words in _VARIETIES else words.split(" ")
    for cut in range(1, len(parts)):
        left, right = " ".join(parts[:cut]), " ".join(parts[cut:])
        for name, variety in ((left, right), (right, left)):
            if name in _NAMES and variety in _VARIETIES:
                return _from_variety(_NAMES[name], variety)
    return None


def _from_variety(language: str, variety: str) -> str | None:
    subtag = _VARIETIES[variety] or _EUROPEAN.get(language)
    return _from_code(f"{language}-{subtag}".lower()) if subtag else language


_NAMES = _named()
_ENGLISH = {
    tag_: names.partition(", ")[0].title()
    for tag_, _, names in (line.partition(": ") for line in _NAMES_BY_TAG.strip().splitlines())
}

"""Subtitle files of a film: language, flags and title by their names.

The form is `<film>[.title][.language][.flags].ext`, read from the right as Jellyfin reads it:
"default", "forced" and "foreign" may be anywhere in a token, "cc", "hi" and "sdh" must be one;
"hi" is Hindi where no other token is a language. What is neither is the title.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sublarr_tasks import languages
from sublarr_tasks.library import kinds
from sublarr_tasks.library.names import FileName, squeeze
from sublarr_tasks.library.sidecars import Asset, AssetType, Sidecar

_FORCED = ("forced", "foreign")
_HEARING_IMPAIRED = frozenset({"cc", "hi", "sdh"})
_HINDI = "hi"
_INNER = re.compile(r"[_()\[\]]+|\s+-\s+")
# "English SDH", "en-forced": a flag in the same token as the language.
_FLAG_BEHIND = re.compile(r"[ -]+(?=(?:forced|foreign|default|sdh|cc|hi)\b)", re.IGNORECASE)
_COUNTER = re.compile(r"\d{1,3}")
_FORMATS = {"idx": "vobsub", "sub": "microdvd", "smi": "sami"}

# Releases name a variety beside its language: "Brazilian.por.srt", "Traditional.chi.srt".
_VARIETIES = {
    ("pt", "brazilian"): "pt-BR",
    ("pt", "european"): "pt-PT",
    ("es", "latin american"): "es-419",
    ("es", "european"): "es-ES",
    ("fr", "canadian"): "fr-CA",
    ("zh", "simplified"): "zh-Hans",
    ("zh", "traditional"): "zh-Hant",
}


@dataclass(slots=True)
class Reading:
    """What the tokens of one name say."""

    language: str | None = None
    forced: bool = False
    hearing_impaired: bool = False
    default: bool = False
    title: str | None = None


def find_subtitles(sidecars: Iterable[Sidecar], film_title: str) -> Iterator[Asset]:
    """Yield a film's subtitles; those named after the film come first."""
    found = [each for each in sidecars if each.file.extension in kinds.SUBTITLE_EXTENSIONS]
    images = {_place(each.file): each.file for each in found if each.file.extension == "sub"}
    indexes = {_place(each.file) for each in found if each.file.extension == "idx"}
    found = [
        each for each in found if each.file.extension != "sub" or _place(each.file) not in indexes
    ]
    found.sort(key=lambda each: (each.rest is None, each.file.entry.name))
    for ordinal, sidecar in enumerate(found):
        file = sidecar.file
        companion = images.get(_place(file)) if file.extension == "idx" else None
        read = _read(sidecar, film_title)
        yield Asset(
            file.entry,
            AssetType.SUBTITLE,
            language=read.language,
            forced=read.forced,
            hearing_impaired=read.hearing_impaired,
            default=read.default,
            title=read.title,
            ordinal=ordinal,
            format=_FORMATS.get(file.extension, file.extension),
            companion=companion.entry if companion else None,
        )


def _place(file: FileName) -> tuple[tuple[str, ...], str]:
    return file.folders, file.folded


def _read(sidecar: Sidecar, film_title: str) -> Reading:
    file, rest = sidecar.file, sidecar.rest
    if rest == "":
        return Reading()
    if rest is not None:
        raw = file.stem[-len(rest) :]
        return read_tokens((raw if raw.lower() == rest else rest).lstrip(" .-_"))
    return _read_unnamed(file, film_title)


def _read_unnamed(file: FileName, film_title: str) -> Reading:
    """Read a name that does not start with the film's: its last tokens, up to the first word.

    "It.Chapter.One.en.srt" is English, not Italian. In a folder of subtitles the first token may
    be the language too: "2_English.srt", "English.Commentary.srt".
    """
    tokens = _tokens(file.stem)
    for end in range(len(tokens), 0, -1):
        if squeeze("".join(tokens[:end])) == film_title:
            return _read_list(tokens[end:])
    known = len(tokens)
    while known and _says(tokens[known - 1]):
        known -= 1
    read = _read_list(tokens[known:])
    if file.folders and read.language is None:
        return _read_list(tokens)
    if known and read.language:
        word = tokens[known - 1].lower()
        read.language = _VARIETIES.get((read.language, word), read.language)
    return read


def read_name(stem: str) -> tuple[Reading, str]:
    """Read the name of a file that stands for itself: its flags, and what is left of the name.

    Those are its last tokens, up to the first word; or all of it, as in "2_German".
    """
    tokens = stem.split(".")
    known = len(tokens)
    while known and _says(tokens[known - 1]):
        known -= 1
    if known < len(tokens):
        return _read_list(tokens[known:]), ".".join(tokens[:known])
    read = read_tokens(stem)
    return (read, "") if read.title is None else (Reading(), stem)


def _says(token: str) -> bool:
    word = token.lower()
    flag = word in _HEARING_IMPAIRED or word == "default" or word in _FORCED
    return flag or languages.tag(token) is not None


def read_tokens(text: str) -> Reading:
    """Read what stands between the film's name and the extension."""
    return _read_list(_tokens(text))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for token in text.split("."):
        whole = token.isalpha() or languages.tag(token)
        tokens += [token] if whole else _INNER.split(_FLAG_BEHIND.sub("_", token))
    tokens = [token.strip() for token in tokens if token.strip()]
    return tokens[1:] if len(tokens) > 1 and _COUNTER.fullmatch(tokens[0]) else tokens


def _read_list(tokens: list[str]) -> Reading:
    read, words, only_hi = Reading(), list[str](), False
    for token in reversed(tokens):
        word = token.lower()
        if _read_flag(word, read):
            continue
        found = languages.tag(token)
        if found and (read.language is None or only_hi):
            read.hearing_impaired |= only_hi
            read.language, only_hi = found, word == _HINDI
        elif word in _HEARING_IMPAIRED:
            read.hearing_impaired = True
        elif (read.language or "", word) in _VARIETIES:
            read.language = _VARIETIES[read.language or "", word]
        else:
            words.append(token)
    read.title = " ".join(reversed(words)) or None
    return read


def _read_flag(word: str, read: Reading) -> bool:
    """Take a flag that is no language at the same time."""
    if "default" in word:
        read.default = True
    elif any(flag in word for flag in _FORCED):
        read.forced = True
    elif word in _HEARING_IMPAIRED and word != _HINDI:
        read.hearing_impaired = True
    else:
        return False
    return True

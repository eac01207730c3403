"""Which file of a download is the one: an archive may hold a season, languages, forced parts."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from sublarr_tasks import languages
from sublarr_tasks.clients.providers.contract import Candidate, Media, Query
from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import episodes, subtitle_files
from sublarr_tasks.subtitles import attributes
from sublarr_tasks.subtitles.archives import Member

# Of one subtitle in several formats the one that keeps most.
_FORMATS = ("ass", "ssa", "srt", "vtt")


def choose(
    members: Sequence[Member], query: Query, candidate: Candidate, group: str | None
) -> Member:
    """Return the file that fits a video; raises UnitError where none does, or it is not clear.

    `group` is who made the video's release.
    """
    if not members:
        raise UnitError("archive_empty", "there is no subtitle in it")
    fitting = [each for each in members if _is_of(each, query, alone=len(members) == 1)]
    if not fitting:
        raise UnitError("not_in_archive", "the episode is not in it")
    spoken = [each for each in fitting if _fits(each, candidate)] or fitting
    named = [each for each in spoken if group and attributes.read(each.name).release_group == group]
    best = named or spoken
    if len({_stem(each) for each in best}) > 1 and query.media is Media.MOVIE and not named:
        best = sorted(best, key=lambda each: (-len(each.content), each.name))[:1]
    return min(best, key=lambda each: (_rank(each), each.name))


def _is_of(member: Member, query: Query, *, alone: bool) -> bool:
    """Tell whether a file is the episode's; one that is alone need not say so."""
    if query.media is Media.MOVIE:
        return True
    stem = PurePosixPath(member.name).stem
    # "14" may be the season's, or count through all of them.
    read = [episodes.parse(stem, season) for season in (query.season, None)]
    if not any(each.is_known for each in read):
        return alone
    return any(
        (each.season in (None, query.season) and query.episode in each.numbers)
        or query.absolute in each.absolute
        for each in read
    )


def _fits(member: Member, candidate: Candidate) -> bool:
    """Tell whether a file's name speaks against the language and the kind that was offered."""
    tokens = PurePosixPath(member.name).stem.replace("_", ".").split(".")[-3:]
    read = subtitle_files.read_tokens(".".join(tokens))
    if read.forced != candidate.forced:
        return False
    return read.language is None or languages.serves(read.language, candidate.language)


def _rank(member: Member) -> int:
    return _FORMATS.index(member.extension) if member.extension in _FORMATS else len(_FORMATS)


def _stem(member: Member) -> str:
    return PurePosixPath(member.name).stem.lower()

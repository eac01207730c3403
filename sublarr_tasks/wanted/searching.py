"""The search for what one video lacks: ask, judge, fetch, land; each step says how it ended.

Nothing is counted as an attempt but a search that came to its end: who could not be asked is asked
again at the time that was named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select, update

from sublarr_tasks import leases
from sublarr_tasks.clients.providers import Candidate, Download
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import ServiceError, Unavailable, UnitError, seconds_in_the_way
from sublarr_tasks.fleet import bells
from sublarr_tasks.fleet.bells import Topic
from sublarr_tasks.library import beside
from sublarr_tasks.models import BlacklistEntry, WantedItem, WantedStatus
from sublarr_tasks.subtitles import archives, choosing, extraction, formats
from sublarr_tasks.subtitles.scoring import Score
from sublarr_tasks.wanted import (
    asking,
    assignments,
    landing,
    noting,
    queries,
    records,
    scoring,
    searches,
)
from sublarr_tasks.wanted import facts as videos
from sublarr_tasks.wanted.asking import Asked, Outcome
from sublarr_tasks.wanted.deciding import Reason
from sublarr_tasks.wanted.judging import Bench, Judged, Rules, Wanted
from sublarr_tasks.wanted.landing import Parcel
from sublarr_tasks.wanted.profiles import Embedded, Profile, Wish
from sublarr_tasks.wanted.queries import Subject
from sublarr_tasks.wanted.searches import Claim

# What provides the subtitles that videos hold themselves.
EMBEDDED = "embedded"
# Of candidates that turn out to be broken the next is tried, up to so many.
MOST_TRIED = 5
# A wait that is longer than this is the clock's to end.
LONGEST_IN_SEARCH = timedelta(minutes=10)
# How long after a search the next one: full rate for three weeks, then once a week.
SOON, LATER, YOUNG = timedelta(hours=6), timedelta(days=7), timedelta(days=21)
FAILED_FOR = timedelta(hours=6)
# What was just found need not be looked for again at once, though it could be better.
UPGRADE_AFTER = timedelta(days=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended for one wanted subtitle; `wait` is until when, where it could not be done."""

    status: WantedStatus
    outcome: str
    detail: str | None = None
    score: int | None = None
    wait: float | None = None


@dataclass(slots=True)
class Work:
    """A video with all that a search needs, and what was asked so far."""

    subject: Subject
    profile: Profile
    providers: Mapping[int, Any]
    blocks: Mapping[int, Any]
    blacklist: frozenset[tuple[str, str]]
    rules: Rules
    asked: Sequence[Asked] = ()
    landed: Sequence[Any] = ()
    texts: set[bytes] = field(default_factory=set)
    streams: Sequence[Any] = ()


GONE = Result(WantedStatus.FAILED, "vanished", "the video, or its language profile, is gone")


def run(worker_group: str | None) -> bool:
    """Search for what the next video lacks; false where nothing waits. Raises Unavailable."""
    with transaction(durable=False) as db:
        claim = searches.claim(db, worker_group)
    if claim is None:
        return False
    renewing = leases.renewing(lambda db: searches.renew(db, claim.token), searches.RENEW_SECONDS)
    with renewing, structlog.contextvars.bound_contextvars(file_id=claim.media_file_id):
        try:
            _search(claim)
        except Unavailable:
            raise
        except Exception as error:
            log.exception("search_failed")
            detail = f"{type(error).__name__}: {error}"
            failed = Result(WantedStatus.FAILED, "internal_error", detail)
            with transaction() as db:
                _settle(db, claim, {row.id: failed for row in claim.rows}, "")
        finally:
            for search_id in {row.search_id for row in claim.rows if row.search_id is not None}:
                bells.ring(Topic.SEARCH, search_id)
    return True


def _search(claim: Claim) -> None:
    with transaction() as db:
        found = work(db, claim.media_file_id)
        over = _over(claim) if found is not None else dict.fromkeys(_ids(claim), GONE)
        if over:
            _settle(db, claim, over, "")
    if found is None:
        return
    found.subject = queries.with_hash(found.subject)
    results: dict[int, Result] = {}
    left = []
    for row in claim.rows:
        if row.id in over:
            continue
        done = _finished(claim, found, row) or _extracted(claim, found, row)
        if done is None:
            left.append(row)
        else:
            results[row.id] = done
    for forced in sorted({row.forced for row in left}):
        own = [row for row in left if row.forced == forced]
        found.asked = _ask(found, own, forced=forced)
        for row in own:
            results[row.id] = _one(claim, found, row)
    with transaction() as db:
        _settle(db, claim, results, found.subject.label)


def work(db: Connection, file_id: int) -> Work | None:
    """Read what a search needs, None where the video or its profile is gone."""
    video = next(iter(videos.of_files(db, [file_id])), None)
    subject = queries.subject(db, file_id)
    profile = None if video is None else assignments.load(db).of(video)
    if subject is None or profile is None:
        return None
    blacklist = db.execute(select(BlacklistEntry.provider, BlacklistEntry.subtitle_id))
    landed = landing.present(db, file_id)
    return Work(
        subject,
        profile,
        {row.id: row for row in asking.providers(db)},
        records.blocks(db),
        frozenset((row.provider, row.subtitle_id) for row in blacklist),
        scoring.rules(db),
        landed=landed,
        texts={each.text_sha256 for each in landed},
        streams=queries.subtitle_streams(db, file_id),
    )


def offers(work: Work, row: Any) -> list[Judged]:  # noqa: ANN401 - a wanted subtitle's row
    """Ask all providers about one wanted subtitle; returns all that they offer, best first."""
    work.subject = queries.with_hash(work.subject)
    work.asked = _ask(work, [row], forced=row.forced)
    wish = _wish(work.profile, row.language)
    return [] if wish is None else _judged(work, row, wish)


def _over(claim: Claim) -> dict[int, Result]:
    """Return those that workers died of too often."""
    crashed = Result(WantedStatus.FAILED, "crashed_worker", "workers died of it")
    return {row.id: crashed for row in claim.rows if row.crashes >= searches.MOST_CRASHES}


def _ids(claim: Claim) -> list[int]:
    return [row.id for row in claim.rows]


def _ask(work: Work, rows: Sequence[Row[Any]], *, forced: bool) -> list[Asked]:
    """Ask every provider that nothing stands in the way of, for all languages at once."""
    query = replace(
        work.subject.query,
        languages=tuple(sorted(set().union(*(work.profile.like(row.language) for row in rows)))),
        forced=forced,
    )
    free = [row for row in work.providers.values() if row.id not in work.blocks]
    asked = asking.ask(free, query)
    with transaction(durable=False) as db:
        records.note(db, asked)
    held = [
        Asked(
            integration_id,
            work.providers[integration_id].kind,
            block.blocked_reason,
            detail="It is left alone until then.",
            seconds_left=float(block.seconds),
        )
        for integration_id, block in work.blocks.items()
        if integration_id in work.providers
    ]
    return [*asked, *held]


def _one(claim: Claim, work: Work, row: Row[Any]) -> Result:
    """Take the best of what is offered for one wanted subtitle."""
    wish = _wish(work.profile, row.language)
    if wish is None:
        return Result(WantedStatus.FAILED, "vanished", "the profile does not want it any more")
    judged = _judged(work, row, wish)
    refused: UnitError | ServiceError | None = None
    for each in _to_be_tried(row, judged):
        try:
            return _take(claim, work, row, each)
        except (UnitError, ServiceError) as error:
            log.info("candidate_not_taken", subtitle_id=each.candidate.id, error=str(error))
            refused = error
    return _unfound(work, row, judged, refused)


def _judged(work: Work, row: Row[Any], wish: Wish) -> list[Judged]:
    subject = work.subject
    bench = Bench(work.rules, subject.query, subject.own, work.profile, work.blacklist)
    days = (
        each.days
        for each in work.landed
        if (each.language, each.forced) == (row.language, row.forced)
    )
    wanted = Wanted(
        wish,
        row.forced,
        row.upgrade,
        row.existing,
        row.score,
        next(days, None),
        row.reason == Reason.MACHINE_MADE,
    )
    # What was asked for a video's other languages is no offer for this one.
    offered = [
        each
        for asked in work.asked
        for each in asked.candidates
        if work.profile.serves(each.language, row.language)
    ]
    return bench.judge(wanted, offered)


def _to_be_tried(row: Row[Any], judged: Sequence[Judged]) -> list[Judged]:
    """Return the candidates in the order of trying: a person's choice alone, whatever it scores."""
    if row.chosen is not None:
        wanted = (row.chosen["provider"], row.chosen["subtitle_id"])
        return [each for each in judged if (each.candidate.provider, each.candidate.id) == wanted]
    return [each for each in judged if not each.refusals][:MOST_TRIED]


def _extracted(claim: Claim, work: Work, row: Row[Any]) -> Result | None:
    """Write out what the video itself holds, where its profile says so; None where it cannot be."""
    wish = _wish(work.profile, row.language)
    if wish is None or wish.embedded is not Embedded.EXTRACT or row.upgrade or row.chosen:
        return None
    for stream in work.streams:
        if not _is_meant(stream, work.profile, wish, forced=row.forced):
            continue
        candidate = Candidate(
            EMBEDDED,
            f"{work.subject.file_id}:{stream.index}",
            row.language,
            forced=row.forced,
            hearing_impaired=stream.hearing_impaired,
        )
        judged = Judged(candidate, Score(100, 100, {EMBEDDED: 100}), 100)
        landed = Result(WantedStatus.FOUND, Outcome.FOUND, EMBEDDED, score=100)
        try:
            content = extraction.extract(work.subject.path, stream.index)
            subtitle = formats.read(content, row.language)
            parcel = Parcel(work.subject, judged, None, subtitle, row.language, row.forced)
            _land(claim, row, parcel, landed)
        except UnitError as error:
            log.warning("not_extracted", stream=stream.index, error=str(error))
            continue
        work.texts.add(subtitle.text_sha256)
        return landed
    return None


def _is_meant(
    stream: Any,  # noqa: ANN401 - a stream's row
    profile: Profile,
    wish: Wish,
    *,
    forced: bool,
) -> bool:
    """Tell whether a stream is what is wanted: of text, in the language, for the same people."""
    if not stream.text or stream.forced != forced or stream.language is None:
        return False
    return wish.takes(hearing_impaired=stream.hearing_impaired) and profile.serves(
        stream.language, wish.language
    )


def _unfound(
    work: Work, row: Row[Any], judged: Sequence[Judged], refused: UnitError | ServiceError | None
) -> Result:
    """Say why nothing was taken: nobody has it, could not ask, not good enough, broken."""
    if not work.providers:
        return Result(WantedStatus.WANTED, "no_provider", "no provider is switched on", wait=3600.0)
    waits = _waits(work.asked, refused)
    if waits:
        first = min(waits, key=lambda each: each[2])
        detail = ", ".join(f"{provider}: {outcome}" for provider, outcome, _ in waits)
        return Result(WantedStatus.WANTED, first[1], detail, wait=first[2])
    if row.chosen is not None and refused is None:
        return Result(WantedStatus.WANTED, "not_offered", "it is no longer offered")
    if refused is not None:
        code = refused.reason if isinstance(refused, UnitError) else refused.code
        status = WantedStatus.FAILED if code in _OURS else WantedStatus.WANTED
        return Result(status, code, str(refused))
    return _nothing(work.asked, judged)


def _waits(
    asked: Sequence[Asked], refused: UnitError | ServiceError | None
) -> list[tuple[str, str, float]]:
    """Return who could not be asked, or would not give what it has, why, and for how long."""
    found = [
        (each.provider, each.outcome, each.seconds_left)
        for each in asked
        if each.in_the_way and each.seconds_left is not None
    ]
    if isinstance(refused, ServiceError):
        seconds = seconds_in_the_way(refused)
        if seconds is not None:
            found.append(("download", refused.code, seconds))
    return found


def _nothing(asked: Sequence[Asked], judged: Sequence[Judged]) -> Result:
    """Say which it is: nobody has it, what they have is not wanted, or they did not answer."""
    failed = [each for each in asked if not each.answered]
    if judged:
        closest = judged[0]
        reasons = ", ".join(closest.refusals)
        detail = f"{len(judged)} offered; the best has {closest.score.percent}: {reasons}"
        return Result(WantedStatus.WANTED, str(closest.refusals[0]), detail)
    if failed:
        detail = ", ".join(f"{each.provider}: {each.outcome}" for each in failed)
        return Result(WantedStatus.WANTED, failed[0].outcome, detail)
    return Result(WantedStatus.WANTED, Outcome.NONE, "nobody has it")


# What is wrong here, and not with the subtitle.
_OURS = frozenset({*beside.REASONS.values(), "io_error"}) - {"not_ours"}


def _take(claim: Claim, work: Work, row: Row[Any], judged: Judged) -> Result:
    """Fetch, read and land a candidate; raises UnitError for what is no use, and ServiceError."""
    subject, candidate = work.subject, judged.candidate
    provider = next(each for each in work.asked if candidate in each.candidates)
    download = _fetched(work.providers[provider.integration_id], candidate)
    query = replace(subject.query, languages=(row.language,))
    members = archives.unpack(download.content, download.name)
    member = choosing.choose(members, query, candidate, subject.own.release_group)
    rate = candidate.frame_rate or subject.frame_rate
    subtitle = formats.read(member.content, candidate.language, rate)
    if subtitle.text_sha256 in work.texts:
        raise UnitError("duplicate", "its text is that of a subtitle which is there")
    parcel = Parcel(subject, judged, provider.integration_id, subtitle, row.language, row.forced)
    landed = Result(
        WantedStatus.FOUND, Outcome.FOUND, candidate.provider, score=judged.score.percent
    )
    _land(claim, row, parcel, landed)
    work.texts.add(subtitle.text_sha256)
    return landed


def _fetched(row: Any, candidate: Candidate) -> Download:  # noqa: ANN401 - an integration's row
    try:
        download = asking.client(row).download(candidate)
    except ServiceError as error:
        with transaction(durable=False) as db:
            records.note_download(db, row.id, None, error)
        raise
    with transaction(durable=False) as db:
        records.note_download(db, row.id, download)
    return download


def _land(claim: Claim, row: Row[Any], parcel: Parcel, result: Result) -> None:
    """Write a subtitle in three steps, each of which may be the last; raises UnitError."""
    with transaction() as db:
        if row.id not in searches.hold(db, claim.token):
            raise UnitError("taken_over", "somebody else has it, or it is no longer wanted")
        intended, replaced = landing.intend(db, parcel)
    try:
        placed, recycled = landing.write(parcel, replaced)
    except UnitError:
        with transaction() as db:
            landing.withdraw(db, intended)
        raise
    with transaction() as db:
        landing.landed(db, intended, placed, recycled)
        if parcel.integration_id is not None:
            records.note_landed(db, parcel.integration_id, parcel.judged.score.percent)
        _settle(db, claim, {row.id: result}, parcel.subject.label)


def _finished(claim: Claim, work: Work, row: Row[Any]) -> Result | None:
    """End what a worker began that is gone; None where it must be begun anew."""
    with transaction() as db:
        left = landing.unfinished(db, work.subject, row.language, forced=row.forced)
        if left is None:
            return None
        placed = landing.is_there(work.subject, left)
        if placed is None:
            landing.withdraw(db, left)
            return None
        landing.landed(db, left, placed)
        result = Result(WantedStatus.FOUND, Outcome.FOUND, left.provider, score=left.score)
        _settle(db, claim, {row.id: result}, work.subject.label)
    return result


def _settle(db: Connection, claim: Claim, results: Mapping[int, Result], label: str) -> None:
    """Write how it ended for each subtitle that is still ours, and count it for its search."""
    held = searches.hold(db, claim.token)
    counters: dict[int, dict[str, int]] = {}
    for row_id, result in results.items():
        row = held.get(row_id)
        if row is None:
            continue
        leaves = result.wait is None or timedelta(seconds=result.wait) > LONGEST_IN_SEARCH
        values = _values(row, result) | ({"search_id": None} if leaves else {})
        db.execute(update(WantedItem).where(WantedItem.id == row_id).values(values))
        if leaves and row.search_id is not None:
            own = counters.setdefault(row.search_id, {"processed": 0, "found": 0, "failed": 0})
            own["processed"] += 1
            own["found"] += result.status is WantedStatus.FOUND
            own["failed"] += result.wait is None and result.status is not WantedStatus.FOUND
    if any(results[row_id].status is WantedStatus.FOUND for row_id in results.keys() & held):
        noting.of_files(db, [claim.media_file_id])
    for search_id, counted in sorted(counters.items()):
        searches.settle(db, search_id, counted, label)


def _values(row: Row[Any], result: Result) -> dict[str, Any]:
    """Return a row's columns after a search; one that came to its end is an attempt."""
    now = datetime.now(UTC)
    # What is there stays found, whether there is a better one or not.
    status = WantedStatus.FOUND if row.upgrade else result.status
    values: dict[str, Any] = {
        "status": status,
        "outcome": result.outcome,
        "detail": result.detail,
        "claim": None,
        "lease_until": None,
        "crashes": 0,
        "chosen": None if result.wait is None else row.chosen,
        "updated_at": func.now(),
    }
    if result.wait is not None:
        return values | {"next_attempt_at": now + timedelta(seconds=result.wait)}
    first = row.first_searched_at or now
    values |= {
        "attempts": min(row.attempts + 1, 32_000),
        "first_searched_at": first,
        "last_searched_at": now,
        "next_attempt_at": now + _pause(result, now - first),
    }
    if result.status is WantedStatus.FOUND:
        values |= {"score": result.score}
    return values


def _pause(result: Result, since: timedelta) -> timedelta:
    if result.status is WantedStatus.FOUND:
        return UPGRADE_AFTER
    if result.status is WantedStatus.FAILED:
        return searches.CRASHED_FOR if result.outcome == "crashed_worker" else FAILED_FOR
    return SOON if since < YOUNG else LATER


def _wish(profile: Profile, language: str) -> Wish | None:
    return next((wish for wish in profile.wishes if wish.language == language), None)

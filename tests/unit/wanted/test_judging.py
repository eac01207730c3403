"""Which of the candidates is taken, and why the others are not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.clients.providers import Candidate, Media, Query
from sublarr_tasks.subtitles import attributes
from sublarr_tasks.wanted.judging import Bench, Judged, Refusal, Rules, Wanted
from sublarr_tasks.wanted.profiles import Format, HearingImpaired, Profile, Wish

QUERY = Query(Media.MOVIE, "Alpha", ("de",), 2001)
BENCH = Bench(
    Rules(),
    QUERY,
    attributes.read("Alpha.2001.1080p.BluRay.DTS.x264-GROUP"),
    Profile(1, "any", ()),
)
EXACT = Candidate("a", "1", "de", ("Alpha.2001.1080p.BluRay.DTS.x264-GROUP",), year=2001)
LOOSE = Candidate("b", "2", "de", ("Alpha.2001.DVDRip-OTHER",), year=2001)


def first(wanted: Wanted, *candidates: Candidate) -> Judged:
    return BENCH.judge(wanted, candidates)[0]


def refusals(wish: Wish, candidate: Candidate, **wanted: object) -> tuple[Refusal, ...]:
    (judged,) = BENCH.judge(Wanted(wish, forced=False, **wanted), [candidate])  # type: ignore[arg-type]
    return judged.refusals


def test_the_one_of_the_same_release_is_taken() -> None:
    assert first(Wanted(Wish("de"), forced=False), LOOSE, EXACT).candidate == EXACT


def test_a_styled_one_goes_before_a_plain_one_where_it_is_preferred() -> None:
    styled = replace(LOOSE, format="ass")
    plain = replace(EXACT, format="srt")
    wish = Wish("de", format=Format.ASS)
    assert first(Wanted(wish, forced=False), styled, plain).candidate == plain
    near = replace(styled, releases=("Alpha.2001.1080p.BluRay-X",))
    assert first(Wanted(wish, forced=False), near, replace(plain, releases=near.releases)) != plain


def test_a_machines_comes_after_every_humans() -> None:
    machine = replace(EXACT, provisional=True)
    assert first(Wanted(Wish("de"), forced=False), machine, LOOSE).candidate == LOOSE


def test_one_for_the_hearing_impaired_goes_first_where_it_is_preferred() -> None:
    impaired = replace(LOOSE, hearing_impaired=True)
    wish = Wish("de", hearing_impaired=HearingImpaired.PREFER)
    assert first(Wanted(wish, forced=False), LOOSE, impaired).candidate == impaired


@pytest.mark.parametrize(
    ("wish", "candidate", "refusal"),
    [
        (Wish("fr"), EXACT, Refusal.ANOTHER_LANGUAGE),
        (Wish("de"), replace(EXACT, forced=True), Refusal.FORCED),
        (Wish("de"), replace(EXACT, releases=("Alpha.2001.Forced",)), Refusal.FORCED),
        (
            Wish("de", hearing_impaired=HearingImpaired.EXCLUDE),
            replace(EXACT, hearing_impaired=True),
            Refusal.HEARING_IMPAIRED,
        ),
        (
            Wish("de", hearing_impaired=HearingImpaired.ONLY),
            EXACT,
            Refusal.NOT_HEARING_IMPAIRED,
        ),
        (Wish("de", must_contain=("remux",)), EXACT, Refusal.MUST_CONTAIN),
        (Wish("de", must_not_contain=("x264",)), EXACT, Refusal.MUST_NOT_CONTAIN),
        (Wish("de", minimum_score=99), LOOSE, Refusal.SCORED_TOO_LOW),
        (Wish("de"), replace(EXACT, releases=("Alpha.1955",), year=1955), Refusal.ANOTHER_TITLE),
    ],
)
def test_each_refusal_has_its_reason(wish: Wish, candidate: Candidate, refusal: Refusal) -> None:
    assert refusal in refusals(wish, candidate)


def test_what_is_blacklisted_is_refused_whatever_it_scores() -> None:
    bench = replace(BENCH, blacklist=frozenset({("a", "1")}))
    (judged,) = bench.judge(Wanted(Wish("de"), forced=False), [EXACT])
    assert judged.refusals == (Refusal.BLACKLISTED,)


@pytest.mark.parametrize(
    ("existing", "score", "days", "taken"),
    [
        ("srt", 75, 30.0, True),
        ("srt", 75, 2.0, False),
        ("srt", 90, 30.0, False),
        ("srt", None, None, False),
    ],
)
def test_a_better_one_must_be_much_better_in_the_first_days(
    existing: str, score: int | None, days: float | None, *, taken: bool
) -> None:
    found = refusals(Wish("de"), EXACT, upgrade=True, existing=existing, score=score, days=days)
    assert (Refusal.NO_BETTER not in found) is taken


def test_a_plain_one_never_takes_the_place_of_a_styled_one() -> None:
    plain = replace(EXACT, format="srt")
    found = refusals(Wish("de"), plain, upgrade=True, existing="ass", score=10, days=90.0)
    assert Refusal.NO_BETTER in found


def test_a_styled_one_takes_the_place_of_a_plain_one_at_any_score() -> None:
    styled = replace(LOOSE, format="ass")
    wish = Wish("de", format=Format.ASS)
    assert not refusals(wish, styled, upgrade=True, existing="srt", score=100, days=1.0)


def test_a_humans_takes_the_place_of_a_machines() -> None:
    found = refusals(Wish("de"), LOOSE, upgrade=True, existing="srt", score=100, provisional=True)
    assert not found
    machine = replace(EXACT, provisional=True)
    assert Refusal.NO_BETTER in refusals(
        Wish("de"), machine, upgrade=True, existing="srt", score=10, days=90.0
    )


@given(
    st.lists(
        st.builds(
            Candidate,
            st.sampled_from(["a", "b"]),
            st.text("0123456789", min_size=1, max_size=3),
            st.sampled_from(["de", "fr"]),
            st.lists(st.sampled_from(["Alpha.2001.BluRay-X", "Beta.1999", ""]), max_size=2).map(
                tuple
            ),
            forced=st.booleans(),
            hearing_impaired=st.booleans(),
            by_id=st.booleans(),
            by_hash=st.booleans(),
        ),
        max_size=8,
    )
)
def test_what_is_taken_is_never_worse_than_what_comes_after(candidates: list[Candidate]) -> None:
    judged = BENCH.judge(Wanted(Wish("de"), forced=False), candidates)
    assert len(judged) == len(candidates)
    ranks = [(bool(each.refusals), -each.rank) for each in judged]
    assert ranks == sorted(ranks)

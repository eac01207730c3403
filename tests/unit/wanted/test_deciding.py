"""The decision table: what a video lacks, by its profile and by what is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.library.subtitle_files import read_tokens
from sublarr_tasks.wanted.deciding import Facts, Reason, State, Track, Verdict, decide
from sublarr_tasks.wanted.profiles import Embedded, Forced, Format, HearingImpaired, Profile, Wish

GERMAN = Wish("de", forced=Forced.SEPARATE, format=Format.ASS)


def profile(*wishes: Wish, cutoff: str | None = None, undetermined: str | None = None) -> Profile:
    return Profile(1, "any", wishes, cutoff, undetermined)


def file(name: str) -> Track:
    """Make the track of a file that is called so behind the video's name."""
    tokens, _, extension = name.rpartition(".")
    read = read_tokens(tokens)
    return Track(
        read.language,
        extension,
        embedded=False,
        forced=read.forced,
        hearing_impaired=read.hearing_impaired,
    )


def stream(language: str | None, codec: str, *, text: bool = True, forced: bool = False) -> Track:
    return Track(language, codec, embedded=True, text=text, forced=forced)


def judged(wish: Wish, *tracks: Track, audio: tuple[str, ...] = ()) -> Verdict:
    """Judge one language that has no forced row of its own."""
    (verdict,) = decide(profile(wish), Facts(audio, tracks))
    return verdict


@pytest.mark.parametrize(
    ("files", "whole", "forced"),
    [
        ([], (State.WANTED, ""), State.WANTED),
        (["de.ass"], (State.THERE, "ass"), State.WANTED),
        (["ger.srt"], (State.UPGRADE, "srt"), State.WANTED),
        (["de.hi.srt"], (State.UPGRADE, "srt"), State.WANTED),
        (["de.forced.srt"], (State.WANTED, ""), State.UPGRADE),
        (["DE.srt"], (State.UPGRADE, "srt"), State.WANTED),
        (["de-DE.srt"], (State.UPGRADE, "srt"), State.WANTED),
        (["deu.ssa"], (State.THERE, "ssa"), State.WANTED),
        (["german.vtt"], (State.UPGRADE, "vtt"), State.WANTED),
        (["de.sdh.ass"], (State.THERE, "ass"), State.WANTED),
        (["de.cc.ass"], (State.THERE, "ass"), State.WANTED),
        (["de.ass", "de.forced.ass"], (State.THERE, "ass"), State.THERE),
    ],
)
def test_whatever_a_file_is_called_it_counts_for_what_it_is(
    files: list[str], whole: tuple[State, str], forced: State
) -> None:
    everything, foreign = decide(profile(GERMAN), Facts((), tuple(map(file, files))))
    assert (everything.state, everything.existing) == whole
    assert foreign.state is forced


def test_one_language_is_nothing_to_another() -> None:
    verdicts = decide(profile(Wish("de"), Wish("fr")), Facts((), (file("de.srt"),)))
    assert [(each.language, each.state) for each in verdicts] == [
        ("de", State.THERE),
        ("fr", State.WANTED),
    ]


def test_a_portuguese_file_is_no_brazilian_one() -> None:
    assert judged(Wish("pt-BR"), file("pt.srt")).state is State.WANTED


def test_nothing_is_wanted_in_the_language_that_is_spoken() -> None:
    assert judged(Wish("de"), audio=("en", "de-DE")) == Verdict(
        "de", forced=False, state=State.UNWANTED, reason=Reason.AUDIO
    )


def test_the_foreign_parts_are_wanted_in_the_language_that_is_spoken() -> None:
    verdicts = decide(profile(GERMAN), Facts(("de",)))
    assert [(each.forced, each.state) for each in verdicts] == [
        (False, State.UNWANTED),
        (True, State.WANTED),
    ]


def test_who_wants_them_all_the_same_gets_them_in_the_language_that_is_spoken() -> None:
    assert judged(Wish("de", audio_exclude=False), audio=("de",)).state is State.WANTED


@pytest.mark.parametrize(
    ("choice", "files", "state", "reason"),
    [
        ("exclude", ["de.hi.srt"], State.WANTED, Reason.ONLY_HEARING_IMPAIRED),
        ("exclude", ["de.srt"], State.THERE, Reason.PRESENT),
        ("only", ["de.srt"], State.WANTED, Reason.NOT_HEARING_IMPAIRED),
        ("only", ["de.sdh.srt"], State.THERE, Reason.PRESENT),
        ("prefer", ["de.srt"], State.THERE, Reason.PRESENT),
        ("include", ["de.hi.srt"], State.THERE, Reason.PRESENT),
    ],
)
def test_for_whom_a_subtitle_is_decides_whether_it_will_do(
    choice: HearingImpaired, files: list[str], state: State, reason: Reason
) -> None:
    wish = Wish("de", hearing_impaired=HearingImpaired(choice))
    verdict = judged(wish, *map(file, files))
    assert (verdict.state, verdict.reason, verdict.existing) == (state, reason, "srt")


@pytest.mark.parametrize(
    ("choice", "track", "state", "existing"),
    [
        ("text", stream("de", "ass"), State.THERE, "embedded_ass"),
        ("text", stream("de", "hdmv_pgs_subtitle", text=False), State.WANTED, ""),
        (
            "any",
            stream("de", "hdmv_pgs_subtitle", text=False),
            State.THERE,
            "embedded_hdmv_pgs_subtitle",
        ),
        ("extract", stream("de", "srt"), State.WANTED, "embedded_srt"),
        ("extract", stream("de", "dvd_subtitle", text=False), State.WANTED, ""),
        ("ignore", stream("de", "ass"), State.WANTED, ""),
        ("text", stream(None, "srt"), State.WANTED, ""),
    ],
)
def test_a_stream_counts_for_what_the_profile_says(
    choice: str, track: Track, state: State, existing: str
) -> None:
    verdict = judged(Wish("de", embedded=Embedded(choice)), track)
    assert (verdict.state, verdict.existing) == (state, existing)


def test_a_file_that_was_written_out_of_the_video_ends_it() -> None:
    wish = Wish("de", embedded=Embedded.EXTRACT)
    assert judged(wish, stream("de", "srt"), file("de.srt")).state is State.THERE


def test_a_name_without_a_language_is_what_the_profile_takes_it_for() -> None:
    facts = Facts((), (Track(None, "srt", embedded=False),))
    assert decide(profile(Wish("de")), facts)[0].state is State.WANTED
    assert decide(profile(Wish("de"), undetermined="de"), facts)[0].state is State.THERE


def test_once_the_cutoff_is_there_nothing_else_is_wanted() -> None:
    wishes = Wish("de"), Wish("en"), Wish("fr")
    there = Facts((), (file("en.srt"),))
    states = [each.state for each in decide(profile(*wishes, cutoff="en"), there)]
    assert states == [State.UNWANTED, State.THERE, State.UNWANTED]
    assert [each.state for each in decide(profile(*wishes, cutoff="any"), there)] == states
    assert State.WANTED in [each.state for each in decide(profile(*wishes, cutoff="fr"), there)]


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        (Track("de", "ass", embedded=False, provisional=True), Reason.MACHINE_MADE),
        (Track("de", "ass", embedded=False, score=70, days=2.0), Reason.BETTER_SCORE),
        (Track("de", "srt", embedded=False), Reason.BETTER_FORMAT),
    ],
)
def test_what_could_be_better_is_looked_for(track: Track, reason: Reason) -> None:
    verdict = judged(Wish("de", format=Format.ASS), track)
    assert (verdict.state, verdict.reason) == (State.UPGRADE, reason)


@pytest.mark.parametrize(
    "track",
    [
        Track("de", "ass", embedded=False, score=70, days=31.0),
        Track("de", "ass", embedded=False, score=95, days=1.0),
        Track("de", "ass", embedded=False),
    ],
)
def test_what_is_good_or_old_or_not_ours_is_left_alone(track: Track) -> None:
    assert judged(Wish("de", format=Format.ASS), track).state is State.THERE


def test_without_upgrades_a_plain_file_will_do() -> None:
    wish = Wish("de", format=Format.ASS, upgrade=False)
    assert judged(wish, file("de.srt")).state is State.THERE


def test_nobody_misses_optional_foreign_parts() -> None:
    verdicts = decide(profile(Wish("de", forced=Forced.OPTIONAL)), Facts())
    assert [(each.forced, each.optional) for each in verdicts] == [(False, False), (True, True)]


def test_who_wants_the_foreign_parts_alone_gets_no_others() -> None:
    verdicts = decide(profile(Wish("de", forced=Forced.ONLY)), Facts((), (file("de.srt"),)))
    assert [(each.forced, each.state) for each in verdicts] == [(True, State.WANTED)]


TRACKS = st.builds(
    Track,
    st.sampled_from(["de", "de-AT", "en", "pt", "pt-BR", None]),
    st.sampled_from(["srt", "ass", "vtt"]),
    embedded=st.booleans(),
    forced=st.booleans(),
    hearing_impaired=st.booleans(),
    text=st.booleans(),
    provisional=st.booleans(),
)
WISHES = st.builds(
    Wish,
    st.sampled_from(["de", "pt-BR"]),
    forced=st.sampled_from(Forced),
    hearing_impaired=st.sampled_from(HearingImpaired),
    format=st.sampled_from(Format),
    embedded=st.sampled_from(Embedded),
)


@given(WISHES, st.lists(TRACKS, max_size=5), st.data())
def test_the_order_of_what_is_there_changes_nothing(
    wish: Wish, tracks: list[Track], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(tracks))
    one = decide(profile(wish), Facts((), tuple(tracks)))
    states = [(each.forced, each.state) for each in one]
    assert states == [
        (each.forced, each.state) for each in decide(profile(wish), Facts((), tuple(other)))
    ]


@given(WISHES, st.lists(TRACKS, max_size=5), TRACKS)
def test_one_more_subtitle_never_makes_anything_wanted(
    wish: Wish, tracks: list[Track], more: Track
) -> None:
    before = decide(profile(wish), Facts((), tuple(tracks)))
    after = decide(profile(wish), Facts((), (*tracks, more)))
    for then, now in zip(before, after, strict=True):
        if now.state is State.WANTED:
            assert then.state is State.WANTED


@pytest.mark.parametrize("equal", [("pt", "pt-BR"), ("pt-BR", "pt")])
def test_of_equal_languages_one_serves_for_the_other(equal: tuple[str, str]) -> None:
    wanted = Profile(1, "any", (Wish("pt"),), equal=(equal,))
    (verdict,) = decide(wanted, Facts(tracks=(file("pt-BR.srt"),)))
    assert verdict.state is State.THERE


def test_without_a_word_brazilian_is_not_portuguese() -> None:
    assert judged(Wish("pt"), file("pt-BR.srt")).state is State.WANTED


def test_sound_in_an_equal_language_is_as_good() -> None:
    wanted = Profile(1, "any", (Wish("pt"),), equal=(("pt", "pt-BR"),))
    (verdict,) = decide(wanted, Facts(audio=("pt-BR",)))
    assert verdict.reason is Reason.AUDIO

"""Which of two pictures is the better one."""

from dataclasses import replace

import pytest

from sublarr_tasks.clients.metadata.facts import PictureType
from sublarr_tasks.enrichment.scoring import WEIGHTS, Offer, score

POSTER = Offer(PictureType.POSTER, "tmdb", 2000, 3000, "de", 6.0, 50)
FANART = Offer(PictureType.FANART, "tmdb", 1920, 1080, None, 6.0, 50)


def points(offer: Offer, language: str = "de-DE") -> float:
    return score(offer, language)[0]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (POSTER, replace(POSTER, width=500, height=750)),
        (POSTER, replace(POSTER, width=3000, height=2000)),
        (POSTER, replace(POSTER, language="en")),
        (replace(POSTER, language="en"), replace(POSTER, language=None)),
        (replace(POSTER, language=None), replace(POSTER, language="fr")),
        (POSTER, replace(POSTER, votes=5.0)),
        (POSTER, replace(POSTER, vote_count=2)),
        (POSTER, replace(POSTER, provider="fanarttv")),
        (FANART, replace(FANART, language="de")),
        (replace(FANART, language="de"), replace(FANART, language="en")),
        (
            replace(POSTER, provider="fanarttv", votes=None, vote_count=9),
            replace(POSTER, provider="fanarttv", votes=None, vote_count=1),
        ),
    ],
)
def test_the_better_picture_has_the_higher_score(better: Offer, worse: Offer) -> None:
    assert points(better) > points(worse)


def test_what_is_larger_than_need_be_is_no_better() -> None:
    assert points(POSTER) == points(replace(POSTER, width=4000, height=6000))


def test_an_unknown_size_is_middling() -> None:
    unknown = replace(POSTER, width=None, height=None)
    assert points(POSTER) > points(unknown) > points(replace(POSTER, width=200, height=300))


def test_a_score_is_the_weighted_sum_of_its_factors() -> None:
    total, factors = score(FANART, "en")
    assert factors.keys() == WEIGHTS.keys()
    assert total == pytest.approx(sum(WEIGHTS[name] * factors[name] for name in factors), abs=0.1)
    assert sum(WEIGHTS.values()) == 100

"""What a scan does: profiles, and a person's options over them."""

import pytest

from sublarr_tasks.errors import InputError
from sublarr_tasks.profiles import PROFILES, EnrichmentMode, Profile, ScanOptions, resolve


def test_every_profile_is_a_set_of_options() -> None:
    assert PROFILES.keys() == set(Profile)


def test_the_standard_profile_leaves_nothing_out() -> None:
    options = resolve(Profile.STANDARD, {})
    assert options == ScanOptions()
    assert options.enable_caching
    assert not any((options.skip_ffprobe, options.skip_asset_discovery, options.accept_losses))
    assert options.max_directories is None


def test_the_quick_profile_probes_caches_and_enriches_nothing() -> None:
    options = resolve(Profile.QUICK, {})
    assert options.skip_ffprobe
    assert not any((options.enable_caching, options.enable_enrichment))
    assert options.enrichment_mode is EnrichmentMode.NONE


def test_the_full_profile_enriches_fully() -> None:
    assert resolve(Profile.FULL, {}).enrichment_mode is EnrichmentMode.FULL


def test_a_persons_option_goes_before_the_profiles() -> None:
    options = resolve(Profile.QUICK, {"skip_ffprobe": False, "max_directories": 3})
    assert (options.skip_ffprobe, options.max_directories) == (False, 3)
    assert not options.enable_caching


def test_resolving_leaves_the_profile_as_it_was() -> None:
    resolve(Profile.STANDARD, {"skip_ffprobe": True})
    assert not PROFILES[Profile.STANDARD].skip_ffprobe


def test_every_wrong_option_is_named() -> None:
    with pytest.raises(InputError) as refused:
        resolve(Profile.STANDARD, {"fast": True, "deep": 1, "max_directories": 0})
    assert refused.value.fields.keys() == {
        "options.fast",
        "options.deep",
        "options.max_directories",
    }


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(InputError):
        resolve(Profile.STANDARD, {"max_directories": limit})


def test_options_survive_json() -> None:
    options = resolve(Profile.QUICK, {"max_directories": 7, "accept_losses": True})
    assert ScanOptions.from_json(options.to_json()) == options


def test_options_of_another_version_are_left_out() -> None:
    assert ScanOptions.from_json({"of_the_future": 1, "skip_ffprobe": True}) == ScanOptions(
        skip_ffprobe=True
    )

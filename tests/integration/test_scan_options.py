"""What a scan leaves out by its profile and options, and what a later one makes up for."""

from libraries import Library, one, rows
from sublarr_tasks.models import Asset, MediaFile
from sublarr_tasks.profiles import Profile


def test_without_caching_assets_are_known_and_not_stored(library: Library) -> None:
    library.film()
    scan = library.scan(options={"enable_caching": False})
    assert (scan.status, scan.assets_queued) == ("completed", 0)
    assert {asset.cache_state for asset in rows(Asset)} == {"pending"}


def test_a_later_scan_caches_what_an_earlier_one_left_out(library: Library) -> None:
    library.film()
    library.scan(options={"enable_caching": False})
    scan = library.scan()
    assert (scan.directories_skipped, scan.assets_cached) == (1, 3)


def test_without_probes_no_file_is_opened_and_the_rows_say_so(library: Library) -> None:
    library.film()
    library.scan(options={"skip_ffprobe": True})
    file = one(MediaFile)
    assert (file.probe_state, file.probe_reason, file.container) == (
        "skipped",
        "skip_ffprobe",
        None,
    )


def test_a_deeper_scan_reads_what_a_shallower_one_skipped(library: Library) -> None:
    library.film()
    library.scan(options={"skip_ffprobe": True, "skip_asset_discovery": True})
    assert rows(Asset) == []
    scan = library.scan(options={"skip_ffprobe": True})
    assert (scan.directories_scanned, scan.assets_cached) == (1, 3)
    assert one(MediaFile).probe_state == "skipped"
    scan = library.scan()
    assert (scan.directories_scanned, one(MediaFile).probe_state) == (1, "probed")


def test_a_shallower_scan_skips_what_a_deeper_one_read(library: Library) -> None:
    library.film()
    library.scan()
    scan = library.scan(options={"skip_ffprobe": True, "skip_asset_discovery": True})
    assert (scan.directories_skipped, scan.directories_scanned) == (1, 0)


def test_a_full_scan_without_probes_keeps_what_is_known_of_unchanged_files(
    library: Library,
) -> None:
    library.film()
    library.scan()
    library.scan(full=True, options={"skip_ffprobe": True})
    assert one(MediaFile).probe_state == "probed"


def test_a_full_scan_without_assets_keeps_their_rows(library: Library) -> None:
    library.film()
    library.scan()
    library.scan(full=True, options={"skip_asset_discovery": True})
    assert len(library.assets()) == 3


def test_max_directories_stops_discovery(library: Library) -> None:
    library.films(*(f"Film {n} (2001)" for n in range(5)))
    scan = library.scan(options={"max_directories": 2})
    assert (scan.directories_total, scan.movies_found) == (2, 2)


def test_a_limited_scan_removes_nothing(library: Library) -> None:
    library.films(*(f"Film {n} (2001)" for n in range(5)))
    library.scan()
    library.scan(full=True, options={"max_directories": 1})
    library.scan(full=True, options={"max_directories": 1})
    assert len(library.titles()) == 5


def test_the_quick_profile_neither_probes_nor_caches(library: Library) -> None:
    library.film()
    scan = library.scan(profile=Profile.QUICK)
    assert (scan.profile, scan.assets_queued) == ("quick", 0)
    assert one(MediaFile).probe_state == "skipped"
    assert len(library.assets()) == 3


def test_an_option_goes_before_its_profile(library: Library) -> None:
    library.film()
    scan = library.scan(profile=Profile.QUICK, options={"enable_caching": True})
    assert scan.assets_cached == 3

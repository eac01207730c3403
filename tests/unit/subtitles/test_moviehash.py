from pathlib import Path

from sublarr_tasks.subtitles import moviehash


def test_the_hash_is_the_size_and_the_sums_of_both_ends(tmp_path: Path) -> None:
    video = tmp_path / "film.mkv"
    video.write_bytes(bytes(moviehash.BLOCK * 2))
    assert moviehash.compute(str(video)) == "0000000000020000"
    video.write_bytes((1).to_bytes(8, "little") + bytes(200_000) + b"\xff" * 8)
    # 200016 bytes: 1 in front, and 2**64 - 1 at the end, which takes one off.
    assert moviehash.compute(str(video)) == f"{200_016:016x}"


def test_a_small_file_has_none(tmp_path: Path) -> None:
    video = tmp_path / "film.mkv"
    video.write_bytes(bytes(moviehash.BLOCK * 2 - 1))
    assert moviehash.compute(str(video)) is None

import pytest

from sublarr_tasks.library.names import take_apart
from sublarr_tasks.library.stacks import stack
from unit.library.directories import listing


def stacks(*files: str) -> dict[str, list[str]]:
    cuts = stack([take_apart(entry) for entry in listing(*files).files])
    return {cut.stem: [file.entry.name for file in cut.files] for cut in cuts}


@pytest.mark.parametrize(
    ("files", "stem"),
    [
        (["Film cd1.avi", "Film cd2.avi"], "Film"),
        (["Film-CD1.avi", "Film-cd2.avi"], "Film"),
        (["Film.cd1.XviD-GRP.avi", "Film.cd2.XviD-GRP.avi"], "Film.XviD-GRP"),
        (["Film dvd 1.avi", "Film dvd 2.avi", "Film dvd 3.avi"], "Film"),
        (["Film (part 1).mkv", "Film (part 2).mkv"], "Film"),
        (["Film (2010) - part1.mkv", "Film (2010) - part2.mkv"], "Film (2010)"),
        (["Film (2010)pt1.mkv", "Film (2010)pt2.mkv"], "Film (2010)"),
        (["Film_disc_01.mkv", "Film_disc_02.mkv"], "Film"),
        (["Film disk a.mkv", "Film disk b.mkv"], "Film"),
        (["Film.part.a.mkv", "Film.part.B.mkv"], "Film"),
        (["Film Part 2 cd1.avi", "Film Part 2 cd2.avi"], "Film Part 2"),
        (["Straße cd1.avi", "STRASSE cd2.avi"], "Straße cd1"),
    ],
)
def test_consecutive_parts_with_one_name_are_a_stack(files: list[str], stem: str) -> None:
    assert stacks(*files) == {stem: files}


@pytest.mark.parametrize(
    "files",
    [
        ["Kill Part 1 (2003).mkv", "Kill Part 2 (2004).mkv"],
        ["Rocky Part 2.mkv", "Rocky Part 3.mkv"],
        ["Film cd1.avi", "Film cd3.avi"],
        ["Film cd1.avi", "Film cd2.mkv"],
        ["Film cd1.avi", "Other cd2.avi"],
        ["Film cd1.avi", "Film dvd2.avi"],
        ["Film part 1.avi", "Film part b.avi"],
        ["Particle 1.mkv", "Particle 2.mkv"],
        ["Depart 1.mkv", "Depart 2.mkv"],
        ["Film part 1080p.mkv", "Film part 720p.mkv"],
        ["Film part e.mkv", "Film part f.mkv"],
        ["Film Part 2 (2004).mkv"],
    ],
)
def test_other_names_with_numbers_are_no_stack(files: list[str]) -> None:
    assert sorted(stacks(*files).values()) == [[file] for file in sorted(files)]


def test_a_gap_ends_the_stack() -> None:
    found = stacks("F cd1.avi", "F cd2.avi", "F cd4.avi")
    assert found == {"F": ["F cd1.avi", "F cd2.avi"], "F cd4": ["F cd4.avi"]}

import pytest

from sublarr_tasks.library.subtrees import apart, relative


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/films/A (2001)", "A (2001)"),
        ("/films/A (2001)/", "A (2001)"),
        ("A (2001)/Extras", "A (2001)/Extras"),
        ("/films", ""),
        ("", ""),
        ("/films//A/./B", "A/B"),
    ],
)
def test_a_path_is_named_from_the_librarys_root(path: str, expected: str) -> None:
    assert relative("/films/", path) == expected


@pytest.mark.parametrize("path", ["/other/A", "/filmsB/A", "../A", "/films/../etc", "A\0", "/"])
def test_a_path_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"outside|without"):
        relative("/films", path)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["A", "A/B", "AB"], ["A", "AB"]),
        (["A/B", "A B", "A"], ["A", "A B"]),
        (["A/Subs/x", "A/Extras"], ["A"]),
        (["Extras/A"], ["Extras/A"]),
        (["", "A"], [""]),
    ],
)
def test_no_directory_is_walked_twice(paths: list[str], expected: list[str]) -> None:
    assert apart(paths) == expected

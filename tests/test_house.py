"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
ENTRIES = frozenset(
    ".ci .dockerignore .gitignore .importlinter CHANGELOG.md Dockerfile LICENSE Makefile README.md"
    " api beat_schedule.py benchmarks compose.yaml docker docs pyproject.toml"
    " requirements-build.lock requirements-dev.lock requirements-redis.lock requirements.lock"
    " sublarr_tasks tests workers".split()
)
PRODUCT = ("api/", "workers/", "sublarr_tasks/", "beat_schedule.py")
GENERATED = "sublarr_tasks/migrations/versions/"
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60
VAGUE = frozenset("utils util helpers helper common manager managers service services misc".split())
# Where packages come from is the choice of whoever installs.
INDEX = re.compile(r"--(?:extra-)?index-url|--find[-]links")


@cache
def tracked() -> tuple[str, ...]:
    """Return the paths of all files that are in the repository, or are about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("this is no repository")
    names = listing.stdout.decode().split("\0")
    return tuple(sorted(name for name in names if name and (ROOT / name).is_file()))


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode()


def product() -> list[str]:
    found = [name for name in tracked() if name.endswith(".py") and name.startswith(PRODUCT)]
    assert len(found) > 50
    return found


def parsed(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_bytes())


def pyproject() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_top_of_the_tree_holds_what_belongs_there() -> None:
    assert {name.partition("/")[0] for name in tracked()} <= ENTRIES


def test_every_module_says_in_one_line_what_it_is() -> None:
    for name in product():
        docstring = ast.get_docstring(parsed(name))
        assert docstring, name
        assert docstring.splitlines()[0].endswith((".", ":")), name


def test_no_module_is_too_long() -> None:
    hand_written = [name for name in product() if not name.startswith(GENERATED)]
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in hand_written}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name in product()
        if not name.startswith(GENERATED)
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {part.removesuffix(".py") for name in product() for part in name.split("/")}
    assert names & VAGUE == set()


def test_no_file_names_a_package_index() -> None:
    assert [name for name, text in texts() if INDEX.search(text)] == []


def test_no_file_names_the_place_where_it_was_written() -> None:
    assert [name for name, text in texts() if f"{ROOT}/" in text] == []


def test_every_text_is_utf_8_and_ends_with_one_line_end() -> None:
    ends = {name: text for name, text in texts() if text}
    assert [name for name, text in ends.items() if "\r\n" in text] == []
    assert [name for name, text in ends.items() if not text.endswith("\n")] == []
    assert [name for name, text in ends.items() if text.endswith("\n\n")] == []


def test_every_dependency_has_an_upper_bound() -> None:
    dependencies = pyproject()["project"]["dependencies"]
    assert isinstance(dependencies, list)
    open_ended = [
        text
        for text in dependencies
        if not {clause.operator for clause in Requirement(text).specifier} & {"<", "==", "~="}
    ]
    assert open_ended == []


def test_every_lock_pins_each_package_with_its_hashes() -> None:
    locks = [name for name in tracked() if name.endswith(".lock")]
    assert len(locks) >= 3
    for name in locks:
        logical = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
        pinned = [line for line in logical if line.strip() and not line.lstrip().startswith("#")]
        assert pinned, name
        for line in pinned:
            assert re.match(r"[A-Za-z0-9_.\[\]-]+==\S+", line), f"{name}: {line[:60]}"
            assert "--hash=sha256:" in line, f"{name}: {line[:60]}"


def test_the_lock_holds_every_dependency() -> None:
    dependencies = pyproject()["project"]["dependencies"]
    assert isinstance(dependencies, list)
    wanted = {folded(Requirement(text).name) for text in dependencies}
    optional = {folded(Requirement(text).name) for text in dependencies if Requirement(text).marker}
    locked = {
        folded(line.partition("==")[0].partition("[")[0]) for line in lines("requirements.lock")
    }
    assert wanted - optional <= locked


def lines(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if "==" in line]


def folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def test_no_test_replaces_our_own_code_by_a_mock() -> None:
    tests = [name for name in tracked() if name.startswith("tests/") and name.endswith(".py")]
    using = [
        name
        for name in tests
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any("mock" in alias.name for alias in node.names)
    ]
    assert using == []


def test_every_test_is_a_function() -> None:
    classes = [
        f"{name}: {node.name}"
        for name in tracked()
        if name.startswith("tests/") and name.endswith(".py")
        for node in parsed(name).body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    assert classes == []

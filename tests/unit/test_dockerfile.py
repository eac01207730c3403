"""The Dockerfile's instructions, read without an engine."""

import json
import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from compose_file import ROOT, services
from sublarr_tasks.settings import PREFIX, Settings


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined."""

    word: str
    rest: str


def read() -> list[Instruction]:
    lines = [
        line
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines()]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in read():
        if instruction.word == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def rests(word: str) -> list[str]:
    """Return what an instruction says, each time, in the last stage."""
    return [one.rest for one in stages()[-1] if one.word == word]


def copied() -> list[str]:
    """Return the sources that come from the work tree."""
    copies = [one.rest for one in read() if one.word == "COPY" and "--from=" not in one.rest]
    return [source for rest in copies for source in rest.split()[:-1]]


def sent_to_the_builder(path: str) -> bool:
    """Tell whether .dockerignore lets a path through; the last line that matches decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#") and matches(path, line.removeprefix("!")):
            sent = line.startswith("!")
    return sent


def matches(path: str, pattern: str) -> bool:
    """Tell whether a pattern names a path or a folder above it; `**/` stands for any folder."""
    whole = PurePosixPath(path)
    anywhere = pattern.removeprefix("**/")
    return any(
        fnmatch(str(one), pattern) or (anywhere != pattern and fnmatch(one.name, anywhere))
        for one in (whole, *whole.parents[:-1])
    )


def test_it_has_a_stage_that_builds_and_one_that_is_shipped() -> None:
    first, last = stages()
    assert first[0].rest.endswith(" AS build")
    assert any(one.word == "COPY" and "--from=build" in one.rest for one in last)


def test_its_base_has_a_version_that_the_project_supports() -> None:
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    for stage in stages():
        image = stage[0].rest.split()[0]
        match = re.fullmatch(r"python:(3\.\d+)-slim-\w+", image)
        assert match, image
        assert f"Programming Language :: Python :: {match[1]}" in supported


def test_it_does_not_run_as_root() -> None:
    assert rests("USER")[-1] == "1000:1000"
    last = [one.word for one in stages()[-1]]
    assert "RUN" not in last[last.index("USER") :]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_what_it_installs_is_locked_by_hashes(lock: str) -> None:
    installs = [one.rest for one in read() if one.word == "RUN" and lock in one.rest]
    assert len(installs) == 1
    assert lock in copied()
    parts = [part for part in installs[0].split("&&") if lock in part]
    assert all("--require-hashes" in part for part in parts)


def test_nothing_is_installed_but_from_a_lock_file_or_from_here() -> None:
    runs = [part for one in read() if one.word == "RUN" for part in one.rest.split("&&")]
    for part in runs:
        if re.search(r"\bpip\b.* install\b", part):
            assert "--require-hashes" in part or {"--no-deps", "--no-index"} <= set(part.split())
        assert not re.search(r"\b(curl|wget|apt-get|git)\b", part)


def test_it_names_no_address() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "://" not in text
    assert "index-url" not in text.lower().replace("_", "-")


def test_all_that_it_copies_exists_and_is_sent_to_the_builder() -> None:
    assert copied()
    for source in copied():
        assert (ROOT / source).exists(), source
        assert sent_to_the_builder(source), source


def test_it_copies_all_that_the_wheel_is_made_of() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    named = {
        name.strip("/")
        for key in ("include", "packages", "force-include")
        for name in wheel.get(key, ())
    }
    assert "beat_schedule.py" in named
    assert named <= set(copied())


@pytest.mark.parametrize(
    "path", [".git", ".venv", "tests", "secrets", ".env", "api/__pycache__", "workers/pools.pyc"]
)
def test_what_the_image_does_not_need_stays_out_of_the_build(path: str) -> None:
    assert not sent_to_the_builder(path)


def test_a_container_by_itself_runs_everything_behind_the_entry_point() -> None:
    assert json.loads(rests("ENTRYPOINT")[0])[-1] == "/opt/entrypoint.py"
    assert "docker/entrypoint.py /opt/entrypoint.py" in rests("COPY")
    assert json.loads(rests("CMD")[0]) == ["sublarr", "up"]


def test_its_health_check_is_the_one_of_the_api() -> None:
    options, _, command = rests("HEALTHCHECK")[0].partition(" CMD ")
    assert "--start-period=" in options
    assert json.loads(command) == services({"MEDIA": "/srv/films"})["api"].probe


def test_its_variables_are_settings() -> None:
    named = re.findall(rf"\b({PREFIX}\w+)=", " ".join(rests("ENV")))
    assert named
    assert set(named) <= {PREFIX + field.upper() for field in Settings.model_fields}

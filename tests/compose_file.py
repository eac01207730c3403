"""compose.yaml as its readers see it: anchors merged, variables filled in, one object a service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "compose.yaml"
SERVERS = ("postgres", "redis")
OURS = ("migrate", "api", "worker-control", "worker-disk", "worker-net", "beat", "watch", "flower")
SECRETS = "/run/secrets"

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<kind>:-|:\?)(?P<rest>[^}]*))?\}|(?P<wrong>))"
)
_DURATION = re.compile(r"(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?")


class MissingVariable(Exception):
    """A variable that must be set is not; the message is the file's own."""


@dataclass(frozen=True)
class Mount:
    """What a service finds at a path."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True)
class Service:
    """A service with its variables filled in."""

    name: str
    raw: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        return list(self.raw["command"])

    @property
    def environment(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.raw.get("environment", {}).items()}

    @property
    def probe(self) -> list[str] | None:
        """Return the health check's own command; None where there is no check."""
        check = self.raw.get("healthcheck")
        if check is None:
            return None
        kind, *command = check["test"]
        return ["sh", "-c", *command] if kind == "CMD-SHELL" else command

    @property
    def mounts(self) -> list[Mount]:
        return [_mount(one) for one in self.raw.get("volumes", [])]

    @property
    def grace_seconds(self) -> int:
        return seconds(self.raw.get("stop_grace_period", "10s"))


def document(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the whole file with these variables and no others."""
    found: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()), variables)
    return found


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    found = document(variables)["services"]
    return {name: Service(name, raw) for name, raw in found.items()}


def seconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    assert match is not None, f"{duration!r} is no duration"
    assert duration, "an empty duration"
    return 60 * int(match["m"] or 0) + int(match["s"] or 0)


def _mount(one: Any) -> Mount:  # noqa: ANN401 - either of the specification's two forms
    if isinstance(one, str):
        source, target, *mode = one.split(":")
        return Mount(source, target, mode == ["ro"])
    return Mount(one["source"], one["target"], one.get("read_only", False))


def _filled(value: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - a tree of YAML
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, variables), value)
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, variables) for name, one in value.items()}
    return value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    assert match["wrong"] is None, f"a lone $ in {match.string!r}"
    given = variables.get(match["name"], "")
    if given or match["kind"] is None:
        return given
    if match["kind"] == ":?":
        raise MissingVariable(match["rest"])
    return str(match["rest"])

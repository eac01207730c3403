"""How candidates are scored, as people choose it: the weights, and what decides among equals."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection

from sublarr_tasks import preferences
from sublarr_tasks.clients.providers import Media
from sublarr_tasks.errors import InputError
from sublarr_tasks.subtitles.matching import Match
from sublarr_tasks.subtitles.scoring import USUAL, Weights
from sublarr_tasks.subtitles.sources import PROVIDERS
from sublarr_tasks.viewers import Viewer
from sublarr_tasks.wanted import records
from sublarr_tasks.wanted.judging import Bonuses, Rules

_NAME = "scoring"
MOST_POINTS = 1000
# What is known of a provider shall never outweigh what is known of a subtitle.
MOST_SUCCESS = 50
# What is chosen at once; the rest of a preset is as it is from the beginning.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "standard": {},
    "anime": {"weights": {"episode": {"release_group": 20}}, "bonuses": {"styled": 80}},
    "plain": {"bonuses": {"styled": 0}},
}


def rules(db: Connection) -> Rules:
    """Read how candidates are scored, and what providers have earned so far."""
    chosen = _rules(preferences.kept(db, _NAME))
    most = chosen.bonuses.success
    if not most:
        return chosen
    shares = records.success(db)
    earned = {kind: round(most * (2 * share - 1)) for kind, share in shares.items()}
    return replace(chosen, earned=earned)


def change(db: Connection, viewer: Viewer, changes: Mapping[str, Any]) -> Rules:
    """Change some weights and bonuses; raises Forbidden, and InputError that names each."""
    viewer.require_admin()
    _check(changes)
    with preferences.changing(db, _NAME) as value:
        for media, weights in changes.get("weights", {}).items():
            value.setdefault("weights", {}).setdefault(media, {}).update(weights)
        value.setdefault("bonuses", {}).update(changes.get("bonuses", {}))
    return rules(db)


def take_preset(db: Connection, viewer: Viewer, name: str) -> Rules:
    """Put a preset in place of all that was chosen; raises Forbidden and InputError."""
    viewer.require_admin()
    if name not in PRESETS:
        raise InputError({"preset": f"These are known: {', '.join(PRESETS)}."})
    with preferences.changing(db, _NAME) as value:
        value.clear()
        value.update(PRESETS[name])
    return rules(db)


def _rules(kept: Mapping[str, Any]) -> Rules:
    chosen = kept.get("weights", {})
    weights: Weights = {
        media: dict(own) | {Match(name): n for name, n in chosen.get(media.value, {}).items()}
        for media, own in USUAL.items()
    }
    return Rules(weights, replace(Bonuses(), **kept.get("bonuses", {})))


def _check(changes: Mapping[str, Any]) -> None:
    wrong: dict[str, str] = {}
    for media, weights in changes.get("weights", {}).items():
        known = {each.value for each in USUAL[Media(media)]}
        for name, points in weights.items():
            if name not in known:
                wrong[f"weights.{media}.{name}"] = f"These are known: {', '.join(sorted(known))}."
            elif not 0 <= points <= MOST_POINTS:
                wrong[f"weights.{media}.{name}"] = f"Give 0 to {MOST_POINTS}."
    for name, points in changes.get("bonuses", {}).items():
        given = points if name == "providers" else {name: points}
        for each, number in given.items():
            where = f"bonuses.{name}" + (f".{each}" if name == "providers" else "")
            if name == "providers" and each not in PROVIDERS:
                wrong[where] = f"These are known: {', '.join(PROVIDERS)}."
            elif abs(number) > MOST_POINTS:
                wrong[where] = f"Give -{MOST_POINTS} to {MOST_POINTS}."
    if wrong:
        raise InputError(wrong)


def to_json(rules: Rules) -> dict[str, Any]:
    """Return the rules as the API shows them."""
    return {
        "weights": {
            media.value: {match.value: points for match, points in own.items()}
            for media, own in rules.weights.items()
        },
        "bonuses": asdict(rules.bonuses),
        "earned": dict(rules.earned),
    }

"""What a scan does: its options, and the profiles that name sets of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from sublarr_tasks.errors import InputError


class EnrichmentMode(StrEnum):
    """How much the enriching phase asks the providers for."""

    NONE = "none"
    METADATA_ONLY = "metadata-only"
    FULL = "full"


class Publishing(StrEnum):
    """What a scan writes beside films: as the library wants it, or as a person asks."""

    AS_LIBRARY = "as-library"
    DRY_RUN = "dry-run"
    WRITE = "write"
    UNDO = "undo"


class Profile(StrEnum):
    """A named set of options."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """The options of one scan, as its row keeps them.

    `max_directories` stops discovery after so many directories with films. `accept_losses` lets
    a scan remove what is gone even when more than a third of the library is. `paths` are
    directories below the library's root that go first, or with `only_paths` alone. With
    `only_enrichment` no file is looked at. With `refresh` the services are asked for all, whether
    due or not. Enriching and publishing are of these `items` alone, if any are given.
    """

    enable_caching: bool = True
    enable_enrichment: bool = True
    skip_asset_discovery: bool = False
    skip_ffprobe: bool = False
    max_directories: int | None = None
    enrichment_mode: EnrichmentMode = EnrichmentMode.METADATA_ONLY
    accept_losses: bool = False
    paths: tuple[str, ...] = ()
    only_paths: bool = False
    only_enrichment: bool = False
    refresh: bool = False
    publishing: Publishing = Publishing.AS_LIBRARY
    items: tuple[int, ...] = ()

    @property
    def whole(self) -> bool:
        """Tell whether all of a library is looked at."""
        return not (self.only_paths or self.only_enrichment)

    @property
    def enriches(self) -> bool:
        """Tell whether metadata services are asked."""
        return self.enable_enrichment and self.enrichment_mode != EnrichmentMode.NONE

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ScanOptions":
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in stored.items() if name in known}
        return cls(**given | {name: tuple(given.get(name, ())) for name in ("paths", "items")})


PROFILES = {
    Profile.QUICK: ScanOptions(
        enable_caching=False,
        enable_enrichment=False,
        skip_ffprobe=True,
        enrichment_mode=EnrichmentMode.NONE,
    ),
    Profile.STANDARD: ScanOptions(),
    Profile.FULL: ScanOptions(enrichment_mode=EnrichmentMode.FULL),
}


def resolve(profile: Profile, overrides: Mapping[str, Any]) -> ScanOptions:
    """Apply a person's options over a profile's; raises InputError that names each field."""
    known = {field.name for field in fields(ScanOptions)}
    wrong = {f"options.{name}": "There is no such option." for name in overrides.keys() - known}
    limit = overrides.get("max_directories")
    if limit is not None and limit < 1:
        wrong["options.max_directories"] = "Give 1 or more, or leave it out."
    if overrides.get("only_paths") and not overrides.get("paths"):
        wrong["options.paths"] = "Say which directories."
    chosen = None if wrong else replace(PROFILES[profile], **overrides)
    asked = chosen is not None and chosen.publishing != Publishing.AS_LIBRARY
    if chosen is not None and chosen.only_enrichment and not (chosen.enriches or asked):
        wrong["options.only_enrichment"] = "With these options nothing is enriched."
    if wrong:
        raise InputError(wrong)
    return replace(PROFILES[profile], **overrides)

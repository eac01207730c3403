"""Which profile holds for a video: the nearest assignment does.

That of an episode comes before its season's, its series', a tag's, a service's, its library's, and
the default profile last. An assignment of no profile says that nothing is wanted there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from sublarr_tasks.models import LanguageProfile, ProfileAssignment
from sublarr_tasks.wanted.facts import Video
from sublarr_tasks.wanted.profiles import Profile, Wish


@dataclass(frozen=True, slots=True)
class Assignments:
    """All profiles, and whose they are."""

    profiles: Mapping[int, Profile]
    default: int | None = None
    items: Mapping[int, int | None] = field(default_factory=dict)
    tags: Mapping[str, int | None] = field(default_factory=dict)
    integrations: Mapping[int, int | None] = field(default_factory=dict)
    libraries: Mapping[int, int | None] = field(default_factory=dict)

    def of(self, video: Video) -> Profile | None:
        """Return a video's profile, None where nothing is wanted.

        Of several tags that have one, the first in the alphabet decides.
        """
        for item_id in video.item_ids:
            if item_id in self.items:
                return self._profile(self.items[item_id])
        for tag in sorted(video.tags & self.tags.keys()):
            return self._profile(self.tags[tag])
        for integration_id in sorted(video.integration_ids & self.integrations.keys()):
            return self._profile(self.integrations[integration_id])
        if video.library_id in self.libraries:
            return self._profile(self.libraries[video.library_id])
        return self._profile(self.default)

    def _profile(self, profile_id: int | None) -> Profile | None:
        return None if profile_id is None else self.profiles[profile_id]


def load(db: Connection) -> Assignments:
    """Read all profiles and assignments."""
    profiles = db.execute(select(*LanguageProfile.__table__.c)).all()
    if not profiles:
        return Assignments({})
    rows = db.execute(select(*ProfileAssignment.__table__.c)).all()
    return Assignments(
        profiles={
            row.id: Profile(
                row.id,
                row.name,
                tuple(Wish.from_json(each) for each in row.wishes),
                row.cutoff,
                row.undetermined,
                tuple((one, other) for one, other in row.equal_languages),
            )
            for row in profiles
        },
        default=next((row.id for row in profiles if row.is_default), None),
        items={row.item_id: row.profile_id for row in rows if row.item_id is not None},
        tags={row.tag.lower(): row.profile_id for row in rows if row.tag is not None},
        integrations={
            row.integration_id: row.profile_id for row in rows if row.integration_id is not None
        },
        libraries={row.library_id: row.profile_id for row in rows if row.library_id is not None},
    )

"""Pictures of items: offered by services, chosen by their scores, left as people wish.

What lies beside the film outranks whatever is offered, and nothing is ever taken away from there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks.assets import Stored
from sublarr_tasks.clients.metadata.facts import Picture, PictureType
from sublarr_tasks.db import among
from sublarr_tasks.enrichment import scoring
from sublarr_tasks.enrichment.scoring import Offer
from sublarr_tasks.library import families
from sublarr_tasks.models import Artwork, ArtworkState, Asset, Item, ItemKind, Publication
from sublarr_tasks.preferences import Enrichment

# Of each type and provider so many are kept, the best ones: nobody looks through more.
MOST_OFFERED = 10
# A statement takes 65,535 parameters.
MOST_AT_ONCE = 1000
NOT_FETCHED = timedelta(hours=1)
# Pictures that differ in so few of 64 bits are one and the same, but for size and compression.
ALIKE_BITS = 6
# What each kind of item may have; a season's and an episode's pictures are few.
TYPES: Mapping[str, frozenset[PictureType]] = {
    ItemKind.MOVIE: frozenset(PictureType) - {PictureType.THUMB},
    ItemKind.SERIES: frozenset(PictureType) - {PictureType.THUMB, PictureType.DISCART},
    ItemKind.SEASON: frozenset({PictureType.POSTER, PictureType.BANNER, PictureType.LANDSCAPE}),
    ItemKind.EPISODE: frozenset({PictureType.THUMB}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that is to be fetched, and whose it is."""

    id: int
    item_id: int
    subject: str


def offer(
    db: Connection,
    provider: str,
    pictures: Mapping[int, Iterable[Picture]],
    chosen: Enrichment,
) -> None:
    """Keep what a provider offers, by item id; what it no longer does goes, if nobody has it."""
    drafts = [
        draft
        for item_id, offered in sorted(pictures.items())
        for draft in _best(item_id, provider, offered, chosen.language)
    ]
    db.execute(
        delete(Artwork).where(
            among(Artwork.item_id, [*pictures]),
            Artwork.provider == provider,
            Artwork.state == ArtworkState.OFFERED,
            ~Artwork.by_person,
        )
    )
    news = ("width", "height", "language", "votes", "vote_count", "score", "factors")
    for start in range(0, len(drafts), MOST_AT_ONCE):
        given = upsert(Artwork).values(drafts[start : start + MOST_AT_ONCE])
        db.execute(
            given.on_conflict_do_update(
                index_elements=[Artwork.item_id, Artwork.type, func.md5(Artwork.url)],
                set_={name: given.excluded[name] for name in news},
            )
        )


def choose(db: Connection, item_ids: Collection[int], chosen: Enrichment) -> list[Wanted]:
    """Choose pictures for items and their parts; returns those whose bytes are not here yet.

    What a person chose or rejected stays; a type that is locked stays as it is.
    """
    items = db.execute(
        select(Item.id, Item.kind, Item.title, Item.locked_artwork)
        .where(among(Item.id, [*families.members(db, item_ids)]))
        .order_by(Item.id)
        .with_for_update()
    ).all()
    local = _local(db, [item.id for item in items])
    offered: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in db.execute(
        select(*Artwork.__table__.c)
        .where(among(Artwork.item_id, [item.id for item in items]))
        .order_by(Artwork.by_person.desc(), Artwork.score.desc(), Artwork.id)
    ):
        offered[row.item_id, row.type].append(row)
    by_id = {item.id: item for item in items}
    changed: set[int] = set()
    for (item_id, type_), rows in sorted(offered.items()):
        item = by_id[item_id]
        most = 0 if (item_id, type_) in local else chosen.limit(type_)
        free = type_ in TYPES[item.kind] and type_ not in item.locked_artwork
        if free and _decide(db, rows, most, local=(item_id, type_) in local):
            changed.add(item_id)
    wanted = _missing(db, {item.id: item.title for item in items})
    # What is not fetched, because a scan ended early, is due in an hour.
    later = func.now() + literal(NOT_FETCHED)
    lacking = {each.item_id for each in wanted}
    db.execute(
        update(Item)
        .where(among(Item.id, [item.id for item in items]))
        .values(
            artwork_at=func.now(),
            artwork_due_at=case((among(Item.id, lacking), later), else_=None),
            updated_at=case((among(Item.id, changed), func.now()), else_=Item.updated_at),
        )
    )
    return wanted


def settled(db: Connection, artwork_ids: Collection[int]) -> None:
    """Note which items lack none of their chosen pictures' bytes any more."""
    mine = select(Artwork.item_id).where(among(Artwork.id, artwork_ids))
    lacking = exists().where(
        Artwork.item_id == Item.id,
        Artwork.state == ArtworkState.CHOSEN,
        Artwork.cache_sha256.is_(None),
    )
    db.execute(update(Item).where(Item.id.in_(mine), ~lacking).values(artwork_due_at=None))


def owners(db: Connection, artwork_ids: Collection[int]) -> list[int]:
    """Return the items of some pictures."""
    return list(
        db.scalars(select(Artwork.item_id).where(among(Artwork.id, artwork_ids)).distinct())
    )


def fetched(db: Connection, artwork_id: int, stored: Stored, hash_: int | None) -> bool:
    """Keep what a picture's bytes are; false where another of its item looks the same.

    Of the two the one with the lower score is rejected, but for what a person chose.
    """
    row = db.execute(select(*Artwork.__table__.c).where(Artwork.id == artwork_id)).one_or_none()
    if row is None:
        return True
    db.execute(select(Item.id).where(Item.id == row.item_id).with_for_update())
    others = db.execute(
        select(Artwork.id, Artwork.likeness, Artwork.by_person, Artwork.score).where(
            Artwork.item_id == row.item_id,
            Artwork.type == row.type,
            Artwork.state == ArtworkState.CHOSEN,
            Artwork.id != artwork_id,
            Artwork.likeness.is_not(None),
        )
    ).all()
    same = next((each for each in others if alike(each.likeness, hash_)), None)
    values: dict[str, Any] = {"cache_sha256": stored.sha256, "likeness": hash_}
    db.execute(update(Item).where(Item.id == row.item_id).values(updated_at=func.now()))
    if stored.width is not None:
        values |= {"width": stored.width, "height": stored.height}
    db.execute(
        update(Artwork).where(Artwork.id == artwork_id).values(values | {"updated_at": func.now()})
    )
    if same is None:
        return True
    worse, better = sorted((row, same), key=lambda each: (each.by_person, each.score, -each.id))
    if not worse.by_person:
        _reject(db, worse.id, f"looks_like:{better.id}")
    return bool(worse.by_person)


def unfetched(db: Connection, reasons: Mapping[int, str]) -> list[int]:
    """Reject pictures whose bytes cannot be had; returns their items."""
    found: list[int] = []
    for artwork_id, reason in sorted(reasons.items()):
        found += _reject(db, artwork_id, reason)
    return found


def _reject(db: Connection, artwork_id: int, reason: str) -> Sequence[int]:
    """Reject a picture; returns its item's id, if it is there."""
    return db.scalars(
        update(Artwork)
        .where(Artwork.id == artwork_id)
        .values(state=ArtworkState.REJECTED, reason=reason, updated_at=func.now())
        .returning(Artwork.item_id)
    ).all()


def alike(one: int, other: int | None) -> bool:
    """Tell whether two likenesses are of one picture."""
    if other is None:
        return False
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count() <= ALIKE_BITS


def _best(
    item_id: int, provider: str, offered: Iterable[Picture], language: str
) -> list[dict[str, Any]]:
    """Return the values of the best offers of each type, each address once."""
    by_type: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for picture in offered:
        rated = Offer(
            picture.type,
            provider,
            picture.width,
            picture.height,
            picture.language,
            picture.votes,
            picture.vote_count,
        )
        total, factors = scoring.score(rated, language)
        values = asdict(rated) | {
            "item_id": item_id,
            "url": picture.url,
            "score": total,
            "factors": dict(factors),
        }
        by_type[picture.type].setdefault(picture.url, values)
    return [
        values
        for alike in by_type.values()
        for values in sorted(alike.values(), key=lambda each: -each["score"])[:MOST_OFFERED]
    ]


def _decide(db: Connection, rows: Sequence[Any], most: int, *, local: bool) -> bool:
    """Choose the best of one type, and say of each of the others why not; tell if any is new."""
    changed = False
    taken = sum(row.state == ArtworkState.CHOSEN and row.by_person for row in rows)
    for row in rows:
        if row.by_person or row.state == ArtworkState.REJECTED:
            continue
        if taken < most:
            state, reason, taken = ArtworkState.CHOSEN, "best_score", taken + 1
        else:
            state, reason = ArtworkState.OFFERED, "local_artwork" if local else "enough"
        if (row.state, row.reason) != (state, reason):
            changed |= row.state != state
            db.execute(
                update(Artwork)
                .where(Artwork.id == row.id)
                .values(state=state, reason=reason, updated_at=func.now())
            )
    return changed


def _missing(db: Connection, titles: Mapping[int, str]) -> list[Wanted]:
    """Return the chosen pictures of items whose bytes are not here, the best first."""
    rows = db.execute(
        select(Artwork.id, Artwork.item_id, Artwork.type)
        .where(
            among(Artwork.item_id, [*titles]),
            Artwork.state == ArtworkState.CHOSEN,
            Artwork.cache_sha256.is_(None),
        )
        .order_by(Artwork.item_id, Artwork.type, Artwork.score.desc(), Artwork.id)
    )
    return [Wanted(row.id, row.item_id, f"{titles[row.item_id]}: {row.type}") for row in rows]


def _local(db: Connection, item_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return which types of picture lie beside which items, but for those that we wrote."""
    ours = exists().where(
        Publication.directory_id == Asset.directory_id,
        func.md5(Publication.name) == func.md5(Asset.name),
    )
    rows = db.execute(
        select(Asset.item_id, Asset.type)
        .where(among(Asset.item_id, item_ids), Asset.missing_since.is_(None), ~ours)
        .distinct()
    )
    return {(row.item_id, row.type) for row in rows}

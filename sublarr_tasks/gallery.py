"""What people say about pictures: this one, never that one, this of my own, as you think best."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import assets, cache_rows
from sublarr_tasks.assets import CachedFile
from sublarr_tasks.errors import InputError, NotFound, UnitError
from sublarr_tasks.library import families, likeness
from sublarr_tasks.models import Artwork, ArtworkState, CacheFile, Item, Library
from sublarr_tasks.viewers import Viewer

UPLOAD = "upload"
BEST = 100.0
_COLUMNS = tuple(Artwork.__table__.c)


def offered(
    db: Connection, viewer: Viewer, item_id: int, type_: str | None = None
) -> Sequence[Row[Any]]:
    """List an item's pictures, type by type, the best first; raises NotFound."""
    _item(db, viewer, item_id)
    statement = select(*_COLUMNS).where(Artwork.item_id == item_id)
    if type_ is not None:
        statement = statement.where(Artwork.type == type_)
    return db.execute(
        statement.order_by(Artwork.type, Artwork.by_person.desc(), Artwork.score.desc(), Artwork.id)
    ).all()


def decide(db: Connection, viewer: Viewer, artwork_id: int, state: ArtworkState) -> Row[Any]:
    """Choose or reject a picture for good, or leave it to its score; raises NotFound, Forbidden."""
    item_id = db.scalar(select(Artwork.item_id).where(Artwork.id == artwork_id))
    if item_id is None:
        raise NotFound(f"There is no artwork {artwork_id}.")
    try:
        owner_id = _item(db, viewer, item_id)
    except NotFound as error:
        raise NotFound(f"There is no artwork {artwork_id}.") from error
    viewer.require_change(owner_id)
    changed = db.execute(
        update(Artwork)
        .where(Artwork.id == artwork_id)
        .values(
            state=state,
            by_person=state is not ArtworkState.OFFERED,
            reason=None if state is ArtworkState.OFFERED else "by_request",
            updated_at=func.now(),
        )
        .returning(*_COLUMNS)
    ).one()
    _choose_again(db, item_id)
    return changed


def upload(db: Connection, viewer: Viewer, item_id: int, type_: str, content: bytes) -> Row[Any]:
    """Give an item a picture, which is chosen; raises NotFound, Forbidden, InputError."""
    viewer.require_change(_item(db, viewer, item_id))
    store = assets.current()
    try:
        received = store.receive_bytes(content, "jpg")
        hash_ = likeness.of(received.temporary)
        store.keep(received)
    except UnitError as error:
        raise InputError({"body": f"This is no picture that can be kept: {error}."}) from error
    stored = received.stored
    cache_rows.keep(db, store, {stored})
    values = {
        "item_id": item_id,
        "type": type_,
        "provider": UPLOAD,
        "url": f"sha256:{stored.sha256.hex()}",
        "width": stored.width,
        "height": stored.height,
        "score": BEST,
        "factors": {},
        "state": ArtworkState.CHOSEN,
        "reason": "by_request",
        "by_person": True,
        "cache_sha256": stored.sha256,
        "likeness": hash_,
    }
    made = db.execute(
        upsert(Artwork)
        .values(values)
        .on_conflict_do_update(
            index_elements=[Artwork.item_id, Artwork.type, func.md5(Artwork.url)],
            set_={"state": ArtworkState.CHOSEN, "by_person": True, "reason": "by_request"},
        )
        .returning(*_COLUMNS)
    ).one()
    _choose_again(db, item_id)
    return made


def reset(db: Connection, viewer: Viewer, item_id: int, type_: str | None = None) -> None:
    """Forget what people said about an item's pictures; raises NotFound, Forbidden."""
    viewer.require_change(_item(db, viewer, item_id))
    mine = [Artwork.item_id == item_id]
    locked = []
    if type_ is not None:
        mine.append(Artwork.type == type_)
        before = db.scalar(select(Item.locked_artwork).where(Item.id == item_id).with_for_update())
        locked = [each for each in before or () if each != type_]
    db.execute(delete(Artwork).where(*mine, Artwork.provider == UPLOAD))
    db.execute(
        update(Artwork)
        .where(*mine)
        .values(state=ArtworkState.OFFERED, by_person=False, reason=None, updated_at=func.now())
    )
    db.execute(update(Item).where(Item.id == item_id).values(locked_artwork=locked))
    _choose_again(db, item_id)


def cached_file(db: Connection, viewer: Viewer, artwork_id: int) -> CachedFile:
    """Find a picture's bytes; raises NotFound where the cache has none."""
    row = db.execute(
        select(Artwork.type, CacheFile.sha256, CacheFile.extension, CacheFile.content_type)
        .join(CacheFile, CacheFile.sha256 == Artwork.cache_sha256)
        .join(Item, Item.id == Artwork.item_id)
        .join(Library, Library.id == Item.library_id)
        .where(Artwork.id == artwork_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"Artwork {artwork_id} is not in the cache.")
    path = assets.current().path(row.sha256, row.extension)
    return CachedFile(path, row.sha256, row.content_type, f"{row.type}.{row.extension}")


def _item(db: Connection, viewer: Viewer, item_id: int) -> int | None:
    """Return the owner of an item's library; raises NotFound."""
    found = db.execute(
        select(Library.owner_id)
        .join(Item, Item.library_id == Library.id)
        .where(Item.id == item_id, viewer.sees(Library.owner_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no item {item_id}.")
    return found.owner_id  # type: ignore[no-any-return]


def _choose_again(db: Connection, item_id: int) -> None:
    """Let the film, or the series that a season or an episode is of, be given artwork anew."""
    whole = families.whole(db, item_id)
    db.execute(update(Item).where(Item.id == whole).values(artwork_due_at=func.now()))
    db.execute(update(Item).where(Item.id == item_id).values(updated_at=func.now()))

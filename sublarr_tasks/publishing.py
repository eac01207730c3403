"""What is to be written beside films and series, and what was: NFO files and chosen artwork.

Names are those that Kodi and Jellyfin read. A picture of somebody else's is never replaced; an NFO
is changed only where what it says comes from elsewhere, and as it was before it is kept.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import assets, cache_rows
from sublarr_tasks.db import among, transaction
from sublarr_tasks.errors import UnitError
from sublarr_tasks.library import beside, families, layers
from sublarr_tasks.library.beside import Placed
from sublarr_tasks.library.nfo import composing
from sublarr_tasks.models import (
    Artwork,
    ArtworkState,
    Asset,
    CacheFile,
    Directory,
    FileName,
    Item,
    ItemKind,
    MediaFile,
    Publication,
    SharedFile,
)

ROOTS = {
    ItemKind.MOVIE: "movie",
    ItemKind.SERIES: "tvshow",
    ItemKind.EPISODE: "episodedetails",
}
# Edition has no element of its own that all agree on.
WRITTEN = tuple(name for name in layers.FIELDS if name != "edition")


@dataclass(frozen=True, slots=True)
class Target:
    """A file that is to be; `name` is relative to its directory, as names are in rows.

    An NFO has a `root` and `values`, of which those in `local` are the old one's own; a picture has
    the address of its bytes in the cache.
    """

    item_id: int
    directory_id: int
    folder: str
    name: str
    root: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    picture: tuple[bytes, str] | None = None

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def content(self, old: bytes | None, written: Collection[str], store: assets.Store) -> bytes:
        """Return what the file should be; raises UnitError.

        Fields that were `written` before and are empty now go.
        """
        if self.root is not None:
            left = () if old is None else self.local
            values = {name: value for name, value in self.values.items() if name not in left}
            emptied = dict.fromkeys({*written} - self.values.keys() - self.local)
            return composing.compose(old, self.root, emptied | values)
        assert self.picture is not None
        content = beside.read(str(store.path(*self.picture)), store.most_bytes)
        if content is None:
            raise UnitError("not_cached", "the cache has lost it; the next full scan fetches it")
        return content


@dataclass(frozen=True, slots=True)
class Action:
    """What was done about one file, or would be; `placed` is how it is now, None where it went."""

    done: str
    path: str
    target: Target | None = None
    placed: Placed | None = None
    gone: int | None = None


def family(db: Connection, item_ids: Collection[int]) -> dict[int, list[Any]]:
    """Return films, and series with their parts, as rows by the film's or series' id."""
    wholes = families.members(db, item_ids)
    rows = db.execute(
        select(*Item.__table__.c, Directory.path.label("folder"))
        .join(Directory, Directory.id == Item.directory_id)
        .where(among(Item.id, [*wholes]))
        .order_by(Item.id)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[wholes[row.id]].append(row)
    return found


def targets(
    db: Connection, items: Sequence[Any], *, with_nfo: bool, with_artwork: bool
) -> list[Target]:
    """Return the files that a family of items should have."""
    ids = [item.id for item in items]
    stems = _stems(db, ids)
    found: list[Target] = []
    if with_nfo:
        old = _old_nfos(db, ids)
        found += [made for item in items if (made := _nfo(item, stems, old)) is not None]
    if with_artwork:
        chosen = _chosen(db, ids)
        found += [made for item in items for made in _pictures(item, stems, chosen[item.id])]
    return found


def published(db: Connection, item_ids: Collection[int]) -> list[Any]:
    """Return the files of ours that items have, with the folders that they are in."""
    return list(
        db.execute(
            select(*Publication.__table__.c, Directory.path.label("folder"))
            .join(Directory, Directory.id == Publication.directory_id)
            .where(among(Publication.item_id, item_ids))
            .order_by(Publication.id)
        )
    )


def place(root: str, target: Target, ours: Any | None, store: assets.Store, *, dry: bool) -> Action:  # noqa: ANN401 - a publication's row
    """Write one file, unless it is as it should be or somebody else's; raises UnitError."""
    path = f"{root}/{target.path}"
    old = beside.read(path, store.most_bytes)
    mine = ours is not None and old is not None and sha256(old).digest() == ours.sha256
    if target.picture is not None and old is not None and not mine:
        return Action("left, it is not ours:", target.path)
    content = target.content(old, ours.fields if ours is not None and mine else (), store)
    if old == content and ours is not None:
        return Action("as it should be:", target.path)
    if dry:
        return Action("would change" if old is not None else "would write", target.path)
    _intend(target, content, None if mine else old, store)
    return Action("wrote", target.path, target, beside.write(path, content))


def take_back(root: str, row: Any, store: assets.Store, before: str | None) -> Action:  # noqa: ANN401 - a publication's row
    """Undo one file: as it was before, or gone; not where somebody changed it since."""
    shown = f"{row.folder}/{row.name}" if row.folder else row.name
    path = f"{root}/{shown}"
    now = beside.read(path, store.most_bytes)
    if now is not None and sha256(now).digest() != row.sha256:
        return Action("left, it was changed since:", shown)
    if before is None:
        beside.remove(path)
        return Action("removed", shown, gone=row.id)
    content = beside.read(str(store.path(row.before_sha256, before)), store.most_bytes)
    if content is None:
        raise UnitError("not_cached", f"what was before {shown} is lost")
    beside.write(path, content)
    return Action("brought back", shown, gone=row.id)


def extensions(db: Connection, rows: Sequence[Any]) -> dict[bytes, str]:
    """Return how the cache names what was there before."""
    digests = [row.before_sha256 for row in rows if row.before_sha256 is not None]
    found = select(CacheFile.sha256, CacheFile.extension).where(CacheFile.sha256.in_(digests))
    return {row.sha256: row.extension for row in db.execute(found)} if digests else {}


def note(db: Connection, actions: Sequence[Action], item_ids: Collection[int]) -> None:
    """Write down how files are now, and that items were published."""
    for action in actions:
        if action.target is not None and action.placed is not None:
            db.execute(
                update(Publication)
                .where(
                    Publication.directory_id == action.target.directory_id,
                    func.md5(Publication.name) == func.md5(literal(action.target.name, FileName())),
                )
                .values(size=action.placed.size, mtime_ns=action.placed.mtime_ns)
            )
    gone = [action.gone for action in actions if action.gone is not None]
    db.execute(delete(Publication).where(among(Publication.id, gone)))
    db.execute(
        update(Item).where(among(Item.id, item_ids)).values(published_at=func.clock_timestamp())
    )


def _intend(target: Target, content: bytes, old: bytes | None, store: assets.Store) -> None:
    """Write down what will be there, and keep what is; before the file changes."""
    kept = None
    if old is not None:
        received = store.receive_bytes(old, "nfo")
        store.keep(received)
        kept = received.stored
    fields = sorted(target.values.keys() - target.local) if target.root is not None else []
    values = {
        "item_id": target.item_id,
        "directory_id": target.directory_id,
        "name": target.name,
        "sha256": sha256(content).digest(),
        "before_sha256": None if kept is None else kept.sha256,
        "fields": fields,
    }
    given = upsert(Publication).values(values)
    before = {} if kept is None else {"before_sha256": given.excluded.before_sha256}
    with transaction() as db:
        if kept is not None:
            cache_rows.keep(db, store, {kept})
        db.execute(
            given.on_conflict_do_update(
                index_elements=[Publication.directory_id, func.md5(Publication.name)],
                set_={
                    "item_id": given.excluded.item_id,
                    "sha256": given.excluded.sha256,
                    "fields": given.excluded.fields,
                    "size": None,
                    "mtime_ns": None,
                    "written_at": func.now(),
                    **before,
                },
            )
        )


def _stems(db: Connection, item_ids: Collection[int]) -> dict[int, str]:
    """Return the names of items' videos without their ending; not of those that hold several."""
    shared = select(SharedFile.media_file_id)
    rows = db.execute(
        select(MediaFile.item_id, MediaFile.name)
        .where(
            among(MediaFile.item_id, item_ids),
            MediaFile.role.in_(("main", "part")),
            MediaFile.missing_since.is_(None),
            MediaFile.id.not_in(shared),
        )
        .order_by(MediaFile.item_id, MediaFile.role, MediaFile.part.desc().nulls_first())
    )
    stems = {row.item_id: str(PurePath(row.name).with_suffix("")) for row in rows}
    discs = {"bdmv", "video_ts"}
    return {i: s for i, s in stems.items() if not {p.lower() for p in PurePath(s).parts} & discs}


def _old_nfos(db: Connection, item_ids: Collection[int]) -> dict[int, str]:
    rows = db.execute(
        select(Asset.item_id, Asset.name)
        .where(among(Asset.item_id, item_ids), Asset.type == "nfo", Asset.missing_since.is_(None))
        .order_by(Asset.item_id, Asset.ordinal.desc(), Asset.name.desc())
    )
    return {row.item_id: row.name for row in rows}


def _nfo(item: Any, stems: Mapping[int, str], old: Mapping[int, str]) -> Target | None:  # noqa: ANN401 - an item's row
    """Describe an item's NFO; a season has none, nor an episode that shares its file."""
    root = ROOTS.get(item.kind)
    name = old.get(item.id) or ("tvshow.nfo" if item.kind == ItemKind.SERIES else None)
    if name is None and item.id in stems:
        name = f"{stems[item.id]}.nfo"
    if root is None or name is None or (item.kind == ItemKind.EPISODE and item.id not in stems):
        return None
    values = {each: getattr(item, each) for each in WRITTEN if getattr(item, each)}
    if item.sort_title == item.title or "sort_title" not in {*item.local_fields, *item.edits}:
        values.pop("sort_title", None)
    values |= {"season": item.season_number, "episode": item.episode_number}
    local = frozenset(item.local_fields) - item.edits.keys()
    return Target(item.id, item.directory_id, item.folder, name, root, values, local)


def _chosen(db: Connection, item_ids: Collection[int]) -> dict[int, list[Any]]:
    by_item: dict[int, list[Any]] = defaultdict(list)
    for row in db.execute(
        select(Artwork.item_id, Artwork.type, CacheFile.sha256, CacheFile.extension)
        .join(CacheFile, CacheFile.sha256 == Artwork.cache_sha256)
        .where(among(Artwork.item_id, item_ids), Artwork.state == ArtworkState.CHOSEN)
        .order_by(Artwork.type, Artwork.by_person.desc(), Artwork.score.desc(), Artwork.id)
    ):
        by_item[row.item_id].append(row)
    return by_item


def _pictures(item: Any, stems: Mapping[int, str], chosen: Sequence[Any]) -> list[Target]:  # noqa: ANN401 - an item's row
    """Name an item's pictures: fanart, fanart1, fanart2; a season's by its number."""
    prefix = _prefix(item, stems)
    if prefix is None:
        return []
    found, counted = [], defaultdict[str, int](int)
    for row in chosen:
        number = counted[row.type] or ""
        counted[row.type] += 1
        name = f"{prefix}{row.type}{number}.{row.extension}"
        picture = (row.sha256, row.extension)
        found.append(Target(item.id, item.directory_id, item.folder, name, picture=picture))
    return found


def _prefix(item: Any, stems: Mapping[int, str]) -> str | None:  # noqa: ANN401 - an item's row
    if item.kind == ItemKind.SERIES:
        return ""
    if item.kind == ItemKind.SEASON:
        number = item.season_number
        return None if number is None else f"season{number:02}-" if number else "season-specials-"
    stem = stems.get(item.id)
    return None if stem is None else f"{stem}-"

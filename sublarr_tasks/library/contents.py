"""What the files of one directory are to one another, by their names alone.

`arrange` is a pure function: it opens no file. Every video of the directory is a video, an
extra, a trailer or a theme of exactly one film. A directory without any film's file (nothing
but trailers, say) has no film.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sublarr_tasks.library import kinds
from sublarr_tasks.library.discs import is_disc, read_discs
from sublarr_tasks.library.extras import Bonus, extra_kind, separate
from sublarr_tasks.library.gathering import gather
from sublarr_tasks.library.groups import Group, group
from sublarr_tasks.library.listing import Entry, Listing
from sublarr_tasks.library.names import FileName, squeeze, take_apart
from sublarr_tasks.library.release import parse
from sublarr_tasks.library.sidecars import (
    Asset,
    AssetType,
    Owners,
    Sidecar,
    find_nfo,
    find_themes,
    is_theme_song,
)
from sublarr_tasks.library.stacks import stack
from sublarr_tasks.library.videos import Home, Video, VideoRole, assign_roles
from sublarr_tasks.library.works import Extra, Work

__all__ = ["Asset", "AssetType", "Extra", "Video", "VideoRole", "Work", "arrange"]

_SIDECAR_FOLDERS = kinds.SUBTITLE_FOLDERS | kinds.ARTWORK_FOLDERS | {"theme-music"}


@dataclass(slots=True)
class _Sorted:
    """The files of a directory by what their extension and folder make of them."""

    videos: list[FileName] = field(default_factory=list)
    discs: list[FileName] = field(default_factory=list)
    bonuses: list[Bonus] = field(default_factory=list)
    sidecars: list[FileName] = field(default_factory=list)


def arrange(listing: Listing, folder: str, *, is_root: bool) -> tuple[Work, ...]:
    """Return the films of a directory; `folder` is its own name, "" for the library's root.

    In a root and in a directory of several films only what carries a film's name belongs to it.
    """
    home = Home.of(folder) if folder and not is_root else None
    files = _sort(listing.files)
    features, named = separate(files.videos, home)
    cuts = stack(features) + read_discs(files.discs, folder)
    if not cuts:
        return ()
    groups = group(cuts, home)
    bonuses = [list[Bonus]() for _ in groups]
    for bonus in named + files.bonuses:
        bonuses[_work_of(bonus, groups)].append(bonus)
    owners = Owners(
        (each.cuts for each in groups),
        (bonus.file.folded for bonus in named),
        sole_home=home if len(groups) == 1 else None,
    )
    sidecars = [list[Sidecar]() for _ in groups]
    for file in files.sidecars:
        found = owners.find(file)
        if found:
            sidecars[found[0]].append(Sidecar(file, found[1]))
    return tuple(
        _work(each, home, bonuses[place], sidecars[place]) for place, each in enumerate(groups)
    )


def _sort(entries: Iterable[Entry]) -> _Sorted:
    files = _Sorted()
    for entry in entries:
        name = take_apart(entry)
        if name.extension == "nfo":
            files.sidecars.append(name)
        elif is_disc(name):
            files.discs.append(name)
        elif name.extension in kinds.VIDEO_EXTENSIONS and not is_theme_song(name):
            if name.folders:
                files.bonuses.append(Bonus(name, extra_kind(name), name.folded))
            else:
                files.videos.append(name)
        elif not name.folders or name.folders[0] in _SIDECAR_FOLDERS:
            files.sidecars.append(name)
    return files


def _work_of(bonus: Bonus, groups: list[Group]) -> int:
    """Return the place of the film that a bonus video is for: by name, else the largest film."""
    if len(groups) == 1:
        return 0
    title = parse(bonus.base)
    for place, each in enumerate(groups):
        if any(bonus.base in cut.stems for cut in each.cuts):
            return place
    same = [place for place, each in enumerate(groups) if each.release.key == title.key]
    dated = [place for place in same if groups[place].year == title.year]
    places = dated or same or range(len(groups))
    return max(places, key=lambda place: groups[place].cuts[0].size)


def _work(each: Group, home: Home | None, bonuses: list[Bonus], sidecars: list[Sidecar]) -> Work:
    main = each.cuts[0]
    nfo = find_nfo(sidecars, each.cuts)
    extras = [Extra(cut_file.entry, "extra") for cut in each.strangers for cut_file in cut.files]
    extras += [
        Extra(bonus.file.entry, bonus.kind)
        for bonus in bonuses
        if bonus.kind != "trailer" and bonus.kind not in kinds.THEMES
    ]
    ids = dict(each.release.ids) | dict(main.release.ids)
    return Work(
        key=each.key,
        title=each.release.title,
        year=each.year,
        edition=main.release.edition or each.release.edition,
        videos=tuple(assign_roles(each.cuts, home)),
        extras=tuple(extras),
        nfo=nfo,
        assets=tuple(_assets(each, nfo, bonuses, sidecars)),
        ids=tuple(ids.items()),
    )


def _assets(
    each: Group, nfo: Iterable[Entry], bonuses: list[Bonus], sidecars: list[Sidecar]
) -> Iterator[Asset]:
    themes = [bonus.file.entry for bonus in bonuses if bonus.kind in kinds.THEMES]
    return gather(
        nfo,
        sidecars,
        trailers=[bonus.file for bonus in bonuses if bonus.kind == "trailer"],
        themes=[*find_themes(sidecars), *themes],
        subtitles_of=squeeze(each.release.title),
    )

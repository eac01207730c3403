"""Language profiles as rows, and whose they are; whatever changes is judged anew everywhere."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sublarr_tasks import languages, paging
from sublarr_tasks.errors import InputError, NotFound
from sublarr_tasks.models import (
    Integration,
    Item,
    LanguageProfile,
    Library,
    ProfileAssignment,
)
from sublarr_tasks.paging import Order, Page, Window
from sublarr_tasks.viewers import Viewer
from sublarr_tasks.wanted.profiles import ANY, Wish

LONGEST_NAME = 100
MOST_WISHES = 50
MOST_PAIRS = 20
MOST_WORDS = 50
LONGEST_WORD = 200
_COLUMNS = tuple(LanguageProfile.__table__.c)
_ASSIGNED = tuple(ProfileAssignment.__table__.c)
_BY_ID = Order("language_profiles", (LanguageProfile.__table__.c.id,), (int,))
_BY_ASSIGNMENT = Order("profile_assignments", (ProfileAssignment.__table__.c.id,), (int,))
_UNSAID: dict[str, Any] = {"cutoff": None, "undetermined": None, "equal_languages": ()}
_TARGETS: Mapping[str, Any] = {
    "item_id": Item,
    "integration_id": Integration,
    "library_id": Library,
}


def page(db: Connection, window: Window) -> Page:
    """List the profiles."""
    return paging.fetch(db, select(LanguageProfile.id), select(*_COLUMNS), _BY_ID, window)


def get(db: Connection, profile_id: int) -> Row[Any]:
    """Return a profile; raises NotFound."""
    return _one(db, profile_id, lock=False)


def add(db: Connection, viewer: Viewer, draft: Mapping[str, Any]) -> Row[Any]:
    """Write a profile down; raises Forbidden, and InputError that names each field.

    The first one is the default until another is.
    """
    viewer.require_admin()
    values = _checked(db, _UNSAID | dict(draft), besides=None)
    if not db.scalar(select(func.count()).select_from(LanguageProfile)):
        values["is_default"] = True
    _only_default(db, values)
    added = db.execute(insert(LanguageProfile).values(values).returning(*_COLUMNS)).one()
    judge_anew(db)
    return added


def change(db: Connection, viewer: Viewer, profile_id: int, changes: Mapping[str, Any]) -> Row[Any]:
    """Change some of a profile; raises Forbidden, NotFound and InputError."""
    viewer.require_admin()
    kept = _one(db, profile_id, lock=True)._asdict()
    values = _checked(db, kept | dict(changes), besides=profile_id)
    _only_default(db, values)
    changed = db.execute(
        update(LanguageProfile)
        .where(LanguageProfile.id == profile_id)
        .values(values | {"updated_at": func.now()})
        .returning(*_COLUMNS)
    ).one()
    judge_anew(db)
    return changed


def want(db: Connection, viewer: Viewer, tags: Sequence[str]) -> Row[Any]:
    """Let the default profile have some languages, as far as it has them as they are there.

    Raises Forbidden, and InputError for what is no language.
    """
    wishes: list[Mapping[str, Any]] = [{"language": tag} for tag in tags]
    default = db.execute(select(*_COLUMNS).where(LanguageProfile.is_default)).one_or_none()
    if default is None:
        return add(db, viewer, {"name": "Default", "wishes": wishes, "is_default": True})
    known = {wish["language"]: wish for wish in default.wishes}
    kept = [known.get(languages.tag(wish["language"]) or "", wish) for wish in wishes]
    return change(db, viewer, default.id, {"wishes": kept})


def remove(db: Connection, viewer: Viewer, profile_id: int) -> None:
    """Forget a profile and its assignments; raises Forbidden and NotFound."""
    viewer.require_admin()
    _one(db, profile_id, lock=True)
    db.execute(delete(LanguageProfile).where(LanguageProfile.id == profile_id))
    judge_anew(db)


def assignments(db: Connection, window: Window) -> Page:
    """List whose profile is which."""
    matching, shown = select(ProfileAssignment.id), select(*_ASSIGNED)
    return paging.fetch(db, matching, shown, _BY_ASSIGNMENT, window)


def assign(
    db: Connection, viewer: Viewer, profile_id: int | None, target: Mapping[str, Any]
) -> Row[Any]:
    """Give an item, a tag, a service or a library its profile, or none at all.

    Raises Forbidden, and InputError where the target is not exactly one that there is.
    """
    viewer.require_admin()
    if len(target) != 1:
        raise InputError({"target": f"Give exactly one of {', '.join([*_TARGETS, 'tag'])}."})
    (name, given) = next(iter(target.items()))
    if profile_id is not None and not _exists(db, LanguageProfile, profile_id):
        raise InputError({"profile_id": f"There is no language profile {profile_id}."})
    if name in _TARGETS and not _exists(db, _TARGETS[name], given):
        raise InputError({name: "There is none with this id."})
    if name == "tag" and not given.strip():
        raise InputError({"tag": "Give a tag."})
    values = {name: given.strip() if name == "tag" else given, "profile_id": profile_id}
    column = ProfileAssignment.__table__.c[name]
    index = func.lower(column) if name == "tag" else column
    written = upsert(ProfileAssignment).values(values)
    row = db.execute(
        written.on_conflict_do_update(
            index_elements=[index], set_={"profile_id": written.excluded.profile_id}
        ).returning(*_ASSIGNED)
    ).one()
    judge_anew(db, _reach(db, row))
    return row


def unassign(db: Connection, viewer: Viewer, assignment_id: int) -> None:
    """Let what is above decide again; raises Forbidden and NotFound."""
    viewer.require_admin()
    statement = delete(ProfileAssignment).where(ProfileAssignment.id == assignment_id)
    gone = db.execute(statement.returning(*_ASSIGNED)).one_or_none()
    if gone is None:
        raise NotFound(f"There is no assignment {assignment_id}.")
    judge_anew(db, _reach(db, gone))


def judge_anew(db: Connection, library_id: int | None = None) -> None:
    """Let what is wanted be worked out again for the videos of one library, or of all."""
    mine = () if library_id is None else (Library.id == library_id,)
    db.execute(update(Library).where(*mine).values(judged_to=0))


def _reach(db: Connection, assignment: Row[Any]) -> int | None:
    """Return the library that an assignment is about, None where it may be about all of them."""
    if assignment.item_id is not None:
        return db.scalar(select(Item.library_id).where(Item.id == assignment.item_id))
    library_id: int | None = assignment.library_id
    return library_id


def _one(db: Connection, profile_id: int, *, lock: bool) -> Row[Any]:
    statement = select(*_COLUMNS).where(LanguageProfile.id == profile_id)
    row = db.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"There is no language profile {profile_id}.")
    return row


def _exists(db: Connection, table: Any, row_id: int) -> bool:  # noqa: ANN401 - a model
    return db.scalar(select(table.id).where(table.id == row_id)) is not None


def _only_default(db: Connection, values: Mapping[str, Any]) -> None:
    if values.get("is_default"):
        db.execute(
            update(LanguageProfile).where(LanguageProfile.is_default).values(is_default=False)
        )


def _checked(db: Connection, given: Mapping[str, Any], *, besides: int | None) -> dict[str, Any]:
    """Return a profile's columns; raises InputError that names each wrong field."""
    wrong: dict[str, str] = {}
    name = given["name"].strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        wrong["name"] = f"Give a name of at most {LONGEST_NAME} characters."
    elif _is_taken(db, name, besides):
        wrong["name"] = "Another profile has this name."
    wishes = given["wishes"]
    if not 1 <= len(wishes) <= MOST_WISHES:
        wrong["wishes"] = f"Give 1 to {MOST_WISHES} languages."
    spelt = [_checked_wish(wish, f"wishes.{n}", wrong) for n, wish in enumerate(wishes)]
    named = Counter(wish["language"] for wish in spelt)
    for n, wish in enumerate(spelt):
        if named[wish["language"]] > 1:
            wrong.setdefault(f"wishes.{n}.language", "This language is given twice.")
    values = {
        "name": name,
        "wishes": spelt,
        **_checked_others(given, named, wrong),
        "is_default": bool(given.get("is_default")),
    }
    if wrong:
        raise InputError(wrong)
    return values


def _checked_others(
    given: Mapping[str, Any], named: Collection[str], wrong: dict[str, str]
) -> dict[str, Any]:
    """Return the languages that a profile has beside its wishes."""
    cutoff, undetermined = given["cutoff"], given["undetermined"]
    if cutoff is not None and cutoff != ANY:
        cutoff = languages.tag(cutoff)
        if cutoff not in named:
            wrong["cutoff"] = f'Give one of the profile\'s languages, or "{ANY}".'
    if undetermined is not None:
        undetermined = languages.tag(undetermined)
        if undetermined is None:
            wrong["undetermined"] = _NO_LANGUAGE
    pairs = [[languages.tag(each) for each in pair] for pair in given["equal_languages"]]
    for n, pair in enumerate(pairs):
        if len(pair) != 2 or None in pair or pair[0] == pair[1]:  # noqa: PLR2004 - a pair
            wrong[f"equal_languages.{n}"] = f"Give two languages. {_NO_LANGUAGE}"
    return {"cutoff": cutoff, "undetermined": undetermined, "equal_languages": pairs}


_NO_LANGUAGE = 'Give a language as BCP 47 writes it, such as "de" or "pt-BR".'


def _checked_wish(wish: Mapping[str, Any], where: str, wrong: dict[str, str]) -> dict[str, Any]:
    language = languages.tag(str(wish.get("language", "")))
    if language is None:
        wrong[f"{where}.language"] = _NO_LANGUAGE
    for name in ("must_contain", "must_not_contain"):
        words: Sequence[str] = wish.get(name, ())
        if len(words) > MOST_WORDS or not all(_is_word(word) for word in words):
            wrong[f"{where}.{name}"] = (
                f"Give at most {MOST_WORDS} words of 1 to {LONGEST_WORD} characters."
            )
    for name in ("minimum_score", "upgrade_until"):
        if not 0 <= wish.get(name, 0) <= 100:  # noqa: PLR2004 - per cent
            wrong[f"{where}.{name}"] = "Give 0 to 100."
    return Wish.from_json(dict(wish) | {"language": language or ""}).to_json()


def _is_word(word: str) -> bool:
    return 1 <= len(word.strip()) <= LONGEST_WORD


def _is_taken(db: Connection, name: str, besides: int | None) -> bool:
    ids: Iterable[int] = db.scalars(
        select(LanguageProfile.id).where(func.lower(LanguageProfile.name) == name.lower())
    )
    return any(profile_id != besides for profile_id in ids)

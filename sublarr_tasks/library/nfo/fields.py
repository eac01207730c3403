"""The children of one element by name, read as what they should be."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TypeVar

from lxml import etree

from sublarr_tasks.library.nfo import values
from sublarr_tasks.library.nfo.markup import local_name, name_of

_Value = TypeVar("_Value")


def text_of(element: etree._Element) -> str:
    """Return the text of an element and of all in it, on one line."""
    text = element.text if not len(element) else "".join(element.itertext())
    return " ".join(text.split()) if text else ""


def attributes_of(element: etree._Element) -> dict[str, str]:
    return {local_name(name): value.strip() for name, value in element.attrib.items()}


class Fields:
    """What one element holds; what cannot be read is added to `problems` as a code."""

    def __init__(self, element: etree._Element, problems: list[str]) -> None:
        self.problems = problems
        self._children: dict[str, list[etree._Element]] = {}
        self._read: set[str] = set()
        for child in element:
            self._children.setdefault(name_of(child), []).append(child)

    def elements(self, *names: str) -> list[etree._Element]:
        """Return all children of these names, in the order of the names."""
        found: list[etree._Element] = []
        for name in names:
            if children := self._children.get(name):
                self._read.add(name)
                found += children
        return found

    def unread(self) -> tuple[str, ...]:
        """Return the names that nothing asked for."""
        return tuple(name for name in self._children if name not in self._read)

    def text(self, *names: str) -> str | None:
        """Return the first text that is not empty; another one beside it is a problem."""
        return self._only(names[0], (text_of(child) for child in self.elements(*names)))

    def prose(self, name: str) -> str | None:
        """Return a text with its paragraphs."""
        found = ("".join(child.itertext()).strip() for child in self.elements(name))
        return self._only(name, found)

    def _only(self, name: str, texts: Iterator[str]) -> str | None:
        found = [text for text in texts if text]
        if len(found) > 1 and len(values.distinct(found)) > 1:
            self.problems.append(f"several_values:{name}")
        return found[0] if found else None

    def names(self, *names: str, split: Callable[[str], list[str]]) -> tuple[str, ...]:
        """Return the distinct items of all children of these names."""
        return values.distinct(
            item for child in self.elements(*names) for item in split(text_of(child))
        )

    def whole(self, name: str) -> int | None:
        return self._as(values.whole, "bad_number", name, unset=("-1",))

    def year(self, name: str) -> int | None:
        return self._as(values.year, "bad_number", name, unset=("0", "0000"))

    def minutes(self, name: str) -> int | None:
        return self._as(values.minutes, "bad_number", name) or None

    def day(self, *names: str) -> date | None:
        return self._as(values.day, "bad_date", *names, unset=("0000-00-00",))

    def moment(self, name: str) -> datetime | None:
        return self._as(values.moment, "bad_date", name)

    def flag(self, name: str) -> bool | None:
        return self._as(values.flag, "bad_flag", name)

    def decimal(self, name: str, *, most: float) -> float | None:
        """Return a number from 0 to `most`; one outside is a problem, not a value."""
        read = self._as(values.decimal, "bad_number", name)
        if read and not 0 <= read[0] <= most:
            self.problems.append(f"out_of_range:{name}")
            return None
        return read[0] if read else None

    def _as(
        self,
        read: Callable[[str], _Value | None],
        problem: str,
        *names: str,
        unset: tuple[str, ...] = (),
    ) -> _Value | None:
        """Return the first value that can be read among these names."""
        for name in names:
            text = self.text(name)
            if text is None or text in unset:
                continue
            value = read(text)
            if value is not None:
                return value
            self.problems.append(f"{problem}:{name}")
        return None

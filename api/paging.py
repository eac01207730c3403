"""Pages of lists, as they are asked for and answered."""

from typing import Annotated, Generic, TypeVar

from pydantic import Field, StringConstraints

from api.fields import Answer, Query, Text
from sublarr_tasks.errors import InputError
from sublarr_tasks.paging import DEEPEST_OFFSET, MOST_ON_A_PAGE, Page, Window

T = TypeVar("T", bound=Answer)


class PageQuery(Query):
    """Which page of a list is wanted."""

    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)
    offset: int = Field(0, ge=0, le=DEEPEST_OFFSET, description="beyond it, follow `next_cursor`")
    cursor: (
        Annotated[Text, StringConstraints(max_length=4096, pattern=r"^[A-Za-z0-9_-]*$")] | None
    ) = Field(None, description="the `next_cursor` of the page before; in place of `offset`")

    def window(self) -> Window:
        if self.cursor is not None and self.offset:
            raise InputError({"offset": "Give an offset or a cursor, not both."})
        return Window(self.limit, self.offset, self.cursor)


class PageAnswer(Answer, Generic[T]):
    """One page of a list."""

    results: list[T]
    total: int = Field(description="how many there are in all")
    total_is_exact: bool = Field(description="false: an estimate, of a list that is very long")
    limit: int
    offset: int
    next_cursor: str | None = Field(description="null on the last page")

    @classmethod
    def of(cls, page: Page, query: PageQuery, results: list[T]) -> "PageAnswer[T]":
        return cls(
            results=results,
            total=page.total,
            total_is_exact=page.total_is_exact,
            limit=query.limit,
            offset=query.offset,
            next_cursor=page.next_cursor,
        )
